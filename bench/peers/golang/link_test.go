package golang

import (
	"math/bits"
	"slices"
	"testing"

	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

func TestLinksKeepSessionsApart(t *testing.T) {
	all := sessions(t, 3)
	var l link[int]
	if l.sameID(all[0]) != nil || l.withID(all[0].ID()) != nil || !l.each(func(*shards.Session) bool { return false }) {
		t.Error("the zero link has a session")
	}
	for i, s := range all {
		l = l.with(s, nil, i)
	}
	again := twin(t, all[1])
	before := l
	l = l.with(again, all[1], 7)
	check := func(l link[int], want ...*shards.Session) {
		t.Helper()
		var got []*shards.Session
		l.each(func(s *shards.Session) bool { got = append(got, s); return true })
		for _, s := range want {
			if !slices.Contains(got, s) || l.sameID(s) != s || l.withID(s.ID()) != s {
				t.Errorf("a session is missing")
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d sessions, want %d", len(got), len(want))
		}
	}
	check(before, all...)
	check(l, all[0], again, all[2])
	if ofNote(&l, 7) != again || ofNote(&l, 2) != all[2] || ofNote(&l, 1) != nil {
		t.Error("notes went astray")
	}
	check(l.without(again), all[0], all[2])
	check(l.without(all[0]), again, all[2])
	check(l.without(all[2]), again, all[0])
	check(l.without(all[1]), all[0], again, all[2])
	if rest := l.without(all[2]).without(again).without(all[0]); rest != (link[int]{}) {
		t.Error("what is left of a link without sessions is not zero")
	}
}

// Factors and additions of XXH64, and the inverses of the factors modulo 2^64.
const (
	prime1, inverse1 = 0x9E3779B185EBCA87, 0x0887493432BADB37
	prime2, inverse2 = 0xC2B2AE3D27D4EB4F, 0xBA79078168D4BAF
)

// colliding returns two ids whose hashes are equal, whatever the 16 bytes are
// that are hashed before them. Their last two words are each scrambled and
// combined with the hash so far by exclusive or, rotation by 27, and
// multiplication by an odd number: flipping bit 36 of the first scrambled word
// flips the highest bit behind it, which the multiplication leaves alone, and
// flipping that of the second one flips it back.
func colliding(seed byte) (a, b []byte) {
	a = make([]byte, shards.MaxIDLength)
	for i := range a {
		a[i] = seed + byte(i)
	}
	b = slices.Clone(a)
	flip := func(at, bit int) {
		var k uint64
		for i := range 8 {
			k |= uint64(b[at+i]) << (8 * i)
		}
		k = bits.RotateLeft64(k*prime2, 31) * prime1
		k ^= 1 << bit
		k = bits.RotateLeft64(k*inverse1, -31) * inverse2
		for i := range 8 {
			b[at+i] = byte(k >> (8 * i))
		}
	}
	flip(16, 36)
	flip(24, 63)
	return a, b
}

// Ids whose hashes are equal are told apart by all peers that promise
// anything.
func TestIDsWithEqualHashes(t *testing.T) {
	a, b := colliding(1)
	if shards.Hash(a) != shards.Hash(b) || slices.Equal(a, b) {
		t.Fatal("the ids do not collide")
	}
	peers(t, sound, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
		sa, sb := live(t, a), live(t, b)
		if !c.Add(sa) || !c.Add(sb) || c.Add(sa) || c.Add(sb) || c.Len() != 2 {
			t.Errorf("of two sessions %d were added", c.Len())
		}
		if found(c, a) != sa || found(c, b) != sb {
			t.Error("a lookup found another session or none")
		}
		again := live(t, a)
		if !c.Add(again) || found(c, a) != again || found(c, b) != sb || c.Len() != 2 {
			t.Error("a replacement replaced something else")
		}
		if c.Remove(sa) || !c.Remove(sb) || found(c, a) != again || found(c, b) != nil {
			t.Error("a removal removed something else")
		}
		for _, s := range []*shards.Session{sa, sb} {
			references(t, "gone", s, 1)
		}
		references(t, "left", again, 2)
	})
}

func TestIDsWithEqualHashesAreEvictedOneByOne(t *testing.T) {
	peers(t, func(p Peer) bool { return sound(p) && p.OldestFirst >= Adapter }, func(t *testing.T, p Peer) {
		var pool []*shards.Session
		for seed := range byte(20) {
			a, b := colliding(seed)
			pool = append(pool, live(t, a), live(t, b))
		}
		c := open(t, p, 5)
		for i, s := range pool {
			c.Add(s)
			if i >= 5 && (found(c, pool[i-5].ID()) != nil || kept(c, pool[i-4:i+1]) != 5) {
				t.Fatalf("after %d adds it is not the latest five that are there", i+1)
			}
		}
	})
}

// Goroutines race for sessions of which each two have one hash.
func TestRacesForEqualHashes(t *testing.T) {
	peers(t, sound, func(t *testing.T, p Peer) {
		var pool []*shards.Session
		for seed := range byte(5) {
			a, b := colliding(seed)
			pool = append(pool, live(t, a), live(t, b), live(t, a))
		}
		c := open(t, p, 7)
		race(c, pool, 20_000)
		accounts(t, c, pool)
	})
}

// accounts checks the references of all sessions against a walk.
func accounts(t *testing.T, c workload.Cache, pool []*shards.Session) {
	t.Helper()
	in := map[*shards.Session]bool{}
	for s := range c.All() {
		in[s] = true
	}
	if len(in) != c.Len() {
		t.Errorf("a walk finds %d sessions, Len is %d", len(in), c.Len())
	}
	for _, s := range pool {
		want := 1
		if in[s] {
			want = 2
		}
		references(t, "after the races", s, want)
	}
	c.Close()
	for _, s := range pool {
		references(t, "after Close", s, 1)
	}
}
