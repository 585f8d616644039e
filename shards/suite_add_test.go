package shards

import (
	"testing"
)

func TestAdd(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		s := f.session(1, SessionOptions{})
		f.wantMiss(t, s)
		wantOutcome(t, f.add(s, testExpiry), Added)
		wantReferences(t, s, 2)
		f.wantLen(t, 1)
		f.wantFound(t, s)
		f.sink.want(t)

		found, _ := f.Lookup(s.ID(), Scope{}, testNow)
		wantReferences(t, s, 3)
		found.Release()
	})
}

func TestAddOfTheSameSessionChangesNothing(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		s := f.session(1, SessionOptions{})
		f.mustAdd(t, testExpiry, s)
		wantOutcome(t, f.Add(s, testExpiry+50, testNow, false), Identical)
		wantReferences(t, s, 2)
		f.wantExpiry(t, s, testExpiry)
		f.wantLen(t, 1)
		f.sink.want(t)
		if !s.Resumable() {
			t.Error("the session is no longer resumable")
		}
	})
}

func TestAddOfTheSameSessionWithRefresh(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		s := f.session(1, SessionOptions{})
		f.mustAdd(t, testExpiry, s)
		for _, expiry := range []int64{testExpiry + 50, testExpiry - 50, testExpiry - 50} {
			wantOutcome(t, f.Add(s, expiry, testNow, true), Identical)
			wantReferences(t, s, 2)
			f.wantExpiry(t, s, expiry)
		}
		f.wantLen(t, 1)
		f.sink.want(t)
	})
}

func TestAddWithRefreshOfAnotherSession(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		a, b := f.session(1, SessionOptions{}), f.session(1, SessionOptions{})
		wantOutcome(t, f.Add(a, testExpiry, testNow, true), Added)
		wantOutcome(t, f.Add(b, testExpiry, testNow, true), Replaced)
		f.wantFound(t, b)
	})
}

func TestAddReplaces(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		old, other := f.session(1, SessionOptions{}), f.session(2, SessionOptions{})
		f.mustAdd(t, testExpiry, old, other)
		s := f.session(1, SessionOptions{})
		wantOutcome(t, f.add(s, testExpiry+7), Replaced)
		wantReferences(t, s, 2)
		wantReferences(t, old, 1)
		wantReferences(t, other, 2)
		f.wantFound(t, s)
		f.wantFound(t, other)
		f.wantExpiry(t, s, testExpiry+7)
		f.wantLen(t, 2)
		f.sink.want(t, event{old, testExpiry, ReasonReplaced})
		if !old.Resumable() {
			t.Error("the session that was replaced is marked not resumable")
		}
		wantOutcome(t, f.add(old, testExpiry), Replaced)
		f.sink.want(t, event{s, testExpiry + 7, ReasonReplaced})
	})
}

func TestReplacementNeedsNoPlace(t *testing.T) {
	onEach(t, Options{Capacity: 3}, func(t *testing.T, f *fixture) {
		list := f.sessions(3)
		f.mustAdd(t, testExpiry, list...)
		for i, old := range list {
			s := f.session(i, SessionOptions{})
			wantOutcome(t, f.add(s, testExpiry), Replaced)
			f.sink.want(t, event{old, testExpiry, ReasonReplaced})
			f.wantLen(t, 3)
		}
	})
}

func TestReplacementInAnotherScope(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		old := f.session(1, SessionOptions{})
		s := f.session(1, SessionOptions{Scope: mustScope(t, "other")})
		f.mustAdd(t, testExpiry, old)
		wantOutcome(t, f.add(s, testExpiry), Replaced)
		f.sink.want(t, event{old, testExpiry, ReasonReplaced})
		f.wantFound(t, s)
	})
}

func TestAddAfterRemoval(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		s := f.session(1, SessionOptions{})
		for range 3 {
			f.mustAdd(t, testExpiry, s)
			f.wantFound(t, s)
			if !f.Remove(s) {
				t.Error("Remove found nothing")
			}
			f.wantMiss(t, s)
			wantReferences(t, s, 1)
		}
	})
}

