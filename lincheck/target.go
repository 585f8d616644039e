package lincheck

import (
	"iter"
	"sync/atomic"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/shards"
)

// subject is what a configuration checks.
type subject uint8

const (
	lockFree subject = iota
	xsync
	engineLockFree
	engineXSync
)

func (s subject) String() string {
	return [...]string{"lockfree", "xsync", "engine/lockfree", "engine/xsync"}[s]
}

func (s subject) isEngine() bool { return s >= engineLockFree }

// lateAdds reports whether an Add that is under way while Close is may link
// its session after another Add was told that the table is closed. LockFree
// closes each bucket by the very step that an Add would link with. XSync and
// the engine look at a mark before they link.
func (s subject) lateAdds() bool { return s != lockFree }

// A target is a table, or a cache that reads its own clock and takes expiry
// from its sessions; it then ignores those arguments.
type target interface {
	Add(s *shards.Session, expiry, now int64, refresh bool) shards.Outcome
	Lookup(id []byte, scope shards.Scope, now int64) (*shards.Session, shards.Result)
	Take(id []byte, scope shards.Scope, now int64) (*shards.Session, shards.Result)
	Contains(id []byte) bool
	Remove(s *shards.Session) bool
	RemoveID(id []byte) bool
	Reschedule(s *shards.Session, expiry int64) bool
	Promote(s *shards.Session)
	Flush(now int64) int
	Clear() int
	Sweep(now int64)
	All() iter.Seq2[*shards.Session, int64]
	SetCapacity(n int)
	Len() int
	Close()
}

// newTable makes the table of a configuration.
func newTable(s subject, o shards.Options) target {
	if s == xsync {
		return shards.NewXSync(o)
	}
	return shards.NewLockFree(o)
}

// cache makes a target of an engine.Cache.
type cache struct {
	*engine.Cache
	closed atomic.Bool
}

// newCache makes the cache of a configuration; dropped is its Remove callback,
// nil for none.
func newCache(s subject, capacity, probation int, mode engine.Mode, clock func() int64, dropped func(*shards.Session, shards.Reason)) (*cache, error) {
	g := engine.Config{
		Mode:             engine.Server | mode,
		Capacity:         capacity,
		ProbationPercent: probation,
		Clock:            clock,
		Callbacks:        engine.Callbacks{Remove: dropped},
	}
	if s == engineXSync {
		g.Table = engine.XSync
	}
	c, err := engine.New(g)
	return &cache{Cache: c}, err
}

func (c *cache) Add(s *shards.Session, _, _ int64, _ bool) shards.Outcome {
	if c.Cache.Add(s) {
		return linked
	}
	return refused
}

func (c *cache) Lookup(id []byte, scope shards.Scope, _ int64) (*shards.Session, shards.Result) {
	return answer(c.Cache.GetScoped(id, scope))
}

func (c *cache) Take(id []byte, scope shards.Scope, _ int64) (*shards.Session, shards.Result) {
	return answer(c.Cache.TakeScoped(id, scope))
}

func answer(s *shards.Session, ok bool) (*shards.Session, shards.Result) {
	if ok {
		return s, shards.Hit
	}
	return nil, noSession
}

func (c *cache) Reschedule(s *shards.Session, _ int64) bool { return c.Cache.Reschedule(s) }

// Sweep does nothing: the cache sweeps by itself.
func (c *cache) Sweep(int64) {}

// All yields no expiries, since the cache does not tell them.
func (c *cache) All() iter.Seq2[*shards.Session, int64] {
	return func(yield func(*shards.Session, int64) bool) {
		for s := range c.Cache.All() {
			if !yield(s, 0) {
				return
			}
		}
	}
}

// SetCapacity panics where the capacity is out of range, like those of the
// tables.
func (c *cache) SetCapacity(n int) {
	if err := c.Cache.SetCapacity(n); err != nil {
		panic(err)
	}
}
