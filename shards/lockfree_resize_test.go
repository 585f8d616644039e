package shards

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"testing"
)

// countingSink counts and releases what it gets.
type countingSink struct{ dropped [6]atomic.Int64 }

func (k *countingSink) Dropped(s *Session, _ int64, r Reason) {
	k.dropped[r].Add(1)
	s.Release()
}

// numbered returns a session whose id is made from n.
func numbered(t testing.TB, n int) *Session {
	t.Helper()
	var id [MaxIDLength]byte
	binary.BigEndian.PutUint64(id[:], uint64(n)+1)
	s, err := NewSession(id[:], []byte("state of a session"), SessionOptions{Created: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mustAdd adds s, which must be new to the table.
func mustAdd(t testing.TB, table Table, s *Session) {
	t.Helper()
	if got := table.Add(s, s.Expiry(DefaultTimeout), 1000, false); got != Added {
		t.Fatalf("Add = %v, want Added", got)
	}
}

// A table that grows from 64 buckets a shard to thousands, with goroutines
// reading, replacing and removing all the while, loses nothing and never hides
// an id that is present throughout.
func TestLockFreeGrowsUnderLoad(t *testing.T) {
	const steady, growth, workers = 2000, 60_000, 3
	sink := &countingSink{}
	table := newLockFree(Options{Sink: sink, ProbationPercent: 25}, ^uint64(0)>>8) // one shard gets everything
	var held []*Session
	for i := range steady {
		s := numbered(t, i)
		held = append(held, s)
		mustAdd(t, table, s)
	}
	before := len(table.shards[0].current.Load().slots)

	var stop atomic.Bool
	var readers, writers sync.WaitGroup
	for r := range 2 {
		readers.Go(func() {
			for i := r; !stop.Load(); i++ {
				s := held[i%steady]
				got, result := table.Lookup(s.ID(), Scope{}, 1000)
				if result != Hit {
					t.Errorf("Lookup of a session that is there throughout: %v", result)
					return
				}
				got.Release()
			}
		})
	}
	added := make([][]*Session, workers)
	for w := range workers {
		writers.Go(func() {
			for i := range growth / workers {
				s := numbered(t, steady+w*growth+i)
				mustAdd(t, table, s)
				added[w] = append(added[w], s)
				if i%3 == 0 {
					if !table.Remove(s) {
						t.Error("a session that only this goroutine removes was not there")
					}
				}
			}
		})
	}
	writers.Wait()
	stop.Store(true)
	readers.Wait()

	if after := len(table.shards[0].current.Load().slots); after <= 8*before {
		t.Errorf("%d buckets before, %d after: the table did not grow", before, after)
	}
	want := steady
	for w := range added {
		for i, s := range added[w] {
			linked := i%3 != 0
			if table.Contains(s.ID()) != linked {
				t.Fatalf("session %d of worker %d: linked is %v, want %v", i, w, !linked, linked)
			}
			if linked {
				want++
			}
		}
	}
	if table.Len() != want {
		t.Errorf("Len = %d, want %d", table.Len(), want)
	}
	table.Close()
	for _, s := range append(held, added[0]...) {
		if s.References() != 1 {
			t.Fatalf("%d references after Close, want the test's own", s.References())
		}
	}
}

// settled returns the array of a shard, after ending a migration that adds may
// have begun.
func (t *LockFree) settled(sh *shard) *buckets {
	c := sh.current.Load()
	if old := c.old.Load(); old != nil {
		t.help(c, old, len(c.slots))
	}
	return c
}

// A migration whose helpers took buckets and never did them is finished by
// others.
func TestLockFreeMigrationWithAbsentHelper(t *testing.T) {
	table := newLockFree(Options{Sink: &countingSink{}}, ^uint64(0)>>8)
	for i := range 100 {
		mustAdd(t, table, numbered(t, i))
	}
	sh := &table.shards[0]
	c := table.settled(sh)
	table.resizeShard(sh, c, 8*len(c.slots))
	grown := sh.current.Load()
	grown.cursor.Add(3 * helpBuckets) // somebody claimed these and went away
	for i := 100; grown.old.Load() != nil; i++ {
		if i > 100+len(grown.slots) {
			t.Fatal("the migration does not end")
		}
		mustAdd(t, table, numbered(t, i))
	}
	for i := range 100 {
		if !table.Contains(numbered(t, i).ID()) {
			t.Errorf("session %d was lost", i)
		}
	}
	for i := range grown.slots {
		if grown.slots[i].head.Load() == nil {
			t.Errorf("bucket %d has not been migrated", i)
		}
	}
}

// A smaller array takes the sessions of several buckets of the old one.
func TestLockFreeShrinksArrays(t *testing.T) {
	sink := &countingSink{}
	table := NewLockFree(Options{Capacity: 50_000, Sink: sink, ProbationPercent: 25})
	for i := range 50_000 {
		mustAdd(t, table, numbered(t, i))
	}
	large := len(table.shards[0].current.Load().slots)
	table.SetCapacity(500)
	if small := len(table.shards[0].current.Load().slots); small >= large/4 {
		t.Errorf("%d buckets before, %d after", large, small)
	}
	left := 0
	for s := range table.All() {
		if !table.Contains(s.ID()) {
			t.Error("a session that All yields is not found")
		}
		left++
	}
	if left != 500 || table.Len() != 500 {
		t.Errorf("%d sessions, Len %d, want 500", left, table.Len())
	}
	if n := sink.dropped[ReasonEvicted].Load(); n != 49_500 {
		t.Errorf("%d evicted, want 49500", n)
	}
}

// Closing while a migration is under way leaves nothing in either array.
func TestLockFreeClosesDuringMigration(t *testing.T) {
	sink := &countingSink{}
	table := newLockFree(Options{Sink: sink}, ^uint64(0)>>8)
	for i := range 200 {
		mustAdd(t, table, numbered(t, i))
	}
	sh := &table.shards[0]
	old := table.settled(sh)
	table.resizeShard(sh, old, 2*len(old.slots))
	table.migrate(sh.current.Load(), old, 3)
	table.Close()
	if n := sink.dropped[ReasonClosed].Load(); n != 200 || table.Len() != 0 {
		t.Errorf("%d closed, Len %d, want 200 and 0", n, table.Len())
	}
	// One who decided to grow before Close publishes a third array.
	c := sh.current.Load()
	c.old.Store(nil)
	table.resizeShard(sh, c, 2*len(c.slots))
	s := numbered(t, 1)
	if got := table.Add(s, Never, 1000, false); got != Closed {
		t.Errorf("Add after Close = %v, want Closed", got)
	}
}

// Half of a shard is on probation, which may have a quarter, and half is
// promoted and expires earlier: all victims come from probation, though
// whatever is met first is promoted.
func TestLockFreeEvictsFromProbationFirst(t *testing.T) {
	const n = 4000
	sink := &countingSink{}
	table := NewLockFree(Options{Capacity: n, Sink: sink, ProbationPercent: 25})
	var promoted []*Session
	for i := range n {
		s := numbered(t, i)
		expiry := int64(20_000)
		if i%2 == 0 {
			table.Promote(s)
			promoted = append(promoted, s)
			expiry = 10_000
		}
		if got := table.Add(s, expiry, 1000, false); got != Added {
			t.Fatal(got)
		}
	}
	for i := range n / 5 {
		if got := table.Add(numbered(t, n+i), 20_000, 1000, false); got != Added {
			t.Fatal(got)
		}
	}
	kept := 0
	for _, s := range promoted {
		if table.Contains(s.ID()) {
			kept++
		}
	}
	if kept < len(promoted)*98/100 {
		t.Errorf("%d of %d promoted sessions kept", kept, len(promoted))
	}
}
