package engine

import (
	"bytes"
	"context"

	"github.com/reprise-tls/reprise/shards"
)

// Resume finds the session that a client offers to resume, as
// ssl_get_prev_session does on OpenSSL's servers, whatever the role bits of
// the mode. The caller gets a reference and releases it.
//
//  1. The internal table, unless NoInternalLookup. What it has is the answer,
//     also if it is expired or under another scope: nobody else is asked.
//  2. Callbacks.Get, without the store being asked if it returns a session.
//  3. The store, within Config.StoreDeadline.
//
// A session from 2 or 3 must have the id that was offered and the scope that
// was asked for, be marked resumable and not be expired. Unless
// NoInternalStore is set it is then added to the internal table, but only if
// no removal concerned its id since Resume began to ask; a removal that comes
// after that finds it there.
//
// Counts: a hit, whatever the source, in Hits; a search of the internal table
// that found no such id in Misses, also if 2 or 3 then have it; an expired
// session in Timeouts, one of another scope in ScopeMismatches, and what was
// otherwise unusable in ExternalRejected. An id that is empty or longer than
// [MaxIDLength] is not looked up and not counted. ctx must not be nil; the
// callback and the store get it.
func (c *Cache) Resume(ctx context.Context, id []byte, scope Scope) (*Session, bool) {
	if !validID(id) {
		return nil, false
	}
	if !c.Mode().has(NoInternalLookup) {
		s, r := c.table.Lookup(id, scope, c.now())
		c.counters.add(ofResult[r])
		if r != shards.Miss {
			return s, r == shards.Hit
		}
	}
	if c.closed.Load() || c.store == nil && c.callbacks.Load().Get == nil {
		return nil, false
	}
	return c.resumeExternal(ctx, clone(id), scope)
}

// resumeExternal asks the callback and the store. It owns id.
func (c *Cache) resumeExternal(ctx context.Context, id []byte, scope Scope) (*Session, bool) {
	removals := c.table.Removals(id) // before anybody is asked
	s := c.askExternal(ctx, id)
	if s == nil {
		return nil, false
	}
	usable := false
	defer func() { // also if a callback ends the goroutine
		if !usable {
			s.Release()
		}
	}()
	if !c.check(s, id, scope) {
		return nil, false
	}
	c.keep(s, removals)
	c.counters.add(hits)
	usable = true
	return s, true
}

func (c *Cache) askExternal(ctx context.Context, id []byte) *Session {
	if s := c.callGet(ctx, clone(id)); s != nil {
		if s.Resumable() && s.References() > 0 {
			c.counters.add(callbackHits)
			return s
		}
		// OpenSSL ignores it (CVE-2024-2511), and so does the count.
		c.counters.add(externalRejected)
		s.Release()
	}
	if c.store == nil {
		return nil
	}
	return c.storeGet(ctx, id)
}

// check reports whether a session from outside is what was asked for, and
// counts if it is not.
func (c *Cache) check(s *Session, id []byte, scope Scope) bool {
	var own [MaxIDLength]byte
	switch {
	case !bytes.Equal(s.AppendID(own[:0]), id):
		c.counters.add(externalRejected)
	case s.Scope() != scope:
		c.counters.add(scopeMismatches)
	case c.now() > s.Expiry(c.Timeout()):
		c.counters.add(timeouts)
	default:
		return true
	}
	return false
}

// keep adds a session from outside to the table, unless a removal may have
// concerned its id since removals was read: the removal would not have found
// it, and it would come back from the dead.
func (c *Cache) keep(s *Session, removals uint64) {
	if !c.Mode().has(NoInternalStore) {
		c.add(s, &removals)
	}
}

func validID(id []byte) bool { return len(id) > 0 && len(id) <= MaxIDLength }

// clone copies an id before it passes to the application's code, so that the
// caller's array need not be on the heap.
func clone(id []byte) []byte { return append(make([]byte, 0, MaxIDLength), id...) }
