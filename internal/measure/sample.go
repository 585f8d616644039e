package measure

import (
	"time"

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
