package soak

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// startTime is what the injected clock begins with, in Unix seconds.
const startTime = int64(1_800_000_000)

// storeDeadline is short, since a store that is slow keeps its caller waiting
// for that long.
const storeDeadline = time.Millisecond

// world is one soak: the cache, what it is driven with, and what the harness
// knows about it.
type world struct {
	*violations
	config  Config
	cache   cache
	people  *population
	store   *store
	calls   *callbacks
	workers []*worker
	clock   atomic.Int64  // Unix seconds
	ring    atomic.Uint64 // where add-evict goes on

	// gate is held for reading by all who use the cache, for writing by a
	// checkpoint, which thereby has the cache to itself.
	gate sync.RWMutex
	stop atomic.Bool

	limit        capacityLimit
	overReleased uint64 // before the soak
	statsBefore  map[string]uint64
	began        time.Time
	done         tally
	heap         heap
}

// tally is what the harness has counted itself, to be compared with the
// cache's counters.
type tally struct {
	flushed atomic.Uint64 // sum of what Flush and Clear returned
	taken   atomic.Uint64 // Takes that returned a session
	accept  atomic.Uint64
	connect atomic.Uint64
	good    atomic.Uint64 // handshakes finished, either role
	checks  [checkKinds]atomic.Uint64
}

func newWorld(g Config) (*world, error) {
	people, err := newPopulation(g)
	if err != nil {
		return nil, err
	}
	w := &world{violations: newViolations(), config: g, people: people}
	w.clock.Store(startTime)
	w.store = &store{world: w, values: make(map[sessionID][]byte)}
	w.calls = &callbacks{world: w}
	capacity := g.Sessions / 4
	c, err := engine.New(engine.Config{
		Mode:             engine.Both,
		Capacity:         capacity,
		Timeout:          300,
		Scope:            people.scopes[0].Bytes(),
		Table:            g.Table,
		Clock:            w.clock.Load,
		ProbationPercent: 25,
		Callbacks:        w.calls.all(),
		Store:            w.store,
		StoreDeadline:    storeDeadline,
		OnPanic:          w.calls.onPanic,
	})
	if err != nil {
		return nil, err
	}
	w.cache = c
	if g.wrap != nil {
		w.cache = g.wrap(c)
	}
	w.limit.set(capacity)
	w.overReleased = w.cache.Stats().OverReleased
	for slot := range people.slots {
		k := uint64(slot / objectsPerID)
		people.exchange(uint64(slot), people.session(k, uint64(slot)*0x9E3779B97F4A7C15, people.scope(k), startTime))
	}
	for i := range g.Goroutines {
		w.workers = append(w.workers, newWorker(w, i))
	}
	return w, nil
}

// intact checks a session that the caller has a reference on.
func (w *world) intact(s *engine.Session, from string) {
	w.done.checks[checkSession].Add(1)
	if fault := w.people.fault(s); fault != "" {
		w.fail("a session from %s %s", from, fault)
	}
}

// answer checks a session that was returned for an id and a scope.
func (w *world) answer(s *engine.Session, id []byte, scope engine.Scope, from string) {
	var own sessionID
	if !bytes.Equal(s.AppendID(own[:0]), id) {
		w.fail("%s returned a session with another id", from)
	}
	if s.Scope() != scope {
		w.fail("%s returned a session of another scope", from)
	}
	w.intact(s, from)
}

// checkLen compares Len with the greatest capacity that was allowed while it
// was read.
func (w *world) checkLen() {
	before, limit := w.limit.load()
	n := int64(w.cache.Len())
	if now, _ := w.limit.load(); now != before {
		return // it has changed meanwhile
	}
	w.done.checks[checkLen].Add(1)
	if n < 0 || n > limit {
		w.fail("Len is %d, the capacity allows %d", n, limit)
	}
}

func (w *world) flush(now int64) {
	w.done.flushed.Add(uint64(w.cache.Flush(now)))
}
