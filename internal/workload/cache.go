package workload

import (
	"iter"

	"github.com/reprise-tls/reprise/shards"
)

// A Cache is what a workload drives. It holds one reference on every session
// in it.
//
// All methods may be called by any number of goroutines at once, but All and
// Close are called only while nothing else runs.
type Cache interface {
	// Add links s and reports whether it did: false if s itself is there or
	// the cache is closed. Another session with the same id is replaced.
	Add(s *shards.Session) bool

	// Remove removes s itself, not another session with its id, and reports
	// whether it did.
	Remove(s *shards.Session) bool

	// Get finds the session with the id and adds a reference, which the
	// caller releases. It does not keep id.
	Get(id []byte) (*shards.Session, bool)

	// Len returns the number of sessions.
	Len() int

	// All yields every session in the cache once.
	All() iter.Seq[*shards.Session]

	// Close drops all sessions, with the cache's references on them, and
	// makes every later Add fail.
	Close()
}
