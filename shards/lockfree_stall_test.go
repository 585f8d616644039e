//go:build invariants

package shards

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/yield"
)

// stallAt makes the first goroutine that reaches the point stay there. It
// returns a channel that is closed when one has, and a function that lets it
// go.
func stallAt(p yield.Point) (stalled chan struct{}, letGo func()) {
	stalled = make(chan struct{})
	release := make(chan struct{})
	var once sync.Once
	yield.Install(func(q yield.Point) {
		if q != p {
			return
		}
		first := false
		once.Do(func() { first = true })
		if first {
			close(stalled)
			<-release
		}
	})
	return stalled, func() {
		yield.Install(nil)
		close(release)
	}
}

// A goroutine that stops for good anywhere in the table, also between taking
// its place and linking, keeps nobody from finishing, and the bound holds.
func TestLockFreeStalledGoroutineStallsNobody(t *testing.T) {
	points := []yield.Point{
		yield.AcquireCAS, yield.ReleaseCAS, yield.FreeLoad, yield.ReserveCAS, yield.ReturnPlace, yield.HeadLoad,
		yield.LinkCAS, yield.UnlinkCAS, yield.HintStore, yield.FreezeCAS, yield.MigrateCAS, yield.TablePublish,
		yield.MigrationEnd, yield.CandidatesLock, yield.CloseCAS,
	}
	for _, p := range points {
		for _, capacity := range []int{1, 7, 300} {
			if p == yield.CandidatesLock && capacity <= exactCapacity {
				continue // small tables look at every session
			}
			t.Run(fmt.Sprintf("%s/capacity=%d", p, capacity), func(t *testing.T) { stallOne(t, p, capacity) })
		}
	}
}

func stallOne(t *testing.T, p yield.Point, capacity int) {
	sink := &countingSink{}
	table := newLockFree(Options{Capacity: capacity, Sink: sink, ProbationPercent: 25}, ^uint64(0)>>8)
	for i := range capacity {
		mustAdd(t, table, numbered(t, i))
	}
	stalled, letGo := stallAt(p)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		everything(t, table, 1_000_000)
	}()
	select {
	case <-stalled:
	case <-finished:
		letGo()
		t.Fatalf("nothing reaches the point")
	}

	others := make(chan struct{})
	go func() {
		defer close(others)
		var wg sync.WaitGroup
		for g := range 3 {
			wg.Go(func() { everything(t, table, 2_000_000+g*100_000) })
		}
		wg.Wait()
	}()
	select {
	case <-others:
	case <-time.After(30 * time.Second):
		letGo()
		t.Fatal("the others did not finish")
	}
	if p != yield.CloseCAS && table.Len() > table.Capacity() {
		t.Errorf("Len %d over the capacity %d", table.Len(), table.Capacity())
	}
	letGo()
	<-finished
	table.Close()
	if n := table.Len(); n != 0 {
		t.Errorf("Len %d after Close", n)
	}
}

// everything does some of all that a table can do, with ids from base on, and
// ends with a table that is closed.
func everything(t *testing.T, table *LockFree, base int) {
	capacity := table.Capacity()
	var own []*Session
	for i := range 400 {
		s := numbered(t, base+i)
		own = append(own, s)
		table.Add(s, s.Expiry(DefaultTimeout), 1000, false)
		if got, result := table.Lookup(s.ID(), Scope{}, 1000); result == Hit {
			got.Release()
		}
		switch i % 5 {
		case 0:
			table.Remove(s)
		case 1:
			if got, result := table.Take(s.ID(), Scope{}, 1000); result == Hit {
				got.Release()
			}
		case 2:
			table.Reschedule(s, 9000)
			table.Promote(s)
		}
		if i%100 == 99 {
			table.SetCapacity(max(1, capacity/2))
			table.SetCapacity(capacity)
			table.Sweep(1000)
			sh := &table.shards[0]
			if c := sh.current.Load(); c.old.Load() == nil {
				table.resizeShard(sh, c, 2*len(c.slots))
			}
		}
	}
	table.Flush(8500)
	for range table.All() {
	}
	table.Close()
	for _, s := range own {
		s.Release()
	}
}
