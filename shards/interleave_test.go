//go:build invariants

package shards

import (
	"os"
	"runtime/debug"
	"strconv"
	"testing"

	"github.com/reprise-tls/reprise/internal/interleave"
)

// Environment variables of these tests. INTERLEAVE_PREEMPTIONS is the number of
// preemptions up to which every interleaving of every program is run, however
// many there are; INTERLEAVE_RUNS lets the bound rise for programs for which
// so many interleavings suffice, and is how many are run at random where they
// do not; INTERLEAVE_SEED is the seed of those. INTERLEAVE_SCHEDULE, as a
// failure prints it, is run instead of all that: for one program, which -run
// selects.
const (
	preemptionsVariable = "INTERLEAVE_PREEMPTIONS"
	runsVariable        = "INTERLEAVE_RUNS"
	seedVariable        = "INTERLEAVE_SEED"
	scheduleVariable    = "INTERLEAVE_SCHEDULE"
)

// maxSteps is far more steps than any of the programs takes.
const maxSteps = 1000

func fromEnvironment(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s is %q; allowed is a number, 0 or more", name, text)
	}
	return n
}

// programs returns all of them.
func programs() (all []program) {
	for _, some := range [][]program{
		addPrograms, removePrograms, lookupPrograms, expiryPrograms, capacityPrograms, shrinkPrograms, evictPrograms,
		stripePrograms, stripeCapacityPrograms, closePrograms, migrationPrograms, walkPrograms, referencePrograms, removalsPrograms,
	} {
		all = append(all, some...)
	}
	return all
}

// replay runs the schedule that the environment gives, and reports whether it
// gives one.
func replay(t *testing.T, p *program) bool {
	t.Helper()
	text := os.Getenv(scheduleVariable)
	if text == "" {
		return false
	}
	s, err := interleave.ParseSchedule(text)
	if err != nil {
		t.Fatalf("%s: %v", scheduleVariable, err)
	}
	if err := interleave.Replay(p.fresh(), s, interleave.Bounds{Steps: maxSteps}); err != nil {
		t.Fatal(err)
	}
	return true
}

// Whatever the order of their steps, a few goroutines with one table get
// results that they could have got one after the other, and neither a session
// nor a reference nor a place is lost.
func TestInterleave(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // all garbage is short-lived
	runs := fromEnvironment(t, runsVariable, 2500)
	bounds := interleave.Bounds{
		Preemptions: fromEnvironment(t, preemptionsVariable, 2),
		Runs:        runs,
		Random:      runs,
		Seed:        uint64(fromEnvironment(t, seedVariable, 1)),
		Steps:       maxSteps,
	}
	total, explored := 0, 0
	for _, p := range programs() {
		t.Run(p.name, func(t *testing.T) {
			if replay(t, &p) {
				return
			}
			report, err := interleave.Explore(p.fresh(), bounds)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(report)
			total += report.Interleavings + report.Random
			explored++
		})
	}
	t.Logf("%d interleavings of %d programs", total, explored)
}

// A goroutine that stops for good, wherever that is, keeps the others from
// nothing: they finish, and so does one who comes later.
func TestInterleaveStopped(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	bounds := interleave.Bounds{Preemptions: fromEnvironment(t, preemptionsVariable, 1), Steps: maxSteps}
	total := interleave.Report{}
	for _, p := range programs() {
		t.Run(p.name, func(t *testing.T) {
			if replay(t, &p) {
				return
			}
			report, err := interleave.ExploreStops(p.fresh(), bounds)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(report)
			total.Interleavings += report.Interleavings
			total.Stops += report.Stops
		})
	}
	t.Logf("%d interleavings, one goroutine stopped at %d places", total.Interleavings, total.Stops)
}