// A session whose last reference is gone stays out: its state is wiped.
func TestAddOfAReleasedSession(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		old := f.session(1, SessionOptions{})
		for _, present := range []bool{false, true} {
			s, err := NewSession(testID(1), []byte("a state"), SessionOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if present {
				f.mustAdd(t, testExpiry, old)
			}
			s.Release()
			wantOutcome(t, f.add(s, testExpiry), Unreferenced)
			wantOutcome(t, f.Add(s, testExpiry, testNow, true), Unreferenced)
			wantReferences(t, s, 0)
			if f.Contains(s.ID()) != present {
				t.Error("an Add of a released session changed something")
			}
		}
		f.wantFound(t, old)
		f.sink.want(t)
	})
}

// Ids that differ only in length, in the last byte or in trailing zeros are
// different ids.
func TestSimilarIDs(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		long := make([]byte, MaxIDLength)
		last := make([]byte, MaxIDLength)
		last[MaxIDLength-1] = 1
		ids := [][]byte{{0}, {0, 0}, {1}, {1, 0}, {0, 1}, long[:31], long, last}
		for _, id := range ids {
			s, err := NewSession(id, nil, SessionOptions{})
			if err != nil {
				t.Fatal(err)
			}
			f.made = append(f.made, s)
			f.mustAdd(t, testExpiry, s)
		}
		f.wantLen(t, len(ids))
		for _, s := range f.made {
			f.wantFound(t, s)
		}
	})
}

func TestOneSessionInSeveralTables(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		s, beside := f.session(1, SessionOptions{}), f.session(2, SessionOptions{})
		var others []*fixture
		for _, kind := range tableKinds {
			g := newFixture(kind, f.options, realHash)
			g.mustAdd(t, testExpiry+int64(len(others)), s)
			others = append(others, g)
		}
		f.mustAdd(t, testExpiry-1, beside, s)
		wantReferences(t, s, 2+len(others))
		if !f.Remove(s) {
			t.Error("Remove found nothing")
		}
		f.wantMiss(t, s)
		f.wantFound(t, beside)
		for i, g := range others {
			g.wantFound(t, s)
			g.wantExpiry(t, s, testExpiry+int64(i))
			g.closeAndAccount(t)
		}
	})
}

func TestClose(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		list := f.sessions(5)
		f.mustAdd(t, testExpiry, list...)
		f.Close()
		f.wantLen(t, 0)
		for _, e := range f.sink.drain() {
			if e.reason != ReasonClosed || e.expiry != testExpiry || e.session.Resumable() {
				t.Errorf("the sink got a session with reason %v, expiry %d, resumable %v", e.reason, e.expiry, e.session.Resumable())
			}
		}
		for _, s := range list {
			wantReferences(t, s, 1)
			f.wantMiss(t, s)
			wantOutcome(t, f.add(s, testExpiry), Closed)
			wantOutcome(t, f.Add(s, testExpiry, testNow, true), Closed)
			wantReferences(t, s, 1)
		}
		if f.Remove(list[0]) || f.RemoveID(list[0].ID()) || f.Reschedule(list[0], Never) || f.Contains(list[0].ID()) {
			t.Error("a closed table has a session")
		}
		if f.Flush(Never) != 0 || f.Clear() != 0 {
			t.Error("a closed table had something to flush")
		}
		f.Sweep(Never)
		f.SetCapacity(7)
		f.SetCapacity(Unlimited)
		f.Close()
		wantOutcome(t, f.add(list[0], testExpiry), Closed)
		f.sink.want(t)
	})
}

// wantExpiry wants a walk to yield s once, with the given expiry.
func (f *fixture) wantExpiry(t *testing.T, s *Session, expiry int64) {
	t.Helper()
	seen := 0
	for other, e := range f.All() {
		if other != s {
			continue
		}
		seen++
		if e != expiry {
			t.Errorf("the session has expiry %d, want %d", e, expiry)
		}
	}
	if seen != 1 {
		t.Errorf("a walk yields the session %d times, want once", seen)
	}
}

func mustScope(t *testing.T, name string) Scope {
	t.Helper()
	scope, err := NewScope([]byte(name))
	if err != nil {
		t.Fatal(err)
	}
	return scope
}
