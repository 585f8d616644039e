package golang

import (
	"slices"

	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// acquire adds a reference to the session that find finds, nil for none. Where
// the last reference went in between, the session has left the cache, and
// another one may be there: find is asked again. One that is still there was
// released too often; it counts as not there.
func acquire(find func() *shards.Session) (*shards.Session, bool) {
	s := find()
	for s != nil {
		if s.Acquire() {
			return s, true
		}
		again := find()
		if again == s {
			return nil, false
		}
		s = again
	}
	return nil, false
}

// unlessExpired ends a lookup: a session whose time is over is removed and not
// found. It is for libraries that know no time.
func unlessExpired(c workload.Cache, s *shards.Session, ok bool) (*shards.Session, bool) {
	if !ok || !expired(s) {
		return s, ok
	}
	c.Remove(s)
	s.Release()
	return nil, false
}

// closeByRemoval removes all sessions one by one.
func closeByRemoval(c workload.Cache) {
	for _, s := range slices.Collect(c.All()) {
		c.Remove(s)
	}
}

// flush removes all sessions with created + timeout < now one by one and
// returns how many those were.
func flush(c workload.Cache, now int64) (n int) {
	var due []*shards.Session
	for s := range c.All() {
		if now > s.Expiry(shards.DefaultTimeout) {
			due = append(due, s)
		}
	}
	for _, s := range due {
		if c.Remove(s) {
			n++
		}
	}
	return n
}
