package golang

import (
	"iter"
	"slices"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/reprise-tls/reprise/shards"
)

// lruCache is golang-lru's cache with its own lock: one, which lookups take
// too, since they move what they find to the front.
type lruCache struct {
	c      *lru.Cache[key, *shards.Session]
	closed atomic.Bool
}

func newLRU(capacity int) (*lruCache, error) {
	startClock()
	c, err := lru.NewWithEvict(capacity, func(_ key, s *shards.Session) { s.Release() })
	if err != nil {
		return nil, err
	}
	return &lruCache{c: c}, nil
}

func (c *lruCache) Add(s *shards.Session) bool {
	if c.closed.Load() {
		return false
	}
	k := keyOf(s)
	if !s.Acquire() { // before anybody can evict it
		return false
	}
	switch old, found, _ := c.c.PeekOrAdd(k, s); {
	case !found:
	case old == s:
		s.Release()
		return false
	default:
		// No callback hears of a replacement, and Add does not return what
		// was there.
		c.c.Add(k, s)
		old.Release()
	}
	return true
}

func (c *lruCache) Remove(s *shards.Session) bool {
	k := keyOf(s)
	if old, ok := c.c.Peek(k); !ok || old != s {
		return false
	}
	return c.c.Remove(k)
}

func (c *lruCache) Get(id []byte) (*shards.Session, bool) {
	k := keyFrom(id)
	s, ok := acquire(func() *shards.Session {
		s, _ := c.c.Get(k)
		return s
	})
	return unlessExpired(c, s, ok)
}

func (c *lruCache) Len() int { return c.c.Len() }

// All yields the sessions, the one that was used longest ago first.
func (c *lruCache) All() iter.Seq[*shards.Session] { return slices.Values(c.c.Values()) }

func (c *lruCache) Close() {
	c.closed.Store(true)
	c.c.Purge()
}
