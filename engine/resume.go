package engine

import (
	"bytes"
	"context"
	"errors"

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
	s, r := c.ResumeInternal(id, scope)
	if r == Missed {
		s, r = c.ResumeExternal(ctx, id, scope)
	}
	return s, r == Found
}

// LookupResult says what a lookup for a handshake found. Its String method
// gives a word that is fit for a metric label.
type LookupResult uint8

// The results of ResumeInternal and ResumeExternal.
const (
	Found      LookupResult = iota // a session, with a reference for the caller
	Missed                         // no session with that id
	Expired                        // there was one, and its time was over
	OtherScope                     // there is one, under another scope
	Rejected                       // what came from outside did not decode, had another id or was no longer resumable
)

// String returns the result as a word.
func (r LookupResult) String() string {
	return [...]string{"hit", "miss", "expired", "other-scope", "rejected"}[r]
}

var resultOf = [...]LookupResult{
	shards.Hit:        Found,
	shards.Miss:       Missed,
	shards.Expired:    Expired,
	shards.OtherScope: OtherScope,
}

// ResumeInternal is the first step of [Cache.Resume], for adapters that bound
// how often one handshake may ask the store: it looks into the internal table
// only, and says what it found. Under NoInternalLookup it is Missed, without a
// look. Ids and counts are treated as Resume treats them.
func (c *Cache) ResumeInternal(id []byte, scope Scope) (*Session, LookupResult) {
	if !validID(id) || c.Mode().has(NoInternalLookup) {
		return nil, Missed
	}
	s, r := c.table.Lookup(id, scope, c.now())
	c.counters.add(ofResult[r])
	return s, resultOf[r]
}

// ResumeExternal is what [Cache.Resume] does after ResumeInternal has Missed:
// it asks Callbacks.Get and the store, checks what they return, and keeps it.
// Without either it is Missed at once.
func (c *Cache) ResumeExternal(ctx context.Context, id []byte, scope Scope) (*Session, LookupResult) {
	if !validID(id) || c.closed.Load() || c.store == nil && c.callbacks.Load().Get == nil {
		return nil, Missed
	}
	return c.resumeExternal(ctx, clone(id), scope)
}

// resumeExternal asks the callback and the store. It owns id.
func (c *Cache) resumeExternal(ctx context.Context, id []byte, scope Scope) (*Session, LookupResult) {
	removals := c.table.Removals(id) // before anybody is asked
	s, r := c.askExternal(ctx, id)
	if s == nil {
		return nil, r
	}
	usable := false
	defer func() { // also if a callback ends the goroutine
		if !usable {
			s.Release()
		}
	}()
	if r := c.check(s, id, scope); r != Found {
		return nil, r
	}
	c.keep(s, removals)
	c.counters.add(hits)
	usable = true
	return s, Found
}

// askExternal returns the session that the callback or the store has, nil with
// the reason if there is none.
func (c *Cache) askExternal(ctx context.Context, id []byte) (*Session, LookupResult) {
	without := Missed
	if s := c.callGet(ctx, clone(id)); s != nil {
		if s.Resumable() && s.References() > 0 {
			c.counters.add(callbackHits)
			return s, Found
		}
		// OpenSSL ignores it (CVE-2024-2511), and so does the count.
		c.counters.add(externalRejected)
		s.Release()
		without = Rejected
	}
	if c.store == nil {
		return nil, without
	}
	s, err := c.storeGet(ctx, id)
	switch {
	case err == nil:
		return s, Found
	case errors.Is(err, ErrEncoding):
		return nil, Rejected
	}
	return nil, without
}

// check says whether a session from outside is what was asked for, and counts
// if it is not.
func (c *Cache) check(s *Session, id []byte, scope Scope) LookupResult {
	var own [MaxIDLength]byte
	switch {
	case !bytes.Equal(s.AppendID(own[:0]), id):
		c.counters.add(externalRejected)
		return Rejected
	case s.Scope() != scope:
		c.counters.add(scopeMismatches)
		return OtherScope
	case c.now() > s.Expiry(c.Timeout()):
		c.counters.add(timeouts)
		return Expired
	}
	return Found
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
