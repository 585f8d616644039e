package engine

import (
	"context"
	"math"
	"runtime"
	"testing"
	"unsafe"
)

// Every counter, after a sequence in which each means something else.
func TestStatsAreExact(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Capacity = 3; g.Mode = Server | NoAutoClear })
		ctx := context.Background()
		var s [9]*Session
		for n := range s {
			s[n] = f.sessionWith(n, SessionOptions{Created: startTime, Timeout: int64(100 + n)})
		}
		f.HandshakeStarted(RoleServer)
		f.HandshakeFinished(ctx, RoleServer, s[0], false) // added
		f.Add(s[1])
		f.Add(s[1]) // identical
		f.Add(s[2])
		f.time.Add(5)
		f.Add(s[3]) // evicts s[0], 5 seconds old
		f.resume(3) // a hit
		f.resume(0) // a miss
		f.has(s[1]) // a hit
		f.Remove(s[1])
		f.Remove(s[1])
		f.Add(f.sessionWith(2, SessionOptions{Created: startTime, Timeout: 300})) // replaces s[2]
		got, _ := f.Take(testID(3))
		got.Release()
		f.GetScoped(testID(2), scope(t, "x")) // a scope mismatch
		f.Add(s[4])
		f.time.Store(startTime + 105)
		f.has(s[4]) // a timeout
		f.Add(s[5])
		f.Add(s[6])
		f.time.Store(startTime + 107)
		f.Add(s[8]) // evicts s[5], which is expired
		f.Flush(startTime + 107)
		f.Add(s[7])

		got2 := f.Stats()
		got2.Retries, got2.OverReleased = 0, 0
		want := Stats{
			Number: 3, Accept: 1, AcceptGood: 1, Hits: 3, Misses: 1, Timeouts: 1, CacheFull: 2,
			Added: 10, Replaced: 1, Identical: 1, Removed: 1, Taken: 1, Expired: 1, Flushed: 1,
			EvictedBeforeExpiry: 1, ScopeMismatches: 1, Bytes: 3 * stateLength,
		}
		want.EvictionAge[3] = 1 // 4 to 7 seconds
		equal(t, "Stats", got2, want)

		f.Close()
		equal(t, "Closed", f.Stats().Closed, 3)
		equal(t, "Bytes", f.Stats().Bytes, 0)
	})
}

// What many goroutines count comes out exactly.
func TestStatsUnderLoad(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Capacity = 50 })
		const workers, rounds, ids = 4, 500, 120
		var count [workers]struct{ added, identical, removed, taken, hits, misses uint64 }
		parallel(workers, func(w int) {
			mine := &count[w]
			for n := range rounds {
				id := (n*7 + w*13) % ids
				s := f.session(id)
				if f.Add(s) {
					mine.added++
				}
				if n%2 == 0 && f.Remove(s) {
					mine.removed++
				}
				if n%5 == 0 && f.RemoveID(testID((id+1)%ids)) {
					mine.removed++
				}
				if got, ok := f.Take(testID((id + 2) % ids)); ok {
					got.Release()
					mine.taken++
				} else {
					mine.misses++
				}
				if got, ok := f.Get(testID((id + 3) % ids)); ok {
					got.Release()
					mine.hits++
				} else {
					mine.misses++
				}
			}
		})
		var want Stats
		for i := range count {
			want.Added += count[i].added
			want.Removed += count[i].removed
			want.Taken += count[i].taken
			want.Hits += count[i].hits + count[i].taken
			want.Misses += count[i].misses
		}
		s := f.Stats()
		equal(t, "Added", s.Added, want.Added)
		equal(t, "Removed", s.Removed, want.Removed)
		equal(t, "Taken", s.Taken, want.Taken)
		equal(t, "Hits", s.Hits, want.Hits)
		equal(t, "Misses", s.Misses, want.Misses)
		equal(t, "EvictedBeforeExpiry", s.EvictedBeforeExpiry, s.CacheFull)
	})
}

func TestEvictionAgeSaturates(t *testing.T) {
	for _, test := range []struct{ then, now, want int64 }{
		{5, 7, 2}, {7, 5, -2}, {-5, 7, 12}, {math.MinInt64, 0, math.MaxInt64}, {math.MinInt64, math.MaxInt64, math.MaxInt64},
		{math.MaxInt64, math.MinInt64, math.MinInt64}, {1, math.MinInt64, math.MinInt64}, {math.MinInt64, -1, math.MaxInt64},
		{0, math.MinInt64, math.MinInt64}, {-1, math.MaxInt64, math.MaxInt64},
	} {
		equal(t, "the age", since(test.then, test.now), test.want)
	}
}

// Goroutines must not count in each other's cache lines.
func TestCounterStripesShareNoCacheLine(t *testing.T) {
	used := unsafe.Offsetof(counterStripe{}.evictionAge) + unsafe.Sizeof(counterStripe{}.evictionAge)
	if gap := unsafe.Sizeof(counterStripe{}) - used; gap < 64 {
		t.Errorf("%d bytes between stripes", gap)
	}
	var k counters
	k.init()
	if n := len(k.stripes); n&(n-1) != 0 || n < 2*runtime.GOMAXPROCS(0) && n < 64 {
		t.Errorf("%d stripes", n)
	}
}
