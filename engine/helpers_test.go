package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// startTime is what the clocks of tests begin with.
const startTime = int64(1_000_000)

// stateLength is the size of a TLS 1.3 state of crypto/tls.
const stateLength = 57

// forEachTable runs a test on both tables.
func forEachTable(t *testing.T, test func(t *testing.T, kind TableKind)) {
	t.Helper()
	for _, kind := range []TableKind{LockFree, XSync} {
		t.Run(kind.String(), func(t *testing.T) { test(t, kind) })
	}
}

// fixture is a cache with a clock of its own that remembers the sessions it
// made. When the test ends it audits the cache, closes it, and checks that
// nobody but itself has a reference left and that the states get zeroed.
type fixture struct {
	*Cache
	t    *testing.T
	time *atomic.Int64

	mu   sync.Mutex
	made []*Session
}

func newFixture(t *testing.T, kind TableKind, change func(*Config)) *fixture {
	t.Helper()
	f := &fixture{t: t, time: new(atomic.Int64)}
	f.time.Store(startTime)
	g := Defaults()
	g.Table = kind
	g.Clock = f.time.Load
	g.StoreDeadline = time.Hour // no test depends on how fast the machine is
	if change != nil {
		change(&g)
	}
	c, err := New(g)
	if err != nil {
		t.Fatal(err)
	}
	f.Cache = c
	t.Cleanup(f.finish)
	return f
}

func (f *fixture) finish() {
	f.t.Helper()
	f.check()
	f.Close()
	if n := f.Len(); n != 0 {
		f.t.Errorf("Len is %d after Close", n)
	}
	f.check()
	for _, s := range f.made {
		if n := s.References(); n != 1 {
			f.t.Fatalf("session has %d references in the end, want the test's", n)
		}
		s.Release()
		if left := s.AppendState(nil); !bytes.Equal(left, make([]byte, len(left))) {
			f.t.Fatal("a state was not zeroed by the last release")
		}
	}
}

// check audits the cache and its counters. Nobody else may use it.
func (f *fixture) check() {
	f.t.Helper()
	if _, err := f.Audit(); err != nil {
		f.t.Error(err)
	}
	s := f.Stats()
	left := s.Added - s.Replaced - s.Removed - s.Taken - s.CacheFull - s.Expired - s.Flushed - s.Closed
	if uint64(s.Number) != left {
		f.t.Errorf("Number is %d, the counters leave %d: %+v", s.Number, left, s)
	}
}

// testID returns the nth id.
func testID(n int) []byte {
	id := bytes.Repeat([]byte{0xA5}, MaxIDLength)
	binary.BigEndian.PutUint64(id, uint64(n))
	return id
}

func testState(n int) []byte {
	return binary.BigEndian.AppendUint64(bytes.Repeat([]byte{0x5A}, stateLength-8), uint64(n))
}

// session makes a session with the nth id, the cache's timeout and scope.
func (f *fixture) session(n int) *Session {
	f.t.Helper()
	s, err := f.NewSession(testID(n), testState(n))
	if err != nil {
		f.t.Fatal(err)
	}
	return f.keepTrack(s)
}

// sessionWith makes a session with the nth id and the given options.
func (f *fixture) sessionWith(n int, o SessionOptions) *Session {
	f.t.Helper()
	s, err := NewSession(testID(n), testState(n), o)
	if err != nil {
		f.t.Fatal(err)
	}
	return f.keepTrack(s)
}

func (f *fixture) keepTrack(s *Session) *Session {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made = append(f.made, s)
	return s
}

// add makes the nth session and adds it.
func (f *fixture) add(n int) *Session {
	f.t.Helper()
	s := f.session(n)
	if !f.Add(s) {
		f.t.Fatalf("Add of a new session returned false")
	}
	return s
}

// has reports whether Get finds s.
func (f *fixture) has(s *Session) bool {
	f.t.Helper()
	got, ok := f.GetScoped(s.ID(), s.Scope())
	if !ok {
		return false
	}
	defer got.Release()
	return got == s
}

// resume calls Resume under the cache's scope and gives the reference back.
func (f *fixture) resume(n int) (*Session, bool) {
	f.t.Helper()
	s, ok := f.Resume(context.Background(), testID(n), f.Scope())
	if ok {
		s.Release()
	}
	return s, ok
}

// parallel runs n functions at once and waits for all of them.
func parallel(n int, run func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			run(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// scope returns the scope that a string names.
func scope(t *testing.T, name string) Scope {
	t.Helper()
	s, err := NewScope([]byte(name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}
