package golang

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	detector "github.com/reprise-tls/reprise/internal/race"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// sound are the peers whose operations are single steps.
func sound(p Peer) bool {
	return p.Identity >= Adapter && p.Replacement >= Adapter && p.References >= Adapter
}

// fewer returns a quarter of n under the race detector, which makes everything
// take ten times as long.
func fewer(n int) int {
	if detector.Enabled {
		return n / 4
	}
	return n
}

// race has goroutines do everything to a few sessions that share ids.
func race(c workload.Cache, all []*shards.Session, operations int) (added, removed int64) {
	var adds, removals atomic.Int64
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range operations {
				s := all[(i*7919+g*31)%len(all)]
				switch i % 4 {
				case 0, 1:
					if c.Add(s) {
						adds.Add(1)
					}
				case 2:
					if c.Remove(s) {
						removals.Add(1)
					}
				default:
					found(c, s.ID())
				}
			}
		})
	}
	wait.Wait()
	return adds.Load(), removals.Load()
}

// Afterwards every reference must be accounted for.
func TestRaces(t *testing.T) {
	const capacity = 200
	peers(t, sound, func(t *testing.T, p Peer) {
		c := open(t, p, capacity)
		all := sessions(t, 300)
		for _, s := range all[:100] {
			all = append(all, twin(t, s))
		}
		added, removed := race(c, all, fewer(20_000))
		if added == 0 || removed == 0 {
			t.Error("nothing happened")
		}
		if n := c.Len(); p.NoBound == "" && n > capacity {
			t.Errorf("%d sessions are in a cache of capacity %d", n, capacity)
		}
		accounts(t, c, all)
	})
}

func TestOneOfRacingRemovalsWins(t *testing.T) {
	peers(t, sound, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
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
	peers(t, sound, func(t *testing.T, p Peer) {
		c := open(t, p, 1_000)
		a := sessions(t, 1)[0]
		b := twin(t, a)
		c.Add(a)
		var done atomic.Bool
		var wait sync.WaitGroup
		wait.Go(func() {
			for range fewer(50_000) {
				c.Add(b)
				c.Add(a)
			}
			done.Store(true)
		})
		for !done.Load() {
			if found(c, a.ID()) == nil {
				t.Error("missed")
				break
			}
		}
		wait.Wait()
	})
}

// As many sessions fit as the capacity says, whatever parts they fall into.
func TestAllThatFitAreKept(t *testing.T) {
	peers(t, func(p Peer) bool { return p.Bound >= Adapter && sound(p) }, func(t *testing.T, p Peer) {
		for _, n := range []int{1, 2, 100, 1_000, 20_000} {
			c := open(t, p, n)
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
			if got := len(slices.Collect(c.All())); got != n {
				t.Errorf("%d of %d sessions were kept", got, n)
			}
			for _, s := range all {
				references(t, "kept", s, 2)
			}
		}
	})
}
