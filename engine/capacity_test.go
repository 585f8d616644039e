package engine

import (
	"slices"
	"sync/atomic"
	"testing"
)

// BoringSSL keeps N, OpenSSL 3.0.6 and later N-1 of N.
func TestACacheOfCapacityNKeepsN(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for _, capacity := range []int{1, 2, 3, 10, 64, 65, 1000, 5000} {
			f := newFixture(t, kind, func(g *Config) { g.Capacity = capacity })
			for n := range capacity {
				f.add(n)
			}
			equal(t, "Len", f.Len(), capacity)
			equal(t, "CacheFull", f.Stats().CacheFull, 0)
			f.add(capacity)
			equal(t, "Len after one more", f.Len(), capacity)
			equal(t, "CacheFull", f.Stats().CacheFull, 1)
		}
	})
}

func TestRacingAddsIntoAnEmptyCacheAreAllKept(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for _, capacity := range []int{1, 7, 64, 500} {
			f := newFixture(t, kind, func(g *Config) { g.Capacity = capacity })
			var next atomic.Int64
			parallel(4, func(int) {
				for {
					n := int(next.Add(1)) - 1
					if n >= capacity {
						return
					}
					f.add(n)
				}
			})
			equal(t, "Len", f.Len(), capacity)
			equal(t, "CacheFull", f.Stats().CacheFull, 0)
		}
	})
}

// SSL_CTX_sess_set_cache_size(3): 0 is unlimited.
func TestUnlimitedEvictsNothing(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Capacity = Unlimited })
		for n := range 21_000 {
			s, err := f.NewSession(testID(n), nil)
			if err != nil {
				t.Fatal(err)
			}
			f.Add(s)
			s.Release()
		}
		equal(t, "Len", f.Len(), 21_000)
		equal(t, "Capacity", f.Capacity(), Unlimited)
	})
}

// OpenSSL 3.0: the victim is the earliest to expire, ties in the order of
// adding; the newcomer is never the victim (test_session_cache_overflow).
func TestEvictionOrder(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		var evicted []int
		var all []*Session
		f := newFixture(t, kind, func(g *Config) {
			g.Capacity = 4
			g.ProbationPercent = 100
			g.Callbacks.Remove = func(s *Session, r Reason) {
				if r == ReasonEvicted {
					evicted = append(evicted, slices.Index(all, s))
				}
			}
		})
		for n, timeout := range []int64{100, 50, 100, 70, 10, 60, 100, 100} {
			all = append(all, f.sessionWith(n, SessionOptions{Created: startTime, Timeout: timeout}))
			f.Add(all[n])
		}
		if want := []int{1, 4, 5, 3}; !slices.Equal(evicted, want) {
			t.Errorf("evicted were %v, want %v", evicted, want)
		}
		// An identical add moves nothing, a rescheduling makes a session the
		// youngest of those with its expiry, and so does a replacement.
		f.Add(all[0])
		f.Reschedule(all[2])
		for n := range 2 {
			all = append(all, f.sessionWith(8+n, SessionOptions{Created: startTime, Timeout: 100}))
			f.Add(all[8+n])
		}
		if want := []int{1, 4, 5, 3, 0, 6}; !slices.Equal(evicted, want) {
			t.Errorf("evicted were %v, want %v", evicted, want)
		}
		stats := f.Stats()
		equal(t, "CacheFull", stats.CacheFull, 6)
		equal(t, "EvictedBeforeExpiry", stats.EvictedBeforeExpiry, 6)
	})
}

func TestTheExpiredAreEvictedFirst(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Capacity = 3; g.ProbationPercent = 0; g.Mode |= NoAutoClear })
		old := f.sessionWith(1, SessionOptions{Created: startTime, Timeout: 10, Promoted: true})
		f.Add(old)
		f.add(2)
		f.add(3)
		f.time.Add(11)
		f.add(4)
		equal(t, "the expired one is there", f.Contains(testID(1)), false)
		equal(t, "Len", f.Len(), 3)
		stats := f.Stats()
		equal(t, "CacheFull and Expired", stats.CacheFull+stats.Expired, 1)
		equal(t, "EvictedBeforeExpiry", stats.EvictedBeforeExpiry, 0)
	})
}

// A flood of sessions that nobody resumes must not drive out those of clients
// that come back.
func TestProbation(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Capacity = 20; g.ProbationPercent = 25 })
		var regulars []*Session
		for n := range 14 {
			s := f.sessionWith(n, SessionOptions{Created: startTime - 50, Timeout: 100})
			f.Add(s)
			f.Promote(s)
			equal(t, "Promoted", s.Promoted(), true)
			regulars = append(regulars, s)
		}
		for n := range 500 {
			f.add(100 + n)
		}
		for _, s := range regulars {
			equal(t, "a regular's session is there", f.has(s), true)
		}
		// An eviction counts those that are there before the newcomer: the
		// first of these two takes the place of one on probation, which then
		// have no more than their share, the second that of the earliest.
		extra := f.sessionWith(50, SessionOptions{Created: startTime, Timeout: 100, Promoted: true})
		f.Add(extra)
		f.Add(f.sessionWith(51, SessionOptions{Created: startTime, Timeout: 100, Promoted: true}))
		equal(t, "the earliest regular is there", f.has(regulars[0]), false)
	})
}

// OpenSSL evicts nothing until the next add.
func TestShrinkingEvictsAtOnceAndGrowingLosesNothing(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Capacity = 60 })
		for n := range 60 {
			f.Add(f.sessionWith(n, SessionOptions{Created: startTime + int64(n)}))
		}
		set := func(capacity, want int) {
			t.Helper()
			if err := f.SetCapacity(capacity); err != nil {
				t.Fatal(err)
			}
			equal(t, "Capacity", f.Capacity(), capacity)
			equal(t, "Len", f.Len(), want)
			f.check()
		}
		set(20, 20)
		equal(t, "CacheFull", f.Stats().CacheFull, 40)
		for n := range 60 {
			equal(t, "the latest to expire stay", f.Contains(testID(n)), n >= 40)
		}
		set(500, 20)
		for n := range 500 {
			f.add(1000 + n)
		}
		equal(t, "Len", f.Len(), 500)
		set(Unlimited, 500)
		for n := range 500 {
			f.add(2000 + n)
		}
		equal(t, "Len", f.Len(), 1000)
		set(1, 1)
		set(1000, 1)
	})
}

func TestCapacityChangesUnderLoad(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Capacity = 100 })
		var stop atomic.Bool
		parallel(4, func(i int) {
			if i == 0 {
				for n := range 300 {
					if err := f.SetCapacity([]int{1, 100, 3000, 17}[n%4]); err != nil {
						t.Error(err)
					}
				}
				stop.Store(true)
				return
			}
			for n := 0; !stop.Load(); n++ {
				s, err := f.NewSession(testID(n%200), testState(n))
				if err != nil {
					t.Error(err)
					return
				}
				f.Add(s)
				if n%3 == 0 {
					f.Remove(s)
				}
				s.Release()
				if got, ok := f.Get(testID(n % 50)); ok {
					got.Release()
				}
			}
		})
		if err := f.SetCapacity(10); err != nil {
			t.Fatal(err)
		}
		if n := f.Len(); n > 10 {
			t.Errorf("Len is %d with capacity 10", n)
		}
		for n := range 10 {
			f.add(10_000 + n)
		}
		equal(t, "Len", f.Len(), 10)
	})
}
