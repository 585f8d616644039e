package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/seal"
	"github.com/reprise-tls/reprise/store/storetest"
)

var (
	errDown = errors.New("connection refused")
	secret  = []byte("32 bytes that nobody can guess..")
)

// newRing returns a ring with one key, the same for the same first byte.
func newRing(t testing.TB, first byte) *seal.Ring {
	t.Helper()
	b := bytes.Repeat([]byte{0x6B}, seal.KeySize)
	b[0] = first
	k, err := seal.NewKey(b)
	if err != nil {
		t.Fatal(err)
	}
	r, err := seal.NewRing(k)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func sealOptions(t testing.TB) SealOptions {
	return SealOptions{Ring: newRing(t, 1), NameSecret: secret, Scope: []byte("a fleet")}
}

func newSealed(t testing.TB, next engine.Store, o SealOptions) *Sealed {
	t.Helper()
	s, err := NewSealed(next, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newBreaker(t testing.TB, next engine.Store, o BreakerOptions) *Breaker {
	t.Helper()
	b, err := NewBreaker(next, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newDeadline(t testing.TB, next engine.Store, o DeadlineOptions) *Deadline {
	t.Helper()
	d, err := NewDeadline(next, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newQueue(t testing.TB, next engine.Store, o QueueOptions) *Queue {
	t.Helper()
	q, err := NewQueue(next, o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// closeQueue closes what has a queue and expects that nothing is lost.
func closeQueue(t testing.TB, q interface{ Close(context.Context) error }) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := q.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// patient are deadlines that no busy machine exceeds.
var patient = DeadlineOptions{Get: MaxDeadline, Set: MaxDeadline, Delete: MaxDeadline, Claim: MaxDeadline}

func newStack(t testing.TB, next engine.Store, change func(*Options)) *Stack {
	t.Helper()
	o := Options{Seal: sealOptions(t), Deadline: patient}
	if change != nil {
		change(&o)
	}
	s, err := New(next, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func wantError(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

// failing is a client whose operations fail with what fail returns.
func failing(m *storetest.Memory, fail func(method string) error) *storetest.Client {
	c := m.Client()
	c.Before = func(_ context.Context, method string, _ []byte) error { return fail(method) }
	return c
}
