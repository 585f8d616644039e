package latency

import (
	"github.com/HdrHistogram/hdrhistogram-go"
)

// A histogram tells apart times that differ by 1% and covers an hour, beyond
// any deadline of a target that still answers. It takes 38 KB, of which a
// workload touches a few hundred bytes; a third digit would make that 270 KB.
const (
	digits  = 2
	longest = 3_600_000_000_000
)

// A Recorder collects times. One goroutine at a time may use it; each that
// measures has its own, and [Recorder.Merge] brings them together.
type Recorder struct {
	histogram *hdrhistogram.Histogram
	max       int64 // exact
}

// NewRecorder returns an empty recorder.
func NewRecorder() *Recorder {
	return &Recorder{histogram: hdrhistogram.New(1, longest, digits)}
}

// Record adds a time. A negative one, of a clock that was set back, counts as
// 0, and one above an hour as an hour. It allocates nothing.
func (r *Recorder) Record(nanoseconds int64) {
	n := min(max(nanoseconds, 0), longest)
	// It fails for times outside of what was just made sure.
	_ = r.histogram.RecordValue(n)
	r.max = max(r.max, n)
}

// Count returns how many times were recorded.
func (r *Recorder) Count() int64 { return r.histogram.TotalCount() }

// Reset forgets all times.
func (r *Recorder) Reset() {
	r.histogram.Reset()
	r.max = 0
}

// Merge adds the times of another recorder.
func (r *Recorder) Merge(other *Recorder) {
	r.histogram.Merge(other.histogram)
	r.max = max(r.max, other.max)
}
