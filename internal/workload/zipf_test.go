package workload

import (
	"fmt"
	"math"
	"testing"
)

// zeta returns the sum of k^-theta for k from 1 to n: directly up to a
// thousand, beyond that by the Euler-Maclaurin formula.
func zeta(n uint64, theta float64) float64 {
	direct := min(n, 1000)
	sum := 0.0
	for k := direct; k >= 1; k-- {
		sum += math.Pow(float64(k), -theta)
	}
	if n == direct {
		return sum
	}
	a, b := float64(direct), float64(n)
	integral := math.Log(b / a)
	if theta != 1 {
		integral = (math.Pow(b, 1-theta) - math.Pow(a, 1-theta)) / (1 - theta)
	}
	f := func(x float64) float64 { return math.Pow(x, -theta) }
	slope := func(x float64) float64 { return -theta * math.Pow(x, -theta-1) }
	return sum + integral + (f(b)-f(a))/2 + (slope(b)-slope(a))/12
}

func TestZetaAgainstPublishedValues(t *testing.T) {
	for _, c := range []struct {
		n    uint64
		want float64
	}{
		{1_000, 7.728953217284729},
		{10_000, 10.224361459595519},
		{1_000_000, 15.391849746036794},
		{100_000_000, 20.80293049002443},
		{10_000_000_000, 26.46902820178302}, // YCSB's ScrambledZipfianGenerator.ZETAN
	} {
		if got := zeta(c.n, 0.99); math.Abs(got/c.want-1) > 1e-11 {
			t.Errorf("zeta(%d, 0.99) = %.15g, published %.15g", c.n, got, c.want)
		}
	}
}

// chiSquare compares counts of ranks 1..n with probabilities proportional to
// k^-theta. It returns how many standard deviations the statistic lies above
// what the law predicts, by Wilson and Hilferty's approximation.
func chiSquare(counts []float64, theta float64) float64 {
	total := 0.0
	for _, c := range counts {
		total += c
	}
	norm := zeta(uint64(len(counts)), theta)
	var statistic, seen, expected float64
	bins := 0
	for i, c := range counts {
		seen += c
		expected += total * math.Pow(float64(i+1), -theta) / norm
		// Bins expect 20 or more; what is left over at the end is small.
		if expected >= 20 || i == len(counts)-1 {
			statistic += (seen - expected) * (seen - expected) / expected
			bins++
			seen, expected = 0, 0
		}
	}
	freedom := float64(bins - 1)
	return (math.Cbrt(statistic/freedom) - (1 - 2/(9*freedom))) / math.Sqrt(2/(9*freedom))
}

func drawRanks(n uint64, theta float64, draws int) []float64 {
	z := newZipf(n, theta)
	r := newRandom(1, domainStream, 0)
	counts := make([]float64, n)
	for range draws {
		counts[z.rank(r)-1]++
	}
	return counts
}

func TestZipfFollowsItsLaw(t *testing.T) {
	for _, theta := range []float64{0.2, 0.5, 0.99, 1, 1.2, 3} {
		for _, n := range []uint64{1, 2, 3, 10, 1_000, 100_000} {
			t.Run(fmt.Sprintf("theta=%v/n=%d", theta, n), func(t *testing.T) {
				counts := drawRanks(n, theta, 400_000)
				if n == 1 {
					return // nothing to compare, and drawRanks would have failed on another rank
				}
				if sigmas := chiSquare(counts, theta); sigmas > 4 {
					t.Errorf("chi-square lies %.1f standard deviations above the law's", sigmas)
				}
			})
		}
	}
}

// A test that a slightly wrong law would pass too shows nothing.
func TestChiSquareTellsLawsApart(t *testing.T) {
	counts := drawRanks(1_000, 0.99, 1_000_000)
	for _, theta := range []float64{0.97, 1.01} {
		if sigmas := chiSquare(counts, theta); sigmas < 10 {
			t.Errorf("a law with theta 0.99 passes for one with theta %v: %.1f standard deviations", theta, sigmas)
		}
	}
}

func TestZipfOfManyKeysIsSetUpAtOnce(t *testing.T) {
	const n, draws = 10_000_000_000, 1_000_000
	z := newZipf(n, 0.99)
	r := newRandom(1, domainStream, 0)
	first := 0
	for range draws {
		switch k := z.rank(r); {
		case k < 1 || k > n:
			t.Fatalf("rank %d is outside 1 to %d", k, uint64(n))
		case k == 1:
			first++
		}
	}
	want := draws / zeta(n, 0.99)
	if math.Abs(float64(first)-want) > 5*math.Sqrt(want) {
		t.Errorf("rank 1 was drawn %d times of %d, the law says %.0f", first, draws, want)
	}
}
