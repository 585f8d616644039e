package baseline

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"sync/atomic"

	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// Floor is no cache: it does the memory accesses that a cache cannot do
// without, and nothing else, so that the time it takes is the least there can
// be on a machine. It has one array of 16-byte buckets, as many as the engine's
// table has for the same capacity, indexed by a hash that lies ready in the
// session's first cache line, as in any cache that computes it once; a lookup's
// id is its own hash. A bucket remembers one session: what came before is
// forgotten, with its reference where it had one.
//
// What an operation accesses:
//
//	workload                    operation  accesses
//	churn, expiry-mixed, fill   Remove     the session's line; one CAS of its bucket
//	                            Add        the same
//	add-evict, replace          Add        the session's line; one CAS of its bucket; the line of the session
//	                                       that it displaces, which a cache has to let go of
//	identical                   Add        the session's line; one load of its bucket
//	mixed                       Add        as for replace, but one load of the bucket where it has the session
//	                            Remove     as for churn, but one load of the bucket where it has another session
//	get, hot, mixed             Get        one load of the bucket; one CAS of the session's reference count, and
//	                                       the CAS of its release
//
// It compares no id (the session's second line), takes and drops no reference
// but that of a lookup, keeps no order of eviction and no count. With one
// session a bucket at most, some three in eight of the sessions have none, so
// that a lookup may find another one: results mean nothing and are not checked.
type Floor struct {
	buckets []floorBucket
	mask    uint64

	blind     bool // an Add or Remove changes its bucket whatever it has
	displaces bool // an Add lets go of what the bucket had
	present   bool // what is added is there
}

type floorBucket struct {
	session atomic.Pointer[shards.Session]
	_       uint64 // the engine's second word
}

// NewFloor returns a floor with as many buckets as the engine's table has for
// the capacity.
func NewFloor(capacity int) *Floor {
	const sparse, least, first = 1 << 16, 64, 1 << 20
	n := capacity
	switch {
	case n <= sparse:
		n *= 2
	case n > first:
		// The engine's begins with that many and grows where there are 1.6
		// sessions a bucket.
		n = max(first, n*5/8)
	}
	n = max(least, 1<<bits.Len(uint(n-1)))
	return &Floor{buckets: make([]floorBucket, n), mask: uint64(n - 1)}
}

// Prepare makes the floor ready for a workload over the sessions of a pool. It
// puts their hashes in the place of the times at which they were created,
// which nobody else reads.
func (c *Floor) Prepare(s workload.Spec, pool []*shards.Session) {
	var id [shards.MaxIDLength]byte
	for _, session := range pool {
		session.AppendID(id[:0])
		session.SetCreated(int64(binary.LittleEndian.Uint64(id[:])))
	}
	switch s.Kind {
	case workload.Churn, workload.ExpiryMixed, workload.Fill:
		c.blind = true
	case workload.AddEvict, workload.Replace:
		c.blind, c.displaces = true, true
	case workload.Identical:
		c.present = true
	case workload.Mixed:
		c.displaces = true
	}
}

func (c *Floor) bucket(s *shards.Session) *floorBucket {
	return &c.buckets[uint64(s.Created())&c.mask]
}

// Add accesses what the documentation of Floor says.
func (c *Floor) Add(s *shards.Session) bool {
	b := c.bucket(s)
	old := b.session.Load()
	if c.present && old != nil || old == s && !c.blind {
		return false
	}
	added := b.session.CompareAndSwap(old, s)
	if c.displaces && old != nil {
		return added && old.References() > 0
	}
	return added
}

// Remove accesses what the documentation of Floor says.
func (c *Floor) Remove(s *shards.Session) bool {
	b := c.bucket(s)
	old := b.session.Load()
	if old != s && !c.blind {
		return false
	}
	return b.session.CompareAndSwap(old, nil)
}

// Get accesses what the documentation of Floor says.
func (c *Floor) Get(id []byte) (*shards.Session, bool) {
	s := c.buckets[binary.LittleEndian.Uint64(id)&c.mask].session.Load()
	return s, s != nil && s.Acquire()
}

// Len returns 0.
func (c *Floor) Len() int { return 0 }

// All yields nothing.
func (c *Floor) All() iter.Seq[*shards.Session] { return func(func(*shards.Session) bool) {} }

// Close does nothing.
func (c *Floor) Close() {}
