package shards

import (
	"math"
	"sync/atomic"
	"testing"
)

func TestAcquireAndRelease(t *testing.T) {
	s := mustSession(t, "an id", "a state", SessionOptions{})
	for n := 2; n <= 5; n++ {
		if !s.Acquire() {
			t.Fatal("a reference on a live session was refused")
		}
		wantReferences(t, s, n)
	}
	for n := 4; n >= 0; n-- {
		s.Release()
		wantReferences(t, s, n)
	}
}

// A count that has reached zero stays there.
func TestAcquireRefusesZero(t *testing.T) {
	s := mustSession(t, "an id", "a state", SessionOptions{})
	s.Release()
	for range 3 {
		if s.Acquire() {
			t.Error("a reference on a released session was given out")
		}
		wantReferences(t, s, 0)
	}
}

// A count at its limit does not wrap around.
func TestAcquireStopsAtTheLimit(t *testing.T) {
	s := mustSession(t, "an id", "a state", SessionOptions{})
	s.refs.Store(math.MaxInt32 - 1)
	if !s.Acquire() {
		t.Error("a reference below the limit was refused")
	}
	if s.Acquire() {
		t.Error("a reference beyond the limit was given out")
	}
	wantReferences(t, s, math.MaxInt32)
	s.Release()
	if !s.Acquire() {
		t.Error("a reference below the limit was refused again")
	}
}

// Goroutines that acquire and release at once leave the count as it was, and
// once the last reference is gone nobody gets another.
func TestConcurrentReferences(t *testing.T) {
	const rounds, goroutines = 500, 4
	for range rounds {
		s := mustSession(t, "an id", "a state", SessionOptions{})
		var acquired, released atomic.Int64
		together(goroutines, func(g int) {
			for range 20 {
				if g == 0 {
					continue
				}
				if !s.Acquire() {
					return
				}
				acquired.Add(1)
				if n := s.References(); n < 1 || n > goroutines {
					t.Errorf("%d references", n)
				}
				if s.AppendState(nil)[0] != 'a' {
					t.Error("the state of a session with a reference is wiped")
				}
				s.Release()
				released.Add(1)
			}
			if g == 0 {
				s.Release()
			}
		})
		wantReferences(t, s, 0)
		if acquired.Load() != released.Load() {
			t.Errorf("%d acquired, %d released", acquired.Load(), released.Load())
		}
		if s.Acquire() {
			t.Error("a released session came back")
		}
	}
}

// Of goroutines that drop one reference each, exactly one drops the last.
func TestConcurrentReleases(t *testing.T) {
	const goroutines = 8
	for range 500 {
		s := mustSession(t, "an id", "a state", SessionOptions{})
		before := OverReleased()
		for range goroutines - 1 {
			s.Acquire()
		}
		together(goroutines, func(int) { s.Release() })
		wantReferences(t, s, 0)
		if OverReleased() != before {
			t.Error("a release was counted as one too many")
		}
	}
}
