package engine

import (
	"bytes"
	"context"
	"testing"
)

// external makes a Get callback that hands out the given sessions by id, each
// with a new reference, and counts its calls.
func external(calls *int, sessions ...*Session) func(context.Context, []byte) *Session {
	return func(_ context.Context, id []byte) *Session {
		*calls++
		for _, s := range sessions {
			if bytes.Equal(s.ID(), id) && s.Acquire() {
				return s
			}
		}
		return nil
	}
}

// setGet sets the Get callback.
func (f *fixture) setGet(get func(context.Context, []byte) *Session) {
	k := f.Callbacks()
	k.Get = get
	f.SetCallbacks(k)
}

// lookups of a server by mode: which sources are asked, what is counted.
func TestResumeByMode(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for name, test := range map[string]struct {
			mode           Mode
			inside         bool // the internal table has the session
			outside        bool // the callback has it
			found, kept    bool // by Resume; in the table, afterwards
			asked          int
			hits, misses   uint64
			callbackHits   uint64
			storedByFinish bool // a full handshake puts a session into the table
		}{
			"server, inside":             {Server, true, true, true, true, 0, 1, 0, 0, true},
			"server, outside":            {Server, false, true, true, true, 1, 1, 1, 1, true},
			"server, nowhere":            {Server, false, false, false, false, 1, 0, 1, 0, true},
			"off, inside":                {Off, true, true, true, true, 0, 1, 0, 0, false},
			"off, outside":               {Off, false, true, true, true, 1, 1, 1, 1, false},
			"client, inside":             {Client, true, false, true, true, 0, 1, 0, 0, false},
			"no lookup, inside":          {Server | NoInternalLookup, true, false, false, true, 1, 0, 0, 0, true},
			"no lookup, outside":         {Server | NoInternalLookup, false, true, true, true, 1, 1, 0, 1, true},
			"no lookup, nowhere":         {Server | NoInternalLookup, false, false, false, false, 1, 0, 0, 0, true},
			"no store, inside":           {Server | NoInternalStore, true, false, true, true, 0, 1, 0, 0, false},
			"no store, outside":          {Server | NoInternalStore, false, true, true, false, 1, 1, 1, 1, false},
			"no internal, inside":        {Both | NoInternal, true, false, false, true, 1, 0, 0, 0, false},
			"no internal, outside":       {Both | NoInternal, false, true, true, false, 1, 1, 0, 1, false},
			"server no clear, outside":   {Server | NoAutoClear, false, true, true, true, 1, 1, 1, 1, true},
			"server update time, inside": {Server | UpdateTime, true, false, true, true, 0, 1, 0, 0, true},
		} {
			f := newFixture(t, kind, func(g *Config) { g.Mode = test.mode })
			s, asked := f.session(1), 0
			f.setGet(external(&asked))
			if test.outside {
				f.setGet(external(&asked, s))
			}
			if test.inside {
				f.Add(s)
			}
			got, found := f.resume(1)
			equal(t, name+": found", found, test.found)
			equal(t, name+": the session found is it", got == s, test.found)
			equal(t, name+": in the table", f.Contains(testID(1)), test.kept)
			equal(t, name+": callbacks", asked, test.asked)
			stats := f.Stats()
			equal(t, name+": Hits", stats.Hits, test.hits)
			equal(t, name+": Misses", stats.Misses, test.misses)
			equal(t, name+": CallbackHits", stats.CallbackHits, test.callbackHits)
			f.HandshakeFinished(context.Background(), RoleServer, f.session(2), false)
			equal(t, name+": stored by a handshake", f.Contains(testID(2)), test.storedByFinish)
		}
	})
}

// OpenSSL: after an expired internal hit get_cb is not asked.
func TestResumeOfAnExpiredSessionAsksNobody(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		asked := 0
		f.setGet(external(&asked))
		f.add(1)
		f.time.Add(DefaultTimeout + 1)
		_, ok := f.resume(1)
		equal(t, "found", ok, false)
		equal(t, "callbacks", asked, 0)
		equal(t, "in the table", f.Contains(testID(1)), false)
		stats := f.Stats()
		equal(t, "Timeouts", stats.Timeouts, 1)
		equal(t, "Misses", stats.Misses, 0)
	})
}

func TestResumeUnderAnotherScopeAsksNobody(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		asked := 0
		f.setGet(external(&asked))
		s := f.add(1)
		_, ok := f.Resume(context.Background(), testID(1), scope(t, "another"))
		equal(t, "found", ok, false)
		equal(t, "callbacks", asked, 0)
		equal(t, "found under its own", f.has(s), true)
		equal(t, "ScopeMismatches", f.Stats().ScopeMismatches, 1)
	})
}

func TestResumeOfImpossibleIDsAsksNobody(t *testing.T) {
	f := newFixture(t, LockFree, nil)
	asked := 0
	f.setGet(external(&asked))
	for _, id := range [][]byte{nil, {}, make([]byte, 33)} {
		if _, ok := f.Resume(context.Background(), id, Scope{}); ok {
			t.Errorf("%d bytes were found", len(id))
		}
	}
	equal(t, "callbacks", asked, 0)
	equal(t, "Misses", f.Stats().Misses, 0)
}

