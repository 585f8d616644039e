package golang

import (
	"crypto/rand"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/bench"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// open opens a peer's cache, which is closed at the end of the test.
func open(t testing.TB, p Peer, capacity int) workload.Cache {
	t.Helper()
	startClock()
	if p.New == nil {
		target, err := measure.Find(bench.Targets(), p.Name)
		if err != nil {
			t.Fatal(err)
		}
		p.New = target.New
	}
	c, err := p.New(capacity)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// peers runs a test for all peers of which the table says something.
func peers(t *testing.T, of func(Peer) bool, test func(t *testing.T, p Peer)) {
	for _, p := range Peers() {
		if of(p) {
			t.Run(p.Name, func(t *testing.T) { test(t, p) })
		}
	}
}

// lists reports whether the peer can say what it has.
func lists(p Peer) bool { return p.Name != "crypto-tls-lru" && p.Name != "fastcache" }

// copies reports whether the peer has copies of sessions.
func copies(p Peer) bool { return p.Identity == No }

// settle waits until the cache has done what it was asked to.
func settle(c workload.Cache) { c.Len() }

func session(t testing.TB, id []byte, o shards.SessionOptions) *shards.Session {
	t.Helper()
	s, err := shards.NewSession(id, []byte("a state"), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sessions(t testing.TB, n int) []*shards.Session {
	t.Helper()
	all := make([]*shards.Session, n)
	for i := range all {
		id := make([]byte, shards.MaxIDLength)
		rand.Read(id)
		all[i] = live(t, id)
	}
	return all
}

// live returns a session with an id, created now.
func live(t testing.TB, id []byte) *shards.Session {
	t.Helper()
	return session(t, id, shards.SessionOptions{Created: time.Now().Unix()})
}

// twin returns another session with the id of s.
func twin(t testing.TB, s *shards.Session) *shards.Session {
	t.Helper()
	return live(t, s.ID())
}

func references(t *testing.T, what string, s *shards.Session, want int) {
	t.Helper()
	if got := s.References(); got != want {
		t.Errorf("%s: %d references, want %d", what, got, want)
	}
}

// found looks a session up and releases what it finds.
func found(c workload.Cache, id []byte) *shards.Session {
	s, ok := c.Get(id)
	if !ok {
		return nil
	}
	s.Release()
	return s
}

// kept returns how many of the sessions are found.
func kept(c workload.Cache, all []*shards.Session) (n int) {
	settle(c)
	for _, s := range all {
		if found(c, s.ID()) != nil {
			n++
		}
	}
	return n
}

func count(all iter.Seq[*shards.Session]) (n int) {
	for range all {
		n++
	}
	return n
}

func TestIdentity(t *testing.T) {
	peers(t, func(p Peer) bool { return p.Identity >= Races }, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
		s := sessions(t, 1)[0]
		other := twin(t, s)
		first := c.Add(s)
		settle(c)
		if !first || c.Add(s) {
			t.Error("the first add must link and the second must not")
		}
		if lists(p) && c.Len() != 1 {
			t.Errorf("Len is %d", c.Len())
		}
		if c.Remove(other) || found(c, s.ID()) != s {
			t.Error("the removal of another session with its id removed a session")
		}
		if !c.Remove(s) || c.Remove(s) || found(c, s.ID()) != nil {
			t.Error("the first removal must unlink and the second must not")
		}
		if !c.Add(s) {
			t.Error("a session that was removed was not added again")
		}
	})
}

func TestReplacement(t *testing.T) {
	peers(t, func(p Peer) bool { return p.Replacement >= Races }, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
		a := sessions(t, 1)[0]
		b, err := shards.NewSession(a.ID(), []byte("another state"), shards.SessionOptions{Created: a.Created()})
		if err != nil {
			t.Fatal(err)
		}
		first := c.Add(a)
		settle(c)
		if !first || !c.Add(b) {
			t.Error("both adds must link, one after the other")
		}
		settle(c)
		if lists(p) && count(c.All()) != 1 {
			t.Errorf("%d sessions are there", count(c.All()))
		}
		got, ok := c.Get(a.ID())
		if !ok || got != b && !copies(p) || string(got.AppendState(nil)) != "another state" {
			t.Fatal("the lookup did not find the session that was added last")
		}
		got.Release()
	})
}

func TestReferences(t *testing.T) {
	peers(t, func(p Peer) bool { return p.References >= Races }, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
		a := sessions(t, 1)[0]
		b := twin(t, a)
		c.Add(a)
		settle(c)
		references(t, "added", a, 2)
		c.Add(a)
		settle(c)
		references(t, "added twice", a, 2)
		c.Add(b)
		settle(c)
		references(t, "replaced", a, 1)
		references(t, "in its place", b, 2)
		got, ok := c.Get(a.ID())
		if !ok {
			t.Fatal("the session was not found")
		}
		references(t, "found", b, 3)
		got.Release()
		c.Remove(b)
		settle(c)
		references(t, "removed", b, 1)
		dead := sessions(t, 1)[0]
		dead.Release()
		if c.Add(dead) || found(c, dead.ID()) != nil {
			t.Error("a session without references was linked")
		}
	})
}

// Without references of its own a cache must not find what has died.
func TestDeadSessionsAreNotFound(t *testing.T) {
	peers(t, func(p Peer) bool { return p.References == No && !copies(p) }, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
		s := sessions(t, 1)[0]
		if !c.Add(s) || found(c, s.ID()) != s {
			t.Fatal("the session was not added")
		}
		s.Release()
		if found(c, s.ID()) != nil {
			t.Error("a session that nobody has a reference on was found")
		}
	})
}

