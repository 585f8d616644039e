package golang

import (
	"iter"

	"github.com/dgraph-io/ristretto/v2"

	"github.com/reprise-tls/reprise/shards"
)

// ristrettoCache is ristretto v2: 256 maps behind read-write mutexes, in front
// of which a channel takes new sessions to a goroutine that admits or rejects
// them. A session is in the cache only when that goroutine has got to it, and
// where the channel is full, not at all.
type ristrettoCache struct {
	c *ristretto.Cache[uint64, *shards.Session]
}

func newRistretto(capacity int) (*ristrettoCache, error) {
	startClock()
	c, err := ristretto.NewCache(&ristretto.Config[uint64, *shards.Session]{
		NumCounters:        10 * int64(capacity), // what its documentation advises
		MaxCost:            int64(capacity),
		BufferItems:        64, // the same
		IgnoreInternalCost: true,
		ShouldUpdate:       func(s, old *shards.Session) bool { return s != old },
		OnExit: func(s *shards.Session) {
			if s != nil {
				s.Release()
			}
		},
	})
	if err != nil {
		return nil, err
	}
	return &ristrettoCache{c}, nil
}

func (c *ristrettoCache) Add(s *shards.Session) bool {
	if old, ok := c.c.Get(s.Hash()); ok && old == s || !s.Acquire() {
		return false
	}
	// What was replaced goes to OnExit, and so does a session that is rejected
	// later, after Add has returned true.
	if !c.c.SetWithTTL(s.Hash(), s, 1, timeToLive(s)) {
		s.Release()
		return false
	}
	return true
}

func (c *ristrettoCache) Remove(s *shards.Session) bool {
	if old, ok := c.c.Get(s.Hash()); !ok || old != s {
		return false
	}
	c.c.Del(s.Hash())
	return true
}

func (c *ristrettoCache) Get(id []byte) (*shards.Session, bool) {
	hash := shards.Hash(id)
	return acquire(func() *shards.Session {
		// It compares hashes only.
		if s, ok := c.c.Get(hash); ok && s.HasID(id) {
			return s
		}
		return nil
	})
}

func (c *ristrettoCache) Len() (n int) {
	for range c.All() {
		n++
	}
	return n
}

// All waits until what was set before is in the cache or rejected.
func (c *ristrettoCache) All() iter.Seq[*shards.Session] {
	return func(yield func(*shards.Session) bool) {
		c.c.Wait()
		c.c.IterValues(func(s *shards.Session) (stop bool) { return !yield(s) })
	}
}

func (c *ristrettoCache) Close() { c.c.Close() }
