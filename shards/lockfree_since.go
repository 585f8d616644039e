package shards

import "github.com/reprise-tls/reprise/internal/yield"

// A reservation is how AddSince makes the look at the removals and the link
// one step. It puts a mark of its own at the head of the bucket, looks whether
// there were removals, and links by a compare-and-swap from that mark. A
// removal counts itself before it loads the head. So either the look shows
// it; or its load comes after the mark, and it finds the session linked, or
// finds the mark and takes it away, and the compare-and-swap fails.
//
// The mark is new for each attempt and is never part of a chain, so once it is
// gone it does not come back. Without it, one who loads the head, looks at the
// removals and compares and swaps could miss a removal that found nothing, and
// so changed nothing.
//
// To everybody else the bucket is as it was; who changes it replaces the mark.
// Eviction passes it over meanwhile.
type reservation struct {
	removals uint64
	bucket   *bucket
	mark     *node
}

// reserve puts a new mark in the place of head.
func (r *reservation) reserve(b *bucket, head *node) bool {
	r.bucket, r.mark = b, &node{expiry: reservedMark, next: head.chain()}
	yield.At(yield.ReserveHead)
	return b.head.CompareAndSwap(head, r.mark)
}

// cancel takes away the mark of a reservation, if head is one, and reports
// whether head can be acted upon: false means that it has changed.
func cancel(b *bucket, head *node) bool {
	if head == nil || head.session != nil || head.expiry != reservedMark {
		return true
	}
	chain := head.next
	if chain == nil {
		chain = vacant
	}
	yield.At(yield.CancelCAS)
	return b.head.CompareAndSwap(head, chain)
}

// countRemovals is called before a removal looks for sessions in all of the
// shard. Besides counting, it takes away what is reserved.
func (t *LockFree) countRemovals(sh *shard) {
	if !t.countRemoval(sh) {
		return
	}
	c := sh.current.Load()
	for i := range c.slots {
		t.chainAt(c, i) // migrates the bucket if need be
		for b := &c.slots[i]; !cancel(b, b.head.Load()); {
		}
	}
}

// AddSince implements [Table]. Lock-free, as Add; linearizes as Add does, and
// for Outdated at the load of the removals.
func (t *LockFree) AddSince(s *Session, expiry, now int64, refresh bool, removals uint64) Outcome {
	since := reservation{removals: removals}
	var gone departed
	outcome := t.add(s, expiry, now, refresh, &since, &gone)
	if since.mark != nil {
		cancel(since.bucket, since.mark) // does nothing if it is gone already
	}
	if gone != (departed{}) {
		t.deliver(&gone)
	}
	return outcome
}
