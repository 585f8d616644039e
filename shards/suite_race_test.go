package shards

import (
	"sync/atomic"
	"testing"
)

const (
	raceRounds = 1000
	racers     = 4
)

// Of removals that race for one session exactly one is true, whatever their
// kinds.
func TestRacingRemovals(t *testing.T) {
	kinds := map[string][]func(*fixture, *Session) bool{
		"Remove":   {(*fixture).removes},
		"RemoveID": {(*fixture).removesID},
		"Take":     {(*fixture).takes},
		"all":      {(*fixture).removes, (*fixture).removesID, (*fixture).takes, (*fixture).flushes},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			onEach(t, Options{Capacity: 60}, func(t *testing.T, f *fixture) {
				beside := f.session(1000, SessionOptions{})
				f.mustAdd(t, Never, beside)
				for i := range raceRounds {
					s := f.session(i%3, SessionOptions{})
					f.mustAdd(t, testExpiry, s)
					var winners atomic.Int32
					together(racers, func(g int) {
						if kind[g%len(kind)](f, s) {
							winners.Add(1)
						}
					})
					if n := winners.Load(); n != 1 {
						t.Fatalf("%d of %d racing removals were true", n, racers)
					}
					wantReferences(t, s, 1)
				}
				f.wantFound(t, beside)
			})
		})
	}
}

func (f *fixture) removes(s *Session) bool   { return f.Remove(s) }
func (f *fixture) removesID(s *Session) bool { return f.RemoveID(s.ID()) }
func (f *fixture) flushes(*Session) bool     { return f.Flush(testExpiry+1) == 1 }

func (f *fixture) takes(s *Session) bool { return f.take(s) == Hit }

// take takes the session with the id of s and releases it.
func (f *fixture) take(s *Session) Result {
	taken, result := f.Take(s.ID(), s.Scope(), testNow)
	if result == Hit {
		taken.Release()
	}
	return result
}

// Of different sessions with one id that are added at once, the first is added,
// each other one replaces, and one stays.
func TestRacingAddsOfOneID(t *testing.T) {
	for _, capacity := range []int{Unlimited, 8} {
		onEach(t, Options{Capacity: capacity}, func(t *testing.T, f *fixture) {
			for i := range raceRounds {
				list := make([]*Session, racers)
				for g := range list {
					list[g] = f.session(i%5, SessionOptions{})
				}
				var added, replaced atomic.Int32
				together(racers, func(g int) {
					switch f.add(list[g], testExpiry) {
					case Added:
						added.Add(1)
					case Replaced:
						replaced.Add(1)
					}
				})
				if added.Load() != 1 || replaced.Load() != racers-1 {
					t.Fatalf("%d were added and %d replaced another", added.Load(), replaced.Load())
				}
				f.wantOneStays(t, list)
				f.RemoveID(list[0].ID())
				f.sink.drain()
			}
		})
	}
}

// wantOneStays wants one of the sessions to be in the table, and each other
// one to have gone to the sink once.
func (f *fixture) wantOneStays(t *testing.T, list []*Session) {
	t.Helper()
	stay := 0
	for _, s := range list {
		if n := s.References(); n == 2 {
			stay++
			f.wantFound(t, s)
		} else if n != 1 {
			t.Errorf("a session has %d references", n)
		}
	}
	if stay != 1 {
		t.Errorf("%d sessions with one id stay", stay)
	}
	dropped := map[*Session]int{}
	for _, e := range f.sink.drain() {
		if dropped[e.session]++; e.reason != ReasonReplaced {
			t.Errorf("a session left with reason %v", e.reason)
		}
	}
	for s, n := range dropped {
		if n != 1 {
			t.Errorf("a session of %d references went to the sink %d times", s.References(), n)
		}
	}
	if len(dropped) != len(list)-1 {
		t.Errorf("%d sessions were replaced", len(dropped))
	}
}

