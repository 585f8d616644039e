package shards

import (
	"fmt"
	"sync"
	"testing"

	"github.com/reprise-tls/reprise/internal/race"
)

// together runs f(0) to f(n-1) in goroutines of their own, which start at once,
// and waits for them.
func together(n int, f func(g int)) {
	start := make(chan struct{})
	var wg sync.WaitGroup
	for g := range n {
		wg.Go(func() {
			<-start
			f(g)
		})
	}
	close(start)
	wg.Wait()
}

var addingGoroutines = []int{1, 2, 8, 64}

// N distinct adds into an empty table of capacity N are all kept.
func TestFillsToItsCapacity(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 64, 65, 1000, 20480} {
		for _, goroutines := range addingGoroutines {
			t.Run(fmt.Sprintf("capacity=%d/goroutines=%d", n, goroutines), func(t *testing.T) {
				onReal(t, Options{Capacity: n}, func(t *testing.T, f *fixture) {
					f.fill(t, f.sessions(n), goroutines)
				})
			})
		}
	}
}

// The same with a million sessions, which both tables share; with a tenth of
// them under the race detector, which would take minutes.
func TestFillsToAMillion(t *testing.T) {
	n := 1_000_000
	if race.Enabled {
		n /= 10
	}
	made := make([]*Session, n)
	for i := range made {
		s, err := NewSession(testID(i), nil, SessionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		made[i] = s
	}
	onReal(t, Options{Capacity: n}, func(t *testing.T, f *fixture) {
		f.made = made
		f.fill(t, made, 8)
	})
}

// fill adds the sessions, as many as the capacity, and wants all to be kept.
func (f *fixture) fill(t *testing.T, list []*Session, goroutines int) {
	t.Helper()
	together(goroutines, func(g int) {
		for i := g; i < len(list); i += goroutines {
			f.mustAdd(t, testExpiry, list[i])
		}
	})
	f.sink.want(t)
	f.wantLen(t, len(list))
	for _, s := range list {
		if s.References() != 2 || !f.Contains(s.ID()) {
			t.Fatal("a session was not kept")
		}
	}
}

// Each add to a full table evicts exactly one session, whatever its size.
func TestFullTableStaysFull(t *testing.T) {
	for _, n := range []int{1, 2, 7, 64, 65, 300, 3000} {
		for _, goroutines := range []int{1, 8} {
			t.Run(fmt.Sprintf("capacity=%d/goroutines=%d", n, goroutines), func(t *testing.T) {
				onReal(t, Options{Capacity: n, ProbationPercent: 25}, func(t *testing.T, f *fixture) {
					f.fill(t, f.sessions(n), goroutines)
					f.overfill(t, n, goroutines)
				})
			})
		}
	}
}

func (f *fixture) overfill(t *testing.T, n, goroutines int) {
	const more = 800
	together(goroutines, func(g int) {
		for i := g; i < more; i += goroutines {
			out := f.add(f.session(n+i, SessionOptions{Promoted: i%3 == 0}), testExpiry+int64(i%5))
			if out != Added && (out != AddedAndEvicted || goroutines == 1) {
				t.Errorf("Add to a full table says %s", outcomeNames[out])
			}
			if l := f.Len(); l > n {
				t.Errorf("Len() = %d over the capacity %d", l, n)
			}
		}
	})
	events := f.sink.drain()
	if f.Len()+len(events) != n+more {
		t.Errorf("%d adds: %d sessions left and %d evicted", n+more, f.Len(), len(events))
	}
	if goroutines == 1 {
		f.wantLen(t, n)
	}
	for _, e := range events {
		if e.reason != ReasonEvicted || e.session.Resumable() {
			t.Errorf("a session left with reason %v, resumable %v", e.reason, e.session.Resumable())
		}
	}
}

// The places of goroutines that stall between taking one and linking are
// missing, and nobody waits for them.
func TestStalledAddsHoldOnlyTheirPlaces(t *testing.T) {
	onEach(t, Options{Capacity: 5}, func(t *testing.T, f *fixture) {
		p := placesOf(f.Table)
		for range 2 {
			if !p.take() {
				t.Fatal("no place in an empty table")
			}
		}
		list := f.sessions(7)
		f.mustAdd(t, testExpiry, list[:3]...)
		f.sink.want(t)
		f.mustAdd(t, testExpiry, list[3])
		f.sink.want(t, event{list[0], testExpiry, ReasonEvicted})
		p.giveBack()
		f.mustAdd(t, testExpiry, list[4])
		f.sink.want(t)
		p.giveBack()
		f.mustAdd(t, testExpiry, list[5])
		f.mustAdd(t, testExpiry, list[6])
		f.sink.want(t, event{list[1], testExpiry, ReasonEvicted})
	})
}

// With no place free and nothing to evict a session counts as added and
// evicted at once.
func TestAddedAndEvicted(t *testing.T) {
	for _, capacity := range []int{1, 3, 100} {
		onEach(t, Options{Capacity: capacity}, func(t *testing.T, f *fixture) {
			p := placesOf(f.Table)
			for range capacity {
				if !p.take() {
					t.Fatal("no place in an empty table")
				}
			}
			s := f.session(1, SessionOptions{})
			wantOutcome(t, f.add(s, testExpiry), AddedAndEvicted)
			f.sink.want(t, event{s, testExpiry, ReasonEvicted})
			wantReferences(t, s, 1)
			f.wantMiss(t, s)
			if s.Resumable() {
				t.Error("the session is resumable")
			}
			for range capacity {
				p.giveBack()
			}
			f.mustAdd(t, testExpiry, s)
			f.wantFound(t, s)
		})
	}
}