func TestShortIDsAreToldApart(t *testing.T) {
	peers(t, func(Peer) bool { return true }, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
		ids := [][]byte{{1}, {1, 0}, {1, 0, 0}, make([]byte, 31), make([]byte, 32), append([]byte{1}, make([]byte, 31)...)}
		for _, id := range ids {
			if !c.Add(live(t, id)) {
				t.Errorf("id of %d bytes was not added", len(id))
			}
		}
		settle(c)
		for _, id := range ids {
			s, ok := c.Get(id)
			if !ok || !slices.Equal(s.ID(), id) {
				t.Errorf("lookup of an id of %d bytes found another session or none", len(id))
				continue
			}
			if !c.Remove(s) || found(c, id) != nil {
				t.Errorf("id of %d bytes was not removed", len(id))
			}
		}
	})
}

func TestBound(t *testing.T) {
	peers(t, func(p Peer) bool { return p.Bound >= Adapter }, func(t *testing.T, p Peer) {
		for _, capacity := range []int{1, 2, 63, 64, 1_000} {
			c := open(t, p, capacity)
			all := sessions(t, 3*capacity)
			if got := kept(c, addAll(t, c, all[:capacity])); got != capacity {
				t.Errorf("capacity %d: %d of as many sessions were kept", capacity, got)
			}
			if got := kept(c, addAll(t, c, all)); got != capacity {
				t.Errorf("capacity %d: %d of three times as many sessions were kept", capacity, got)
			}
			if p.References == No {
				continue
			}
			for _, s := range all {
				want := 1
				if found(c, s.ID()) != nil {
					want = 2
				}
				references(t, "kept or evicted", s, want)
			}
		}
	})
}

func addAll(t *testing.T, c workload.Cache, all []*shards.Session) []*shards.Session {
	t.Helper()
	for i, s := range all {
		if c.Add(s); i == 0 {
			settle(c)
		}
	}
	return all
}

// The oldest goes first, whatever was looked up; a replacement is young.
func TestOldestFirst(t *testing.T) {
	peers(t, func(p Peer) bool { return p.OldestFirst >= Adapter }, func(t *testing.T, p Peer) {
		for _, capacity := range []int{1, 2, 63, 64} {
			c := open(t, p, capacity)
			all := sessions(t, 3*capacity)
			for i, s := range all {
				if !c.Add(s) {
					t.Fatalf("capacity %d: session %d was not added", capacity, i)
				}
				found(c, all[max(0, i-capacity+1)].ID()) // the next to go
			}
			if n := kept(c, all[2*capacity:]); n != capacity {
				t.Errorf("capacity %d: of the latest sessions %d were kept", capacity, n)
			}
		}
		c := open(t, p, 2)
		all := sessions(t, 3)
		again := twin(t, all[0])
		for _, s := range []*shards.Session{all[0], all[1], again, all[2]} {
			c.Add(s)
		}
		if found(c, again.ID()) != again || found(c, all[1].ID()) != nil {
			t.Error("the session that was replaced later went first")
		}
	})
}

// Created long ago, a session is not found, and gives up its place. What is
// there for another second is found.
func TestExpiry(t *testing.T) {
	peers(t, func(p Peer) bool { return p.Expiry >= Adapter }, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
		created := time.Now().Unix()
		over := session(t, []byte("over"), shards.SessionOptions{Created: created - 8_000})
		own := session(t, []byte("its own time"), shards.SessionOptions{Created: created - 8_000, Timeout: 9_000})
		forever := session(t, []byte("for ever"), shards.SessionOptions{Created: created, Timeout: shards.Never})
		addAll(t, c, []*shards.Session{over, own, forever})
		settle(c)
		if found(c, over.ID()) != nil {
			t.Error("a session was found whose time is over")
		}
		if found(c, own.ID()) == nil || found(c, forever.ID()) == nil {
			t.Error("a session was not found whose time is not over")
		}
		if p.References >= Adapter && p.Name != "ristretto" { // which removes it later
			settle(c)
			references(t, "over", over, 1)
		}
	})
}

func TestFlush(t *testing.T) {
	peers(t, func(p Peer) bool { return p.Flushes && p.New != nil }, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
		live := addAll(t, c, sessions(t, 100))
		var due []*shards.Session
		for i := range 100 {
			due = append(due, session(t, []byte{byte(i)}, shards.SessionOptions{Created: live[0].Created(), Timeout: 10}))
		}
		addAll(t, c, due)
		f, ok := c.(workload.Flusher)
		if !ok {
			t.Fatal("it has no Flush")
		}
		if n := f.Flush(live[0].Created() + 10); n != 0 {
			t.Errorf("%d sessions were flushed in their last second", n)
		}
		if n := f.Flush(live[0].Created() + 11); n != 100 || kept(c, live) != 100 || c.Len() != 100 {
			t.Errorf("%d sessions were flushed, want 100; %d others are left", n, kept(c, live))
		}
		for _, s := range due {
			references(t, "flushed", s, 1)
		}
	})
}

func TestClose(t *testing.T) {
	peers(t, func(Peer) bool { return true }, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
		all := addAll(t, c, sessions(t, 500))
		settle(c)
		c.Close()
		for _, s := range all {
			references(t, "after Close", s, 1)
		}
		if c.Add(all[0]) || found(c, all[0].ID()) != nil || c.Len() != 0 {
			t.Error("an add after Close linked")
		}
		c.Close()
	})
}
