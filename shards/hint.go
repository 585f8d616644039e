package shards

import (
	"math"

	"github.com/reprise-tls/reprise/internal/yield"
)

// order returns the place of s in the order of eviction, as far as 64 bits can
// tell: 34 bits of expiry, 29 bits of the stamp, and in the lowest bit whether
// s is out of probation. It is never zero. After 2^29 adds to a shard the
// stamp starts over, which for a moment misplaces sessions of equal expiry.
func order(s *Session, expiry int64) uint64 {
	e := uint64(max(1, min(expiry, 1<<34-2)))
	o := e<<30 | s.stamp.Load()&(1<<29-1)<<1
	if s.Promoted() {
		o |= 1
	}
	return o
}

// emptyHint is the hint of a bucket without sessions, later than every order.
const emptyHint = math.MaxUint64

// orderExpiry returns the expiry in an order.
func orderExpiry(o uint64) int64 { return int64(o >> 30) }

// hintEmpty writes the hint for a bucket in which the caller found, after it
// had read the hint known, a head without sessions.
func (b *bucket) hintEmpty(known uint64, head *node) {
	yield.At(yield.HintStore)
	if known == emptyHint || !b.hint.CompareAndSwap(known, emptyHint) {
		return
	}
	yield.At(yield.HintCheck)
	if b.head.Load() != head {
		b.hint.Store(0)
	}
}

// hintAt writes the hint for the chain n, as the caller published or found it,
// and returns it. If the head has changed since, the bucket's is not known.
func (b *bucket) hintAt(n *node) (least uint64) {
	_, least = n.earliest()
	yield.At(yield.HintStore)
	b.hint.Store(least)
	yield.At(yield.HintCheck)
	if b.head.Load() != n {
		b.hint.Store(0)
	}
	return least
}

// resolve returns what the hint of a bucket of c should be, and mends it if it
// is not.
func (b *bucket) resolve(c *buckets) uint64 {
	o := b.hint.Load()
	migrating := c.old.Load() != nil // looked at before the head
	head := b.head.Load()
	switch {
	case head == vacant, head == nil && !migrating:
		b.hintEmpty(o, head)
		return emptyHint
	case head == nil:
		return emptyHint // for now
	case o != 0:
		return o // without having touched a node
	case head.isMark():
		return emptyHint
	}
	return b.hintAt(head)
}
