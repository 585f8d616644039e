package golang

import (
	"iter"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"

	"github.com/reprise-tls/reprise/shards"
)

// xsync3 is one map of xsync v3. Lookups are lock-free, writers lock a bucket,
// and all of them wait while the map grows.
type xsync3 struct {
	m      *xsync.MapOf[uint64, plain]
	closed atomic.Bool
}

// plain is the link of a map without an order.
type plain = link[struct{}]

func newXSync3(capacity int) *xsync3 {
	startClock()
	return &xsync3{m: xsync.NewMapOfWithHasher[uint64, plain](
		func(hash, _ uint64) uint64 { return hash }, // of the id, with a secret in it
		xsync.WithPresize(capacity),
	)}
}

func (c *xsync3) Add(s *shards.Session) (added bool) {
	// Compute of v3 cannot cancel: what it finds right it stores again, in a
	// new entry. So it is entered for changes only.
	if l, ok := c.m.Load(s.Hash()); ok && l.sameID(s) == s || !s.Acquire() {
		return false
	}
	var old *shards.Session
	c.m.Compute(s.Hash(), func(l plain, loaded bool) (plain, bool) {
		if c.closed.Load() {
			return l, !loaded
		}
		if old = l.sameID(s); old == s {
			return l, false
		}
		added = true
		return l.with(s, old, struct{}{}), false
	})
	switch {
	case !added:
		s.Release()
	case old != nil:
		old.Release()
	}
	return added
}

func (c *xsync3) Remove(s *shards.Session) (removed bool) {
	if l, ok := c.m.Load(s.Hash()); !ok || l.sameID(s) != s {
		return false
	}
	c.m.Compute(s.Hash(), func(l plain, loaded bool) (plain, bool) {
		if removed = loaded && l.sameID(s) == s; !removed {
			return l, !loaded
		}
		l = l.without(s)
		return l, l.session == nil
	})
	if removed {
		s.Release()
	}
	return removed
}

func (c *xsync3) Get(id []byte) (*shards.Session, bool) {
	hash := shards.Hash(id)
	s, ok := acquire(func() *shards.Session {
		l, _ := c.m.Load(hash)
		return l.withID(id)
	})
	return unlessExpired(c, s, ok)
}

func (c *xsync3) Len() (n int) {
	for range c.All() {
		n++ // Size counts hashes
	}
	return n
}

func (c *xsync3) All() iter.Seq[*shards.Session] {
	return func(yield func(*shards.Session) bool) {
		c.m.Range(func(_ uint64, l plain) bool { return l.each(yield) })
	}
}

func (c *xsync3) Close() {
	c.closed.Store(true)
	closeByRemoval(c)
}
