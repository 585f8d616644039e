package golang

import (
	"time"
	"unsafe"

	"github.com/reprise-tls/reprise/shards"
)

// key is an id for libraries whose keys are values: its bytes and, in the last
// one, their number. Being an array of bytes and nothing else it is hashed and
// compared in one go.
type key [shards.MaxIDLength + 1]byte

func keyOf(s *shards.Session) (k key) {
	k[shards.MaxIDLength] = byte(len(s.AppendID(k[:0])))
	return k
}

func keyFrom(id []byte) (k key) {
	k[shards.MaxIDLength] = byte(copy(k[:shards.MaxIDLength], id))
	return k
}

// view returns an id as a string, for libraries whose keys are strings and
// that do not keep it.
func view(id []byte) string { return unsafe.String(unsafe.SliceData(id), len(id)) }

// keptID returns the id of s as a string, which is made once and kept with s.
func keptID(s *shards.Session) string {
	if id, ok := s.Extra().(string); ok {
		return id
	}
	id := string(s.ID())
	s.SetExtra(id)
	return id
}

// sameID reports whether both sessions have the same id.
func sameID(a, b *shards.Session) bool {
	if a == b {
		return true
	}
	if a.Hash() != b.Hash() {
		return false
	}
	var id [shards.MaxIDLength]byte
	return a.HasID(b.AppendID(id[:0]))
}

// expired reports whether the time of s is over.
func expired(s *shards.Session) bool { return now() > s.Expiry(shards.DefaultTimeout) }

// timeToLive returns how long s has to live, for libraries that want to know
// it; more than zero also where it is over, since they take zero for forever.
func timeToLive(s *shards.Session) time.Duration {
	const century = 100 * 365 * 24 * 3600 // what a Duration and what is added to it can hold
	left := min(s.Expiry(shards.DefaultTimeout)-now(), century)
	return max(time.Duration(left+1)*time.Second, 1) // it is valid throughout its last second
}
