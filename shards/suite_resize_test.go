package shards

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
)

func TestCapacity(t *testing.T) {
	for _, n := range []int{Unlimited, 1, 64, 65, 20480} {
		onReal(t, Options{Capacity: n}, func(t *testing.T, f *fixture) {
			if got := f.Capacity(); got != n {
				t.Errorf("Capacity() = %d, want %d", got, n)
			}
			for _, c := range []int{n, 3, 100, Unlimited, 5, Unlimited} {
				f.SetCapacity(c)
				if got := f.Capacity(); got != c {
					t.Errorf("Capacity() = %d, want %d", got, c)
				}
			}
		})
	}
}

// Shrinking evicts at once, growing loses nothing, and the bound holds
// for what is added later.
func TestSetCapacityAtRest(t *testing.T) {
	for _, first := range []int{Unlimited, 40, 100, 5000} {
		onReal(t, Options{Capacity: first, ProbationPercent: 25}, func(t *testing.T, f *fixture) {
			next := 0
			grow := func(n int) {
				t.Helper()
				f.SetCapacity(n)
				for before := f.Len(); f.Len() < n; next++ {
					f.mustAdd(t, testExpiry, f.session(next, SessionOptions{}))
					if before++; f.Len() != before {
						t.Fatalf("Len() = %d after %d adds to a table of capacity %d", f.Len(), before, n)
					}
				}
				f.sink.want(t)
			}
			for _, n := range []int{30, 1, 10, 300, 299, 64, 65, fewer(2000), 7, 1} {
				if n < f.Len() {
					f.shrink(t, n)
				}
				grow(n)
				f.mustAdd(t, testExpiry, f.session(next, SessionOptions{}))
				next++
				if events := f.sink.drain(); len(events) != 1 {
					t.Errorf("an add to a full table evicted %d", len(events))
				}
				f.wantLen(t, n)
				checkTable(t, f.Table)
			}
			f.SetCapacity(Unlimited)
			f.wantLen(t, 1)
		})
	}
}

// shrink shrinks the table and wants as many evictions as it takes.
func (f *fixture) shrink(t *testing.T, n int) {
	t.Helper()
	had := f.Len()
	f.SetCapacity(n)
	f.wantLen(t, n)
	events := f.sink.drain()
	if len(events) != had-n {
		t.Errorf("shrinking from %d to %d evicted %d", had, n, len(events))
	}
	for _, e := range events {
		if e.reason != ReasonEvicted || e.session.Resumable() {
			t.Errorf("a session left with reason %v, resumable %v", e.reason, e.session.Resumable())
		}
		wantReferences(t, e.session, 1)
	}
}

// A table of one shard gives up its sessions in the order of eviction.
func TestShrinkingOrder(t *testing.T) {
	onEach(t, Options{Capacity: 8, ProbationPercent: 25}, func(t *testing.T, f *fixture) {
		var list []*Session
		for i := range 8 {
			s := f.session(i, SessionOptions{Promoted: i >= 4})
			f.mustAdd(t, testExpiry+int64(i*3%8), s) // 0 3 6 1, promoted: 4 7 2 5
			list = append(list, s)
		}
		f.SetCapacity(2)
		var want []event
		// 4 of 8, 3 of 7 and 2 of 6 are more than 25 percent; 1 of 5 is not,
		// but 1 of 3 is again.
		for _, i := range []int{0, 3, 1, 6, 4, 2} {
			want = append(want, event{list[i], testExpiry + int64(i*3%8), ReasonEvicted})
		}
		f.sink.want(t, want...)
	})
}

