package engine

import (
	"math"
	"math/bits"
)

// HistogramBuckets is the number of buckets of a [Histogram].
const HistogramBuckets = 32

// Histogram counts durations in seconds, in buckets of powers of two: bucket 0
// has those of 0 s (and negative ones: the clock went back), bucket i those
// from 2^(i-1) to 2^i - 1 s, and the last one all from 2^30 s on.
type Histogram [HistogramBuckets]uint64

// histogramBucket returns the bucket of a duration.
func histogramBucket(seconds int64) int {
	return min(bits.Len64(uint64(max(0, seconds))), HistogramBuckets-1)
}

// Count returns the number of durations counted.
func (h *Histogram) Count() (n uint64) {
	for _, k := range h {
		n += k
	}
	return n
}

// Bounds returns the shortest and the longest duration, in seconds, that
// bucket i counts. The first bucket begins at 0, the last one ends at 2^63-1.
func (h *Histogram) Bounds(i int) (shortest, longest int64) {
	if i == 0 {
		return 0, 0
	}
	if i == HistogramBuckets-1 {
		return 1 << (i - 1), math.MaxInt64
	}
	return 1 << (i - 1), 1<<i - 1
}

// Quantile returns the upper bound, in seconds, of the bucket in which the
// share q (0 to 1) of the durations is reached: at least that share was no
// longer. It returns 0 for an empty histogram.
func (h *Histogram) Quantile(q float64) int64 {
	total := h.Count()
	if total == 0 {
		return 0
	}
	want := max(1, uint64(math.Ceil(q*float64(total))))
	var n uint64
	for i, k := range h {
		if n += k; n >= want {
			_, longest := h.Bounds(i)
			return longest
		}
	}
	return math.MaxInt64
}
