package shards

import (
	"crypto/rand"

	"github.com/cespare/xxhash/v2"
)

const prefixLength = 16

// prefix makes hashes differ from process to process.
var prefix = func() (p [prefixLength]byte) {
	rand.Read(p[:]) // never fails: it ends the process instead
	return p
}()

// Hash returns the hash of an id (at most 32 bytes count): XXH64 over a secret
// prefix, drawn once a process, and the id. The top bits choose the shard, the
// low ones the bucket.
//
// The prefix hides which ids collide, but does not make XXH64 safe against ids
// chosen to collide under every prefix; tables bound what those can do by
// capping a chain at [MaxChain].
func Hash(id []byte) uint64 {
	var b [prefixLength + MaxIDLength]byte
	copy(b[:], prefix[:])
	n := copy(b[prefixLength:], id)
	return xxhash.Sum64(b[:prefixLength+n])
}
