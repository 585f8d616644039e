package golang

import (
	"iter"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/reprise-tls/reprise/shards"
)

// otterCache is otter v2. Its table is a fork of xsync's; what is evicted is
// decided by W-TinyLFU, under one lock, by whichever goroutine finds the
// buffers of reads and writes full.
type otterCache struct {
	c      *otter.Cache[key, *shards.Session]
	closed atomic.Bool
}

func newOtter(capacity int) (*otterCache, error) {
	startClock()
	c, err := otter.New(&otter.Options[key, *shards.Session]{
		MaximumSize:     capacity,
		InitialCapacity: capacity,
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[key, *shards.Session]) time.Duration {
			return timeToLive(e.Value)
		}),
		Clock: otter.NewCoarseClock(100 * time.Millisecond),
		// In the same step as the deletion, under the lock of the bucket:
		// whatever the cause, a replacement too.
		OnAtomicDeletion: func(e otter.DeletionEvent[key, *shards.Session]) { e.Value.Release() },
	})
	if err != nil {
		return nil, err
	}
	return &otterCache{c: c}, nil
}

func (c *otterCache) Add(s *shards.Session) (added bool) {
	k := keyOf(s)
	// A look without the lock first. GetEntryQuietly does not count as a use.
	if e, ok := c.c.GetEntryQuietly(k); ok && e.Value == s || !s.Acquire() {
		return false
	}
	c.c.Compute(k, func(old *shards.Session, found bool) (*shards.Session, otter.ComputeOp) {
		if added = !(found && old == s) && !c.closed.Load(); !added {
			return old, otter.CancelOp
		}
		return s, otter.WriteOp
	})
	if !added {
		s.Release()
	}
	return added
}

func (c *otterCache) Remove(s *shards.Session) (removed bool) {
	c.c.ComputeIfPresent(keyOf(s), func(old *shards.Session) (*shards.Session, otter.ComputeOp) {
		if removed = old == s; !removed {
			return old, otter.CancelOp
		}
		return old, otter.InvalidateOp
	})
	return removed
}

func (c *otterCache) Get(id []byte) (*shards.Session, bool) {
	k := keyFrom(id)
	s, ok := acquire(func() *shards.Session {
		s, _ := c.c.GetIfPresent(k)
		return s
	})
	// What was over when it was added has a moment to live, until the library's
	// clock moves.
	return unlessExpired(c, s, ok)
}

// Len first has the policy do what is due: the bound is exceeded until then.
func (c *otterCache) Len() (n int) {
	for range c.All() {
		n++
	}
	return n
}

func (c *otterCache) All() iter.Seq[*shards.Session] {
	return func(yield func(*shards.Session) bool) {
		c.c.CleanUp()
		for s := range c.c.Values() {
			if !yield(s) {
				return
			}
		}
	}
}

func (c *otterCache) Close() {
	c.closed.Store(true)
	c.c.InvalidateAll()
	c.c.StopAllGoroutines()
}
