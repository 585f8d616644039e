package shards

import (
	"math"
	"slices"
	"testing"

	"github.com/reprise-tls/reprise/internal/race"
)

// Tables of one shard evict the earliest session, by expiry and then by
// insertion, as long as probation does not matter.
func TestEvictsTheEarliest(t *testing.T) {
	onEach(t, Options{Capacity: 6, ProbationPercent: 100}, func(t *testing.T, f *fixture) {
		var waiting []event
		for i := range 20 {
			s := f.session(i, SessionOptions{})
			expiry := testExpiry + int64(i*5%7)
			f.mustAdd(t, expiry, s)
			if len(waiting) == 6 {
				victim := earliest(waiting)
				f.sink.want(t, waiting[victim])
				wantReferences(t, waiting[victim].session, 1)
				if waiting[victim].session.Resumable() {
					t.Error("an evicted session is resumable")
				}
				waiting = slices.Delete(waiting, victim, victim+1)
			}
			waiting = append(waiting, event{s, expiry, ReasonEvicted})
			f.wantLen(t, len(waiting))
		}
	})
}

// earliest returns the index of the event with the earliest expiry, the first
// of those with the same.
func earliest(events []event) int {
	first := 0
	for i, e := range events {
		if e.expiry < events[first].expiry {
			first = i
		}
	}
	return first
}

// victimTests are sessions, in order of insertion, and which of them goes when
// another one comes.
var victimTests = []struct {
	name     string
	percent  int
	sessions []victimCandidate
	victim   int
}{
	{"all on probation", 25, []victimCandidate{{5, false}, {3, false}, {4, false}, {6, false}}, 1},
	{"all promoted", 25, []victimCandidate{{5, true}, {3, true}, {4, true}, {6, true}}, 1},
	{"ties go by insertion", 25, []victimCandidate{{5, true}, {5, true}, {5, true}, {5, true}}, 0},
	{"probation over its share", 25, []victimCandidate{{1, true}, {9, false}, {2, true}, {8, false}}, 3},
	{"probation at its share", 50, []victimCandidate{{1, true}, {9, false}, {2, true}, {8, false}}, 0},
	{"probation just over its share", 49, []victimCandidate{{1, true}, {9, false}, {2, true}, {8, false}}, 3},
	{"no share for probation", 0, []victimCandidate{{1, true}, {2, true}, {9, false}, {3, true}}, 2},
	{"no share, none on probation", 0, []victimCandidate{{3, true}, {2, true}, {9, true}, {3, true}}, 1},
	{"probation has everything", 100, []victimCandidate{{3, false}, {2, true}, {9, false}, {3, false}}, 1},
	{"ties on probation", 0, []victimCandidate{{1, true}, {7, false}, {8, false}, {7, false}}, 1},
	{"expired goes before probation", 0, []victimCandidate{{-1, true}, {1, false}, {2, false}, {3, false}}, 0},
	{"the earliest expired one", 0, []victimCandidate{{-1, true}, {-3, false}, {-7, true}, {-5, false}}, 2},
	{"at its expiry it is not expired", 0, []victimCandidate{{0, true}, {1, false}, {2, true}, {3, true}}, 1},
}

// victimCandidate has its expiry relative to the time of the tests.
type victimCandidate struct {
	expiry   int64
	promoted bool
}

func TestVictims(t *testing.T) {
	for _, v := range victimTests {
		t.Run(v.name, func(t *testing.T) {
			o := Options{Capacity: len(v.sessions), ProbationPercent: v.percent}
			onEach(t, o, func(t *testing.T, f *fixture) {
				for i, c := range v.sessions {
					f.mustAdd(t, testNow+c.expiry, f.session(i, SessionOptions{Promoted: c.promoted}))
				}
				f.mustAdd(t, Never, f.session(100, SessionOptions{}))
				f.sink.want(t, event{f.made[v.victim], testNow + v.sessions[v.victim].expiry, ReasonEvicted})
			})
		})
	}
}

func TestPromote(t *testing.T) {
	onEach(t, Options{Capacity: 3}, func(t *testing.T, f *fixture) {
		list := f.sessions(3)
		f.mustAdd(t, testExpiry, list[:2]...)
		for _, s := range list {
			f.Promote(s)
			f.Promote(s)
			if !s.Promoted() {
				t.Error("the session is not promoted")
			}
			if n := s.References(); n != 2 && s != list[2] {
				t.Errorf("Promote left %d references", n)
			}
		}
		f.wantMiss(t, list[2])
		f.mustAdd(t, testExpiry, list[2]) // promoted before it was added
		f.mustAdd(t, testExpiry+9, f.session(3, SessionOptions{}))
		f.mustAdd(t, testExpiry, f.session(4, SessionOptions{}))
		f.sink.want(t, event{list[0], testExpiry, ReasonEvicted}, event{f.made[3], testExpiry + 9, ReasonEvicted})
	})
}

