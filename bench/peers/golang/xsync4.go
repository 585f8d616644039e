package golang

import (
	"iter"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v4"

	"github.com/reprise-tls/reprise/shards"
)

// xsync4 is one map of xsync v4. Lookups are lock-free, writers lock a bucket
// and help while the map grows.
type xsync4 struct {
	m      *xsync.Map[uint64, plain]
	closed atomic.Bool
}

func newXSync4(capacity int) *xsync4 {
	startClock()
	return &xsync4{m: xsync.NewMap[uint64, plain](xsync.WithPresize(capacity))}
}

func (c *xsync4) Add(s *shards.Session) (added bool) {
	// A look without the lock first: Compute takes it also for nothing.
	if l, ok := c.m.Load(s.Hash()); ok && l.sameID(s) == s || !s.Acquire() {
		return false
	}
	var old *shards.Session
	c.m.Compute(s.Hash(), func(l plain, _ bool) (plain, xsync.ComputeOp) {
		if old = l.sameID(s); old == s || c.closed.Load() {
			return l, xsync.CancelOp
		}
		added = true
		return l.with(s, old, struct{}{}), xsync.UpdateOp
	})
	switch {
	case !added:
		s.Release()
	case old != nil:
		old.Release()
	}
	return added
}

func (c *xsync4) Remove(s *shards.Session) (removed bool) {
	c.m.Compute(s.Hash(), func(l plain, _ bool) (plain, xsync.ComputeOp) {
		if removed = l.sameID(s) == s; !removed {
			return l, xsync.CancelOp
		}
		if l = l.without(s); l.session == nil {
			return l, xsync.DeleteOp
		}
		return l, xsync.UpdateOp
	})
	if removed {
		s.Release()
	}
	return removed
}

func (c *xsync4) Get(id []byte) (*shards.Session, bool) {
	hash := shards.Hash(id)
	s, ok := acquire(func() *shards.Session {
		l, _ := c.m.Load(hash)
		return l.withID(id)
	})
	return unlessExpired(c, s, ok)
}

func (c *xsync4) Len() (n int) {
	for range c.All() {
		n++ // Size counts hashes
	}
	return n
}

func (c *xsync4) All() iter.Seq[*shards.Session] {
	return func(yield func(*shards.Session) bool) {
		c.m.Range(func(_ uint64, l plain) bool { return l.each(yield) })
	}
}

func (c *xsync4) Close() {
	c.closed.Store(true)
	closeByRemoval(c)
}
