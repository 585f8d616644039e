//go:build invariants

package interleave

import (
	"errors"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/yield"
)

func noCheck() error { return nil }

// spinning is the program of two goroutines with a lock that spins.
func spinning(*Scheduler) *Program {
	locked := false
	body := func(*Goroutine) {
		for locked {
			yield.At("lock")
		}
		locked = true
		yield.At("critical section")
		locked = false
	}
	return &Program{Goroutines: []func(*Goroutine){body, body}, Check: noCheck}
}

func TestStoppedGoroutineThatHoldsALock(t *testing.T) {
	_, err := ExploreStops(spinning, Bounds{Steps: 50})
	var f *Failure
	if !errors.As(err, &f) || !errors.Is(err, errEndless) {
		t.Fatalf("ExploreStops = %v, want a program that does not end", err)
	}
	if f.Stopped != "goroutine 0 stopped at its point 1" {
		t.Errorf("stopped: %q", f.Stopped)
	}
}

func TestStopsEveryGoroutineAtEveryPoint(t *testing.T) {
	type stop struct{ goroutine, points int }
	seen := map[stop]bool{}
	report, err := ExploreStops(func(*Scheduler) *Program {
		var points [2]int
		alone := stop{}
		body := func(g *Goroutine) {
			for range 3 {
				points[g.Number()]++
				yield.At(testPoint)
			}
			points[g.Number()] = 99
		}
		return &Program{
			Goroutines: []func(*Goroutine){body, body},
			Bystander: func(*Goroutine) {
				for g, n := range points {
					if n != 99 {
						alone = stop{g, n}
					}
				}
			},
			Check: func() error {
				seen[alone] = true
				if points != [2]int{99, 99} {
					return errors.New("a goroutine has not finished")
				}
				return nil
			},
		}
	}, Bounds{Preemptions: 1, Steps: 100})
	if err != nil {
		t.Fatal(err)
	}
	for g := range 2 {
		for n := 1; n <= 3; n++ {
			if !seen[stop{g, n}] {
				t.Errorf("goroutine %d was not stopped at point %d", g, n)
			}
		}
	}
	if report.Stops != 6 {
		t.Errorf("%d stops, want 6", report.Stops)
	}
}

func TestPanicIsAFailure(t *testing.T) {
	programs := 0
	fresh := func(*Scheduler) *Program {
		programs++
		calm := func(*Goroutine) { yield.At(testPoint) }
		wild := func(*Goroutine) { yield.At(testPoint); panic("wild") }
		return &Program{Goroutines: []func(*Goroutine){calm, wild}, Check: noCheck}
	}
	_, err := Explore(fresh, Bounds{Preemptions: 1, Steps: 100})
	if err == nil || !strings.Contains(err.Error(), "panic: wild") || programs != 1 {
		t.Errorf("Explore = %v after %d programs, want a panic in the first", err, programs)
	}
}

func TestInvariantIsCheckedAfterEachStep(t *testing.T) {
	errOpen := errors.New("open")
	_, err := Explore(func(*Scheduler) *Program {
		open := false
		body := func(*Goroutine) { open = true; yield.At(testPoint); open = false }
		return &Program{
			Goroutines: []func(*Goroutine){body},
			Invariant: func() error {
				if open {
					return errOpen
				}
				return nil
			},
			Check: noCheck,
		}
	}, Bounds{Steps: 100})
	var f *Failure
	if !errors.As(err, &f) || !errors.Is(err, errOpen) || len(f.Schedule) != 1 {
		t.Errorf("Explore = %v, want a failure after the first step", err)
	}
}

func TestProgramThatDiffersFromRunToRun(t *testing.T) {
	runs := 0
	_, err := Explore(func(*Scheduler) *Program {
		runs++
		body := func(*Goroutine) {
			if runs%2 == 0 {
				yield.At("another point")
			}
			yield.At(testPoint)
		}
		return &Program{Goroutines: []func(*Goroutine){body, body}, Check: noCheck}
	}, Bounds{Preemptions: 2, Steps: 100})
	if !errors.Is(err, errNotRepeatable) {
		t.Errorf("Explore = %v, want %v", err, errNotRepeatable)
	}
}

func TestRunningTellsWhoseStepItIs(t *testing.T) {
	_, err := Explore(func(s *Scheduler) *Program {
		var wrong error
		body := func(g *Goroutine) {
			for range 3 {
				if s.Running() != g.Number() {
					wrong = errors.New("Running is wrong")
				}
				yield.At(testPoint)
			}
		}
		return &Program{
			Goroutines: []func(*Goroutine){body, body},
			Check: func() error {
				if s.Running() != -1 {
					return errors.New("somebody is running after the end")
				}
				return wrong
			},
		}
	}, Bounds{Preemptions: 2, Steps: 100})
	if err != nil {
		t.Error(err)
	}
}

func TestParseScheduleRefuses(t *testing.T) {
	for _, text := range []string{"0 x", "-1", "6"} {
		if _, err := ParseSchedule(text); err == nil {
			t.Errorf("ParseSchedule(%q) succeeded", text)
		}
	}
}
