package shards

import (
	"slices"
	"testing"
)

func TestRemove(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		list := f.sessions(6)
		f.mustAdd(t, testExpiry, list...)
		for i, s := range list {
			if !f.Remove(s) || f.Remove(s) {
				t.Error("Remove is not true exactly once")
			}
			f.sink.want(t, event{s, testExpiry, ReasonRemoved})
			wantReferences(t, s, 1)
			if s.Resumable() {
				t.Error("a removed session is resumable")
			}
			f.wantMiss(t, s)
			f.wantLen(t, len(list)-1-i)
			for _, left := range list[i+1:] {
				f.wantFound(t, left)
			}
		}
	})
}

func TestRemoveComparesIdentity(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		s, double := f.session(1, SessionOptions{}), f.session(1, SessionOptions{})
		f.mustAdd(t, testExpiry, s)
		if f.Remove(double) {
			t.Error("Remove of another session with the id is true")
		}
		f.wantFound(t, s)
		f.sink.want(t)
		if !double.Resumable() || !s.Resumable() {
			t.Error("a Remove that removed nothing marked a session")
		}
	})
}

func TestRemoveID(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		s := f.session(1, SessionOptions{Scope: mustScope(t, "mine")})
		f.mustAdd(t, testNow-1, s)
		if f.RemoveID(testID(2)) {
			t.Error("RemoveID of an id that is not there is true")
		}
		if !f.RemoveID(testID(1)) || f.RemoveID(testID(1)) {
			t.Error("RemoveID is not true exactly once")
		}
		f.sink.want(t, event{s, testNow - 1, ReasonRemoved})
		wantReferences(t, s, 1)
		if s.Resumable() {
			t.Error("a removed session is resumable")
		}
	})
}

func TestReschedule(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		s, double, beside := f.session(1, SessionOptions{}), f.session(1, SessionOptions{}), f.session(2, SessionOptions{})
		if f.Reschedule(s, testExpiry) {
			t.Error("Reschedule of a session that is not there is true")
		}
		f.mustAdd(t, testExpiry, s, beside)
		if f.Reschedule(double, Never) {
			t.Error("Reschedule of another session with the id is true")
		}
		f.wantExpiry(t, s, testExpiry)
		for _, expiry := range []int64{Never, testNow - 1, testExpiry, testExpiry} {
			if !f.Reschedule(s, expiry) {
				t.Error("Reschedule found nothing")
			}
			f.wantExpiry(t, s, expiry)
		}
		f.wantExpiry(t, beside, testExpiry)
		wantReferences(t, s, 2)
		f.wantLen(t, 2)
		f.Reschedule(s, testNow-1)
		if _, result := f.Lookup(s.ID(), Scope{}, testNow); result != Expired {
			t.Errorf("Lookup goes by the old expiry: %v", result)
		}
		if f.Reschedule(s, Never) {
			t.Error("Reschedule of an expired session is true")
		}
	})
}

func TestFlush(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		var want []event
		for i := range 12 {
			s := f.session(i, SessionOptions{})
			expiry := testNow + int64(i*7%12) - 6 // from -6 to 5, mixed
			f.mustAdd(t, expiry, s)
			if expiry < testNow {
				want = append(want, event{s, expiry, ReasonFlushed})
			}
		}
		if n := f.Flush(testNow); n != len(want) {
			t.Errorf("Flush removed %d, want %d", n, len(want))
		}
		got := f.sink.drain()
		if !sameEvents(got, want) {
			t.Errorf("the sink got %v", reasons(got))
		}
		for _, e := range got {
			wantReferences(t, e.session, 1)
			if e.session.Resumable() {
				t.Error("a flushed session is resumable")
			}
		}
		f.wantLen(t, 12-len(want))
		if n := f.Flush(testNow); n != 0 {
			t.Errorf("a second Flush removed %d", n)
		}
		if n := f.Flush(Never); n != 12-len(want) {
			t.Errorf("the last Flush removed %d", n)
		}
	})
}

