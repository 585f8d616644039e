package shards

import (
	"math"
	"runtime"
	"testing"
)

func TestLookupByScope(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		mine, other := mustScope(t, "mine"), mustScope(t, "other")
		s := f.session(1, SessionOptions{Scope: mine})
		f.mustAdd(t, testExpiry, s)
		for _, scope := range []Scope{other, {}} {
			for _, now := range []int64{testNow, testExpiry + 1} {
				if found, result := f.Lookup(s.ID(), scope, now); found != nil || result != OtherScope {
					t.Errorf("Lookup under another scope says %v at %d", result, now)
				}
				if found, result := f.Take(s.ID(), scope, now); found != nil || result != OtherScope {
					t.Errorf("Take under another scope says %v at %d", result, now)
				}
			}
		}
		wantReferences(t, s, 2)
		f.wantFound(t, s)
		f.sink.want(t)
		if !f.Contains(s.ID()) || !s.Resumable() {
			t.Error("a lookup under another scope changed something")
		}
	})
}

// expiries are pairs of an expiry and the first time at which it is over.
var expiries = []struct {
	expiry, over int64
	ever         bool
}{
	{testExpiry, testExpiry + 1, true},
	{0, 1, true},
	{-1, 0, true},
	{math.MinInt64, math.MinInt64 + 1, true},
	{Never - 1, Never, true},
	{Never, Never, false},
}

func TestLookupRemovesWhatIsExpired(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		for i, e := range expiries {
			s, stays := f.session(i, SessionOptions{}), f.session(100+i, SessionOptions{})
			f.mustAdd(t, e.expiry, s)
			f.mustAdd(t, Never, stays)
			if found, result := f.find(s, e.expiry); result != Hit || found != s {
				t.Errorf("at its expiry, %d, Lookup says %v", e.expiry, result)
			}
			if !e.ever {
				continue
			}
			if found, result := f.Lookup(s.ID(), Scope{}, e.over); result != Expired || found != nil {
				t.Errorf("a second after %d Lookup says %v", e.expiry, result)
			}
			f.sink.want(t, event{s, e.expiry, ReasonExpired})
			wantReferences(t, s, 1)
			f.wantMiss(t, s)
			f.wantFound(t, stays)
			if s.Resumable() {
				t.Error("an expired session is resumable")
			}
		}
	})
}

func TestTakeRemovesWhatIsExpired(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		for i, e := range expiries {
			s := f.session(i, SessionOptions{})
			f.mustAdd(t, e.expiry, s)
			if !e.ever {
				continue
			}
			if found, result := f.Take(s.ID(), Scope{}, e.over); result != Expired || found != nil {
				t.Errorf("a second after %d Take says %v", e.expiry, result)
			}
			f.sink.want(t, event{s, e.expiry, ReasonExpired})
			wantReferences(t, s, 1)
			if s.Resumable() {
				t.Error("an expired session is resumable")
			}
		}
	})
}

func TestTake(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		list := f.sessions(5)
		f.mustAdd(t, testExpiry, list...)
		for i, s := range list {
			found, result := f.Take(s.ID(), Scope{}, testExpiry)
			if result != Hit || found != s {
				t.Fatalf("Take found %p, result %v; want %p", found, result, s)
			}
			wantReferences(t, s, 2) // the table's is the caller's now
			found.Release()
			if s.Resumable() {
				t.Error("a session that was taken is resumable")
			}
			f.wantMiss(t, s)
			f.wantLen(t, len(list)-1-i)
			if found, result := f.Take(s.ID(), Scope{}, testNow); found != nil || result != Miss {
				t.Errorf("a second Take says %v", result)
			}
		}
		f.sink.want(t)
	})
}

// Ids that no session can have are not found, whatever they begin with.
func TestLookupOfImpossibleIDs(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		full := make([]byte, MaxIDLength)
		copy(full, "an id of thirty-two bytes")
		s, err := NewSession(full, nil, SessionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		f.made = append(f.made, s)
		f.mustAdd(t, testExpiry, s)
		long := append(append(make([]byte, 0, 1024), full...), make([]byte, 900)...)
		for _, id := range [][]byte{nil, {}, long[:33], long[:MaxIDLength+256], long} {
			if found, result := f.Lookup(id, Scope{}, testNow); found != nil || result != Miss {
				t.Errorf("Lookup of %d bytes says %v", len(id), result)
			}
			if found, result := f.Take(id, Scope{}, testNow); found != nil || result != Miss {
				t.Errorf("Take of %d bytes says %v", len(id), result)
			}
			if f.Contains(id) || f.RemoveID(id) {
				t.Errorf("an id of %d bytes is in the table", len(id))
			}
		}
		f.wantFound(t, s)
	})
}

func TestContains(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		s := f.session(1, SessionOptions{Scope: mustScope(t, "mine")})
		if f.Contains(s.ID()) {
			t.Error("an empty table contains something")
		}
		f.mustAdd(t, math.MinInt64, s)
		if !f.Contains(s.ID()) {
			t.Error("an expired session of another scope is not contained")
		}
		wantReferences(t, s, 2)
		f.Remove(s)
		if f.Contains(s.ID()) {
			t.Error("a removed session is contained")
		}
	})
}

// A session whose count is at its limit cannot be given out. Lookup must say
// so rather than start over until the count has changed.
func TestLookupAtTheLimitOfReferences(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		s := f.session(1, SessionOptions{})
		f.mustAdd(t, testExpiry, s)
		s.refs.Store(math.MaxInt32)
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			if _, result := f.find(s, testNow); result != Miss {
				t.Errorf("Lookup says %v", result)
			}
		}()
		f.wantToFinish(t, finished, func() { s.refs.Store(2) })
		s.refs.Store(math.MaxInt32)
		for range f.All() {
			t.Error("a walk yields a session on which it has no reference")
		}
		s.refs.Store(2)
		f.wantFound(t, s)
	})
}

// wantToFinish waits until the channel is closed. When the operation that is
// to do so goes round in circles, which show in the count of retries or of the
// debts of places that were paid, it calls help.
func (f *fixture) wantToFinish(t *testing.T, finished <-chan struct{}, help func()) {
	t.Helper()
	turns := func() int64 { return int64(f.Retries()) - placesOf(f.Table).debt.Load() }
	for before := turns(); turns()-before < 100_000; runtime.Gosched() {
		select {
		case <-finished:
			return
		default:
		}
	}
	t.Error("an operation starts over again and again")
	help()
	<-finished
}
