package latency

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Summary is what a recorder has collected, in nanoseconds: percentiles
// rounded up by less than 1%, the exact maximum, and the histogram itself in
// HdrHistogram's V2 encoding, compressed and in base64, which its tools read.
type Summary struct {
	Count     int64  `json:"count"`
	P50       int64  `json:"p50Ns"`
	P99       int64  `json:"p99Ns"`
	P999      int64  `json:"p999Ns"`
	P9999     int64  `json:"p9999Ns"`
	Max       int64  `json:"maxNs"`
	Histogram string `json:"hdr"`
}

// Summary returns what was recorded, nil if that is nothing.
func (r *Recorder) Summary() *Summary {
	if r.Count() == 0 {
		return nil
	}
	at := func(percent float64) int64 {
		// A histogram answers with the end of a range, which may lie above the
		// largest time.
		return min(r.histogram.ValueAtPercentile(percent), r.max)
	}
	encoded, err := r.histogram.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		// It is written to memory, in a version that there is.
		panic(fmt.Sprintf("latency: encoding a histogram: %v", err))
	}
	return &Summary{
		Count: r.Count(), P50: at(50), P99: at(99), P999: at(99.9), P9999: at(99.99), Max: r.max,
		Histogram: string(encoded),
	}
}

// Merge returns the summary of all times of the given ones, of which some may
// be nil; nil if there are none. It fails if a histogram cannot be decoded.
func Merge(summaries ...*Summary) (*Summary, error) {
	all := NewRecorder()
	for i, s := range summaries {
		if s == nil {
			continue
		}
		h, err := hdrhistogram.Decode([]byte(s.Histogram))
		if err != nil {
			return nil, fmt.Errorf("latency: histogram of summary %d: %w", i, err)
		}
		if n := h.TotalCount(); n != s.Count {
			return nil, fmt.Errorf("latency: histogram of summary %d has %d times, its count is %d", i, n, s.Count)
		}
		if dropped := all.histogram.Merge(h); dropped > 0 {
			return nil, fmt.Errorf("latency: histogram of summary %d has %d times above an hour", i, dropped)
		}
		all.max = max(all.max, s.Max)
	}
	return all.Summary(), nil
}

// Percentiles returns the times that the given percentages, 0 to 100, of the
// times do not exceed, rounded up by less than 1%. It fails if the histogram
// cannot be decoded.
func (s *Summary) Percentiles(percentages ...float64) ([]int64, error) {
	h, err := hdrhistogram.Decode([]byte(s.Histogram))
	if err != nil {
		return nil, fmt.Errorf("latency: histogram of a summary: %w", err)
	}
	times := make([]int64, len(percentages))
	for i, p := range percentages {
		times[i] = min(h.ValueAtPercentile(p), s.Max)
	}
	return times, nil
}
