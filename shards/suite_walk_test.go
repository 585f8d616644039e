package shards

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

func TestAll(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		for range f.All() {
			t.Error("a walk of an empty table yields something")
		}
		seen := map[*Session]int64{}
		for i, s := range f.sessions(20) {
			f.mustAdd(t, testNow+int64(i)-5, s) // the expired ones are yielded too
		}
		for s, expiry := range f.All() {
			wantReferences(t, s, 3)
			seen[s] = expiry
		}
		for i, s := range f.made {
			if expiry, ok := seen[s]; !ok || expiry != testNow+int64(i)-5 {
				t.Errorf("session %d was yielded: %v, with expiry %d", i, ok, expiry)
			}
			wantReferences(t, s, 2)
		}
	})
}

// However the body of a walk ends, the walk's reference is dropped.
func TestAllReleasesWhatItYields(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		f.mustAdd(t, testExpiry, f.sessions(9)...)
		for range f.All() {
			break
		}
		func() {
			defer func() { recover() }()
			for range f.All() {
				panic("in the body of a walk")
			}
		}()
		inGoroutine(func() {
			for range f.All() {
				runtime.Goexit()
			}
		})
		for _, s := range f.made {
			wantReferences(t, s, 2)
		}
	})
}

// inGoroutine runs f in a goroutine of its own, which f may end.
func inGoroutine(f func()) {
	var wg sync.WaitGroup
	wg.Go(f)
	wg.Wait()
}

// The body may use the table.
func TestAllAllowsChanges(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		f.mustAdd(t, testExpiry, f.sessions(20)...)
		removed := 0
		for s := range f.All() {
			if removed%2 == 0 && !f.Remove(s) {
				t.Error("a session that was yielded cannot be removed")
			}
			wantOutcome(t, f.add(f.session(1000+removed, SessionOptions{}), testExpiry), Added)
			f.Remove(f.made[len(f.made)-1])
			if removed++; removed > 40 {
				break
			}
		}
		f.Flush(Never)
	})
}

// A walk yields what is in the table throughout, while others come and go,
// are replaced and rescheduled and the table grows.
func TestAllUnderWriters(t *testing.T) {
	for _, capacity := range []int{Unlimited, 6000} {
		onReal(t, Options{Capacity: capacity}, func(t *testing.T, f *fixture) {
			const stays, writers, passing = 100, 2, 2500
			list := f.sessions(stays)
			f.mustAdd(t, Never, list...)
			var running atomic.Int32
			running.Store(writers)
			together(writers+1, func(g int) {
				if g < writers {
					f.comeAndGo(stays+g*passing, passing, list)
					running.Add(-1)
					return
				}
				for running.Load() > 0 {
					f.walkYields(t, list)
				}
				f.walkYields(t, list)
			})
		})
	}
}

// comeAndGo adds sessions, removes half of them and replaces others.
func (f *fixture) comeAndGo(first, n int, stay []*Session) {
	for i := range n {
		s := f.session(first+i, SessionOptions{})
		f.add(s, testExpiry)
		switch i % 4 {
		case 0, 1:
			f.Remove(s)
		case 2:
			f.add(f.session(first+i, SessionOptions{}), testExpiry)
		case 3:
			f.Reschedule(stay[i%len(stay)], Never-int64(i))
		}
	}
}

func (f *fixture) walkYields(t *testing.T, list []*Session) {
	t.Helper()
	seen := map[*Session]bool{}
	for s := range f.All() {
		seen[s] = true
	}
	for i, s := range list {
		if !seen[s] {
			t.Errorf("a walk missed session %d, which never left", i)
		}
	}
}
