package measure

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/bench/baseline"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

func testSpec(kind workload.Kind) workload.Spec {
	return workload.Spec{
		Kind: kind, Sessions: 1_000, Mix: workload.DefaultMix, Objects: workload.DefaultObjects, Flood: workload.DefaultFlood,
		States: workload.StateMix{TLS13: 100}, Seed: 1,
	}
}

// violations plays a workload and returns what the check says.
func violations(t *testing.T, target Target, spec workload.Spec, goroutines int) []string {
	t.Helper()
	b, err := Open(target, spec, Options{Goroutines: []int{goroutines}})
	if err != nil {
		t.Fatal(err)
	}
	b.Play(goroutines, 50_000)
	return b.Check()
}

// populationIDs are the ids of the clients that come back in workload scan.
func populationIDs() map[string]bool {
	ids := make(map[string]bool)
	for k := range testSpec(workload.Scan).Population() {
		var id [shards.MaxIDLength]byte
		workload.NewIDs(1).Put(&id, uint64(k))
		ids[string(id[:])] = true
	}
	return ids
}

func TestSoundCachesPass(t *testing.T) {
	for _, kind := range workload.Kinds() {
		for _, g := range []int{kind.MinGoroutines(), 3} {
			if wrong := violations(t, sound, testSpec(kind), g); len(wrong) > 0 {
				t.Errorf("%s on %d goroutines: %q", kind, g, wrong)
			}
		}
		disjoint := testSpec(kind)
		disjoint.Disjoint = true
		if disjoint.Check() != nil {
			continue
		}
		if wrong := violations(t, sound, disjoint, 3); len(wrong) > 0 {
			t.Errorf("%s on disjoint keys: %q", kind, wrong)
		}
	}
}

// Every way in which a cache can lose count must be found out.
func TestFaultsAreFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  workload.Kind
		fault func(*faulty)
		want  string
	}{
		{"a reference is leaked", workload.Churn, func(c *faulty) {
			c.add = func(c *faulty, s *shards.Session) bool {
				if c.now() {
					s.Acquire()
				}
				return c.Cache.Add(s)
			}
		}, "wrong number of references"},
		{"a reference too many is dropped", workload.Churn, func(c *faulty) {
			c.remove = func(c *faulty, s *shards.Session) bool {
				removed := c.Cache.Remove(s)
				if c.calls.Add(1) == 2_500 {
					s.Release()
				}
				return removed
			}
		}, "wrong number of references"},
		{"an added session is lost", workload.Churn, func(c *faulty) {
			c.add = func(c *faulty, s *shards.Session) bool { return c.now() || c.Cache.Add(s) }
		}, "by what its methods returned there must be"},
		{"a removal does nothing", workload.Churn, func(c *faulty) {
			c.remove = func(c *faulty, s *shards.Session) bool { return !c.now() && c.Cache.Remove(s) }
		}, "of sessions that no other goroutine used"},
		{"a removal lies", workload.Mixed, func(c *faulty) {
			c.remove = func(c *faulty, s *shards.Session) bool { return c.now() || c.Cache.Remove(s) }
		}, "by what its methods returned there must be"},
		{"an identical add returns true", workload.Identical, func(c *faulty) {
			c.add = func(c *faulty, s *shards.Session) bool { return c.Cache.Add(s) || c.now() }
		}, "adds of a session that was in the cache returned true"},
		{"a lookup misses", workload.Get, func(c *faulty) {
			c.get = func(c *faulty, id []byte) (*shards.Session, bool) {
				if c.calls.Add(1)%1_000 == 0 {
					return nil, false
				}
				return c.Cache.Get(id)
			}
		}, "lookups of ids that were in the cache throughout missed"},
		{"the bound does not hold", workload.AddEvict, func(c *faulty) {
			c.Cache = baseline.NewMutex(testSpec(workload.AddEvict).Sessions + 1)
		}, "in a cache with a capacity of"},
		{"too much is evicted", workload.AddEvict, func(c *faulty) {
			c.Cache = baseline.NewMutex(900)
		}, "in a cache that must be full"},
		{"Len lies", workload.Churn, func(c *faulty) {
			c.length = func(c *faulty) int { return max(0, c.Cache.Len()-1) }
		}, "but a walk finds"},
		{"a session is there twice", workload.Churn, func(c *faulty) {
			c.all = func(c *faulty) iter.Seq[*shards.Session] {
				all := slices.Collect(c.Cache.All())
				return slices.Values(append(all, all[0]))
			}
		}, "are different"},
		{"two sessions of one id are there", workload.Replace, func(c *faulty) {
			second := baseline.NewMutex(shards.Unlimited)
			c.add = func(c *faulty, s *shards.Session) bool {
				if c.now() {
					return second.Add(s)
				}
				return c.Cache.Add(s)
			}
			c.all = func(c *faulty) iter.Seq[*shards.Session] {
				return slices.Values(slices.AppendSeq(slices.Collect(c.Cache.All()), second.All()))
			}
		}, "ids are in the cache more than once"},
		{"a stranger is there", workload.Churn, func(c *faulty) {
			stranger, err := shards.NewSession([]byte("stranger"), nil, shards.SessionOptions{})
			if err != nil {
				t.Fatal(err)
			}
			c.all = func(c *faulty) iter.Seq[*shards.Session] {
				return slices.Values(append(slices.Collect(c.Cache.All()), stranger))
			}
		}, "never added"},
		{"a lookup of the hot session misses", workload.Hot, func(c *faulty) {
			c.get = func(c *faulty, id []byte) (*shards.Session, bool) {
				if c.now() {
					return nil, false
				}
				return c.Cache.Get(id)
			}
		}, "lookups of ids that were in the cache throughout missed"},
		{"an add to an empty cache does nothing", workload.Fill, func(c *faulty) {
			c.add = func(c *faulty, s *shards.Session) bool { return !c.now() && c.Cache.Add(s) }
		}, "adds to a cache with room for all did nothing"},
		{"a filled cache loses a session", workload.Fill, func(c *faulty) {
			c.add = func(c *faulty, s *shards.Session) bool { return c.now() || c.Cache.Add(s) }
		}, "by what its methods returned there must be"},
		{"a flush leaves something", workload.Flush, func(c *faulty) {
			c.flush = func(c *faulty, now int64) int {
				n, met := 0, 0
				for _, s := range slices.Collect(c.Cache.All()) {
					if now <= s.Expiry(shards.DefaultTimeout) {
						continue
					}
					if met++; met != 500 && c.Cache.Remove(s) {
						n++
					}
				}
				return n
			}
		}, "flushes removed"},
		{"a flush takes what is alive", workload.Flush, func(c *faulty) {
			c.flush = func(c *faulty, _ int64) int {
				n := 0
				for _, s := range slices.Collect(c.Cache.All()) {
					if c.Cache.Remove(s) {
						n++
					}
				}
				return n
			}
		}, "lookups of ids that were in the cache throughout missed"},
		{"the bound does not hold under a flood", workload.Scan, func(c *faulty) {
			c.Cache = baseline.NewMutex(testSpec(workload.Scan).Sessions + 1)
		}, "in a cache with a capacity of"},
		{"a session that a handshake made leaks", workload.Scan, func(c *faulty) {
			population := populationIDs()
			c.add = func(c *faulty, s *shards.Session) bool {
				if population[string(s.ID())] && c.now() {
					s.Acquire()
				}
				return c.Cache.Add(s)
			}
		}, "one that was made on the way is in the cache and has 2, not 1"},
		{"Close keeps references", workload.Churn, func(c *faulty) {
			c.closeFunc = func(*faulty) {}
		}, "after Close, 1000 sessions"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wrong := violations(t, bent("faulty", c.fault), testSpec(c.kind), c.kind.MinGoroutines())
			if !strings.Contains(strings.Join(wrong, "\n"), c.want) {
				t.Errorf("the check says %q, want something with %q", wrong, c.want)
			}
		})
	}
}

