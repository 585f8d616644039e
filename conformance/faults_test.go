package conformance

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reprise-tls/reprise/conformance/libssl"
	"github.com/reprise-tls/reprise/internal/race"
	"github.com/reprise-tls/reprise/internal/yield"
	"github.com/reprise-tls/reprise/openssl"
)

// What follows is wrong in one point each.

type identicalAddCounts struct{ genuine }

func (identicalAddCounts) Add(ctx *openssl.CTX, s *openssl.SESSION) int {
	openssl.CTXAddSession(ctx, s)
	return 1
}

type identicalAddLeaks struct{ genuine }

func (identicalAddLeaks) Add(ctx *openssl.CTX, s *openssl.SESSION) int {
	n := openssl.CTXAddSession(ctx, s)
	if n == 0 {
		s.Acquire()
	}
	return n
}

type replacingTellsCallback struct{ genuine }

func (replacingTellsCallback) Add(ctx *openssl.CTX, s *openssl.SESSION) int {
	for old := range openssl.CTXSessions(ctx) {
		if cb := openssl.CTXSessGetRemoveCB(ctx); cb != nil && old != s && string(old.ID()) == string(s.ID()) {
			cb(ctx, old)
		}
	}
	return openssl.CTXAddSession(ctx, s)
}

// callbackForgotten forgets every third call of the remove callback.
type callbackForgotten struct{ genuine }

func (callbackForgotten) SetRemoveCB(ctx *openssl.CTX, cb openssl.RemoveSessionCB) {
	calls := 0
	openssl.CTXSessSetRemoveCB(ctx, func(ctx *openssl.CTX, s *openssl.SESSION) {
		if calls++; cb != nil && calls%3 != 0 {
			cb(ctx, s)
		}
	})
}

// wrongVictim evicts among sessions of equal expiry the last that was added.
type wrongVictim struct {
	genuine
	order map[*openssl.CTX][]*openssl.SESSION
}

func (f wrongVictim) Add(ctx *openssl.CTX, s *openssl.SESSION) int {
	list := f.order[ctx]
	for i := len(list) - 1; i >= 0; i-- {
		openssl.SESSIONSetTime(list[i], openssl.SESSIONGetTime(list[i]))
	}
	n := openssl.CTXAddSession(ctx, s)
	if n == 1 {
		f.order[ctx] = append(list, s)
	}
	return n
}

// fewerKept keeps N-1, as OpenSSL since 3.0.6 does.
type fewerKept struct{ genuine }

func (fewerKept) Add(ctx *openssl.CTX, s *openssl.SESSION) int {
	n := openssl.CTXAddSession(ctx, s)
	if size := openssl.CTXSessGetCacheSize(ctx); size > 1 && openssl.CTXSessNumber(ctx) == size {
		openssl.CTXSessSetCacheSize(ctx, size-1)
		openssl.CTXSessSetCacheSize(ctx, size)
	}
	return n
}

type removesCopies struct{ genuine }

func (removesCopies) Remove(ctx *openssl.CTX, s *openssl.SESSION) int {
	return truth(ctx.Cache().RemoveID(s.ID()))
}

// expiresOneSecondEarly is BoringSSL's boundary.
type expiresOneSecondEarly struct{ genuine }

func (expiresOneSecondEarly) Flush(ctx *openssl.CTX, t int64) {
	openssl.CTXFlushSessions(ctx, t+int64(truth(t != 0)))
}

type timeIgnored struct{ genuine }

func (timeIgnored) SetTime(s *openssl.SESSION, t int64) int64 {
	s.SetCreated(t)
	return t
}

type markIgnored struct{ genuine }

func (markIgnored) IsResumable(*openssl.SESSION) int { return 1 }

// markHeeded does not resume what is marked, which OpenSSL's servers do.
type markHeeded struct{ genuine }

func (markHeeded) Resume(goctx context.Context, ctx *openssl.CTX, id []byte) *openssl.SESSION {
	s := ctx.Resume(goctx, id)
	if openssl.SESSIONIsResumable(s) == 0 {
		openssl.SESSIONFree(s)
		return nil
	}
	return s
}

type mismatchIsMiss struct{ genuine }

func (mismatchIsMiss) Counters(ctx *openssl.CTX) libssl.Counters {
	c := genuine{}.Counters(ctx)
	c.Misses += int(ctx.Cache().Stats().ScopeMismatches)
	return c
}

type silentFree struct{ genuine }

func (silentFree) FreeCTX(ctx *openssl.CTX) {
	openssl.CTXSessSetRemoveCB(ctx, nil)
	openssl.CTXFree(ctx)
}

// maxReduced is the most steps that are needed to show any of the faults.
const maxReduced = 12

// The harness finds each fault, and reduces the sequence that shows it.
func TestFaultsAreFound(t *testing.T) {
	b := mustProbe(t)
	setFlag(t, "rapid.nofailfile", "true")
	setFlag(t, "rapid.steps", "30")
	setFlag(t, "rapid.checks", "20000")
	setFlag(t, "rapid.shrinktime", "1s")
	faulty := []subject{
		identicalAddCounts{}, identicalAddLeaks{}, replacingTellsCallback{}, callbackForgotten{},
		wrongVictim{order: map[*openssl.CTX][]*openssl.SESSION{}}, fewerKept{}, removesCopies{},
		expiresOneSecondEarly{}, timeIgnored{}, markIgnored{}, markHeeded{}, mismatchIsMiss{}, silentFree{},
	}
	if race.Enabled || yield.Enabled {
		faulty = faulty[:3] // it is the comparison that is tested here, and no tag changes that
	}
	for _, f := range faulty {
		name := strings.TrimPrefix(fmt.Sprintf("%T", f), "conformance.")
		t.Run(name, func(t *testing.T) {
			c := &check{config: config{subject: f}, sizes: []int{1, 2, 3}, behaviour: b, tally: newTally()}
			x := &expectant{T: t}
			x.check(c.property())
			if !x.failed || c.failed == nil {
				t.Fatal("not found")
			}
			reduced, p := mustReduce(t, *c.failed)
			if n := len(reduced.commands); n > maxReduced {
				t.Errorf("reduced to %d steps only", n)
			}
			t.Logf("found in %d steps, %d commands, reduced to %d:\n%s", c.tally.steps, len(c.failed.commands), len(reduced.commands), p.report())
		})
	}
}

// expectant stands for a test that is expected to fail.
type expectant struct {
	*testing.T
	failed bool
}

// check runs rapid.Check, which may end the goroutine.
func (x *expectant) check(property func(*rapid.T)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		rapid.Check(x, property)
	}()
	<-done
}

func (x *expectant) Logf(string, ...any)   {}
func (x *expectant) Log(...any)            {}
func (x *expectant) Error(...any)          { x.failed = true }
func (x *expectant) Errorf(string, ...any) { x.failed = true }
func (x *expectant) Fail()                 { x.failed = true }
func (x *expectant) Failed() bool          { return x.failed }
func (x *expectant) FailNow()              { x.failed = true; runtime.Goexit() }
func (x *expectant) Fatal(...any)          { x.FailNow() }
func (x *expectant) Fatalf(string, ...any) { x.FailNow() }
