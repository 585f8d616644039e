package engine

import (
	"math"
	"testing"
)

func TestHistogramBuckets(t *testing.T) {
	for seconds, want := range map[int64]int{
		math.MinInt64: 0, -1: 0, 0: 0, 1: 1, 2: 2, 3: 2, 4: 3, 7: 3, 8: 4, 7200: 13,
		1<<29 - 1: 29, 1 << 29: 30, 1<<30 - 1: 30, 1 << 30: 31, 1 << 31: 31, math.MaxInt64: 31,
	} {
		equal(t, "the bucket", histogramBucket(seconds), want)
		var h Histogram
		if shortest, longest := h.Bounds(want); seconds > 0 && (seconds < shortest || seconds > longest) {
			t.Errorf("bucket %d says it has %d to %d, and got %d", want, shortest, longest, seconds)
		}
	}
}

func TestHistogramBoundsMeet(t *testing.T) {
	var h Histogram
	end := int64(-1)
	for i := range HistogramBuckets {
		shortest, longest := h.Bounds(i)
		equal(t, "the shortest", shortest, end+1)
		end = longest
	}
	equal(t, "the longest of all", end, math.MaxInt64)
}

func TestHistogramQuantile(t *testing.T) {
	var h Histogram
	equal(t, "of nothing", h.Quantile(0.5), 0)
	h[0], h[3], h[10] = 1, 8, 1
	equal(t, "Count", h.Count(), 10)
	for q, want := range map[float64]int64{0: 0, 0.1: 0, 0.11: 7, 0.5: 7, 0.9: 7, 0.91: 1023, 1: 1023} {
		equal(t, "the quantile", h.Quantile(q), want)
	}
	h[31]++
	equal(t, "the last bucket", h.Quantile(1), math.MaxInt64)
}
