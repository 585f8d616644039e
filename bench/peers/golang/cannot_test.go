package golang

import (
	"testing"
	"time"

	"github.com/reprise-tls/reprise/shards"
)

// What the table says a peer has not, it has not.

func TestWithoutIdentity(t *testing.T) {
	peers(t, func(p Peer) bool { return p.Identity == No }, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
		s := sessions(t, 1)[0]
		for range 2 {
			if !c.Add(s) {
				t.Error("an add was not done, of a session that was there or not")
			}
		}
		if got := found(c, s.ID()); got == s {
			t.Error("a lookup found the session itself")
		}
		if !c.Remove(twin(t, s)) || found(c, s.ID()) != nil {
			t.Error("a removal told a session from another one with its id")
		}
	})
}

func TestWithoutReferences(t *testing.T) {
	peers(t, func(p Peer) bool { return p.References == No }, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
		s := sessions(t, 1)[0]
		c.Add(s)
		references(t, "added", s, 1)
	})
}

// Maps have no bound, byte caches have one in bytes. The others exceed theirs
// for a while, which does not show at rest.
func TestWithoutABound(t *testing.T) {
	peers(t, func(p Peer) bool { return p.NoBound != "" || copies(p) }, func(t *testing.T, p Peer) {
		c := open(t, p, 64)
		if n := kept(c, addAll(t, c, sessions(t, 192))); n <= 64 {
			t.Errorf("%d of 192 sessions are in a cache that was opened for 64", n)
		}
	})
}

// Frequency or use decides who goes, not age.
func TestWithoutAnOrderByAge(t *testing.T) {
	peers(t, func(p Peer) bool { return p.OldestFirst == No && p.NoBound == "" && !copies(p) }, func(t *testing.T, p Peer) {
		const capacity = 64
		c := open(t, p, capacity)
		all := sessions(t, 3*capacity)
		for _, s := range all {
			c.Add(s)
			settle(c)
			found(c, all[0].ID())
		}
		if kept(c, all[2*capacity:]) == capacity {
			t.Error("the latest sessions were kept, although an older one was used all along")
		}
	})
}

func TestWithoutExpiry(t *testing.T) {
	peers(t, func(p Peer) bool { return p.Expiry == No }, func(t *testing.T, p Peer) {
		c := open(t, p, 64)
		over := session(t, []byte("over"), shards.SessionOptions{Created: time.Now().Unix() - 8_000})
		if !c.Add(over) || found(c, over.ID()) != over {
			t.Error("a session whose time is over is not found")
		}
	})
}

// A removal of something absent leaves an entry behind, which takes the place
// of another.
func TestTLSRemovalOfNothingEvicts(t *testing.T) {
	c := newTLSLRU(1)
	s := sessions(t, 1)[0]
	c.Add(s)
	c.c.Put("something absent", nil)
	if found(c, s.ID()) != nil {
		t.Error("the session is still there")
	}
}

// Where its buffer is full an add is dropped, which Add says. Whether it ever
// is depends on how fast the goroutine behind it is.
func TestRistrettoAccountsForWhatItDrops(t *testing.T) {
	const n = 50_000
	c, err := newRistretto(n)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	all := sessions(t, n)
	refused := 0
	for _, s := range all {
		if !c.Add(s) {
			refused++
		}
	}
	left := kept(c, all)
	t.Logf("of %d adds to an empty cache with room for all %d were refused; %d sessions are there", n, refused, left)
	if left > n-refused {
		t.Errorf("%d sessions are there, although %d adds were refused", left, refused)
	}
	for _, s := range all {
		want := 1
		if found(c, s.ID()) != nil {
			want = 2
		}
		references(t, "added or dropped", s, want)
	}
}

// What was removed takes room until a ring has come round.
func TestByteCachesLoseToWhatWasRemoved(t *testing.T) {
	peers(t, copies, func(t *testing.T, p Peer) {
		if p.Name == "fastcache" {
			return // of which no instance is small enough to be filled quickly
		}
		const n = 20_000
		c := open(t, p, n)
		all := addAll(t, c, sessions(t, n))
		for range 10 {
			for _, s := range all[:n/2] {
				c.Remove(s)
				c.Add(s)
			}
		}
		if left := kept(c, all); left == n {
			t.Error("nothing was lost, with six times the bytes written")
		}
	})
}
