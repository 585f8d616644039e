package engine

import "testing"

// SSL_CTX_add_session(3): 1, and the reference count raised by one.
func TestAddTakesOneReference(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		s := f.add(1)
		equal(t, "references", s.References(), 2)
		equal(t, "Len", f.Len(), 1)
		equal(t, "Added", f.Stats().Added, 1)
	})
}

// SSL_CTX_add_session(3): the very same session again is a no-op that returns
// 0; the reference count stays (OpenSSL drops the extra one).
func TestAddOfTheSameSessionIsANoOp(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		s := f.add(1)
		created := s.Created()
		f.time.Add(10)
		for range 3 {
			equal(t, "Add", f.Add(s), false)
		}
		equal(t, "references", s.References(), 2)
		equal(t, "Created", s.Created(), created)
		equal(t, "Identical", f.Stats().Identical, 3)
		equal(t, "Added", f.Stats().Added, 1)
	})
}

// SSL_CTX_add_session(3): another session with that id is replaced, 1. In
// every OpenSSL no callback is told, the old one stays resumable, and
// cache_full does not count it.
func TestAddOfAnotherSessionWithTheIDReplaces(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		var told []Reason
		f := newFixture(t, kind, func(g *Config) {
			g.Callbacks.Remove = func(_ *Session, r Reason) { told = append(told, r) }
		})
		first := f.add(1)
		second := f.add(1)
		equal(t, "references of the old one", first.References(), 1)
		equal(t, "references of the new one", second.References(), 2)
		equal(t, "the old one is resumable", first.Resumable(), true)
		equal(t, "callbacks", len(told), 0)
		equal(t, "Len", f.Len(), 1)
		equal(t, "the new one is found", f.has(second), true)
		s := f.Stats()
		equal(t, "Replaced", s.Replaced, 1)
		equal(t, "Added", s.Added, 2)
		equal(t, "CacheFull", s.CacheFull, 0)
		equal(t, "Bytes", s.Bytes, stateLength)
		// The old one can come back in its turn.
		equal(t, "Add of the old one", f.Add(first), true)
		equal(t, "the old one is found", f.has(first), true)
	})
}

func TestAddOfNothingUsable(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Mode |= UpdateTime })
		equal(t, "Add(nil)", f.Add(nil), false)
		dead, err := f.NewSession(testID(1), testState(1))
		if err != nil {
			t.Fatal(err)
		}
		dead.Release()
		f.time.Add(5)
		equal(t, "Add of a session without references", f.Add(dead), false)
		equal(t, "its references", dead.References(), 0)
		equal(t, "its creation time", dead.Created(), startTime)
		equal(t, "Len", f.Len(), 0)
		equal(t, "Added", f.Stats().Added, 0)
	})
}

// An application's SSL_CTX_add_session does not depend on the mode.
func TestAddIgnoresModes(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for _, mode := range []Mode{Off, Client, Server, Both | NoInternal, NoAutoClear} {
			f := newFixture(t, kind, func(g *Config) { g.Mode = mode })
			s := f.add(1)
			equal(t, "found under "+mode.String(), f.has(s), true)
			equal(t, "removed under "+mode.String(), f.Remove(s), true)
		}
	})
}

// test_session_timeout of OpenSSL: with UPDATE_TIME, adding sets the time.
func TestUpdateTimeSetsCreationTimeOnAdd(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Mode |= UpdateTime })
		s := f.sessionWith(1, SessionOptions{Created: startTime - 500, Timeout: 100})
		equal(t, "Add", f.Add(s), true)
		equal(t, "Created", s.Created(), startTime)
		equal(t, "found", f.has(s), true)

		// Also for the very same session, which is otherwise a no-op.
		f.time.Add(90)
		equal(t, "Add again", f.Add(s), false)
		equal(t, "Created", s.Created(), startTime+90)
		equal(t, "references", s.References(), 2)
		f.time.Add(100)
		equal(t, "found in its last second", f.has(s), true)

		// A lookup does not refresh it, OpenSSL's documentation notwithstanding.
		equal(t, "Created after a lookup", s.Created(), startTime+90)
		f.time.Add(1)
		equal(t, "found when it is over", f.has(s), false)
		equal(t, "Timeouts", f.Stats().Timeouts, 1)
	})
}

func TestWithoutUpdateTimeAnIdenticalAddRefreshesNothing(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		s := f.sessionWith(1, SessionOptions{Created: startTime, Timeout: 100})
		f.Add(s)
		s.SetCreated(startTime + 1000)
		f.Add(s)
		f.time.Add(101)
		equal(t, "found", f.has(s), false)
	})
}

// OpenSSL's list is corrupted by a session in two contexts, BoringSSL's
// SessionCrossContextCache refuses it; here it is allowed.
func TestASessionMayBeInSeveralCaches(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		a, b := newFixture(t, kind, nil), newFixture(t, kind, func(g *Config) { g.Capacity = 2 })
		s := a.session(1)
		equal(t, "Add to a", a.Add(s), true)
		equal(t, "Add to b", b.Add(s), true)
		equal(t, "references", s.References(), 3)
		equal(t, "Remove from a", a.Remove(s), true)
		equal(t, "found in b", b.has(s), true)
		b.add(2)
		b.add(3)
		equal(t, "found in b after its eviction", b.has(s), false)
		equal(t, "references", s.References(), 1)
		equal(t, "Add to a again", a.Add(s), true)
	})
}

// BoringSSL's InternalSessionCache, with Len in the place of its list.
func TestBoringSSLInternalSessionCache(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Capacity = 5 })
		var s [10]*Session
		for i := range s {
			s[i] = f.add(i)
		}
		present := func(want ...*Session) {
			t.Helper()
			equal(t, "Len", f.Len(), len(want))
			for _, w := range want {
				equal(t, "found", f.has(w), true)
			}
		}
		present(s[5], s[6], s[7], s[8], s[9])
		equal(t, "Add of 7 again", f.Add(s[7]), false)
		present(s[5], s[6], s[7], s[8], s[9])
		other := f.add(7)
		present(s[5], s[6], other, s[8], s[9])
		equal(t, "Remove of 6", f.Remove(s[6]), true)
		present(s[5], other, s[8], s[9])
		equal(t, "Remove of 0, evicted", f.Remove(s[0]), false)
		equal(t, "Remove of the old 7", f.Remove(s[7]), false)
		present(s[5], other, s[8], s[9])
	})
}
