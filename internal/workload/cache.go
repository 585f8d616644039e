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

// A Promoter is a cache that wants to know which sessions were resumed. Scan
// tells it of every session that a lookup found, before it releases it.
type Promoter interface{ Promote(s *shards.Session) }

// A Flusher is a cache that can remove what is expired. Flush removes the
// sessions with created + timeout < now, in Unix seconds, and returns how many
// it removed. Flush needs it.
type Flusher interface{ Flush(now int64) int }
