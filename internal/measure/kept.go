package measure

import (
	"fmt"

	"github.com/reprise-tls/reprise/shards"
)

// kept measures how well a cache of its own chooses whom to evict, off the
// clock: one goroutine adds 3N different sessions to a cache of capacity N, in
// the order in which they were made, and then looks for the newest N. The
// answer is the share of those that are there.
func (b *Bench) kept() (float64, error) {
	n := b.spec.Sessions
	cache, err := b.target.New(n)
	if err != nil {
		return 0, fmt.Errorf("target %s: %w", b.target.Name, err)
	}
	for _, s := range b.sessions[:3*n] {
		cache.Add(s)
	}
	found := 0
	var id [shards.MaxIDLength]byte
	for i := 2 * n; i < 3*n; i++ {
		b.ids.Put(&id, uint64(i))
		if s, ok := cache.Get(id[:]); ok {
			if s == b.sessions[i] || b.target.Loses != "" { // which may have copies
				found++
			}
			s.Release()
		}
	}
	cache.Close()
	if held := b.held(); held > 0 && b.target.Loses == "" {
		return 0, fmt.Errorf("after Close of a cache to which one goroutine added, %d sessions do not have exactly the reference of the pool", held)
	}
	return float64(found) / float64(n), nil
}
