package workload

import (
	"encoding/binary"

	"github.com/reprise-tls/reprise/shards"
)

// IDs are the session ids of a workload, 32 bytes each, all different. An id
// is computed from its number in a few nanoseconds and not read from a table:
// what arrives in a ClientHello is in the cache of the processor, while a
// table of a million ids would add a miss that is the generator's own.
//
// The words of id k are outputs 4k to 4k+3 of SplitMix64 (Steele, Lea, Flood,
// "Fast splittable pseudorandom number generators", 2014), started where
// ChaCha8 under the seed says. Each output is a bijection of its position, so
// no two ids share a word in the same place.
type IDs struct{ start uint64 }

// NewIDs returns the ids that a seed stands for.
func NewIDs(seed uint64) IDs { return IDs{newRandom(seed, domainIDs, 0).uint64()} }

// Put writes id number k to id.
func (i IDs) Put(id *[shards.MaxIDLength]byte, k uint64) {
	const gamma = 0x9E3779B97F4A7C15
	at := i.start + 4*k*gamma
	binary.LittleEndian.PutUint64(id[0:], mix(at))
	binary.LittleEndian.PutUint64(id[8:], mix(at+gamma))
	binary.LittleEndian.PutUint64(id[16:], mix(at+2*gamma%(1<<64)))
	binary.LittleEndian.PutUint64(id[24:], mix(at+3*gamma%(1<<64)))
}

// mix is the output function of SplitMix64, a bijection.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}