// Adding a session again leaves its position as it was; rescheduling makes it
// the youngest of its expiry.
func TestPositionAmongEquals(t *testing.T) {
	onEach(t, Options{Capacity: 3}, func(t *testing.T, f *fixture) {
		list := f.sessions(6)
		f.mustAdd(t, testExpiry, list[:3]...)
		wantOutcome(t, f.add(list[0], testExpiry), Identical)
		f.mustAdd(t, testExpiry, list[3])
		f.sink.want(t, event{list[0], testExpiry, ReasonEvicted})

		f.Reschedule(list[1], testExpiry)
		f.mustAdd(t, testExpiry, list[4])
		f.sink.want(t, event{list[2], testExpiry, ReasonEvicted})

		wantOutcome(t, f.Add(list[3], testExpiry+1, testNow, true), Identical)
		f.mustAdd(t, testExpiry, list[5])
		f.sink.want(t, event{list[1], testExpiry, ReasonEvicted})
	})
}

// A session that replaces another one is as young as any that is added.
func TestReplacementIsYoung(t *testing.T) {
	onEach(t, Options{Capacity: 2}, func(t *testing.T, f *fixture) {
		a, b, a2 := f.session(1, SessionOptions{}), f.session(2, SessionOptions{}), f.session(1, SessionOptions{})
		f.mustAdd(t, testExpiry, a, b)
		wantOutcome(t, f.add(a2, testExpiry), Replaced)
		f.sink.drain()
		f.mustAdd(t, testExpiry, f.session(3, SessionOptions{}))
		f.sink.want(t, event{b, testExpiry, ReasonEvicted})
	})
}

// Ids of one hash, more of them than a chain may hold.
func TestChainIsCapped(t *testing.T) {
	const n = MaxChain + 12
	for _, capacity := range []int{Unlimited, 64, 5000} {
		for _, kind := range tableKinds {
			t.Run(kind.name, func(t *testing.T) {
				f := newFixture(kind, Options{Capacity: capacity, ProbationPercent: 100}, 0)
				list := f.sessions(n)
				for i, s := range list {
					f.mustAdd(t, testExpiry+int64(i), s)
				}
				stay := min(n, kind.chain)
				f.wantLen(t, stay)
				var want []event
				for i, s := range list[:n-stay] {
					want = append(want, event{s, testExpiry + int64(i), ReasonEvicted})
				}
				f.sink.want(t, want...)
				for _, s := range list[n-stay:] {
					f.wantFound(t, s)
				}
				checkTable(t, f.Table)
				f.closeAndAccount(t)
			})
		}
	}
}

func TestChainIsCappedUnderConcurrency(t *testing.T) {
	const each = MaxChain
	for _, kind := range tableKinds {
		t.Run(kind.name, func(t *testing.T) {
			f := newFixture(kind, Options{}, 0)
			list := f.sessions(4 * each)
			together(4, func(g int) {
				for _, s := range list[g*each : (g+1)*each] {
					f.mustAdd(t, testExpiry, s)
					linked := 0 // Len would count the places of adds under way
					for range f.All() {
						linked++
					}
					if linked > kind.chain {
						t.Errorf("%d sessions with one hash", linked)
					}
				}
			})
			f.wantLen(t, min(len(list), kind.chain))
			checkTable(t, f.Table)
			f.closeAndAccount(t)
		})
	}
}

// Sweep comes to every session in the end, and removes only what is expired.
func TestSweepFindsEverything(t *testing.T) {
	for _, capacity := range []int{Unlimited, 10, 300, 20480} {
		onEach(t, Options{Capacity: capacity}, func(t *testing.T, f *fixture) {
			var want []event
			for i := range 10 {
				s := f.session(i, SessionOptions{})
				expiry := testNow - int64(i%2) // every other one expired
				f.mustAdd(t, expiry, s)
				if i%2 == 1 {
					want = append(want, event{s, expiry, ReasonExpired})
				}
			}
			for calls := 0; f.Len() > 5; calls++ {
				if calls == 1_000_000 {
					t.Fatalf("%d expired sessions left after %d sweeps", f.Len()-5, calls)
				}
				f.Sweep(testNow)
			}
			got := f.sink.drain()
			if !sameEvents(got, want) {
				t.Errorf("the sink got %v", reasons(got))
			}
			for _, e := range got {
				if e.session.Resumable() {
					t.Error("a swept session is resumable")
				}
			}
			sweeps := 100_000
			if race.Enabled {
				sweeps /= 20
			}
			for range sweeps {
				f.Sweep(math.MinInt64)
			}
			f.wantLen(t, 5)
		})
	}
}
