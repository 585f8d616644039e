package baseline

import (
	"crypto/rand"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reprise-tls/reprise/shards"
)

type cache interface {
	Add(*shards.Session) bool
	Remove(*shards.Session) bool
	Get([]byte) (*shards.Session, bool)
	Len() int
	All() iter.Seq[*shards.Session]
	Close()
}

// bounded are the caches that have a bound, by name.
var bounded = map[string]func(capacity int) cache{
	"mutex":           func(n int) cache { return NewMutex(n) },
	"rwmutex-sharded": func(n int) cache { return NewRWMutexSharded(n) },
}

func forEach(t *testing.T, test func(t *testing.T, c cache)) {
	t.Run("syncmap", func(t *testing.T) { test(t, NewSyncMap()) })
	for name, open := range bounded {
		t.Run(name, func(t *testing.T) { test(t, open(100_000)) })
		t.Run(name+"/unlimited", func(t *testing.T) { test(t, open(shards.Unlimited)) })
	}
}

func session(t *testing.T, id []byte) *shards.Session {
	t.Helper()
	s, err := shards.NewSession(id, []byte("state"), shards.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sessions(t *testing.T, n int) []*shards.Session {
	t.Helper()
	all := make([]*shards.Session, n)
	for i := range all {
		id := make([]byte, shards.MaxIDLength)
		rand.Read(id)
		all[i] = session(t, id)
	}
	return all
}

func references(t *testing.T, what string, s *shards.Session, want int) {
	t.Helper()
	if got := s.References(); got != want {
		t.Errorf("%s: %d references, want %d", what, got, want)
	}
}

func TestAddIsANoOpForTheSessionItself(t *testing.T) {
	forEach(t, func(t *testing.T, c cache) {
		s := sessions(t, 1)[0]
		if !c.Add(s) || c.Add(s) || c.Len() != 1 {
			t.Errorf("the first add must link and the second must not; Len is %d", c.Len())
		}
		references(t, "added twice", s, 2)
		if !c.Remove(s) || c.Remove(s) || c.Len() != 0 {
			t.Errorf("the first removal must unlink and the second must not; Len is %d", c.Len())
		}
		references(t, "removed", s, 1)
	})
}

func TestAnotherSessionWithTheIDTakesTheOnesPlace(t *testing.T) {
	forEach(t, func(t *testing.T, c cache) {
		a := sessions(t, 1)[0]
		b := session(t, a.ID())
		if !c.Add(a) || !c.Add(b) || c.Len() != 1 {
			t.Errorf("both adds must link, one after the other; Len is %d", c.Len())
		}
		references(t, "replaced", a, 1)
		references(t, "linked", b, 2)
		if c.Remove(a) {
			t.Error("removing the replaced session removed the other one")
		}
		got, ok := c.Get(a.ID())
		if !ok || got != b {
			t.Fatal("the lookup did not find the session that was added last")
		}
		references(t, "found", b, 3)
		got.Release()
	})
}

func TestShortIDsAreToldApart(t *testing.T) {
	forEach(t, func(t *testing.T, c cache) {
		ids := [][]byte{{1}, {1, 0}, {1, 0, 0}, make([]byte, 31), make([]byte, 32), append([]byte{1}, make([]byte, 31)...)}
		for _, id := range ids {
			if !c.Add(session(t, id)) {
				t.Errorf("id of %d bytes was not added", len(id))
			}
		}
		if c.Len() != len(ids) {
			t.Errorf("Len is %d, want %d", c.Len(), len(ids))
		}
		for _, id := range ids {
			s, ok := c.Get(id)
			if !ok || !slices.Equal(s.ID(), id) {
				t.Errorf("lookup of an id of %d bytes found another session or none", len(id))
				continue
			}
			if !c.Remove(s) {
				t.Errorf("id of %d bytes was not removed", len(id))
			}
		}
	})
}

func TestDeadSessionsAreNotAdded(t *testing.T) {
	forEach(t, func(t *testing.T, c cache) {
		s := sessions(t, 1)[0]
		s.Release()
		if c.Add(s) || c.Len() != 0 {
			t.Error("a session without references was linked")
		}
	})
}

func TestClose(t *testing.T) {
	forEach(t, func(t *testing.T, c cache) {
		all := sessions(t, 1_000)
		for _, s := range all {
			c.Add(s)
		}
		c.Close()
		for _, s := range all {
			references(t, "after Close", s, 1)
		}
		if c.Add(all[0]) || c.Len() != 0 {
			t.Error("an add after Close linked")
		}
		c.Close()
	})
}

func TestOldestIsEvicted(t *testing.T) {
	for name, open := range bounded {
		t.Run(name, func(t *testing.T) {
			// Up to 64 sessions both caches are exact.
			for _, capacity := range []int{1, 2, 63, 64} {
				c := open(capacity)
				all := sessions(t, 3*capacity)
				for i, s := range all {
					if !c.Add(s) {
						t.Fatalf("capacity %d: session %d was not added", capacity, i)
					}
				}
				if got := slices.Collect(c.All()); !slices.Equal(got, all[2*capacity:]) {
					t.Errorf("capacity %d: what is left of %d sessions is not the latest %d", capacity, len(all), capacity)
				}
				for _, s := range all[:2*capacity] {
					references(t, "evicted", s, 1)
				}
			}
		})
	}
}

func TestReplacementMakesYoung(t *testing.T) {
	for name, open := range bounded {
		t.Run(name, func(t *testing.T) {
			c := open(2)
			all := sessions(t, 3)
			again := session(t, all[0].ID())
			for _, s := range []*shards.Session{all[0], all[1], again, all[2]} {
				c.Add(s)
			}
			if got := slices.Collect(c.All()); !slices.Equal(got, []*shards.Session{again, all[2]}) {
				t.Error("the session added first was kept instead of the one that was replaced later")
			}
		})
	}
}

// As many sessions fit as the capacity says, whatever shards they fall into.
func TestAllThatFitAreKept(t *testing.T) {
	for name, open := range bounded {
		for _, n := range []int{1, 2, 100, 1_000, 50_000} {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				c := open(n)
				all := sessions(t, n)
				var wait sync.WaitGroup
				for g := range 4 {
					wait.Go(func() {
						for i := g; i < n; i += 4 {
							c.Add(all[i])
						}
					})
				}
				wait.Wait()
				if c.Len() != n {
					t.Errorf("%d of %d sessions were kept", c.Len(), n)
				}
				for _, s := range all {
					references(t, "kept", s, 2)
				}
			})
		}
	}
}

