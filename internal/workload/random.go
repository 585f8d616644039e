package workload

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// A domain keeps random numbers drawn for one purpose apart from those drawn
// for another under the same seed.
type domain uint64

const (
	domainIDs domain = iota + 1
	domainScramble
	domainStream
	domainStates
	domainTimeouts
)

// random is a deterministic source of numbers. ChaCha8's output is fixed by
// its specification; what is made of it here uses integer arithmetic and
// exactly rounded floating point only, so that it is the same on any machine.
type random struct{ source *rand.ChaCha8 }

func newRandom(seed uint64, d domain, index uint64) random {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[0:], seed)
	binary.LittleEndian.PutUint64(key[8:], uint64(d))
	binary.LittleEndian.PutUint64(key[16:], index)
	return random{rand.NewChaCha8(key)}
}

func (r random) uint64() uint64 { return r.source.Uint64() }

// below returns a number in [0, n), n > 0, uniformly: Lemire's multiplication
// with rejection ("Fast random integer generation in an interval", 2019).
func (r random) below(n uint64) uint64 {
	high, low := bits.Mul64(r.uint64(), n)
	if low < n {
		for limit := -n % n; low < limit; {
			high, low = bits.Mul64(r.uint64(), n)
		}
	}
	return high
}

// float64 returns a number in [0, 1) with 53 random bits.
func (r random) float64() float64 { return float64(r.uint64()>>11) / (1 << 53) }
