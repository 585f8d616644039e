//go:build invariants

package interleave

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/yield"
)

const testPoint yield.Point = "test"

var errLost = errors.New("an increment was lost")

// increments is the program in which two goroutines increment a number in two
// steps.
func increments(*Scheduler) *Program {
	number := 0
	increment := func(*Goroutine) {
		n := number
		yield.At(testPoint)
		number = n + 1
	}
	return &Program{
		Goroutines: []func(*Goroutine){increment, increment},
		Check: func() error {
			if number != 2 {
				return errLost
			}
			return nil
		},
	}
}

func TestFindsTheSimplestScheduleThatFails(t *testing.T) {
	_, err := Explore(increments, Bounds{Preemptions: 3, Steps: 100})
	var f *Failure
	if !errors.As(err, &f) || !errors.Is(err, errLost) {
		t.Fatalf("Explore = %v, want a lost increment", err)
	}
	if f.Preemptions != 1 {
		t.Errorf("found with %d preemptions, one is enough", f.Preemptions)
	}
	parsed, err := ParseSchedule(f.Schedule.String())
	if err != nil {
		t.Fatal(err)
	}
	err = Replay(increments, parsed, Bounds{Steps: 100})
	var again *Failure
	if !errors.As(err, &again) || !errors.Is(err, errLost) {
		t.Fatalf("Replay = %v, want a lost increment", err)
	}
	if !slices.Equal(again.Schedule, f.Schedule) {
		t.Errorf("replayed\n%v, want\n%v", again.Schedule.Table(), f.Schedule.Table())
	}
	if !strings.Contains(f.Error(), "goroutine 1  test") {
		t.Errorf("the message does not show the steps:\n%v", f)
	}
}

func TestWithoutPreemptionNothingIsLost(t *testing.T) {
	_, err := Explore(increments, Bounds{Runs: 1, Steps: 100})
	if err != nil {
		t.Error(err)
	}
}

// preemptionsOf counts the switches away from a goroutine that had steps left.
func preemptionsOf(order []int, steps int) (n int) {
	var taken [maxGoroutines]int
	for i, g := range order {
		if i > 0 && order[i-1] != g && taken[order[i-1]] < steps {
			n++
		}
		taken[g]++
	}
	return n
}

// orders returns every order of the steps of so many goroutines.
func orders(goroutines, steps int) (all [][]int) {
	var extend func(prefix []int, left []int)
	extend = func(prefix, left []int) {
		if len(prefix) == goroutines*steps {
			all = append(all, slices.Clone(prefix))
			return
		}
		for g := range left {
			if left[g] > 0 {
				left[g]--
				extend(append(prefix, g), left)
				left[g]++
			}
		}
	}
	left := make([]int, goroutines)
	for g := range left {
		left[g] = steps
	}
	extend(nil, left)
	return all
}

// What is explored under a bound is what enumeration finds, each once.
func TestRunsEveryInterleavingOnce(t *testing.T) {
	for _, goroutines := range []int{2, 3} {
		const steps = 3
		all := orders(goroutines, steps)
		for bound := range 7 {
			want := map[string]bool{}
			for _, order := range all {
				if preemptionsOf(order, steps) <= bound {
					want[fmt.Sprint(order)] = true
				}
			}
			seen := map[string]int{}
			report, err := Explore(func(*Scheduler) *Program {
				var order []int
				body := func(g *Goroutine) {
					for i := range steps {
						if i > 0 {
							yield.At(testPoint)
						}
						order = append(order, g.Number())
					}
				}
				p := &Program{Check: func() error { seen[fmt.Sprint(order)]++; return nil }}
				for range goroutines {
					p.Goroutines = append(p.Goroutines, body)
				}
				return p
			}, Bounds{Preemptions: bound, Steps: 100})
			if err != nil {
				t.Fatal(err)
			}
			if report.Interleavings != len(want) || len(seen) != len(want) {
				t.Errorf("%d goroutines, %d preemptions: %d interleavings, %d of them different, want %d",
					goroutines, bound, report.Interleavings, len(seen), len(want))
			}
			for order := range seen {
				if !want[order] {
					t.Errorf("%s has more than %d preemptions", order, bound)
				}
			}
			if complete := len(want) == len(all); report.Complete != complete {
				t.Errorf("%d goroutines, %d preemptions: Complete is %v", goroutines, bound, report.Complete)
			}
		}
	}
}

func TestSwitchBetweenOperationsIsFree(t *testing.T) {
	seen := map[string]bool{}
	_, err := Explore(func(*Scheduler) *Program {
		order := ""
		body := func(g *Goroutine) {
			order += fmt.Sprint(g.Number())
			g.Between()
			order += fmt.Sprint(g.Number())
		}
		return &Program{
			Goroutines: []func(*Goroutine){body, body},
			Check:      func() error { seen[order] = true; return nil },
		}
	}, Bounds{Steps: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 6 {
		t.Errorf("%d orders of two goroutines with two operations, want 6", len(seen))
	}
}

func TestRandomIsRepeatable(t *testing.T) {
	var first *Failure
	for range 2 {
		x := &exploration{fresh: increments, bounds: Bounds{Random: 1000, Seed: 7, Steps: 100}, scheduler: newScheduler()}
		err := x.atRandom()
		x.scheduler.close()
		var f *Failure
		if !errors.As(err, &f) || f.Preemptions != -1 {
			t.Fatalf("1000 random interleavings = %v, want a lost increment", err)
		}
		if first != nil && (f.Run != first.Run || !slices.Equal(f.Schedule, first.Schedule)) {
			t.Errorf("run %d %v, before %d %v", f.Run, f.Schedule, first.Run, first.Schedule)
		}
		first = f
	}
}
