//go:build invariants

package interleave

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/reprise-tls/reprise/internal/yield"
)

// A Step is one step of a schedule: which goroutine, and where it was parked
// before.
type Step struct {
	Goroutine int
	Point     yield.Point
}

// A Schedule is the order of the steps of an interleaving.
type Schedule []Step

// String returns the schedule in the form that ParseSchedule reads: the numbers
// of the goroutines.
func (s Schedule) String() string {
	var b strings.Builder
	for i, step := range s {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(step.Goroutine))
	}
	return b.String()
}

// Table returns one line a step.
func (s Schedule) Table() string {
	var b strings.Builder
	for i, step := range s {
		fmt.Fprintf(&b, "%4d  goroutine %d  %s\n", i, step.Goroutine, step.Point)
	}
	return b.String()
}

// ParseSchedule reads what String returned. The points are not in it.
func ParseSchedule(text string) (Schedule, error) {
	var s Schedule
	for _, field := range strings.Fields(text) {
		n, err := strconv.Atoi(field)
		if err != nil || n < 0 || n >= maxGoroutines {
			return nil, fmt.Errorf("schedule: goroutine %q, allowed are 0 to %d", field, maxGoroutines-1)
		}
		s = append(s, Step{Goroutine: n})
	}
	return s, nil
}

// A Failure is an interleaving in which something was wrong.
type Failure struct {
	Schedule    Schedule
	Preemptions int    // the bound under which it was found, -1 if there was none
	Run         int    // how many were run until then, this one included; 0 for a replay
	Seed        uint64 // of the random interleavings
	Stopped     string // which goroutine was stopped, and where; empty if none
	Err         error
}

func (f *Failure) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v\n", f.Err)
	switch {
	case f.Run == 0:
		fmt.Fprint(&b, "replayed")
	case f.Preemptions >= 0:
		fmt.Fprintf(&b, "found in run %d, with at most %d preemptions", f.Run, f.Preemptions)
	default:
		fmt.Fprintf(&b, "found in run %d, at random with seed %d", f.Run, f.Seed)
	}
	if f.Stopped != "" {
		fmt.Fprintf(&b, ", %s", f.Stopped)
	}
	fmt.Fprintf(&b, "\nschedule: %v\n%s", f.Schedule, f.Schedule.Table())
	return b.String()
}

func (f *Failure) Unwrap() error { return f.Err }
