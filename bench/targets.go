package bench

import (
	"fmt"

	"github.com/reprise-tls/reprise/bench/baseline"
	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
)

// Targets returns what the load generator and the benchmarks of this package
// measure.
func Targets() []measure.Target {
	return []measure.Target{
		{
			Name: "engine", Doc: "the engine on its lock-free table",
			New: newEngine(engine.LockFree), NewWithClock: newEngineWithClock(engine.LockFree), Evicted: evicted, Audit: audit, Retries: retries, Flushes: true,
		},
		{
			Name: "xsync", Doc: "the engine on the table of xsync",
			New: newEngine(engine.XSync), NewWithClock: newEngineWithClock(engine.XSync), Evicted: evicted, Audit: audit, Retries: retries, Flushes: true,
		},
		{
			Name: "mutex", Doc: "a map and a list behind a mutex",
			New: func(n int) (workload.Cache, error) { return baseline.NewMutex(n), nil },
		},
		{
			Name: "rwmutex-sharded", Doc: "maps and lists behind 256 read-write mutexes",
			New: func(n int) (workload.Cache, error) { return baseline.NewRWMutexSharded(n), nil },
		},
		{
			Name: "syncmap", Doc: "sync.Map, which has no bound",
			New:     func(int) (workload.Cache, error) { return baseline.NewSyncMap(), nil },
			NoBound: "sync.Map keeps no order to evict by",
		},
		{
			Name: "floor", Doc: "no cache: only the memory accesses that none can do without; ratios to it are printed", Floor: true,
			New: func(n int) (workload.Cache, error) { return baseline.NewFloor(n), nil },
		},
		{
			Name: "null", Doc: "nothing: the cost of the generator, measured in every run", Null: true,
			New: func(int) (workload.Cache, error) { return baseline.Null{}, nil },
		},
	}
}

// DefaultTargets are measured when none are named.
func DefaultTargets() []string {
	return []string{"engine", "xsync", "mutex", "rwmutex-sharded", "syncmap"}
}

// newEngine opens an engine as [engine.Defaults] says, with a capacity.
func newEngine(table engine.TableKind) func(int) (workload.Cache, error) {
	open := newEngineWithClock(table)
	return func(capacity int) (workload.Cache, error) { return open(capacity, nil) }
}

func newEngineWithClock(table engine.TableKind) func(int, func() int64) (workload.Cache, error) {
	return func(capacity int, now func() int64) (workload.Cache, error) {
		config := engine.Defaults()
		config.Table = table
		config.Capacity = capacity
		config.Clock = now
		return engine.New(config)
	}
}

func evicted(c workload.Cache) uint64 {
	if cache, ok := c.(*engine.Cache); ok {
		return cache.Stats().CacheFull
	}
	return 0
}

func audit(c workload.Cache) error {
	cache, ok := c.(*engine.Cache)
	if !ok {
		return fmt.Errorf("bench: %T is not an engine", c)
	}
	_, err := cache.Audit()
	return err
}

func retries(c workload.Cache) uint64 {
	if cache, ok := c.(*engine.Cache); ok {
		return cache.Stats().Retries
	}
	return 0
}
