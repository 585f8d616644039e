//go:build invariants

package interleave

import (
	"errors"
	"sync"
	"testing"

	"github.com/reprise-tls/reprise/internal/yield"
)

// guarded is the program of increments with a mutex around each.
func guarded(*Scheduler) *Program {
	var m sync.Mutex
	number := 0
	increment := func(*Goroutine) {
		yield.Lock(&m)
		defer m.Unlock()
		n := number
		yield.At(testPoint)
		number = n + 1
	}
	return &Program{
		Goroutines: []func(*Goroutine){increment, increment, increment},
		Check: func() error {
			if number != 3 {
				return errLost
			}
			return nil
		},
	}
}

// Under a mutex nothing is lost in any order, and who waits for it makes no
// steps meanwhile.
func TestMutex(t *testing.T) {
	report, err := Explore(guarded, Bounds{Preemptions: 20, Steps: 20})
	if err != nil {
		t.Fatal(err)
	}
	if !report.Complete {
		t.Errorf("explored were %v", report)
	}
}

// Who waits for one that is stopped goes on after it.
func TestStoppedGoroutineThatHoldsAMutex(t *testing.T) {
	report, err := ExploreStops(guarded, Bounds{Preemptions: 2, Steps: 20})
	if err != nil {
		t.Fatal(err)
	}
	if report.Stops == 0 {
		t.Error("nobody was stopped")
	}
}

// crossed is the program of two goroutines that lock two mutexes in different
// orders.
func crossed(*Scheduler) *Program {
	var a, b sync.Mutex
	both := func(first, second *sync.Mutex) func(*Goroutine) {
		return func(*Goroutine) {
			yield.Lock(first)
			defer first.Unlock()
			yield.Lock(second)
			defer second.Unlock()
		}
	}
	return &Program{Goroutines: []func(*Goroutine){both(&a, &b), both(&b, &a)}, Check: noCheck}
}

func TestDeadlockIsFound(t *testing.T) {
	_, err := Explore(crossed, Bounds{Preemptions: 1, Steps: 20})
	var f *Failure
	if !errors.As(err, &f) || !errors.Is(err, errDeadlock) {
		t.Fatalf("Explore = %v, want a deadlock", err)
	}
	if f.Preemptions != 1 {
		t.Errorf("found with %d preemptions, one is enough", f.Preemptions)
	}
}

// Without a test that waits by itself a goroutine waits as for any mutex.
func TestLockWithoutHooks(t *testing.T) {
	var m sync.Mutex
	yield.Lock(&m)
	locked := make(chan struct{})
	go func() {
		yield.Lock(&m)
		close(locked)
	}()
	m.Unlock()
	<-locked
}
