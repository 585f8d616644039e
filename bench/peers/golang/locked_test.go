package golang

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/reprise-tls/reprise/shards"
)

func newLocked(t *testing.T, capacity int) *Locked {
	t.Helper()
	c, err := NewLocked(capacity)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// where returns n sessions with hashes of a kind.
func where(t *testing.T, n int, kind func(hash uint64) bool) (all []*shards.Session) {
	t.Helper()
	for len(all) < n {
		for _, s := range sessions(t, 1_000) {
			if kind(s.Hash()) && len(all) < n {
				all = append(all, s)
			}
		}
	}
	return all
}

func TestLockedNeedsABound(t *testing.T) {
	for _, capacity := range []int{shards.Unlimited, -1} {
		if _, err := NewLocked(capacity); err == nil {
			t.Errorf("a capacity of %d was accepted", capacity)
		}
	}
}

// Sessions that all want the same bucket fill those behind it, over the end of
// their part; what they leave behind is a table as it was.
func TestLockedBucketsOverflow(t *testing.T) {
	const capacity = 600
	c := newLocked(t, capacity)
	last := c.each - 1 // the last of the first part
	all := where(t, 60, func(hash uint64) bool { return c.home(hash) == last })
	random := rand.New(rand.NewPCG(1, 2))
	in := map[*shards.Session]bool{}
	for range 20_000 {
		s := all[random.IntN(len(all))]
		if in[s] {
			if !c.Remove(s) {
				t.Fatal("a session was not removed")
			}
		} else if !c.Add(s) {
			t.Fatal("a session was not added")
		}
		in[s] = !in[s]
		if s = all[random.IntN(len(all))]; (found(c, s.ID()) == s) != in[s] {
			t.Fatalf("a session is found or not, and should not or should: %v", in[s])
		}
	}
	accounts(t, c, all)
	for i := range c.buckets {
		if more(c.buckets[i].word.Load()) {
			t.Errorf("bucket %d of an empty table says that sessions lie behind it", i)
		}
	}
}

// Ids that all fall into one part, which random ones do not, drive each other
// out, oldest first.
func TestLockedPartIsFull(t *testing.T) {
	c := newLocked(t, 1_000)
	if len(c.parts) < 2 {
		t.Fatal("there is one part only")
	}
	room := int(c.each * perBucket)
	all := where(t, 1_000, func(hash uint64) bool { return c.part(hash) == &c.parts[0] })
	for _, s := range all {
		if !c.Add(s) {
			t.Fatal("a session was not added")
		}
	}
	if c.Len() != room || kept(c, all[len(all)-room:]) != room {
		t.Errorf("%d sessions are there, %d of them of the latest %d", c.Len(), kept(c, all[len(all)-room:]), room)
	}
	// The places that this left are there for others.
	others := where(t, 1_000-room, func(hash uint64) bool { return c.part(hash) != &c.parts[0] })
	for _, s := range others {
		c.Add(s)
	}
	if c.Len() != 1_000 {
		t.Errorf("%d sessions are there, want 1000", c.Len())
	}
	accounts(t, c, slices.Concat(all, others))
}

// One session comes and goes until the ring of ages has come round many times;
// the order of the others is as before.
func TestLockedForgetsWhatHasLeft(t *testing.T) {
	const capacity = 64
	c := newLocked(t, capacity)
	all := sessions(t, 2*capacity)
	for _, s := range all[:capacity] {
		c.Add(s)
	}
	for range 10_000 {
		if !c.Remove(all[0]) || !c.Add(all[0]) {
			t.Fatal("a session did not come or go")
		}
	}
	for i, s := range all[capacity : 2*capacity-1] {
		c.Add(s)
		if found(c, all[i+1].ID()) != nil {
			t.Fatalf("session %d is there still, and is the oldest", i+1)
		}
	}
	if found(c, all[0].ID()) == nil {
		t.Error("the session that came last of the first has gone")
	}
	c.Add(all[2*capacity-1])
	if found(c, all[0].ID()) != nil {
		t.Error("the oldest session is there still")
	}
	accounts(t, c, all)
}

func TestLockedAllocatesNothing(t *testing.T) {
	const capacity = 2_000
	c := newLocked(t, capacity)
	all := sessions(t, 2*capacity)
	again := twin(t, all[0])
	for _, s := range all {
		c.Add(s)
	}
	next := 0
	for name, operation := range map[string]func(){
		"churn":    func() { s := all[next%len(all)]; c.Remove(s); c.Add(s) },
		"evicting": func() { c.Add(all[next%len(all)]) },
		"replace":  func() { c.Add(again); c.Add(all[0]) },
	} {
		n := testing.AllocsPerRun(5*capacity, func() { operation(); next++ })
		if n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	peers(t, Peer.SameSemantics, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
		s := sessions(t, 1)[0]
		id := s.ID()
		c.Add(s)
		if n := testing.AllocsPerRun(1_000, func() { c.Add(s) }); n != 0 {
			t.Errorf("an identical add: %v allocations", n)
		}
		if n := testing.AllocsPerRun(1_000, func() { found(c, id) }); n != 0 {
			t.Errorf("a lookup: %v allocations", n)
		}
	})
}
