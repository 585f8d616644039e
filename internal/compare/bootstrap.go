package compare

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// resamples is how often the bootstrap draws. The bounds at the level 0.99 are
// then order statistics number 50 and 9950 of the resampled medians.
const resamples = 10_000

// An Interval is where a figure lies, at a confidence level.
type Interval struct {
	Low, High float64
}

// within reports whether the interval lies between -margin and margin.
func (i Interval) within(margin float64) bool { return i.Low > -margin && i.High < margin }

// reach is the largest absolute value in the interval.
func (i Interval) reach() float64 { return math.Max(math.Abs(i.Low), math.Abs(i.High)) }

// bootstrapMedian returns the percentile interval of the median.
func bootstrapMedian(values []float64, level float64) Interval {
	random := rand.New(rand.NewPCG(seed(values), 0))
	drawer := newDrawer(values)
	return percentiles(level, func() float64 { return drawer.median(random) })
}

// bootstrapMedianRatio returns the percentile interval of the logarithm of the
// ratio of medians, head to base, of two independent samples.
func bootstrapMedianRatio(base, head []float64, level float64) Interval {
	random := rand.New(rand.NewPCG(seed(base), seed(head)))
	bases, heads := newDrawer(base), newDrawer(head)
	return percentiles(level, func() float64 {
		old := bases.median(random)
		return logRatio(old, heads.median(random))
	})
}

// percentiles draws a statistic again and again and cuts off both tails.
func percentiles(level float64, draw func() float64) Interval {
	drawn := make([]float64, resamples)
	for i := range drawn {
		drawn[i] = draw()
	}
	slices.Sort(drawn)
	tail := int(math.Round((1 - level) / 2 * resamples))
	return Interval{drawn[tail], drawn[resamples-1-tail]}
}

// A drawer draws as many values as there are, with replacement, and finds their
// median by counting how often each was drawn: no need to sort them.
type drawer struct {
	sorted []float64
	counts []int
}

func newDrawer(values []float64) *drawer {
	return &drawer{slices.Sorted(slices.Values(values)), make([]int, len(values))}
}

func (d *drawer) median(random *rand.Rand) float64 {
	n := len(d.sorted)
	clear(d.counts)
	for range n {
		d.counts[random.IntN(n)]++
	}
	low, seen := -1, 0
	for i, count := range d.counts {
		seen += count
		if low < 0 && seen > (n-1)/2 {
			low = i
		}
		if seen > n/2 {
			return middle(d.sorted[low], d.sorted[i])
		}
	}
	panic("compare: fewer values were counted than drawn")
}

// seed makes a number of the data, order included.
func seed(data []float64) uint64 {
	h := fnv.New64a()
	var word [8]byte
	for _, x := range data {
		binary.LittleEndian.PutUint64(word[:], math.Float64bits(x))
		_, _ = h.Write(word[:]) // never fails, says package hash
	}
	return h.Sum64()
}

// logRatio returns the logarithm of head/base. Two zeros are equal; anything
// is infinitely more than zero.
func logRatio(base, head float64) float64 {
	if base == head {
		return 0
	}
	return math.Log(head / base)
}
