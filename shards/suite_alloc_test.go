package shards

import (
	"math"
	"testing"
)

// A lookup that hits allocates nothing, in either table, nor does one that
// misses, nor the add of a session that is there.
func TestLookupAllocatesNothing(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		list := f.sessions(10)
		f.mustAdd(t, testExpiry, list...)
		id, missing, other := list[3].ID(), testID(1000), mustScope(t, "other")
		wantAllocations(t, "a hit", 0, func() {
			s, _ := f.Lookup(id, Scope{}, testNow)
			s.Release()
		})
		wantAllocations(t, "a miss", 0, func() { f.Lookup(missing, Scope{}, testNow) })
		wantAllocations(t, "another scope", 0, func() { f.Lookup(id, other, testNow) })
		wantAllocations(t, "Contains", 0, func() { f.Contains(id) })
		wantAllocations(t, "a take that misses", 0, func() { f.Take(missing, Scope{}, testNow) })
		wantAllocations(t, "an identical add", 0, func() { f.Add(list[4], testExpiry, testNow, true) })
		wantAllocations(t, "a removal of what is not there", 0, func() { f.RemoveID(missing) })
	})
}

// An add into an empty bucket allocates nothing in LockFree, if it uses the
// expiry that the session was made with, nor does a removal from a bucket of
// one.
func TestAddIntoAnEmptyBucketAllocatesNothing(t *testing.T) {
	for _, capacity := range []int{Unlimited, 1, 64, 1000} {
		onTables(t, Options{Capacity: capacity}, "hash=real", realHash, func(t *testing.T, f *fixture) {
			if f.kind.name != "LockFree" {
				return
			}
			s := f.session(1, SessionOptions{Created: testNow})
			wantAllocations(t, "an add and a removal", 0, func() {
				f.mustAdd(t, s.Expiry(DefaultTimeout), s)
				f.Remove(s)
				f.sink.events = f.sink.events[:0]
			})
		})
	}
}

// XSync stores one entry an add, as the library does.
func TestXSyncAllocatesOneEntry(t *testing.T) {
	f := newFixture(tableKinds[1], Options{}, realHash)
	s := f.session(1, SessionOptions{})
	wantAllocations(t, "an add and a removal", 1, func() {
		f.mustAdd(t, testExpiry, s)
		f.Remove(s)
		f.sink.events = f.sink.events[:0]
	})
	f.closeAndAccount(t)
}

func wantAllocations(t *testing.T, what string, want int, f func()) {
	t.Helper()
	if got := int(math.Round(testing.AllocsPerRun(1000, f))); got != want {
		t.Errorf("%s allocates %d times, want %d", what, got, want)
	}
}
