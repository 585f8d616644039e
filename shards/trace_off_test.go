//go:build !invariants

package shards

import "testing"

// In an ordinary build a release too many is counted and changes nothing.
func TestReleaseTooManyIsCounted(t *testing.T) {
	s := mustSession(t, "an id", "a state", SessionOptions{})
	before := OverReleased()
	s.Release()
	if n := OverReleased() - before; n != 0 {
		t.Errorf("the last release was counted %d times", n)
	}
	for i := range uint64(3) {
		s.Release()
		if n := OverReleased() - before; n != i+1 {
			t.Errorf("%d releases too many were counted as %d", i+1, n)
		}
		wantReferences(t, s, 0)
	}
	if s.Acquire() {
		t.Error("a released session came back")
	}
}

// Goroutines that release a session at once, more of them than there are
// references, are counted exactly.
func TestConcurrentReleasesTooMany(t *testing.T) {
	const goroutines, references = 8, 3
	for range 200 {
		s := mustSession(t, "an id", "a state", SessionOptions{})
		for range references - 1 {
			s.Acquire()
		}
		before := OverReleased()
		together(goroutines, func(int) { s.Release() })
		if n := OverReleased() - before; n != goroutines-references {
			t.Errorf("%d releases too many were counted as %d", goroutines-references, n)
		}
		wantReferences(t, s, 0)
	}
}
