package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/reprise-tls/reprise/shards"
)

// AuditReport is what [Cache.Audit] has counted by going over the sessions.
type AuditReport struct {
	Sessions    int    // sessions met
	Len         int    // what Len returned
	Capacity    int    // the bound, 0 for none
	StateBytes  uint64 // bytes of their states
	References  int64  // references on them: the cache's, one each, and the others
	Outstanding int64  // the others: what lookups and callers hold, and other caches
}

// Audit goes over all sessions and returns what it counted and, joined, every
// fault it found; each wraps [ErrAudit]:
//
//   - Len differs from the number of sessions met. Among other things that
//     happens when somebody has released a session too often: once the cache's
//     reference is gone the walk passes over it.
//   - Stats.Bytes differs from the bytes met.
//   - There are more sessions than the capacity allows.
//   - Two sessions have the same id.
//
// It takes time and memory (8 bytes a session) in proportion to the sessions.
// Others may use the cache meanwhile, but then it may report faults that are
// none: its verdict counts when nobody does.
func (c *Cache) Audit() (AuditReport, error) {
	r := AuditReport{Len: c.Len(), Capacity: c.Capacity()}
	hashes := make([]uint64, 0, r.Len)
	var id [MaxIDLength]byte
	for s := range c.table.All() {
		r.Sessions++
		r.StateBytes += uint64(s.StateLength())
		r.References += int64(s.References()) - 1 // without the walk's own
		hashes = append(hashes, shards.Hash(s.AppendID(id[:0])))
	}
	r.Outstanding = r.References - int64(r.Sessions)

	var faults []error
	fault := func(found bool, format string, args ...any) {
		if found {
			faults = append(faults, fmt.Errorf("%w: "+format, append([]any{ErrAudit}, args...)...))
		}
	}
	fault(r.Len != r.Sessions, "Len is %d, the walk met %d sessions", r.Len, r.Sessions)
	fault(r.Capacity != Unlimited && r.Sessions > r.Capacity, "%d sessions, the capacity is %d", r.Sessions, r.Capacity)
	bytes := c.Stats().Bytes
	fault(bytes != r.StateBytes, "Stats.Bytes is %d, the walk met %d bytes of state", bytes, r.StateBytes)
	twins := c.sharedIDs(hashes)
	fault(twins > 0, "%d sessions whose id another one has", twins)
	return r, errors.Join(faults...)
}

// sharedIDs returns how many sessions have the id of one met before. It looks
// at the ids only of those whose hashes are equal.
func (c *Cache) sharedIDs(hashes []uint64) (n int) {
	slices.Sort(hashes)
	equal := map[uint64]bool{}
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			equal[hashes[i]] = true
		}
	}
	if len(equal) == 0 {
		return 0
	}
	met := map[string]bool{}
	for s := range c.table.All() {
		id := s.ID()
		if !equal[shards.Hash(id)] {
			continue
		}
		if met[string(id)] {
			n++
		}
		met[string(id)] = true
	}
	return n
}
