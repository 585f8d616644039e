package openssl

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

// The tests name the section of OpenSSL's code, manual or tests in which the
// fact they check is found. start is when their clocks begin.
const start = 1_700_000_000

// testCTX is a context with a clock of its own.
type testCTX struct {
	*CTX
	clock *atomic.Int64
}

func newCTX(t testing.TB, size int) testCTX {
	t.Helper()
	clock := &atomic.Int64{}
	clock.Store(start)
	c := engine.Defaults()
	c.ProbationPercent = 100
	c.Capacity = size
	c.Clock = clock.Load
	ctx, err := CTXNewWithConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { CTXFree(ctx) })
	return testCTX{ctx, clock}
}

// newSession makes a session with a 32-byte id that begins with name, created
// at the time start.
func newSession(t testing.TB, name string, timeout int64) *SESSION {
	t.Helper()
	s := SESSIONNew(paddedID(name), []byte("the state of "+name))
	if s == nil {
		t.Fatal("SESSIONNew returned nil")
	}
	SESSIONSetTime(s, start)
	if SESSIONSetTimeout(s, timeout) != 1 {
		t.Fatalf("timeout %d is refused", timeout)
	}
	return s
}

func paddedID(name string) []byte {
	id := make([]byte, MAX_SSL_SESSION_ID_LENGTH)
	copy(id, name)
	return id
}

// name is the inverse of paddedID.
func name(s *SESSION) string {
	id := SESSIONGetID(s)
	if i := slices.Index(id, 0); i >= 0 {
		id = id[:i]
	}
	return string(id)
}

// names returns the sessions in ctx, sorted.
func names(ctx *CTX) []string {
	var all []string
	for s := range CTXSessions(ctx) {
		all = append(all, name(s))
	}
	slices.Sort(all)
	return all
}

func wantNames(t *testing.T, ctx *CTX, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := names(ctx); !slices.Equal(got, want) {
		t.Errorf("in the cache: %q, want %q", got, want)
	}
	if n := CTXSessNumber(ctx); n != len(want) {
		t.Errorf("CTXSessNumber is %d, want %d", n, len(want))
	}
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// removed records what the remove callback of ctx is told.
func removed(ctx *CTX) *[]string {
	var got []string
	CTXSessSetRemoveCB(ctx, func(_ *CTX, s *SESSION) { got = append(got, name(s)) })
	return &got
}

// resumes reports whether a client that offers s's id resumes.
func resumes(ctx *CTX, s *SESSION) int {
	found := ctx.Resume(context.Background(), SESSIONGetID(s))
	if found == nil {
		return 0
	}
	SESSIONFree(found)
	return 1
}

func letters(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("s%04d", i))
	}
	return all
}
