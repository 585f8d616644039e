package golang

import (
	"iter"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"

	"github.com/reprise-tls/reprise/shards"
)

// expirableCache is golang-lru's cache with expiry: one time to live for all
// sessions, one lock, and a goroutine that never ends, since nothing closes
// it in version 2.0.7.
type expirableCache struct {
	c      *expirable.LRU[key, *shards.Session]
	closed atomic.Bool
}

func newExpirable(capacity int) *expirableCache {
	startClock()
	return &expirableCache{c: expirable.NewLRU(capacity,
		func(_ key, s *shards.Session) { s.Release() }, shards.DefaultTimeout*time.Second)}
}

func (c *expirableCache) Add(s *shards.Session) bool {
	k := keyOf(s)
	old, found := c.c.Peek(k)
	if found && old == s || c.closed.Load() || !s.Acquire() {
		return false
	}
	c.c.Add(k, s)
	if found {
		old.Release() // no callback hears of a replacement
	}
	return true
}

func (c *expirableCache) Remove(s *shards.Session) bool {
	k := keyOf(s)
	if old, ok := c.c.Peek(k); !ok || old != s {
		return false
	}
	return c.c.Remove(k)
}

func (c *expirableCache) Get(id []byte) (*shards.Session, bool) {
	k := keyFrom(id)
	s, ok := acquire(func() *shards.Session {
		s, _ := c.c.Get(k)
		return s
	})
	return unlessExpired(c, s, ok) // its own may have less time than all have
}

func (c *expirableCache) Len() int { return c.c.Len() }

// All yields the sessions, the one that was used longest ago first.
func (c *expirableCache) All() iter.Seq[*shards.Session] { return slices.Values(c.c.Values()) }

func (c *expirableCache) Close() {
	c.closed.Store(true)
	c.c.Purge()
}