// Of adds of one session at once, one adds it and the others find it.
func TestRacingAddsOfOneSession(t *testing.T) {
	for _, refresh := range []bool{false, true} {
		onEach(t, Options{Capacity: 8}, func(t *testing.T, f *fixture) {
			for i := range raceRounds {
				s := f.session(i%5, SessionOptions{})
				var added, identical, winner atomic.Int32
				together(racers, func(g int) {
					switch f.Add(s, testExpiry+int64(g), testNow, refresh) {
					case Added:
						added.Add(1)
						winner.Store(int32(g))
					case Identical:
						identical.Add(1)
					}
				})
				if added.Load() != 1 || identical.Load() != racers-1 {
					t.Fatalf("%d added the session and %d found it", added.Load(), identical.Load())
				}
				wantReferences(t, s, 2)
				f.wantFound(t, s)
				if !refresh {
					f.wantExpiry(t, s, testExpiry+int64(winner.Load()))
				}
				f.Remove(s)
			}
		})
	}
}

// An id that is only ever replaced, refreshed and rescheduled is never missed,
// not by lookups and not by Contains, also while the table grows.
func TestLookupNeverMissesWhatIsReplaced(t *testing.T) {
	const writers, readers, each = 2, 2, 8000
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		first := f.session(1, SessionOptions{})
		f.mustAdd(t, testExpiry, first)
		var running atomic.Int32
		running.Store(writers)
		id := first.ID()
		together(writers+readers, func(g int) {
			if g < writers {
				f.replace(1, each, g)
				running.Add(-1)
				return
			}
			for lookups := 0; running.Load() > 0 || lookups < 100; lookups++ {
				s, result := f.Lookup(id, Scope{}, testNow)
				if result != Hit || !f.Contains(id) {
					t.Errorf("lookup %d missed: %v", lookups, result)
					return
				}
				if state := s.AppendState(nil); string(state) != "a state" && s != first {
					t.Error("a lookup found a session whose state is wiped")
				}
				s.Release()
			}
		})
	})
}

// replace adds n sessions with one id, each of which the writer forgets at
// once, so that a lookup may meet a session that is being wiped. Between them
// it adds a few others, so that the table grows where the hash allows.
func (f *fixture) replace(id, n, writer int) {
	for i := range n {
		s, err := NewSession(testID(id), []byte("a state"), SessionOptions{})
		if err != nil {
			panic(err)
		}
		f.add(s, testExpiry)
		switch i % 4 {
		case 0:
			f.Add(s, testExpiry+1, testNow, true)
		case 1:
			f.Reschedule(s, testExpiry+2)
		}
		s.Release()
		if f.mask == realHash || f.Len() < MaxChain-8 {
			f.add(f.session(100+writer*n+i, SessionOptions{}), Never)
		}
	}
}

// While two sessions with one id replace each other again and again, what is
// aimed at one of them never hits the other.
func TestRemovalsHitWhatTheyAimAt(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		a := f.session(1, SessionOptions{Scope: mustScope(t, "a")})
		b, err := NewSession(a.ID(), nil, SessionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		f.made = append(f.made, b)
		f.sink.hook = func(e event) {
			if e.reason == ReasonRemoved && e.session != a {
				t.Error("Remove removed the other session")
			}
		}
		var running atomic.Bool
		running.Store(true)
		aims := []func(){
			func() { f.Remove(a) },
			func() { f.Reschedule(a, testExpiry+1) },
			func() {
				if s, _ := f.Take(a.ID(), a.Scope(), testNow); s != nil {
					if s.Release(); s != a {
						t.Error("Take took the session of the other scope")
					}
				}
			},
		}
		together(1+len(aims), func(g int) {
			if g > 0 {
				for running.Load() {
					aims[g-1]()
				}
				return
			}
			defer running.Store(false)
			for range 30_000 {
				f.add(a, testExpiry)
				f.add(b, testExpiry)
			}
		})
		f.sink.drain()
	})
}
