package engine

import "github.com/reprise-tls/reprise/shards"

// Get finds the session with the given id under the cache's scope. The caller
// gets a reference and releases it. It asks only the internal table, whatever
// the mode; [Cache.Resume] is what a server's handshake calls.
//
// An expired session is removed and not returned. An id that is present
// throughout the call, even while its session is replaced, is never missed.
// Counts one of Hits, Misses, Timeouts and ScopeMismatches. Allocates nothing.
func (c *Cache) Get(id []byte) (*Session, bool) { return c.GetScoped(id, c.scope) }

// GetScoped is Get under another scope. A session of a different scope is not
// returned, stays where it is, and is counted as a scope mismatch.
func (c *Cache) GetScoped(id []byte, scope Scope) (*Session, bool) {
	s, r := c.table.Lookup(id, scope, c.now())
	c.counters.add(ofResult[r])
	return s, r == shards.Hit
}

// Contains reports whether the internal table has a session with the id,
// whatever its scope, expired or not: SSL_has_matching_session_id(3). It
// counts nothing.
func (c *Cache) Contains(id []byte) bool { return c.table.Contains(id) }

// Take is Get and Remove as one atomic step: of all callers exactly one gets
// the session, and with it the cache's reference, which it releases. That is
// what single use needs within a process (RFC 8446, section 8.1). A fleet
// needs Store.Claim too.
//
// Callbacks.Remove is told, with reason removed; the session is no longer
// resumable. With a store, the id is deleted there first.
func (c *Cache) Take(id []byte) (*Session, bool) { return c.TakeScoped(id, c.scope) }

// TakeScoped is Take under another scope.
func (c *Cache) TakeScoped(id []byte, scope Scope) (*Session, bool) {
	if c.store != nil && !c.forgetOwn(id, scope) {
		return nil, false
	}
	s, r := c.table.Take(id, scope, c.now())
	if r != shards.Hit {
		c.counters.add(ofResult[r])
		return nil, false
	}
	c.counters.add(hits)
	c.counters.unlinked(s, taken)
	c.callRemoveHeld(s)
	return s, true
}

// callRemoveHeld tells of a session that the caller is about to return, and
// gives its reference back if the callback ends the goroutine.
func (c *Cache) callRemoveHeld(s *Session) {
	returned := false
	defer func() {
		if !returned {
			s.Release()
		}
	}()
	c.callRemove(s, ReasonRemoved)
	returned = true
}

// forgetOwn deletes the id from the store if the internal table has a session
// that may be taken: one of another scope must stay in the store. It counts
// the lookup where it returns false.
func (c *Cache) forgetOwn(id []byte, scope Scope) bool {
	s, r := c.table.Lookup(id, scope, c.now())
	if r != shards.Hit {
		c.counters.add(ofResult[r])
		return false
	}
	defer s.Release()
	c.storeDelete(s.ID())
	return true
}
