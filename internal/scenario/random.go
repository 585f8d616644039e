package scenario

import (
	"math"

	"github.com/reprise-tls/reprise/internal/exact"
)

// random is SplitMix64: eight bytes of state, so that every client of millions
// has a source of its own and what one does depends on no other.
type random uint64

const gamma = 0x9E3779B97F4A7C15

// newRandom returns the source of one purpose, and there of one index, under a
// seed.
func newRandom(seed uint64, purpose, index uint64) random {
	return random(mix(mix(mix(seed+gamma)+purpose)+index*gamma) + gamma)
}

// mix is the output function of SplitMix64, a bijection.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func (r *random) uint64() uint64 {
	*r += gamma
	return mix(uint64(*r))
}

// float64 returns a number in [0, 1) with 53 random bits.
func (r *random) float64() float64 { return float64(r.uint64()>>11) / (1 << 53) }

// chance reports true with the probability of a share.
func (r *random) chance(share Share) bool { return r.float64() < float64(share) }

// exponential returns a number with mean 1.
func (r *random) exponential() float64 { return -exact.Log(1 - r.float64()) }

// normal returns a number with mean 0 and variance 1, by Marsaglia's polar
// method, whose square root IEEE 754 rounds the same everywhere.
func (r *random) normal() float64 {
	for {
		u, v := float64(2*r.float64())-1, float64(2*r.float64())-1
		s := float64(u*u) + float64(v*v)
		if s > 0 && s < 1 {
			return u * math.Sqrt(float64(-2*exact.Log(s))/s)
		}
	}
}
