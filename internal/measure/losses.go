package measure

import (
	"fmt"

	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// losses says what a cache that is known to lose sessions has lost, one line
// each, and what share it has of those that it must have, if that is known.
// Such a cache may be unable to list or count what it has, or have copies of
// it, so it is only asked for one id after the other.
func (b *Bench) losses() (lost []string, kept *float64) {
	tell := func(format string, args ...any) { lost = append(lost, fmt.Sprintf(format, args...)) }
	if b.refused > 0 {
		tell("%d of %d adds did nothing while the cache was filled", b.refused, b.spec.Linked())
	}
	all := b.alone.Plus(b.racing)
	found, want := b.find(), b.left
	switch {
	case b.spec.Kind.Evicts():
		if found != b.spec.Sessions {
			tell("%d sessions are in a cache that must be full with %d", found, b.spec.Sessions)
		}
	case b.spec.Kind == workload.Mixed:
		want += int(all.Added) - int(all.Removed)
		if found != want {
			tell("%d sessions are in the cache; by what its methods returned there must be %d", found, want)
		}
	case want > 0:
		share := float64(min(found, want)) / float64(want)
		kept = &share
		if found != want {
			tell("%.2f%% of the sessions that must be in the cache are, %d of %d", 100*share, found, want)
		}
	}
	if b.spec.Kind == workload.Identical && all.Added != 0 {
		tell("%d of %d adds of a session that was in the cache returned true", all.Added, all.Adds)
	}
	if all.Hits != all.Gets && (b.spec.Kind == workload.Get || b.spec.Kind == workload.Hot) {
		tell("%d of %d lookups of ids that were added before missed", all.Gets-all.Hits, all.Gets)
	}
	b.cache.Close()
	if held := b.held(); held > 0 {
		tell("after Close, %d of %d sessions do not have exactly the reference of the pool", held, len(b.sessions))
	}
	if n := shards.OverReleased() - b.released; n > 0 {
		tell("references were released %d times that nobody held", n)
	}
	return lost, kept
}

// find returns how many of the ids of the pool a lookup finds.
func (b *Bench) find() (found int) {
	var id [shards.MaxIDLength]byte
	for i := range len(b.sessions) / b.spec.ObjectsPerID() {
		b.ids.Put(&id, uint64(i))
		if s, ok := b.cache.Get(id[:]); ok {
			found++
			s.Release()
		}
	}
	return found
}
