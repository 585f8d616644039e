package golang

import (
	"iter"
	"sync/atomic"

	"github.com/Yiling-J/theine-go"

	"github.com/reprise-tls/reprise/shards"
)

// theineCache is theine: maps behind read-write mutexes, and behind them a
// channel to a goroutine with the policy, W-TinyLFU.
type theineCache struct {
	c      *theine.Cache[key, *shards.Session]
	closed atomic.Bool
}

func newTheine(capacity int) (*theineCache, error) {
	startClock()
	c, err := theine.NewBuilder[key, *shards.Session](int64(capacity)).
		RemovalListener(func(_ key, s *shards.Session, _ theine.RemoveReason) { s.Release() }).
		Build()
	if err != nil {
		return nil, err
	}
	return &theineCache{c: c}, nil
}

func (c *theineCache) Add(s *shards.Session) bool {
	if c.closed.Load() {
		return false
	}
	k := keyOf(s)
	old, ok := c.c.Get(k)
	if ok && old == s || !s.Acquire() {
		return false
	}
	if !c.c.SetWithTTL(k, s, 1, timeToLive(s)) {
		s.Release()
		return false
	}
	if ok {
		// Nobody else tells: the listener hears of removals and evictions
		// only, and Set does not return what was there.
		old.Release()
	}
	return true
}

func (c *theineCache) Remove(s *shards.Session) bool {
	k := keyOf(s)
	if old, ok := c.c.Get(k); !ok || old != s {
		return false
	}
	c.c.Delete(k) // the listener gets the reference later
	return true
}

func (c *theineCache) Get(id []byte) (*shards.Session, bool) {
	k := keyFrom(id)
	return acquire(func() *shards.Session {
		s, _ := c.c.Get(k)
		return s
	})
}

func (c *theineCache) Len() (n int) {
	for range c.All() {
		n++
	}
	return n
}

// All waits until the policy has heard of everything.
func (c *theineCache) All() iter.Seq[*shards.Session] {
	return func(yield func(*shards.Session) bool) {
		if c.closed.Load() {
			return
		}
		c.c.Wait()
		c.c.Range(func(_ key, s *shards.Session) bool { return yield(s) })
	}
}

func (c *theineCache) Close() {
	if c.closed.Load() {
		return
	}
	closeByRemoval(c) // Close itself tells the listener nothing
	c.c.Wait()
	c.closed.Store(true)
	c.c.Close()
}