// Goroutines do everything to a few sessions that share ids; afterwards every
// reference must be accounted for.
func TestRaces(t *testing.T) {
	const capacity = 200
	for name, open := range map[string]func() cache{
		"mutex":           func() cache { return NewMutex(capacity) },
		"rwmutex-sharded": func() cache { return NewRWMutexSharded(capacity) },
		"syncmap":         func() cache { return NewSyncMap() },
	} {
		t.Run(name, func(t *testing.T) {
			c := open()
			all := sessions(t, 300)
			for _, s := range all[:300:300] {
				all = append(all, session(t, s.ID()))
			}
			var added, removed atomic.Int64
			var wait sync.WaitGroup
			for g := range 4 {
				wait.Go(func() {
					for i := range 20_000 {
						s := all[(i*7919+g*31)%len(all)]
						switch i / 7 % 4 { // each session comes up with each operation
						case 0, 1:
							if c.Add(s) {
								added.Add(1)
							}
						case 2:
							if c.Remove(s) {
								removed.Add(1)
							}
						default:
							if found, ok := c.Get(s.ID()); ok {
								found.Release()
							}
						}
					}
				})
			}
			wait.Wait()
			in := map[*shards.Session]bool{}
			for s := range c.All() {
				in[s] = true
			}
			if len(in) != c.Len() || name != "syncmap" && len(in) > capacity {
				t.Errorf("a walk finds %d sessions, Len is %d, capacity %d", len(in), c.Len(), capacity)
			}
			for _, s := range all {
				want := 1
				if in[s] {
					want = 2
				}
				references(t, "after the races", s, want)
			}
			if added.Load() == 0 || removed.Load() == 0 {
				t.Error("nothing happened")
			}
			c.Close()
			for _, s := range all {
				references(t, "after Close", s, 1)
			}
		})
	}
}

func TestOneOfRacingRemovalsWins(t *testing.T) {
	forEach(t, func(t *testing.T, c cache) {
		for _, s := range sessions(t, 200) {
			c.Add(s)
			var won atomic.Int64
			var wait sync.WaitGroup
			for range 4 {
				wait.Go(func() {
					if c.Remove(s) {
						won.Add(1)
					}
				})
			}
			wait.Wait()
			if won.Load() != 1 {
				t.Fatalf("%d of 4 racing removals won", won.Load())
			}
		}
	})
}

// An id that is only ever replaced is never missed.
func TestGetNeverMissesWhatIsReplaced(t *testing.T) {
	forEach(t, func(t *testing.T, c cache) {
		a := sessions(t, 1)[0]
		b := session(t, a.ID())
		c.Add(a)
		var done atomic.Bool
		var wait sync.WaitGroup
		wait.Go(func() {
			for range 50_000 {
				c.Add(b)
				c.Add(a)
			}
			done.Store(true)
		})
		for !done.Load() {
			s, ok := c.Get(a.ID())
			if !ok {
				t.Error("missed")
				break
			}
			s.Release()
		}
		wait.Wait()
	})
}

func TestNothingIsAllocatedInSteadyState(t *testing.T) {
	forEach(t, func(t *testing.T, c cache) {
		all := sessions(t, 1_000)
		for _, s := range all {
			c.Add(s)
		}
		if _, ok := c.(*SyncMap); ok {
			return // allocates a node for every insertion, and keys
		}
		n := 0
		got := testing.AllocsPerRun(1_000, func() {
			s := all[n%len(all)]
			n++
			c.Remove(s)
			c.Add(s)
			c.Add(s)
		})
		if got > 0.1 {
			t.Errorf("%v allocations for a removal and two adds", got)
		}
	})
}