// What comes from outside is checked.
func TestResumeChecksWhatTheCallbackReturns(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for name, test := range map[string]struct {
			session      func(*fixture) *Session
			count        func(Stats) uint64
			callbackHits uint64
		}{
			// test/tls12psk.c of OpenSSL; its code since 2026.
			"another id": {func(f *fixture) *Session { return f.session(2) },
				func(s Stats) uint64 { return s.ExternalRejected }, 1},
			"another scope": {func(f *fixture) *Session {
				return f.sessionWith(1, SessionOptions{Created: startTime, Scope: scope(f.t, "x")})
			}, func(s Stats) uint64 { return s.ScopeMismatches }, 1},
			"expired": {func(f *fixture) *Session {
				return f.sessionWith(1, SessionOptions{Created: startTime - DefaultTimeout - 1})
			}, func(s Stats) uint64 { return s.Timeouts }, 1},
			// CVE-2024-2511.
			"not resumable": {func(f *fixture) *Session { s := f.add(1); f.Remove(s); return s },
				func(s Stats) uint64 { return s.ExternalRejected }, 0},
		} {
			f := newFixture(t, kind, nil)
			s := test.session(f)
			f.setGet(func(context.Context, []byte) *Session { s.Acquire(); return s })
			_, ok := f.resume(1)
			equal(t, name+": found", ok, false)
			equal(t, name+": references", s.References(), 1)
			equal(t, name+": Len", f.Len(), 0)
			stats := f.Stats()
			equal(t, name+": counted", test.count(stats), 1)
			equal(t, name+": CallbackHits", stats.CallbackHits, test.callbackHits)
			equal(t, name+": Hits", stats.Hits, 0)
		}
	})
}

func TestResumeTakesTheCallbacksReference(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		f.setGet(func(ctx context.Context, id []byte) *Session {
			equal(t, "the context's value", ctx.Value(contextKey{}), any("it"))
			s, err := NewSession(id, testState(1), SessionOptions{Created: startTime})
			if err != nil {
				t.Error(err)
			}
			clear(id) // it is the callback's
			return s
		})
		ctx := context.WithValue(context.Background(), contextKey{}, "it")
		id := testID(1)
		s, ok := f.Resume(ctx, id, Scope{})
		if !ok {
			t.Fatal("not found")
		}
		equal(t, "references: the caller's and the table's", s.References(), 2)
		equal(t, "the caller's id is untouched", bytes.Equal(id, testID(1)), true)
		s.Release()
		equal(t, "found inside", f.has(s), true)
	})
}

type contextKey struct{}

// OpenSSL ignores the result of adding a session that came from outside
// (PR 4014: 1.1.0 failed the resumption).
func TestResumeOfASessionThatCannotBeKeptStillHits(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Mode = Server | NoInternalLookup })
		s, asked := f.add(1), 0
		f.setGet(external(&asked, s)) // Add will say: identical
		got, ok := f.resume(1)
		equal(t, "found", ok && got == s, true)
		equal(t, "references", s.References(), 2)
	})
}

func TestUpdateTimeAppliesToSessionsFromOutside(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Mode = Server | UpdateTime })
		s, asked := f.sessionWith(1, SessionOptions{Created: startTime - 100}), 0
		f.setGet(external(&asked, s))
		_, ok := f.resume(1)
		equal(t, "found", ok, true)
		equal(t, "Created", s.Created(), startTime)
	})
}

// A session from outside is not kept if a removal concerned its id since
// Resume began to ask.
func TestARemovalDuringResumeIsNotUndone(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for name, remove := range map[string]func(f *fixture){
			"RemoveID": func(f *fixture) { f.RemoveID(testID(1)) },
			"Remove":   func(f *fixture) { f.Remove(f.made[0]) },
			"Take":     func(f *fixture) { f.Take(testID(1)) },
			"Flush":    func(f *fixture) { f.Flush(startTime) },
			"Clear":    func(f *fixture) { f.Clear() },
		} {
			f := newFixture(t, kind, nil)
			s := f.session(1)
			f.setGet(func(context.Context, []byte) *Session {
				remove(f) // while the answer is on its way
				s.Acquire()
				return s
			})
			_, ok := f.resume(1)
			equal(t, name+": found", ok, true) // it was there before the removal
			equal(t, name+": in the table", f.Contains(testID(1)), false)
			equal(t, name+": Added", f.Stats().Added, 0)
		}
	})
}

// The last moment: after the check that comes before adding. The clock is read
// in between.
func TestARemovalBetweenCheckAndAddIsNotUndone(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(c *Config) { c.Capacity = 1 })
		f.Add(f.session(2))
		s, asked := f.session(1), 0
		f.SetCallbacks(Callbacks{
			Get: external(&asked, s),
			Remove: func(*Session, Reason) {
				equal(t, "in the table while its add evicts", f.Contains(testID(1)), false)
			},
		})
		reads := 0
		f.clock = func() int64 {
			// Resume reads it for the lookup and for the check of the
			// expiry, Add is the third.
			if reads++; reads == 3 {
				f.table.RemoveID(testID(1))
			}
			return startTime
		}
		_, ok := f.resume(1)
		f.clock = f.time.Load
		equal(t, "found", ok, true)
		equal(t, "in the table", f.Contains(testID(1)), false)
		equal(t, "in the table: the other", f.Contains(testID(2)), true)
		equal(t, "Added", f.Stats().Added, 1) // the other
	})
}
