//go:build invariants

package shards

import (
	"strings"
	"testing"
)

func lastRelease(s *Session)    { s.Release() }
func releaseTooMany(s *Session) { s.Release() }

// Under the build tag invariants a release too many panics, and shows who
// dropped the last reference and who dropped it again.
func TestReleaseTooManyPanicsWithBothStacks(t *testing.T) {
	s := mustSession(t, "an id", "a secret state", SessionOptions{})
	before := OverReleased()
	lastRelease(s)
	message := panicOf(func() { releaseTooMany(s) })
	for _, want := range []string{"released more often than acquired", "lastRelease", "releaseTooMany"} {
		if !strings.Contains(message, want) {
			t.Errorf("the panic does not show %q:\n%s", want, message)
		}
	}
	if strings.Contains(message, "secret") || strings.Contains(message, "an id") {
		t.Error("the panic shows the state or the id")
	}
	if n := OverReleased() - before; n != 1 {
		t.Errorf("one release too many was counted as %d", n)
	}
	wantReferences(t, s, 0)
}

// The gauge panics when more sessions are about to be linked than there are
// places.
func TestGaugePanicsAboveTheBound(t *testing.T) {
	var p places
	p.init(2, 1)
	p.linked.raise(&p)
	p.linked.raise(&p)
	if message := panicOf(func() { p.linked.raise(&p) }); !strings.Contains(message, "3 sessions linked or about to be, with 2 places") {
		t.Errorf("the panic says %q", message)
	}
}

// panicOf returns what f panics with, "" if it does not.
func panicOf(f func()) (message string) {
	defer func() {
		if r := recover(); r != nil {
			message, _ = r.(string)
		}
	}()
	f()
	return ""
}