// In a table of one shard Flush goes by expiry, and where that is equal by
// insertion, which rescheduling counts as.
func TestFlushOrder(t *testing.T) {
	onEach(t, Options{Capacity: 24}, func(t *testing.T, f *fixture) {
		list := f.sessions(18)
		for i, s := range list {
			f.mustAdd(t, testNow-int64(i%3), s)
		}
		f.Reschedule(list[2], testNow-2)
		f.Reschedule(list[4], testNow-2)
		var want []event
		for _, i := range []int{5, 8, 11, 14, 17, 2, 4, 1, 7, 10, 13, 16, 0, 3, 6, 9, 12, 15} {
			expiry := testNow - int64(i%3)
			if i == 4 {
				expiry = testNow - 2
			}
			want = append(want, event{list[i], expiry, ReasonFlushed})
		}
		if n := f.Flush(testNow + 1); n != len(want) {
			t.Errorf("Flush removed %d, want %d", n, len(want))
		}
		f.sink.want(t, want...)
	})
}

func TestClear(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		if n := f.Clear(); n != 0 {
			t.Errorf("Clear of an empty table removed %d", n)
		}
		var want []event
		for i, s := range f.sessions(12) {
			expiry := []int64{testNow - 1, testExpiry, Never}[i%3]
			f.mustAdd(t, expiry, s)
			want = append(want, event{s, expiry, ReasonFlushed})
		}
		if n := f.Clear(); n != 12 {
			t.Errorf("Clear removed %d, want 12", n)
		}
		f.wantLen(t, 0)
		got := f.sink.drain()
		if !sameEvents(got, want) {
			t.Errorf("the sink got %v", reasons(got))
		}
		for _, e := range got {
			if e.session.Resumable() {
				t.Error("a cleared session is resumable")
			}
		}
		f.mustAdd(t, testExpiry, f.session(1, SessionOptions{}))
	})
}

// sameEvents compares events regardless of their order.
func sameEvents(a, b []event) bool {
	if len(a) != len(b) {
		return false
	}
	for _, e := range a {
		if !slices.Contains(b, e) {
			return false
		}
	}
	return true
}

// Whoever has the number before and after, and finds it unchanged, knows that
// no removal began between: it changes even if there was nothing to remove.
func TestRemovals(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		s, absent := f.session(1, SessionOptions{}), f.session(2, SessionOptions{})
		f.TrackRemovals()
		for name, remove := range map[string]func(s *Session){
			"Remove":   func(s *Session) { f.Remove(s) },
			"RemoveID": func(s *Session) { f.RemoveID(s.ID()) },
			"Take": func(s *Session) {
				if taken, result := f.Take(s.ID(), Scope{}, testNow); result == Hit {
					taken.Release()
				}
			},
			"Flush": func(*Session) { f.Flush(testNow) },
			"Clear": func(*Session) { f.Clear() },
		} {
			for _, s := range []*Session{s, absent} {
				f.add(s, testNow-1)
				if s == absent {
					f.Remove(s)
				}
				before := f.Removals(s.ID())
				f.sink.hook = func(e event) {
					if e.session == s && f.Removals(s.ID()) == before {
						t.Errorf("%s: the number of removals changes after the removal", name)
					}
				}
				remove(s)
				f.sink.hook = nil
				if f.Removals(s.ID()) == before {
					t.Errorf("%s does not change the number of removals", name)
				}
			}
		}
	})
}

func TestReadingIsNoRemoval(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		s := f.session(1, SessionOptions{})
		f.TrackRemovals()
		before := f.Removals(s.ID())
		f.mustAdd(t, testExpiry, s)
		f.wantFound(t, s)
		f.add(f.session(1, SessionOptions{}), testExpiry)
		f.Contains(s.ID())
		f.Reschedule(s, Never)
		if f.Removals(s.ID()) != before {
			t.Error("the number of removals changed without a removal")
		}
	})
}
