package missratio

import (
	"fmt"
	"math"
	"math/bits"
)

// The independent reference model: every request asks for id i with
// probability p_i, whatever was asked for before. Formulas take the
// probabilities, positive and with a sum of 1, and return hit ratios.

// Zipf returns the probabilities of n ids, the one of rank k proportional to
// k^-s.
func Zipf(n int, s float64) []float64 {
	p := make([]float64, n)
	sum := 0.0
	for i := n - 1; i >= 0; i-- { // from the small ones: less is lost by rounding
		p[i] = math.Pow(float64(i+1), -s)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// checkIndependent reports probabilities and sizes that make no sense.
func checkIndependent(p []float64, size, mostIDs int) error {
	sum := 0.0
	for i, v := range p {
		if !(v > 0) || math.IsInf(v, 1) {
			return fmt.Errorf("%w: probability %v of id %d; allowed are values above 0", ErrInput, v, i)
		}
		sum += v
	}
	switch {
	case len(p) == 0 || len(p) > mostIDs:
		return fmt.Errorf("%w: %d ids; allowed are 1 to %d", ErrInput, len(p), mostIDs)
	case math.Abs(sum-1) > 1e-9:
		return fmt.Errorf("%w: probabilities with the sum %v; it must be 1", ErrInput, sum)
	case size < 1 || size > len(p):
		return fmt.Errorf("%w: size %d; allowed are 1 to the number of ids, %d", ErrInput, size, len(p))
	}
	return nil
}

// CheLRU returns the hit ratio of LRU by Che's approximation, and the
// characteristic time, in requests: a session stays that long after its last
// use (H. Che, Y. Tung, Z. Wang, "Hierarchical Web caching systems", 2002).
func CheLRU(p []float64, size int) (hit, time float64, err error) {
	return characteristic(p, size, func(x float64) float64 { return -math.Expm1(-x) })
}

// CheFIFO returns the hit ratio of FIFO and of random eviction by the same
// approximation, and the characteristic time, in requests: a session stays that
// long after its creation (V. Martina, M. Garetto, E. Leonardi, "A unified
// approach to the performance analysis of caching systems", 2014).
func CheFIFO(p []float64, size int) (hit, time float64, err error) {
	return characteristic(p, size, PoissonFixed)
}

// characteristic finds the time in which the cache fills: presence(p_i·T),
// the probability that id i is there, has the sum size. A cache for all ids
// never evicts.
func characteristic(p []float64, size int, presence func(float64) float64) (hit, time float64, err error) {
	if err := checkIndependent(p, size, math.MaxInt); err != nil {
		return 0, 0, err
	}
	if size == len(p) {
		return 1, math.Inf(1), nil
	}
	occupied := func(t float64) (n float64) {
		for _, v := range p {
			n += presence(v * t)
		}
		return n
	}
	high := float64(size)
	for occupied(high) < float64(size) {
		high *= 2
	}
	low := 0.0
	for high-low > 1e-13*high {
		middle := (low + high) / 2
		if middle == low || middle == high {
			break
		}
		if occupied(middle) < float64(size) {
			low = middle
		} else {
			high = middle
		}
	}
	for _, v := range p {
		hit += v * presence(v*high)
	}
	return hit, high, nil
}

// MaxExactLRU is the most ids that ExactLRU takes: it goes over all their
// subsets.
const MaxExactLRU = 20

// ExactLRU returns the hit ratio of LRU (W. King, "Analysis of demand paging
// algorithms", 1971), by dynamic programming over the set of the ids used
// last: the next one to join it, going back, is id i with probability
// p_i / (1 - the probabilities of those already in it).
func ExactLRU(p []float64, size int) (float64, error) {
	if err := checkIndependent(p, size, MaxExactLRU); err != nil {
		return 0, err
	}
	sums := make([]float64, 1<<len(p))   // of the probabilities in a set
	chance := make([]float64, 1<<len(p)) // that the set is that of the ids used last
	chance[0] = 1
	hit := 0.0
	for set := range chance {
		if set != 0 {
			least := bits.TrailingZeros(uint(set))
			sums[set] = sums[set&(set-1)] + p[least]
		}
		if bits.OnesCount(uint(set)) == size {
			hit += chance[set] * sums[set]
			continue
		}
		for i, v := range p {
			if set&(1<<i) == 0 {
				chance[set|1<<i] += chance[set] * v / (1 - sums[set])
			}
		}
	}
	return hit, nil
}

// ExactFIFO returns the hit ratio of FIFO, which is that of random eviction
// too (E. Gelenbe, "A unified approach to the evaluation of a class of
// replacement algorithms", 1973): a set of ids is cached with a probability
// proportional to the product of theirs.
func ExactFIFO(p []float64, size int) (float64, error) {
	if err := checkIndependent(p, size, 1000); err != nil {
		return 0, err
	}
	// Elementary symmetric polynomials of probabilities scaled by n, which
	// keeps them within range: all ids equal make binomial coefficients.
	n := float64(len(p))
	symmetric := func(without int) []float64 {
		e := make([]float64, size+1)
		e[0] = 1
		for i, v := range p {
			if i == without {
				continue
			}
			for k := size; k > 0; k-- {
				e[k] += e[k-1] * v * n
			}
		}
		return e
	}
	all := symmetric(-1)[size]
	hit := 0.0
	for i, v := range p {
		hit += v * v * n * symmetric(i)[size-1] / all
	}
	return hit, nil
}
