//go:build invariants

package shards

import (
	"testing"

	"github.com/reprise-tls/reprise/internal/yield"
)

// reachPoint makes f run when the nth yield point is reached from now on, and
// reports by reached whether it was. All is one goroutine.
func reachPoint(n int, f func()) (reached *bool) {
	reached = new(bool)
	points := 0
	yield.Install(func(yield.Point) {
		if points++; points == n { // the points within f come later
			*reached = true
			f()
		}
	})
	return reached
}

// The victim of an eviction is made fresh, at each step of the Add that evicts:
// if that succeeds another session goes, if it comes too late the victim has
// gone with the expiry that it had.
func TestVictimIsMadeFreshAtEachStep(t *testing.T) {
	defer yield.Install(nil)
	madeFresh, steps := 0, 0
	for n := 1; ; n++ {
		sink := &recorder{}
		table := NewLockFree(Options{Capacity: 2, ProbationPercent: 25, Sink: sink})
		victim, other, another := numbered(t, 1), numbered(t, 2), numbered(t, 3)
		table.Add(victim, 5000, 1000, false)
		table.Add(other, 6000, 1000, false)

		var fresh bool
		reached := reachPoint(n, func() { fresh = table.Reschedule(victim, 9000) })
		outcome := table.Add(another, 9000, 1000, false)
		yield.Install(nil)
		if !*reached {
			break
		}
		want := event{victim, 5000, ReasonEvicted}
		if fresh {
			madeFresh++
			want = event{other, 6000, ReasonEvicted}
		}
		steps++
		wantOutcome(t, outcome, Added)
		sink.want(t, want)
		if t.Failed() {
			t.Fatalf("at step %d, made fresh: %v", n, fresh)
		}
	}
	if madeFresh == 0 || madeFresh == steps {
		t.Errorf("of %d steps %d come before the eviction, want some, not all", steps, madeFresh)
	}
}

// A bucket is found empty, and at each step of writing that into its hint a
// session is linked: it does not stay out of eviction's sight.
func TestEmptyHintGivesWay(t *testing.T) {
	defer yield.Install(nil)
	for n := 1; ; n++ {
		table, s, at := hinted(t, 5000)
		table.Remove(s)
		c := table.shards[0].current.Load()
		b := &c.slots[at]
		b.hint.Store(0)
		reached := reachPoint(n, func() {
			table.Add(s, 6000, 1000, false)
			table.Promote(s) // which makes the hint unknown, as it was
		})
		b.resolve(c)
		yield.Install(nil)
		if !*reached {
			if n < 3 || b.hint.Load() != emptyHint {
				t.Errorf("%d steps, and the hint of the empty bucket is %#x", n-1, b.hint.Load())
			}
			return
		}
		if _, least := b.head.Load().earliest(); b.hint.Load() > least {
			t.Errorf("at step %d: the hint is %#x, a session of order %#x is there", n, b.hint.Load(), least)
		}
	}
}