func TestAuditIsHeard(t *testing.T) {
	target := sound
	target.Audit = func(workload.Cache) error { return errors.New("bytes differ") }
	if wrong := violations(t, target, testSpec(workload.Churn), 1); !slices.Equal(wrong, []string{"audit: bytes differ"}) {
		t.Errorf("the check says %q", wrong)
	}
}

func TestCacheThatCannotBeFilled(t *testing.T) {
	target := bent("full", func(c *faulty) {
		c.add = func(c *faulty, s *shards.Session) bool { return c.Len() < 500 && c.Cache.Add(s) }
	})
	_, err := Open(target, testSpec(workload.Churn), Options{Goroutines: []int{1}})
	if err == nil || !strings.Contains(err.Error(), "did not take session 500 of 1000") {
		t.Errorf("error is %v", err)
	}
}

func TestPlayingAllocatesNothing(t *testing.T) {
	for _, kind := range workload.Kinds() {
		for _, every := range []int{0, 3} {
			g := kind.MinGoroutines()
			b, err := Open(sound, testSpec(kind), Options{Goroutines: []int{g}, Every: every})
			if err != nil {
				t.Fatal(err)
			}
			s := b.Play(g, 100_000)
			// The goroutines and what the baseline's map does now and then; for
			// Scan, the new sessions; for Flush, what the test's cache does.
			allowed := uint64(200)
			switch kind {
			case workload.Scan:
				allowed += 2 * s.Counts.Adds
			case workload.Flush:
				allowed += s.Flushed
			}
			if s.Mallocs > allowed {
				t.Errorf("%s: %d allocations in %d operations", kind, s.Mallocs, s.Counts.Operations())
			}
		}
	}
}

func TestGeneratorNeedsNoCache(t *testing.T) {
	for _, kind := range workload.Kinds() {
		if wrong := violations(t, idle, testSpec(kind), 3); len(wrong) > 0 {
			t.Errorf("%s: %q", kind, wrong)
		}
	}
}
