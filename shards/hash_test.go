package shards

import (
	"crypto/rand"
	"encoding/binary"
	"math"
	"math/bits"
	mrand "math/rand/v2"
	"testing"

	"github.com/cespare/xxhash/v2"
)

// The hash is XXH64 of the prefix followed by the id, as the streaming form of
// the library computes it, for every length.
func TestHashIsXXH64OfPrefixAndID(t *testing.T) {
	random := mrand.New(mrand.NewPCG(1, 2))
	for length := range MaxIDLength + 1 {
		for range 50 {
			id := make([]byte, length)
			for i := range id {
				id[i] = byte(random.Uint32())
			}
			d := xxhash.New()
			d.Write(prefix[:])
			d.Write(id)
			if got, want := Hash(id), d.Sum64(); got != want {
				t.Fatalf("the hash of %d bytes is %x, want %x", length, got, want)
			}
		}
	}
}

// A session has the hash of its id, and ids that differ in length or in one
// bit have different ones.
func TestHashOfSessions(t *testing.T) {
	seen := map[uint64]bool{}
	zeros := make([]byte, MaxIDLength)
	for length := 1; length <= MaxIDLength; length++ {
		s := mustSession(t, string(zeros[:length]), "", SessionOptions{})
		if s.Hash() != Hash(zeros[:length]) {
			t.Errorf("the hash of a session with an id of %d bytes is another one", length)
		}
		seen[s.Hash()] = true
	}
	for bit := range 8 * MaxIDLength {
		id := make([]byte, MaxIDLength)
		id[bit/8] = 1 << (bit % 8)
		seen[Hash(id)] = true
	}
	if want := MaxIDLength + 8*MaxIDLength; len(seen) != want {
		t.Errorf("%d similar ids have %d hashes", want, len(seen))
	}
}

// Only 32 bytes count; nothing is read beyond them, and nothing panics.
func TestHashOfLongIDs(t *testing.T) {
	id := make([]byte, 1000)
	rand.Read(id)
	if Hash(id) != Hash(id[:MaxIDLength]) {
		t.Error("more than 32 bytes count")
	}
	if Hash(nil) != Hash([]byte{}) {
		t.Error("no id and an empty id differ")
	}
}

func TestPrefixIsRandom(t *testing.T) {
	if prefix == ([prefixLength]byte{}) {
		t.Error("the prefix was not drawn")
	}
}

// The top bits, which choose the shard, and the low ones, which choose the
// bucket, are spread evenly, and so are both together: also for ids that count
// up. The bound is five standard deviations of a chi-squared statistic.
func TestHashSpreadsIDs(t *testing.T) {
	const n, cells = 1 << 17, 256
	parts := map[string]func(h uint64) uint64{
		"top bits":         func(h uint64) uint64 { return h >> 56 },
		"low bits":         func(h uint64) uint64 { return h & 255 },
		"bits 7 to 14":     func(h uint64) uint64 { return h >> 7 & 255 },
		"top and low bits": func(h uint64) uint64 { return h>>60<<4 | h&15 },
	}
	for name, part := range parts {
		var count [cells]float64
		for i := range uint64(n) {
			var id [MaxIDLength]byte
			binary.BigEndian.PutUint64(id[24:], i)
			count[part(Hash(id[:]))]++
		}
		chi := 0.0
		for _, c := range count {
			chi += (c - n/cells) * (c - n/cells) / (n / cells)
		}
		if limit := cells - 1 + 5*math.Sqrt(2*(cells-1)); chi > limit {
			t.Errorf("%s: chi squared is %.0f, want at most %.0f", name, chi, limit)
		}
	}
}

// One bit of an id changes about half of the bits of the hash.
func TestHashAvalanche(t *testing.T) {
	const ids = 200
	var changed [64]int
	total := 0
	for range ids {
		var id [MaxIDLength]byte
		rand.Read(id[:])
		h := Hash(id[:])
		for bit := range 8 * MaxIDLength {
			id[bit/8] ^= 1 << (bit % 8)
			difference := h ^ Hash(id[:])
			id[bit/8] ^= 1 << (bit % 8)
			for d := difference; d != 0; d &= d - 1 {
				changed[bits.TrailingZeros64(d)]++
			}
			total++
		}
	}
	for bit, n := range changed {
		if share := float64(n) / float64(total); math.Abs(share-0.5) > 0.02 {
			t.Errorf("bit %d of the hash changes in %.3f of the cases", bit, share)
		}
	}
}

func TestHashAllocatesNothing(t *testing.T) {
	id := make([]byte, MaxIDLength)
	wantAllocations(t, "Hash", 0, func() { Hash(id) })
}
