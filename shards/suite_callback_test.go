package shards

import (
	"runtime"
	"sync/atomic"
	"testing"
)

// When the sink hears of a session it has left the table, is marked, and is
// referenced still. No lock is held: the sink may use the table.
func TestSinkMayUseTheTable(t *testing.T) {
	for _, capacity := range []int{6, 100} {
		onEach(t, Options{Capacity: capacity}, func(t *testing.T, f *fixture) {
			depth := 0
			var seen [ReasonClosed + 1]int
			f.sink.hook = func(e event) {
				if depth > 0 {
					return
				}
				depth++
				defer func() { depth-- }()
				seen[e.reason]++
				f.checkDropped(t, e)
				f.useEverything(t, e.session)
			}
			for i := range 300 {
				f.add(f.session(i%9, SessionOptions{}), testNow+int64(i%4))
				s := f.made[len(f.made)-1]
				switch i % 10 {
				case 0:
					f.Remove(s)
				case 1:
					f.RemoveID(s.ID())
				case 2:
					f.Lookup(testID(i%9), Scope{}, Never)
				case 3:
					f.Flush(testNow + 1)
				case 4:
					f.SetCapacity(1)
					f.SetCapacity(capacity)
				case 5:
					f.Sweep(testNow + 2)
				case 6:
					if i%50 == 6 {
						f.Clear()
					}
				}
			}
			f.Close()
			for r, n := range seen {
				if n == 0 {
					t.Errorf("no session left with reason %v", Reason(r))
				}
			}
		})
	}
}

// SetCapacity makes others that call it wait; a sink must not be one of them.
func TestSinkMaySetTheCapacity(t *testing.T) {
	onEach(t, Options{Capacity: 20}, func(t *testing.T, f *fixture) {
		f.mustAdd(t, testExpiry, f.sessions(20)...)
		f.sink.hook = func(e event) {
			if !placesOf(f.Table).resize.TryLock() {
				t.Error("the sink is called while SetCapacity is locked")
				return
			}
			placesOf(f.Table).resize.Unlock()
			f.SetCapacity(max(1, f.Capacity()-1))
		}
		f.SetCapacity(15)
		f.sink.hook = nil
		f.wantLen(t, f.Capacity())
	})
}

// checkDropped checks a session that the sink has just got.
func (f *fixture) checkDropped(t *testing.T, e event) {
	t.Helper()
	if e.session.References() < 1 {
		t.Error("the sink gets a session without a reference")
	}
	if e.session.Resumable() != (e.reason == ReasonReplaced) {
		t.Errorf("a session that left with reason %v is resumable: %v", e.reason, e.session.Resumable())
	}
	for s := range f.All() {
		if s == e.session {
			t.Errorf("a session that left with reason %v is still linked", e.reason)
		}
	}
}

// useEverything calls what a callback might call.
func (f *fixture) useEverything(t *testing.T, dropped *Session) {
	f.add(dropped, testExpiry)
	f.add(f.session(3, SessionOptions{}), testExpiry)
	f.find(dropped, testNow)
	if s, result := f.Take(testID(4), Scope{}, testNow); result == Hit {
		s.Release()
	}
	f.Remove(dropped)
	f.RemoveID(testID(5))
	f.Promote(dropped)
	f.Reschedule(dropped, testNow)
	f.Flush(testNow)
	f.Sweep(testNow)
	if n, c := f.Len(), f.Capacity(); n > c {
		t.Errorf("Len() = %d over the capacity %d", n, c)
	}
}

// A sink that ends its goroutine loses no reference: neither one of those that
// were unlinked together nor that of the session being added.
func TestSinkMayEndTheGoroutine(t *testing.T) {
	operations := map[string]func(f *fixture){
		"add that evicts":    func(f *fixture) { f.add(f.session(100, SessionOptions{}), testExpiry) },
		"add that replaces":  func(f *fixture) { f.add(f.session(3, SessionOptions{}), testExpiry) },
		"Remove":             func(f *fixture) { f.Remove(f.made[0]) },
		"RemoveID":           func(f *fixture) { f.RemoveID(testID(1)) },
		"lookup of expired":  func(f *fixture) { f.Lookup(testID(1), Scope{}, Never) },
		"Take of an expired": func(f *fixture) { f.Take(testID(1), Scope{}, Never) },
		"Flush":              func(f *fixture) { f.Flush(Never) },
		"Clear":              func(f *fixture) { f.Clear() },
		"SetCapacity":        func(f *fixture) { f.SetCapacity(2) },
		"Close":              func(f *fixture) { f.Close() },
		"Sweep": func(f *fixture) {
			for range 1_000_000 {
				f.Sweep(Never)
			}
		},
	}
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			onEach(t, Options{Capacity: 10}, func(t *testing.T, f *fixture) {
				f.mustAdd(t, testExpiry, f.sessions(10)...)
				var calls atomic.Int32
				f.sink.hook = func(event) {
					calls.Add(1)
					runtime.Goexit()
				}
				returned := false
				inGoroutine(func() {
					operation(f)
					returned = true
				})
				if returned || calls.Load() == 0 {
					t.Errorf("the sink was called %d times, the operation returned: %v", calls.Load(), returned)
				}
				f.sink.hook = nil
				f.settle(t)
			})
		})
	}
}

// settle adds a session, so that a debt of places that SetCapacity left when
// it was ended is paid, unless the table is closed.
func (f *fixture) settle(t *testing.T) {
	t.Helper()
	if out := f.add(f.session(2000, SessionOptions{}), testExpiry); out != Added && out != Closed {
		t.Errorf("Add says %s", outcomeNames[out])
	}
}

// Close ends with nothing left even if its callbacks end the goroutine.
func TestCloseGoesOnWhenTheSinkEndsTheGoroutine(t *testing.T) {
	for _, capacity := range []int{Unlimited, 20} {
		onEach(t, Options{Capacity: capacity}, func(t *testing.T, f *fixture) {
			f.mustAdd(t, testExpiry, f.sessions(20)...)
			f.sink.hook = func(event) { runtime.Goexit() }
			inGoroutine(f.Close)
			f.sink.hook = nil
			f.wantLen(t, 0)
			if n := len(f.sink.drain()); n != 20 {
				t.Errorf("the sink got %d sessions, want 20", n)
			}
		})
	}
}

func TestReasonsAreWords(t *testing.T) {
	seen := map[string]bool{}
	for r := ReasonRemoved; r <= ReasonClosed; r++ {
		if s := r.String(); s == "" || seen[s] {
			t.Errorf("reason %d is called %q", r, s)
		} else {
			seen[s] = true
		}
	}
}
