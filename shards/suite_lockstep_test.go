package shards

import (
	"runtime"
	"sync/atomic"
	"testing"
)

// lockstep runs two goroutines side by side, round for round: before each
// round the first of them calls prepare, then each calls its own function at
// the same time as the other, then the first calls check. Spinning makes them
// meet within less time than starting goroutines would.
func lockstep(rounds int, prepare func(round int), first, second func(), check func()) {
	rounds = fewer(rounds)
	var arrived atomic.Int64
	meet := func(n int64) {
		for arrived.Add(1); arrived.Load() < 2*n; {
			runtime.Gosched()
		}
	}
	together(2, func(g int) {
		for round := range rounds {
			n := int64(3 * round)
			if g == 0 {
				prepare(round)
			}
			meet(n + 1)
			if g == 0 {
				first()
			} else {
				second()
			}
			meet(n + 2)
			if g == 0 {
				check()
			}
			meet(n + 3)
		}
	})
}

const lockstepRounds = 6000

// A session that was made fresh is not removed by those who saw it expired: of
// the two exactly one finds the session as it was.
func TestRefreshAgainstExpiry(t *testing.T) {
	refreshers := map[string]func(*fixture, *Session) bool{
		"Reschedule": func(f *fixture, s *Session) bool { return f.Reschedule(s, Never) },
		"Add":        func(f *fixture, s *Session) bool { return f.Add(s, Never, testNow, true) == Identical },
		"replace":    func(f *fixture, s *Session) bool { return f.add(f.double(s), Never) == Replaced },
	}
	removers := map[string]func(*fixture, *Session) bool{
		"Lookup": func(f *fixture, s *Session) bool { _, r := f.find(s, testNow); return r == Expired },
		"Take":   func(f *fixture, s *Session) bool { return f.take(s) == Expired },
		"Flush":  func(f *fixture, s *Session) bool { return f.Flush(testNow) > 0 },
	}
	for refresher, refresh := range refreshers {
		for remover, remove := range removers {
			t.Run(refresher+" against "+remover, func(t *testing.T) {
				onEach(t, Options{Capacity: 60}, func(t *testing.T, f *fixture) {
					f.refreshAgainstExpiry(t, refresh, remove, remover != "Take")
				})
			})
		}
	}
}

func (f *fixture) refreshAgainstExpiry(t *testing.T, refresh, remove func(*fixture, *Session) bool, stays bool) {
	var s *Session
	var refreshed, removed bool
	lockstep(lockstepRounds/4, func(round int) {
		s = f.session(round%5, SessionOptions{})
		f.mustAdd(t, testNow-1, s)
	}, func() {
		refreshed = refresh(f, s)
	}, func() {
		removed = remove(f, s)
	}, func() {
		if refreshed == removed {
			t.Errorf("refreshed: %v, removed as expired: %v", refreshed, removed)
		}
		if refreshed && stays && !f.Contains(s.ID()) {
			t.Error("a session that was refreshed is gone")
		}
		f.RemoveID(s.ID())
	})
}

// A Take that hits comes before a Reschedule into the past, which then finds
// nothing.
func TestTakeAgainstReschedule(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		var s *Session
		var rescheduled bool
		var taken Result
		lockstep(lockstepRounds, func(round int) {
			s = f.session(round%5, SessionOptions{})
			f.mustAdd(t, testExpiry, s)
		}, func() {
			rescheduled = f.Reschedule(s, testNow-1)
		}, func() {
			taken = f.take(s)
		}, func() {
			if rescheduled == (taken == Hit) {
				t.Errorf("rescheduled into the past: %v, taken: %v", rescheduled, taken == Hit)
			}
			f.RemoveID(s.ID())
		})
	})
}

// Removing a session never removes the one that replaces it, and taking an id
// takes one of the two whole.
func TestRemovalAgainstReplacement(t *testing.T) {
	removers := map[string]func(*fixture, *Session) *Session{
		"Remove": func(f *fixture, s *Session) *Session {
			if f.Remove(s) {
				return s
			}
			return nil
		},
		"Take": func(f *fixture, s *Session) *Session {
			taken, _ := f.Take(s.ID(), s.Scope(), testNow)
			if taken != nil {
				taken.Release()
			}
			return taken
		},
	}
	for name, remove := range removers {
		t.Run(name, func(t *testing.T) {
			onEach(t, Options{}, func(t *testing.T, f *fixture) { f.removalAgainstReplacement(t, remove) })
		})
	}
}

func (f *fixture) removalAgainstReplacement(t *testing.T, remove func(*fixture, *Session) *Session) {
	var s, double, removed *Session
	var out Outcome
	lockstep(lockstepRounds, func(round int) {
		s = f.session(round%5, SessionOptions{})
		double = f.double(s)
		f.mustAdd(t, testExpiry, s)
	}, func() {
		out = f.add(double, testExpiry)
	}, func() {
		removed = remove(f, s)
	}, func() {
		if (removed == s) != (out == Added) {
			t.Errorf("the other session was added with outcome %s, the first one was removed: %v", outcomeNames[out], removed == s)
		}
		if removed == double {
			f.wantMiss(t, double)
			wantReferences(t, double, 1)
		} else {
			f.wantFound(t, double)
			wantReferences(t, double, 2)
		}
		wantReferences(t, s, 1)
		f.RemoveID(s.ID())
	})
}

// A lookup finds the old session or the new one, also if the old one is wiped
// before the lookup has its reference.
func TestLookupAgainstReplacement(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		var next *Session
		id := testID(1)
		lockstep(4*lockstepRounds, func(round int) {
			s, err := NewSession(id, []byte("a state"), SessionOptions{})
			if err != nil {
				panic(err)
			}
			if next = s; round == 0 {
				f.mustAdd(t, testExpiry, f.double(s))
			}
		}, func() {
			f.add(next, testExpiry)
			next.Release()
		}, func() {
			s, result := f.Lookup(id, Scope{}, testNow)
			if result != Hit {
				t.Errorf("the lookup says %v", result)
				return
			}
			if s.AppendState(nil)[0] == 0 {
				t.Error("the lookup found a session that is wiped")
			}
			s.Release()
		}, func() {})
	})
}

// An Add that meets Close is one of those that Close undoes, or is refused.
func TestAddAgainstClose(t *testing.T) {
	for _, capacity := range []int{1, 60, 300} {
		onEach(t, Options{Capacity: capacity}, func(t *testing.T, f *fixture) {
			s := f.session(1, SessionOptions{})
			var g *fixture
			var out Outcome
			lockstep(lockstepRounds/4, func(int) {
				g = newFixture(f.kind, f.options, f.mask)
			}, func() {
				out = g.add(s, testExpiry)
			}, func() {
				g.Close()
			}, func() {
				if n := len(g.sink.drain()); g.Len() != 0 || s.References() != 1 || (out == Added) != (n == 1) {
					t.Errorf("an Add with outcome %s: %d sessions left, %d references, the sink got %d",
						outcomeNames[out], g.Len(), s.References(), n)
				}
				checkTable(t, g.Table)
			})
		})
	}
}
