package engine

import (
	"slices"
	"testing"
)

// SSL_CTX_remove_session(3): 1, and SSL_SESSION_free called once for it.
func TestRemoveDropsOneReference(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		var told []Reason
		f := newFixture(t, kind, func(g *Config) {
			g.Callbacks.Remove = func(s *Session, r Reason) {
				equal(t, "references in the callback", s.References(), 2)
				equal(t, "resumable in the callback", s.Resumable(), false)
				told = append(told, r)
			}
		})
		s := f.add(1)
		equal(t, "Remove", f.Remove(s), true)
		equal(t, "references", s.References(), 1)
		equal(t, "Remove again", f.Remove(s), false)
		equal(t, "Remove(nil)", f.Remove(nil), false)
		equal(t, "RemoveID", f.RemoveID(testID(1)), false)
		// OpenSSL 1.1.0 and later would run it for each of these.
		if !slices.Equal(told, []Reason{ReasonRemoved}) {
			t.Errorf("Remove was told %v", told)
		}
		equal(t, "Removed", f.Stats().Removed, 1)
	})
}

// OpenSSL 0.9.8 to 1.1.0: "check whether we deal with a copy of a session and
// do not delete".
func TestRemoveGoesByIdentityAndRemoveIDByID(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		s, copied := f.add(1), f.session(1)
		equal(t, "Remove of a copy", f.Remove(copied), false)
		equal(t, "the copy is resumable", copied.Resumable(), true)
		equal(t, "found", f.has(s), true)
		equal(t, "RemoveID", f.RemoveID(copied.ID()), true)
		equal(t, "found", f.has(s), false)
		equal(t, "resumable", s.Resumable(), false)
	})
}

// OpenSSL: a removed session can be added again, stays marked, and the
// internal lookup of a server does not look at the mark.
func TestARemovedSessionCanBeAddedAgain(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		s := f.add(1)
		f.Remove(s)
		equal(t, "Add", f.Add(s), true)
		equal(t, "resumable", s.Resumable(), false)
		got, ok := f.resume(1)
		if !ok || got != s {
			t.Error("Resume did not find it")
		}
		equal(t, "Remove", f.Remove(s), true)
	})
}

// A mark for each way of leaving; a replaced session has none.
func TestSessionsThatLeaveAreMarkedNotResumable(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for name, leave := range map[string]func(*fixture, *Session){
			"removed":  func(f *fixture, s *Session) { f.Remove(s) },
			"by id":    func(f *fixture, s *Session) { f.RemoveID(s.ID()) },
			"taken":    func(f *fixture, s *Session) { got, _ := f.Take(s.ID()); got.Release() },
			"evicted":  func(f *fixture, _ *Session) { f.add(2) },
			"expired":  func(f *fixture, s *Session) { f.time.Add(DefaultTimeout + 1); f.has(s) },
			"flushed":  func(f *fixture, _ *Session) { f.Flush(startTime + DefaultTimeout + 1) },
			"cleared":  func(f *fixture, _ *Session) { f.Clear() },
			"closed":   func(f *fixture, _ *Session) { f.Close() },
			"replaced": func(f *fixture, _ *Session) { f.add(1) },
		} {
			f := newFixture(t, kind, func(g *Config) { g.Capacity = 1 })
			s := f.add(1)
			leave(f, s)
			equal(t, "references of one "+name, s.References(), 1)
			equal(t, "resumable after it was "+name, s.Resumable(), name == "replaced")
		}
	})
}

// test_session_timeout of OpenSSL: times now-10, now, now+10, timeouts set to
// 10 after adding; flush at now+9, now+11, now+21.
func TestFlushAfterRescheduling(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		var told []*Session
		f := newFixture(t, kind, func(g *Config) {
			g.Capacity = 3
			g.Callbacks.Remove = func(s *Session, r Reason) {
				equal(t, "the reason", r, ReasonFlushed)
				told = append(told, s)
			}
		})
		var s [3]*Session
		for i := range s {
			s[i] = f.sessionWith(i, SessionOptions{Created: startTime + int64(i-1)*10})
			f.Add(s[i])
		}
		for i := range s {
			if err := s[i].SetTimeout(10); err != nil {
				t.Fatal(err)
			}
			equal(t, "Reschedule", f.Reschedule(s[i]), true)
		}
		equal(t, "Flush before all of them", f.Flush(startTime), 0)
		equal(t, "Flush(now+9)", f.Flush(startTime+9), 1)
		equal(t, "Flush(now+11)", f.Flush(startTime+11), 1)
		equal(t, "Flush(now+21)", f.Flush(startTime+21), 1)
		for i := range s {
			equal(t, "Add after it was flushed", f.Add(s[i]), true)
		}
		equal(t, "Flush of all at once", f.Flush(Never), 3)
		if want := append(s[:], s[:]...); !slices.Equal(told, want) {
			t.Error("the callbacks did not come earliest expiry first")
		}
		equal(t, "Flushed", f.Stats().Flushed, 6)
		equal(t, "Timeouts", f.Stats().Timeouts, 0)
		equal(t, "Reschedule of one that is not there", f.Reschedule(s[0]), false)
		equal(t, "Reschedule(nil)", f.Reschedule(nil), false)
	})
}

// SSL_CTX_flush_sessions: expired iff t > time+timeout; time 0 is Clear here.
func TestFlushIsStrictAndZeroIsATime(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		f.add(1)
		equal(t, "Flush(0)", f.Flush(0), 0)
		equal(t, "Flush(-1)", f.Flush(-1), 0)
		equal(t, "Flush in the last second", f.Flush(startTime+DefaultTimeout), 0)
		equal(t, "Flush after it", f.Flush(startTime+DefaultTimeout+1), 1)
		f.add(2)
		f.add(3)
		equal(t, "Clear", f.Clear(), 2)
		equal(t, "Clear of nothing", f.Clear(), 0)
	})
}

func TestFlushesRace(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		const sessions = 500
		for n := range sessions {
			f.add(n)
		}
		var flushed [4]int
		parallel(len(flushed), func(i int) {
			if i%2 == 0 {
				flushed[i] = f.Flush(Never - 1)
			} else {
				flushed[i] = f.Clear()
			}
		})
		equal(t, "flushed by all together", flushed[0]+flushed[1]+flushed[2]+flushed[3], sessions)
		equal(t, "Len", f.Len(), 0)
	})
}

func TestAllYieldsReferencedSessions(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		want := map[*Session]bool{}
		for n := range 100 {
			want[f.add(n)] = true
		}
		f.time.Add(DefaultTimeout + 1) // expired ones are yielded too
		for s := range f.All() {
			if !want[s] {
				t.Fatal("All yielded a session that is not there, or twice")
			}
			delete(want, s)
			equal(t, "references in the loop", s.References(), 3)
			f.Remove(s) // the body may call the cache
			equal(t, "references after Remove", s.References(), 2)
		}
		equal(t, "sessions missed", len(want), 0)
		for n := range 10 {
			f.add(n)
		}
		seen := 0
		for range f.All() {
			if seen++; seen == 3 {
				break
			}
		}
		equal(t, "sessions before the break", seen, 3)
	})
}
