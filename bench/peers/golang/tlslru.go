package golang

import (
	"crypto/tls"
	"iter"
	"sync/atomic"
	"unsafe"

	"github.com/reprise-tls/reprise/shards"
)

// tlsLRU is crypto/tls's cache for clients: a map and a list behind a mutex,
// which lookups take too. It can neither count nor list what it has, and tells
// nobody what it evicts, so it cannot hold references: what it has may be
// released by others at any time.
type tlsLRU struct {
	c      tls.ClientSessionCache
	closed atomic.Bool
}

// clientState is what a session is in this cache: made by its first add, kept
// with it, and found again through the pointer to its first field, which is
// the only thing of ours that a tls.ClientSessionState keeps.
type clientState struct {
	tls.SessionState

	session *shards.Session
	id      string
	state   *tls.ClientSessionState
}

func newTLSLRU(capacity int) *tlsLRU {
	startClock()
	return &tlsLRU{c: tls.NewLRUClientSessionCache(capacity)}
}

// clientStateOf returns what s is in this cache, nil if that cannot be.
func clientStateOf(s *shards.Session) *clientState {
	if c, ok := s.Extra().(*clientState); ok {
		return c
	}
	c := &clientState{session: s, id: string(s.ID())}
	var err error
	if c.state, err = tls.NewResumptionState(nil, &c.SessionState); err != nil {
		return nil
	}
	s.SetExtra(c)
	return c
}

// find returns the session with the id, nil if there is none.
func (c *tlsLRU) find(id string) *shards.Session {
	// What a removal of something absent leaves is there and nil.
	state, ok := c.c.Get(id)
	if !ok || state == nil {
		return nil
	}
	_, held, err := state.ResumptionState()
	if err != nil || held == nil {
		return nil
	}
	return (*clientState)(unsafe.Pointer(held)).session
}

func (c *tlsLRU) Add(s *shards.Session) bool {
	if c.closed.Load() || s.References() < 1 {
		return false
	}
	state := clientStateOf(s)
	if state == nil || c.find(state.id) == s {
		return false
	}
	c.c.Put(state.id, state.state)
	return true
}

func (c *tlsLRU) Remove(s *shards.Session) bool {
	state := clientStateOf(s)
	if state == nil || c.find(state.id) != s {
		return false
	}
	c.c.Put(state.id, nil)
	return true
}

func (c *tlsLRU) Get(id []byte) (*shards.Session, bool) {
	if c.closed.Load() {
		return nil, false
	}
	k := view(id)
	s, ok := acquire(func() *shards.Session { return c.find(k) })
	return unlessExpired(c, s, ok)
}

// Len returns 0: the cache cannot tell.
func (*tlsLRU) Len() int { return 0 }

// All yields nothing: the cache cannot list what it has.
func (*tlsLRU) All() iter.Seq[*shards.Session] { return func(func(*shards.Session) bool) {} }

// Close makes the cache unreachable, there being no other way to empty it.
func (c *tlsLRU) Close() { c.closed.Store(true) }
