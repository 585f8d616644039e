//go:build unix

package measure

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/workload"
)

// The processors' time of a slice is there, and that of rounds adds up.
func TestProcessorTime(t *testing.T) {
	for _, kind := range []workload.Kind{workload.Churn, workload.Fill} {
		target, err := Find(testTargets(), "sound")
		if err != nil {
			t.Fatal(err)
		}
		b, err := Open(target, testSpec(kind), Options{Goroutines: []int{1}})
		if err != nil {
			t.Fatal(err)
		}
		// Systems may count in ticks, so it takes a while to see any.
		used := time.Duration(0)
		for deadline := time.Now().Add(time.Minute); used == 0 && time.Now().Before(deadline); {
			s := b.Slice(1, 20*time.Millisecond, new(atomic.Bool))
			if s.Processor < 0 {
				t.Fatalf("%s: a slice used %v", kind, s.Processor)
			}
			used += s.Processor
		}
		if used == 0 {
			t.Errorf("%s: slices of a minute used no processor", kind)
		}
	}
}

func TestProcessorTimeOfRoundsAddsUp(t *testing.T) {
	if s := (Sample{Processor: 3}).plus(Sample{Processor: 4}); s.Processor != 7 {
		t.Errorf("%v", s.Processor)
	}
}
