//go:build invariants

package interleave

import (
	"fmt"
	"testing"

	"github.com/reprise-tls/reprise/internal/yield"
)

// A goroutine is in its lane throughout; without one, as whoever makes and
// checks the program, in lane 0.
func TestLanes(t *testing.T) {
	_, err := Explore(func(*Scheduler) *Program {
		var wrong error
		in := func(lane uint32) {
			if got, ok := yield.Lane(); !ok || got != lane {
				wrong = fmt.Errorf("in lane %d (%v), want %d", got, ok, lane)
			}
		}
		body := func(lane uint32) func(*Goroutine) {
			return func(*Goroutine) {
				in(lane)
				yield.At(testPoint)
				in(lane)
			}
		}
		in(0)
		return &Program{
			Goroutines: []func(*Goroutine){body(7), body(9), body(0)},
			Lanes:      []uint32{7, 9},
			Check:      func() error { in(0); return wrong },
		}
	}, Bounds{Preemptions: 1, Steps: 20})
	if err != nil {
		t.Error(err)
	}
	if _, ok := yield.Lane(); ok {
		t.Error("there are lanes when no program runs")
	}
}
