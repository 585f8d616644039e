package shards

import (
	"math"

	"github.com/reprise-tls/reprise/internal/yield"
)

// An order has 33 bits of expiry, which last until 2242, 29 bits of the stamp,
// and the session's class.
const (
	expiryShift = 31
	stampShift  = 2
	stampMask   = 1<<29 - 1
	lastExpiry  = 1<<33 - 2

	promotedOrder = 1 << 0 // the session is out of probation
	mixedHint     = 1 << 1 // of a hint: the bucket has sessions of the other class too
)

// order returns the place of s in the order of eviction, as far as 64 bits can
// tell. It is never zero. After 2^29 adds to a table the stamp starts over,
// which for a moment misplaces sessions of equal expiry.
func order(s *Session, expiry int64) uint64 {
	e := uint64(max(1, min(expiry, lastExpiry)))
	o := e<<expiryShift | s.stamp.Load()&stampMask<<stampShift
	if s.Promoted() {
		o |= promotedOrder
	}
	return o
}

// isEarlier compares orders, and hints that are known, whatever their class.
func isEarlier(a, b uint64) bool { return a>>stampShift < b>>stampShift }

// emptyHint is the hint of a bucket without sessions, later than every order.
const emptyHint = math.MaxUint64

// orderExpiry returns the expiry in an order.
func orderExpiry(o uint64) int64 { return int64(o >> expiryShift) }

// withOrder returns what the hint h becomes by a session of order o.
func withOrder(h, o uint64) uint64 {
	switch h {
	case 0:
		return 0 // one more does not make it known
	case emptyHint:
		return o
	}
	mixed := h & mixedHint
	if (h^o)&promotedOrder != 0 {
		mixed = mixedHint
	}
	if isEarlier(o, h) {
		h = o
	}
	return h | mixed
}

// hintLinked brings the hint up to date for n, the newest node of the chain
// that it begins, which the caller has just published.
//
// Among others the hint only gets lower, and that commutes, so that it never
// takes a look at them; whoever raises it looks at the head after that.
func (b *bucket) hintLinked(n *node) {
	if n.next == nil {
		b.hintAt(n)
		return
	}
	o := order(n.session, n.expiry)
	for {
		h := b.hint.Load()
		lower := withOrder(h, o)
		yield.At(yield.HintStore)
		if lower == h || b.hint.CompareAndSwap(h, lower) {
			return
		}
	}
}

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
func (b *bucket) hintAt(n *node) (hint uint64) {
	_, hint = n.earliest()
	yield.At(yield.HintStore)
	b.hint.Store(hint)
	yield.At(yield.HintCheck)
	if b.head.Load() != n {
		b.hint.Store(0)
	}
	return hint
}

// resolve returns what the hint of a bucket of c should be, and mends it if it
// is unknown, or stands for sessions that have all left.
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

// mend makes the hint of a bucket of c what it should be, after its earliest
// session was unlinked.
func (b *bucket) mend(c *buckets) {
	if head := b.head.Load(); head != nil && !head.isMark() {
		b.hintAt(head)
		return
	}
	b.resolve(c)
}

// behindPromoted returns the least order on probation in a bucket whose hint
// says that there is one behind a session that is not, or emptyHint. It touches
// all of the bucket's sessions.
func (b *bucket) behindPromoted() uint64 {
	head := b.head.Load()
	if head == nil || head.isMark() {
		return emptyHint
	}
	first, least := head.earliestOnProbation()
	if first == nil {
		b.hintAt(head) // it has left
	}
	return least
}
