package measure

import (
	"time"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/workload"
)

// A Sample is what one slice measured.
type Sample struct {
	// Round is the number of the round, from 0; within a round every target is
	// measured once for each number of goroutines. Slot is the position in the
	// round.
	Round int `json:"round"`
	Slot  int `json:"slot"`

	// Elapsed is the time from the release of the goroutines until the last
	// was done, in nanoseconds.
	Elapsed time.Duration `json:"elapsedNs"`

	// Counts are the operations of all goroutines.
	Counts workload.Counts `json:"counts"`

	// What the process did to its memory meanwhile: objects and bytes
	// allocated, garbage collections begun and the time they stopped the world
	// for, in nanoseconds.
	Mallocs     uint64        `json:"mallocs"`
	Allocated   uint64        `json:"allocatedBytes"`
	Collections uint32        `json:"collections"`
	Paused      time.Duration `json:"pausedNs"`

	// Foreign says that what allocates is not Go, so that nothing is known of
	// these four and of Collector.
	Foreign bool `json:"foreign,omitempty"`

	// Latency is how long the operations took that were timed, nil if none
	// was. It includes one reading of the clock for each.
	Latency *latency.Summary `json:"latency,omitempty"`

	// Heap is what the process had allocated and not freed at the end, RSS
	// what of its memory was resident, in bytes; 0: not known. The generator's
	// own share, its lists of operations, is in both.
	Heap uint64 `json:"heapBytes"`
	RSS  uint64 `json:"rssBytes"`

	// Collector is the garbage collector's share, 0 to 1, of the time of all
	// processors that the process may use.
	Collector float64 `json:"collectorCPUShare"`

	// Processor is what of the processors' time the process used, in
	// nanoseconds, 0 if that is not known. Unlike Elapsed it is not what others
	// took meanwhile, nor what goroutines waited asleep.
	Processor time.Duration `json:"processorNs,omitempty"`

	// Retries is how often an operation had to start over because another got
	// in its way, nil if the cache does not tell.
	Retries *uint64 `json:"retries,omitempty"`

	// Flushed is how many sessions the flush of workload flush removed, and
	// Flush how long that took, in nanoseconds.
	Flushed uint64        `json:"flushed,omitempty"`
	Flush   time.Duration `json:"flushNs,omitempty"`

	// Arrivals say how the schedule of an open loop was kept, nil in a closed
	// one.
	Arrivals *Arrivals `json:"arrivals,omitempty"`
}

// Rate returns operations a second, all goroutines together.
func (s Sample) Rate() float64 {
	return float64(s.Counts.Operations()) / s.Elapsed.Seconds()
}

// Each returns the elapsed nanoseconds divided by the operations of all
// goroutines, as testing.B does for parallel benchmarks.
func (s Sample) Each() float64 {
	return float64(s.Elapsed.Nanoseconds()) / float64(s.Counts.Operations())
}

// PerOperation returns n divided by the number of operations.
func (s Sample) PerOperation(n uint64) float64 {
	return float64(n) / float64(s.Counts.Operations())
}
