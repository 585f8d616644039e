package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// exactMedianQuantile returns the given quantile of the bootstrap distribution
// of the median of an odd number of different values: the resampled median is
// at most the k-th of them when at least half of the draws are, and how many
// draws are is binomial.
func exactMedianQuantile(values []float64, quantile float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	for k := 1; k < n; k++ {
		share := float64(k) / float64(n)
		below := 0.0
		for draws := (n + 1) / 2; draws <= n; draws++ {
			below += choose(n, draws) * math.Pow(share, float64(draws)) * math.Pow(1-share, float64(n-draws))
		}
		if below >= quantile {
			return sorted[k-1]
		}
	}
	return sorted[n-1]
}

func TestBootstrapMedianAgainstItsExactDistribution(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 10 {
		values := make([]float64, 11)
		for i := range values {
			values[i] = random.NormFloat64()
		}
		// At these levels no value's probability is near the bounds.
		for _, level := range []float64{0.99, 0.8, 0.5} {
			got := bootstrapMedian(values, level)
			tail := (1 - level) / 2
			want := Interval{exactMedianQuantile(values, tail), exactMedianQuantile(values, 1-tail)}
			if got != want {
				t.Errorf("level %v of %v: %v, by its distribution %v", level, values, got, want)
			}
			if again := bootstrapMedian(values, level); again != got {
				t.Errorf("the same values gave %v and %v", got, again)
			}
		}
	}
}

// Of two independent samples the ratio of medians is covered as often as the
// level says, about.
func TestBootstrapMedianRatioCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	const runs = 50
	covered := 0
	for range runs {
		base, head := make([]float64, 15), make([]float64, 15)
		for i := range base {
			base[i] = math.Exp(0.1 * random.NormFloat64())
			head[i] = 1.2 * math.Exp(0.1*random.NormFloat64())
		}
		interval := bootstrapMedianRatio(base, head, 0.9)
		if interval.Low <= math.Log(1.2) && math.Log(1.2) <= interval.High {
			covered++
		}
	}
	if covered < runs*78/100 || covered > runs*99/100 {
		t.Errorf("%d of %d intervals at the level 0.9 cover the truth", covered, runs)
	}
}

func TestMedian(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}, {[]float64{inf, inf}, inf},
		{[]float64{-inf, inf}, 0}, {[]float64{1, inf}, inf}, {[]float64{7}, 7},
	} {
		before := slices.Clone(c.values)
		if got := Median(c.values); got != c.want || !slices.Equal(before, c.values) {
			t.Errorf("%v: %v, want %v; afterwards %v", before, got, c.want, c.values)
		}
	}
	if !math.IsNaN(Median(nil)) {
		t.Error("no values have a median")
	}
}
