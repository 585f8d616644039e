package baseline

import (
	"iter"
	"sync"
	"sync/atomic"

	"github.com/reprise-tls/reprise/shards"
)

// SyncMap is a sync.Map. All methods may be called by any number of
// goroutines.
//
// It has no bound: sync.Map keeps no order to evict by and no count, and a
// list beside it would need a lock for every add. Hence it cannot run
// workloads on a full cache. Its keys are interface values, so a lookup
// allocates 32 bytes for its key; for adds and removals the key is made once a
// session and kept in the session's extra value.
type SyncMap struct {
	sessions sync.Map // key, boxed, to *shards.Session
	closed   atomic.Bool
}

// NewSyncMap returns an empty cache without a bound.
func NewSyncMap() *SyncMap { return new(SyncMap) }

// Add links s and reports whether it did: false if s itself is there, if s has
// no reference left, or after Close.
func (c *SyncMap) Add(s *shards.Session) bool {
	if c.closed.Load() || !s.Acquire() {
		return false
	}
	k := boxedKey(s)
	for {
		present, loaded := c.sessions.LoadOrStore(k, s)
		if !loaded {
			return true
		}
		if present == s {
			s.Release()
			return false
		}
		if c.sessions.CompareAndSwap(k, present, s) {
			present.(*shards.Session).Release()
			return true
		}
	}
}

// boxedKey returns the session's id as an interface value.
func boxedKey(s *shards.Session) any {
	if k := s.Extra(); k != nil {
		return k
	}
	k := keyOf(s)
	b := k.box()
	s.SetExtra(b)
	return b
}

func (k *key) box() any {
	if k.length == shards.MaxIDLength {
		return k.bytes
	}
	return string(k.bytes[:k.length])
}

// Remove removes s itself and reports whether it was there.
func (c *SyncMap) Remove(s *shards.Session) bool {
	if !c.sessions.CompareAndDelete(boxedKey(s), s) {
		return false
	}
	s.Release()
	return true
}

// Get finds the session with the id and adds a reference to it.
func (c *SyncMap) Get(id []byte) (*shards.Session, bool) {
	k := keyFrom(id)
	boxed := k.box()
	for {
		v, ok := c.sessions.Load(boxed)
		if !ok {
			return nil, false
		}
		// Where the last reference went between the load and here, another
		// session has taken the place, or none.
		if s := v.(*shards.Session); s.Acquire() {
			return s, true
		}
	}
}

// Len counts the sessions, in time proportional to their number.
func (c *SyncMap) Len() (n int) {
	for range c.sessions.Range {
		n++
	}
	return n
}

// All yields the sessions.
func (c *SyncMap) All() iter.Seq[*shards.Session] {
	return func(yield func(*shards.Session) bool) {
		c.sessions.Range(func(_, v any) bool { return yield(v.(*shards.Session)) })
	}
}

// Close drops all sessions and makes every later Add fail. An Add that runs at
// the same time may still link its session.
func (c *SyncMap) Close() {
	c.closed.Store(true)
	for k, v := range c.sessions.Range {
		if c.sessions.CompareAndDelete(k, v) {
			v.(*shards.Session).Release()
		}
	}
}
