package engine

import "github.com/reprise-tls/reprise/shards"

// NewSession makes a session with a copy of id (1 to [MaxIDLength] bytes) and
// of state (0 to [MaxStateLength] bytes), created now, with the cache's
// timeout and scope. The caller owns the first reference. It does not add the
// session. It fails with an error that wraps [ErrIDLength] or
// [ErrStateLength].
func (c *Cache) NewSession(id, state []byte) (*Session, error) {
	return NewSession(id, state, SessionOptions{Scope: c.scope, Created: c.now(), Timeout: c.Timeout()})
}

// Add puts s into the cache, which takes a reference of its own, and reports
// whether it did: SSL_CTX_add_session(3), for the application's own use, so it
// does not call Callbacks.New or the store. The mode does not keep it from
// adding.
//
//   - No session with that id: s is added, true.
//   - Another session with that id: s takes its place in one atomic step, true.
//     The other's reference is dropped; no callback is told of it.
//   - s itself: false, nothing changes, apart from its expiry under UpdateTime.
//   - The state of s alone exceeds Config.MaxBytes: false, nothing changes,
//     counted as Stats.TooLarge. (OpenSSL has no such bound; nginx, which has,
//     fails to allocate and does not cache the session either.)
//   - The reference count of s has reached zero, s is nil, or the cache is
//     closed: false, nothing changes.
//
// A full cache, also one that is full by Config.MaxBytes, evicts: what is expired; else, while sessions on probation have
// more than their share (Config.ProbationPercent), the earliest of those to
// expire; else the earliest of all; sessions of equal expiry in the order they
// were added. Up to a capacity of 64 that is exact, beyond it is nearly so, in
// a bounded number of steps. If every place is reserved by adds that are under
// way, s is added and evicted at once, true; so nobody ever waits. If 32 other
// sessions have ids that fall into the bucket of s, one of them is evicted,
// full cache or not.
//
// Unless NoAutoClear is set, one Add in sixteen that links a session then looks
// at a few dozen more, others each time, and removes those that are expired. (OpenSSL goes
// over all of them in every 256th handshake, under its lock.)
func (c *Cache) Add(s *Session) bool { return s != nil && c.add(s, nil) }

// add is Add, unless the table has counted removals since.
func (c *Cache) add(s *Session, since *uint64) bool {
	if c.closed.Load() {
		return false
	}
	if c.counters.bytes.tooLarge(s) {
		c.counters.add(tooLarge)
		return false
	}
	now, mode := c.now(), c.Mode()
	refresh := mode.has(UpdateTime)
	if refresh && s.References() > 0 {
		s.SetCreated(now)
	}
	outcome, nth := c.link(s, now, refresh, since)
	switch outcome {
	case shards.Identical:
		c.counters.add(identical)
		return false
	case shards.Unreferenced, shards.Closed, shards.Outdated:
		return false
	}
	if !mode.has(NoAutoClear) && nth%sweepEvery == 0 {
		c.table.Sweep(now)
	}
	return true
}

// sweepEvery is how many adds of a stripe there are to a sweep, which looks at
// sixteen times as many buckets as an add should: beside each other they cost
// little more than one.
const sweepEvery = 16

// link adds s to the table and counts it if it was linked: nth is how many its
// stripe of counters has counted then. (To read that count again would be to ask
// for the stripe again, which may be another one a few frames up the stack.)
//
// When a Remove callback ends the goroutine, the table's Add does not return.
// It calls the sink only once s is linked, so s counts as added.
func (c *Cache) link(s *Session, now int64, refresh bool, since *uint64) (outcome shards.Outcome, nth uint64) {
	outcome = shards.Added
	defer func() {
		switch outcome {
		case shards.Added, shards.Replaced, shards.AddedAndEvicted:
			nth = c.counters.linked(s)
			c.evictToBytes()
		}
	}()
	if expiry := s.Expiry(c.Timeout()); since == nil {
		outcome = c.table.Add(s, expiry, now, refresh)
	} else {
		outcome = c.table.AddSince(s, expiry, now, refresh, *since)
	}
	return outcome, nth
}

// Promote takes s out of probation, whether or not it is in the cache: its
// client has resumed. HandshakeFinished does it for resumed sessions.
func (c *Cache) Promote(s *Session) { c.table.Promote(s) }

// Reschedule makes the cache go by the creation time and timeout that s has
// now, after Session.SetCreated or SetTimeout, and reports whether s is in the
// cache. (OpenSSL's SSL_SESSION_set_time and set_timeout do that by
// themselves; here a session may be in several caches.) Among sessions of
// equal expiry it becomes the last to be evicted.
func (c *Cache) Reschedule(s *Session) bool {
	return s != nil && c.table.Reschedule(s, s.Expiry(c.Timeout()))
}