// A place that a stalled goroutine holds while the table shrinks is owed until
// it links or gives up; whoever adds next restores the bound.
func TestShrinkingUnderStalledAdds(t *testing.T) {
	onEach(t, Options{Capacity: 6}, func(t *testing.T, f *fixture) {
		p := placesOf(f.Table)
		for range 4 {
			p.take()
		}
		f.mustAdd(t, testExpiry, f.sessions(2)...)
		f.SetCapacity(3)
		if n := len(f.sink.drain()); n != 2 {
			t.Errorf("shrinking evicted %d, want both", n)
		}
		f.wantLen(t, 3)
		for range 2 {
			p.giveBack() // one pays the debt, one is free
		}
		f.mustAdd(t, testExpiry, f.session(10, SessionOptions{}))
		f.sink.want(t)
		f.mustAdd(t, testExpiry, f.session(11, SessionOptions{}))
		f.sink.want(t, event{f.made[2], testExpiry, ReasonEvicted})
		p.giveBack()
		p.giveBack()
		f.mustAdd(t, testExpiry, f.session(12, SessionOptions{}), f.session(13, SessionOptions{}))
		f.sink.want(t)
		f.mustAdd(t, testExpiry, f.session(14, SessionOptions{}))
		f.sink.want(t, event{f.made[3], testExpiry, ReasonEvicted})
	})
}

// Growing and shrinking while others add: as long as there is room for
// everything, everything stays.
func TestGrowingLosesNothing(t *testing.T) {
	for _, first := range []int{60, 1000} {
		onReal(t, Options{Capacity: first}, func(t *testing.T, f *fixture) {
			const adders, each = 4, 2000
			old := f.sessions(first)
			f.mustAdd(t, testExpiry, old...)
			f.SetCapacity(20_000)
			var running atomic.Int32
			running.Store(adders)
			together(adders+1, func(g int) {
				if g == adders {
					for i := 0; running.Load() > 0; i++ {
						f.SetCapacity([]int{10_000, 40_000, Unlimited, 9_000 + i%100}[i%4])
					}
					return
				}
				defer running.Add(-1)
				for i := range each {
					s := f.session(first+g*each+i, SessionOptions{})
					f.mustAdd(t, testExpiry, s)
					f.wantFound(t, s)
					f.wantFound(t, old[i%len(old)])
				}
			})
			f.sink.want(t)
			f.wantLen(t, first+adders*each)
		})
	}
}

// Shrinking under load: once the adds that were under way have ended, one that
// begins afterwards leaves no more than the new bound.
func TestShrinkingUnderLoad(t *testing.T) {
	for _, first := range []int{50, 2000} {
		onReal(t, Options{Capacity: first, ProbationPercent: 25}, func(t *testing.T, f *fixture) {
			random := rand.New(rand.NewPCG(1, uint64(first)))
			next := 0
			for range 25 {
				bound := 1 + random.IntN(first)
				base := next
				next += 400
				together(5, func(g int) {
					if g == 4 {
						f.SetCapacity(first)
						f.SetCapacity(bound)
						return
					}
					for i := base + g; i < base+399; i += 4 {
						f.add(f.session(i, SessionOptions{}), testExpiry+int64(i%3))
					}
				})
				f.mustAdd(t, testExpiry, f.session(next-1, SessionOptions{}))
				checkTable(t, f.Table)
			}
		})
	}
}

// Calls of SetCapacity that run beside each other, and beside adds, evict no
// more sessions than one alone would.
func TestConcurrentShrinksEvictWhatOneWould(t *testing.T) {
	const full, shrunk, setters, adders = 40, 20, 4, 2
	onReal(t, Options{Capacity: full}, func(t *testing.T, f *fixture) {
		var made atomic.Int64
		add := func() { f.add(f.session(int(made.Add(1)), SessionOptions{}), testExpiry) }
		for round := range 300 {
			f.SetCapacity(full)
			for f.Len() < full {
				add()
			}
			together(setters+adders, func(g int) {
				if g < setters {
					f.SetCapacity(shrunk)
				} else {
					add()
				}
			})
			if n := f.Len(); n != shrunk {
				t.Fatalf("%d sessions left in round %d, want %d", n, round, shrunk)
			}
		}
	})
}
