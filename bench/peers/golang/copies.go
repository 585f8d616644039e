package golang

import (
	"encoding/binary"
	"time"

	"github.com/reprise-tls/reprise/shards"
)

// Caches of bytes have copies of sessions: the times and the state. A lookup
// makes a new session of them. So there is nothing to count references on, a
// session that is added again is stored again, a removal removes whatever has
// the id, and states are not wiped when they go.

// copyHeader is what a copy has before the state.
const copyHeader = 16

// copyBuffer holds a copy with a state that came from any of the handshakes of
// the workloads.
type copyBuffer [1 << 10]byte

// appendCopy appends a copy of s.
func appendCopy(dst []byte, s *shards.Session) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.Created()))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s.Timeout()))
	return s.AppendState(dst)
}

// sessionOfCopy returns a new session, unless the time of the old one is over,
// nil if what is there is no copy.
func sessionOfCopy(id, b []byte) *shards.Session {
	if len(b) < copyHeader {
		return nil
	}
	s, err := shards.NewSession(id, b[copyHeader:], shards.SessionOptions{
		Created: int64(binary.LittleEndian.Uint64(b)),
		Timeout: int64(binary.LittleEndian.Uint64(b[8:])),
	})
	if err != nil || expired(s) {
		return nil
	}
	return s
}

// usualCopy is the mean size of a copy and its id, in bytes, for sessions of
// the default mix of states: 32 of the id, 16 of times, and 57 to 924 of a
// state.
const usualCopy = 152

// secondsToLive is for caches that take whole seconds, 0 for forever, and add
// the time in 32 bits.
func secondsToLive(s *shards.Session) int {
	return min(max(1, int(timeToLive(s)/time.Second)), 1<<30)
}
