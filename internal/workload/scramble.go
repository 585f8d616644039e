package workload

import "math/bits"

// scramble is a permutation of the numbers below n. It spreads the ranks of a
// skewed law over all keys, so that hot keys do not lie side by side; being a
// bijection it leaves the law as it is, which a hash reduced modulo n would
// not, since it lets ranks collide.
//
// It is a Feistel network of four rounds on the smallest even number of bits
// that holds n, walked along its cycle until a number below n appears (Black,
// Rogaway, "Ciphers with arbitrary finite domains", 2002).
type scramble struct {
	n    uint64
	half uint
	mask uint64
	keys [4]uint64
}

func newScramble(n, seed uint64) scramble {
	half := uint(bits.Len64(n-1)+1) / 2
	s := scramble{n: n, half: half, mask: 1<<half - 1}
	r := newRandom(seed, domainScramble, 0)
	for i := range s.keys {
		s.keys[i] = r.uint64()
	}
	return s
}

// of returns where x, below n, goes.
func (s *scramble) of(x uint64) uint64 {
	for {
		x = s.once(x)
		if x < s.n {
			return x
		}
	}
}

func (s *scramble) once(x uint64) uint64 {
	left, right := x>>s.half, x&s.mask
	for _, key := range s.keys {
		left, right = right, left^mix(right+key)&s.mask
	}
	return left<<s.half | right
}
