//go:build invariants

package shards

import (
	"sync"
	"testing"

	"github.com/reprise-tls/reprise/internal/yield"
)

// A SetCapacity that stalls anywhere stalls no adds and costs no session: as
// long as the new bound has room for everything, everything stays.
func TestStalledSetCapacity(t *testing.T) {
	for _, p := range []yield.Point{yield.ReduceDebt, yield.TablePublish, yield.FreezeCAS, yield.MigrateCAS, yield.MigrationEnd} {
		for _, change := range [][2]int{{Unlimited, 3000}, {5000, 2500}, {400, 5000}, {5000, 400}} {
			t.Run(string(p), func(t *testing.T) {
				onReal(t, Options{Capacity: change[0]}, func(t *testing.T, f *fixture) {
					f.mustAdd(t, testExpiry, f.sessions(100)...)
					letGo, resized := f.stallSetCapacity(p, change[1])
					added := make(chan struct{})
					go func() {
						defer close(added)
						for i := range 200 {
							f.mustAdd(t, testExpiry, f.session(1000+i, SessionOptions{}))
						}
					}()
					f.wantToFinish(t, added, letGo)
					letGo()
					<-resized
					f.sink.want(t)
					f.wantLen(t, 300)
				})
			})
		}
	}
}

// stallSetCapacity begins to change the capacity and returns once that has
// come to the point, or has ended without.
func (f *fixture) stallSetCapacity(p yield.Point, n int) (letGo func(), resized <-chan struct{}) {
	stalled, release := stallAt(p)
	letGo = sync.OnceFunc(release)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.SetCapacity(n)
	}()
	select {
	case <-stalled:
	case <-done:
		letGo() // or the next goroutine would stall
	}
	return letGo, done
}

// A lookup that has found a session and stalls, while the session is replaced
// and wiped, finds the other one.
func TestLookupStallsBeforeItsReference(t *testing.T) {
	onEach(t, Options{}, func(t *testing.T, f *fixture) {
		s, err := NewSession(testID(1), []byte("a state"), SessionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		f.mustAdd(t, testExpiry, s)
		double := f.double(s)
		stalled, letGo := stallAt(yield.AcquireCAS)
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			if found, result := f.find(double, testNow); result != Hit || found != double {
				t.Errorf("Lookup says %v, and finds the other session: %v", result, found == double)
			}
		}()
		<-stalled
		wantOutcome(t, f.add(double, testExpiry), Replaced)
		s.Release()
		letGo()
		<-finished
	})
}

// An Add that has a place and stalls, while the table is closed, is refused
// and gives back what it has.
func TestAddStallsOverClose(t *testing.T) {
	for _, p := range []yield.Point{yield.ReserveCAS, yield.DebtLoad, yield.AcquireCAS} {
		t.Run(string(p), func(t *testing.T) {
			onEach(t, Options{Capacity: 5}, func(t *testing.T, f *fixture) {
				s := f.session(1, SessionOptions{})
				stalled, letGo := stallAt(p)
				finished := make(chan struct{})
				go func() {
					defer close(finished)
					wantOutcome(t, f.add(s, testExpiry), Closed)
				}()
				<-stalled
				f.Close()
				letGo()
				<-finished
				wantReferences(t, s, 1)
				f.wantMiss(t, s)
			})
		})
	}
}
