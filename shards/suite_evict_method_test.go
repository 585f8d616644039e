package shards

import (
	"sync/atomic"
	"testing"
)

// Evict takes the sessions in the order in which adds to a full table would.
func TestEvictTakesTheVictim(t *testing.T) {
	for _, v := range victimTests {
		t.Run(v.name, func(t *testing.T) {
			o := Options{Capacity: len(v.sessions) + 1, ProbationPercent: v.percent}
			onEach(t, o, func(t *testing.T, f *fixture) {
				for i, c := range v.sessions {
					f.mustAdd(t, testNow+c.expiry, f.session(i, SessionOptions{Promoted: c.promoted}))
				}
				if !f.Evict(testNow) {
					t.Error("Evict found nothing")
				}
				victim := f.made[v.victim]
				f.sink.want(t, event{victim, testNow + v.sessions[v.victim].expiry, ReasonEvicted})
				if victim.Resumable() {
					t.Error("an evicted session is resumable")
				}
				f.wantLen(t, len(v.sessions)-1)
			})
		})
	}
}

// What Evict has evicted leaves a place, however large the table.
func TestEvictMakesAPlace(t *testing.T) {
	for _, capacity := range []int{1, 7, 64, 65, 3000} {
		onReal(t, Options{Capacity: capacity, ProbationPercent: 25}, func(t *testing.T, f *fixture) {
			f.fill(t, f.sessions(capacity), 1)
			for n := range capacity {
				if !f.Evict(testNow) {
					t.Fatalf("Evict found nothing with %d sessions left", f.Len())
				}
				f.wantLen(t, capacity-n-1)
			}
			if f.Evict(testNow) {
				t.Error("Evict found something in an empty table")
			}
			if n := len(f.sink.drain()); n != capacity {
				t.Errorf("the sink got %d sessions, want %d", n, capacity)
			}
			f.fill(t, f.made, 1)
		})
	}
}

func TestEvictWithoutABound(t *testing.T) {
	onReal(t, Options{Capacity: Unlimited}, func(t *testing.T, f *fixture) {
		if f.Evict(testNow) {
			t.Error("Evict found something in an empty table")
		}
		f.mustAdd(t, testExpiry, f.sessions(2)...)
		for range 2 {
			if !f.Evict(testNow) {
				t.Error("Evict found nothing")
			}
		}
		f.wantLen(t, 0)
		f.sink.drain()
	})
}

// In a large table Evict is nearly in order, as eviction by Add is.
func TestEvictKeepsTheNewest(t *testing.T) {
	const sessions, evictions = 4000, 3000
	onReal(t, Options{Capacity: sessions, ProbationPercent: 100}, func(t *testing.T, f *fixture) {
		for i, s := range f.sessions(sessions) {
			f.mustAdd(t, testExpiry+int64(i), s)
		}
		for range evictions {
			f.Evict(testNow)
		}
		f.sink.drain()
		kept := 0
		for _, s := range f.made[evictions:] {
			if f.Contains(s.ID()) {
				kept++
			}
		}
		if want := (sessions - evictions) * 8 / 10; kept < want {
			t.Errorf("of the %d latest to expire %d were kept, want %d", sessions-evictions, kept, want)
		}
	})
}

// Every session leaves once, by whichever of evictions, adds and removals.
func TestEvictUnderConcurrency(t *testing.T) {
	const goroutines, rounds = 8, 1500
	for _, capacity := range []int{16, 500, Unlimited} {
		onReal(t, Options{Capacity: capacity, ProbationPercent: 25}, func(t *testing.T, f *fixture) {
			var linked, left atomic.Int64
			together(goroutines, func(g int) {
				for i := range rounds {
					s := f.session(g*rounds+i, SessionOptions{Promoted: i%4 == 0})
					f.mustAdd(t, testExpiry+int64(i%7), s)
					linked.Add(1)
					switch {
					case i%3 == 0:
						f.Evict(testNow)
					case i%3 == 1 && f.Remove(s):
						left.Add(1)
					}
				}
			})
			gone := map[*Session]bool{}
			for _, e := range f.sink.drain() {
				if gone[e.session] {
					t.Fatal("a session left twice")
				}
				gone[e.session] = true
			}
			if got, want := f.Len(), int(linked.Load())-len(gone); got != want {
				t.Errorf("Len() = %d, want %d: %d were linked, %d left", got, want, linked.Load(), len(gone))
			}
			if int(left.Load()) > len(gone) {
				t.Errorf("%d removals were true, the sink got %d sessions", left.Load(), len(gone))
			}
		})
	}
}
