package engine

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// ticking returns how many goroutines set coarse clocks.
func ticking() int {
	buffer := make([]byte, 1<<20)
	return strings.Count(string(buffer[:runtime.Stack(buffer, true)]), "created by github.com/reprise-tls/reprise/engine.(*coarseClock).lease")
}

// noneTicking waits for the end of goroutines that have been told to end.
func noneTicking(t *testing.T) {
	t.Helper()
	eventually(t, "the end of the clock's goroutine", func() bool { return ticking() == 0 })
}

// eventually waits for what another goroutine is about to do.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 10_000 {
		if done() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("in vain waited for: %s", what)
}

func TestCoarseClockRunsWhileACacheUsesIt(t *testing.T) {
	noneTicking(t)
	var caches []*Cache
	for range 2 {
		c, err := New(Defaults())
		if err != nil {
			t.Fatal(err)
		}
		if now := c.now(); now < time.Now().Unix()-1 {
			t.Errorf("the clock says %d right after New", now)
		}
		equal(t, "goroutines", ticking(), 1)
		caches = append(caches, c)
	}
	caches[0].Close()
	caches[0].Close()
	equal(t, "goroutines with one cache closed", ticking(), 1)
	caches[1].Close()
	noneTicking(t)
	if now := caches[1].now(); now < time.Now().Unix()-1 {
		t.Errorf("the clock of a closed cache says %d", now)
	}
}

func TestCoarseClockIsNotStartedForAClock(t *testing.T) {
	noneTicking(t)
	newFixture(t, LockFree, nil)
	equal(t, "goroutines", ticking(), 0)
}

func TestCoarseClockEndsWithACollectedCache(t *testing.T) {
	func() {
		c, err := New(Defaults())
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.NewSession(testID(1), testState(1))
		if err != nil {
			t.Fatal(err)
		}
		c.Add(s)
		equal(t, "goroutines", ticking(), 1)
	}()
	eventually(t, "the end of the clock's goroutine", func() bool {
		runtime.GC()
		return ticking() == 0
	})
}

func TestCoarseClockTicksAndStartsAgain(t *testing.T) {
	for range 3 {
		lease := coarse.lease()
		coarse.seconds.Store(1)
		eventually(t, "a tick", func() bool { return coarse.now() > 1 })
		lease.release()
		lease.release() // does nothing
		equal(t, "the stopped clock", coarse.seconds.Load(), 0)
	}
}

func TestCoarseClockLeasesRace(t *testing.T) {
	parallel(8, func(int) {
		for range 50 {
			lease := coarse.lease()
			if coarse.seconds.Load() == 0 {
				t.Error("a leased clock is not running")
			}
			lease.release()
		}
	})
	equal(t, "leases", coarse.leases, 0)
	noneTicking(t)
}
