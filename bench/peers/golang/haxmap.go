package golang

import (
	"iter"
	"sync/atomic"

	"github.com/alphadose/haxmap"

	"github.com/reprise-tls/reprise/shards"
)

// haxmapCache is haxmap, which calls itself lock-free: a sorted list with an
// index. An element is marked as deleted in a word of its own, not in the
// pointer that an insertion changes, so an insertion behind an element that is
// being deleted is lost with it. (alphadose/haxmap issue 32)
type haxmapCache struct {
	m      *haxmap.Map[uint64, *shards.Session]
	closed atomic.Bool
}

func newHaxmap(capacity int) *haxmapCache {
	startClock()
	m := haxmap.New[uint64, *shards.Session](uintptr(capacity))
	m.SetHasher(func(hash uint64) uintptr { return uintptr(hash) }) // of the id already
	return &haxmapCache{m: m}
}

func (c *haxmapCache) Add(s *shards.Session) bool {
	if c.closed.Load() || !s.Acquire() {
		return false
	}
	for {
		old, found := c.m.GetOrSet(s.Hash(), s)
		switch {
		case !found:
			return true
		case old == s || !sameID(old, s): // the map knows hashes only
			s.Release()
			return false
		}
		// CompareAndSwap compares what pointers point at.
		old, found = c.m.Swap(s.Hash(), s)
		switch {
		case !found:
			continue // it has gone meanwhile
		case old == s: // somebody else has added it meanwhile
			s.Release()
			return false
		}
		old.Release()
		return true
	}
}

func (c *haxmapCache) Remove(s *shards.Session) bool {
	if old, ok := c.m.Get(s.Hash()); !ok || old != s {
		return false
	}
	old, ok := c.m.GetAndDel(s.Hash())
	if ok {
		old.Release()
	}
	return ok && old == s
}

func (c *haxmapCache) Get(id []byte) (*shards.Session, bool) {
	hash := shards.Hash(id)
	s, ok := acquire(func() *shards.Session {
		if s, ok := c.m.Get(hash); ok && s.HasID(id) {
			return s
		}
		return nil
	})
	return unlessExpired(c, s, ok)
}

func (c *haxmapCache) Len() int { return int(c.m.Len()) }

func (c *haxmapCache) All() iter.Seq[*shards.Session] {
	return func(yield func(*shards.Session) bool) {
		c.m.ForEach(func(_ uint64, s *shards.Session) bool { return yield(s) })
	}
}

func (c *haxmapCache) Close() {
	c.closed.Store(true)
	closeByRemoval(c)
}
