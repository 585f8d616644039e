package engine

import (
	"bytes"
	"sync/atomic"
	"testing"
)

func TestGetReturnsAReferencedSession(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		s := f.add(1)
		got, ok := f.Get(testID(1))
		if !ok || got != s {
			t.Fatal("Get did not find the session")
		}
		equal(t, "references", s.References(), 3)
		if !bytes.Equal(got.AppendState(nil), testState(1)) {
			t.Error("the state is not the one that was added")
		}
		// It outlives its removal.
		f.Remove(s)
		if !bytes.Equal(got.AppendState(nil), testState(1)) {
			t.Error("the state changed while it was referenced")
		}
		got.Release()
		got, ok = f.Get(testID(1))
		equal(t, "Get after Remove", ok, false)
		equal(t, "its session", got, nil)
		stats := f.Stats()
		equal(t, "Hits", stats.Hits, 1)
		equal(t, "Misses", stats.Misses, 1)
	})
}

func TestLookupsOfImpossibleIDsMiss(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		f.add(1)
		long := append(testID(1), 0)
		for _, id := range [][]byte{nil, {}, long, testID(1)[:31]} {
			if _, ok := f.Get(id); ok {
				t.Errorf("Get of %d bytes found something", len(id))
			}
			if _, ok := f.Take(id); ok {
				t.Errorf("Take of %d bytes found something", len(id))
			}
			equal(t, "Contains", f.Contains(id), false)
			equal(t, "RemoveID", f.RemoveID(id), false)
		}
		equal(t, "Len", f.Len(), 1)
	})
}

// CVE-2025-23419, CVE-2025-68121: a session of one scope is never found under
// another. OpenSSL treats it as a miss that no counter shows.
func TestLookupUnderAnotherScopeMisses(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Scope = []byte("server A") })
		b := scope(t, "server B")
		s := f.add(1)
		for _, other := range []Scope{b, {}, scope(t, "server")} {
			if _, ok := f.GetScoped(testID(1), other); ok {
				t.Error("GetScoped found it under another scope")
			}
			if _, ok := f.TakeScoped(testID(1), other); ok {
				t.Error("TakeScoped found it under another scope")
			}
		}
		stats := f.Stats()
		equal(t, "ScopeMismatches", stats.ScopeMismatches, 6)
		equal(t, "Misses", stats.Misses, 0)
		equal(t, "Hits", stats.Hits, 0)
		equal(t, "found under its own", f.has(s), true)
		equal(t, "Contains goes by id alone", f.Contains(testID(1)), true)

		inB := f.sessionWith(2, SessionOptions{Scope: b, Created: startTime})
		equal(t, "Add of another scope", f.Add(inB), true)
		if _, ok := f.Get(testID(2)); ok {
			t.Error("Get found it under the cache's scope")
		}
		equal(t, "found under its own", f.has(inB), true)
	})
}

// SSL_has_matching_session_id ignores expiry and mode.
func TestContainsIgnoresExpiryAndMode(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Mode = NoInternal })
		f.add(1)
		f.time.Add(DefaultTimeout + 1)
		equal(t, "Contains", f.Contains(testID(1)), true)
		stats := f.Stats()
		equal(t, "counted", stats.Hits+stats.Misses+stats.Timeouts, 0)
	})
}

func TestTakeGivesTheCachesReference(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		var told []Reason
		f := newFixture(t, kind, func(g *Config) {
			g.Callbacks.Remove = func(s *Session, r Reason) {
				equal(t, "references in the callback", s.References(), 2)
				told = append(told, r)
			}
		})
		s := f.add(1)
		got, ok := f.Take(testID(1))
		if !ok || got != s {
			t.Fatal("Take did not find the session")
		}
		equal(t, "references", s.References(), 2)
		got.Release()
		equal(t, "resumable", s.Resumable(), false)
		if len(told) != 1 || told[0] != ReasonRemoved {
			t.Errorf("Remove was told %v", told)
		}
		_, ok = f.Take(testID(1))
		equal(t, "the second Take", ok, false)
		stats := f.Stats()
		equal(t, "Hits", stats.Hits, 1)
		equal(t, "Misses", stats.Misses, 1)
		equal(t, "Taken", stats.Taken, 1)
		equal(t, "Removed", stats.Removed, 0)
		equal(t, "Bytes", stats.Bytes, 0)
	})
}

func TestTakeOfAnExpiredSession(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		var told []Reason
		f := newFixture(t, kind, func(g *Config) {
			g.Callbacks.Remove = func(_ *Session, r Reason) { told = append(told, r) }
		})
		f.add(1)
		f.time.Add(DefaultTimeout + 1)
		if _, ok := f.Take(testID(1)); ok {
			t.Error("Take returned an expired session")
		}
		if len(told) != 1 || told[0] != ReasonExpired {
			t.Errorf("Remove was told %v", told)
		}
		stats := f.Stats()
		equal(t, "Timeouts", stats.Timeouts, 1)
		equal(t, "Taken", stats.Taken, 0)
		equal(t, "Expired", stats.Expired, 1)
	})
}

// RFC 8446, section 8.1, and the man page: of racing takes and removals of one
// entry exactly one succeeds.
func TestRacingTakesAndRemovalsHaveOneWinner(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		var told atomic.Int64
		f := newFixture(t, kind, func(g *Config) {
			g.Callbacks.Remove = func(*Session, Reason) { told.Add(1) }
		})
		const rounds = 200
		for n := range rounds {
			s := f.add(n)
			var won atomic.Int64
			parallel(6, func(i int) {
				switch i % 3 {
				case 0:
					if got, ok := f.Take(testID(n)); ok {
						got.Release()
						won.Add(1)
					}
				case 1:
					if f.Remove(s) {
						won.Add(1)
					}
				case 2:
					if f.RemoveID(testID(n)) {
						won.Add(1)
					}
				}
			})
			equal(t, "winners", won.Load(), 1)
		}
		equal(t, "callbacks", told.Load(), rounds)
		stats := f.Stats()
		equal(t, "Removed and Taken", stats.Removed+stats.Taken, rounds)
	})
}

// An id that is only ever replaced is never missed.
func TestGetNeverMissesAnIDThatIsReplaced(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		f.add(1)
		var stop atomic.Bool
		parallel(3, func(i int) {
			if i == 0 {
				for range 3000 {
					f.add(1)
				}
				stop.Store(true)
				return
			}
			for !stop.Load() {
				s, ok := f.Get(testID(1))
				if !ok {
					t.Error("Get missed")
					return
				}
				if !bytes.Equal(s.AppendState(nil), testState(1)) {
					t.Error("Get returned a session whose state was zeroed")
				}
				s.Release()
			}
		})
		equal(t, "Misses", f.Stats().Misses, 0)
	})
}
