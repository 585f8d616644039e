package shards

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"github.com/reprise-tls/reprise/internal/yield"
)

// sweepBuckets is how many buckets a Sweep looks at; they lie beside each
// other, so that most cost no cache miss.
const sweepBuckets = 64

// chainAt returns the chain of bucket i of an array, which the caller need not
// have found current: a frozen bucket still has the sessions that it had when
// it was frozen, among them all that are in the table throughout.
func (t *LockFree) chainAt(c *buckets, i int) *node {
	yield.At(yield.HeadLoad)
	head := c.slots[i].head.Load()
	if head == nil {
		yield.At(yield.OldLoad)
		if old := c.old.Load(); old != nil {
			t.migrate(c, old, uint64(i))
		}
		yield.At(yield.HeadLoad)
		head = c.slots[i].head.Load()
	}
	return head.chain()
}

// nodes yields the nodes of a shard.
func (t *LockFree) nodes(sh *shard) iter.Seq[*node] {
	return func(visit func(*node) bool) {
		c := sh.current.Load()
		for i := range c.slots {
			for n := t.chainAt(c, i); n != nil; n = n.next {
				if !visit(n) {
					return
				}
			}
		}
	}
}

// All implements [Table]. Weakly consistent.
func (t *LockFree) All() iter.Seq2[*Session, int64] {
	return func(visit func(*Session, int64) bool) {
		for i := range t.shards {
			for n := range t.nodes(&t.shards[i]) {
				if !n.session.Acquire() {
					continue // it has left the table
				}
				if !visitHeld(n, visit) {
					return
				}
			}
		}
	}
}

// visitHeld yields the session of n and releases it, whatever the loop
// body does.
func visitHeld(n *node, visit func(*Session, int64) bool) bool {
	defer n.session.Release()
	return visit(n.session, n.expiry)
}

// Flush implements [Table]. Each removal is lock-free and linearizes by
// itself.
func (t *LockFree) Flush(now int64) int {
	return t.removeWhere(func(n *node) bool { return now > n.expiry })
}

// Clear implements [Table]. Each removal is lock-free and linearizes by
// itself.
func (t *LockFree) Clear() int {
	return t.removeWhere(anyNode)
}

func (t *LockFree) removeWhere(chosen func(*node) bool) (removed int) {
	for i := range t.shards {
		sh := &t.shards[i]
		t.countRemovals(sh)
		for _, n := range t.inOrder(t.nodes(sh), chosen) {
			// What is chosen now counts: it may have been rescheduled.
			if t.removeIf(sh, n.session, chosen, ReasonFlushed) {
				removed++
			}
		}
	}
	return removed
}

// inOrder collects the chosen nodes: in a table of one shard, which evicts
// exactly, also in the order of eviction.
func (t *LockFree) inOrder(nodes iter.Seq[*node], chosen func(*node) bool) (list []*node) {
	for n := range nodes {
		if chosen(n) {
			list = append(list, n)
		}
	}
	if len(t.shards) == 1 {
		slices.SortFunc(list, compareNodes)
	}
	return list
}

// compareNodes orders nodes by expiry, then by stamp.
func compareNodes(a, b *node) int {
	return cmp.Or(cmp.Compare(a.expiry, b.expiry), cmp.Compare(a.session.stamp.Load(), b.session.stamp.Load()))
}

// Sweep implements [Table]. Lock-free. Every goroutine goes round the table by
// itself, so that no two of them write the same counter.
func (t *LockFree) Sweep(now int64) {
	n := t.places.nextSweep()
	sh := &t.shards[n%uint64(len(t.shards))]
	c := sh.current.Load()
	first := int(n / uint64(len(t.shards)) * sweepBuckets & c.mask)
	for i := first; i < first+min(sweepBuckets, len(c.slots)); i++ {
		t.sweepBucket(sh, c, i, now)
	}
}

// sweepBucket removes what is expired in a bucket, which it looks into only if
// the hint does not exclude that there is something.
func (t *LockFree) sweepBucket(sh *shard, c *buckets, i int, now int64) {
	b := &c.slots[i]
	if h := b.hint.Load(); h != 0 && now <= orderExpiry(h) {
		return // without having touched a node
	}
	head := b.head.Load()
	if head == nil || head.isMark() {
		b.resolve(c) // so that the next sweep need not look
		return
	}
	for n := head; n != nil; n = n.next {
		if now > n.expiry {
			t.removeExact(sh, n, ReasonExpired)
		}
	}
	if left := b.head.Load(); left != nil && !left.isMark() {
		b.hintAt(left)
	}
}

// SetCapacity implements [Table].
func (t *LockFree) SetCapacity(n int) {
	seed := uint64(0)
	t.places.resizeTo(n, func() bool {
		var v *node
		t.places.payWith(func() bool {
			seed += 1<<32 + 1
			v = t.evict(seed, math.MinInt64)
			return v != nil
		})
		if v != nil {
			t.drop(v, ReasonEvicted)
		}
		return v != nil
	})
	t.shrinkArrays(n)
}

// shrinkArrays gives back the memory of arrays that are far too large for the
// capacity.
func (t *LockFree) shrinkArrays(capacity int) {
	want := t.bucketsFor(capacity)
	for i := range t.shards {
		sh := &t.shards[i]
		c := sh.current.Load()
		if capacity == Unlimited || len(c.slots) < 4*want || c.old.Load() != nil || t.closing.Load() {
			continue
		}
		t.resizeShard(sh, c, want)
		if c = sh.current.Load(); c.old.Load() != nil {
			t.help(c, c.old.Load(), len(c.slots))
		}
	}
}

// Capacity implements [Table].
func (t *LockFree) Capacity() int { return t.places.bound() }

// Len implements [Table].
func (t *LockFree) Len() int { return t.places.taken() }

// Retries implements [Table].
func (t *LockFree) Retries() uint64 { return t.places.retried() }

// Close implements [Table]. Closing a bucket is lock-free and linearizes at
// the compare-and-swap of its head: from then on nothing is linked there. Only
// where buckets are being merged, because SetCapacity shrinks the arrays at the
// same time, may sessions be linked to a closed one once more; Close comes by
// again and drops them before it returns.
func (t *LockFree) Close() {
	t.closing.Store(true)
	i := 0
	finish(func() bool { // closing a shard again goes on where it ended
		t.closeShard(&t.shards[i])
		i++
		return i < len(t.shards)
	})
}

func (t *LockFree) closeShard(sh *shard) {
	for {
		c := sh.current.Load()
		t.closeAll(c)
		yield.At(yield.CurrentLoad)
		if sh.current.Load() == c {
			return // a newer array would take its buckets, all closed, from this one
		}
	}
}

// closeAll closes the buckets of an array. Those that are frozen belong to a
// newer one.
func (t *LockFree) closeAll(c *buckets) {
	if len(t.shards) > 1 {
		for i := range c.slots {
			t.dropAll(t.closeBucket(c, i), ReasonClosed)
		}
		return
	}
	var chain []*node
	for i := range c.slots {
		for n := t.closeBucket(c, i); n != nil; n = n.next {
			chain = append(chain, n)
		}
	}
	slices.SortFunc(chain, func(a, b *node) int { return compareNodes(b, a) })
	var inOrder *node
	for _, n := range chain {
		inOrder = &node{session: n.session, expiry: n.expiry, next: inOrder}
	}
	t.dropAll(inOrder, ReasonClosed)
}

// closeBucket closes bucket i and returns the chain that it had.
func (t *LockFree) closeBucket(c *buckets, i int) *node {
	b := &c.slots[i]
	for {
		yield.At(yield.HeadLoad)
		head := b.head.Load()
		if head == nil {
			yield.At(yield.OldLoad)
			if old := c.old.Load(); old != nil {
				t.migrate(c, old, uint64(i))
				continue
			}
		}
		if head == closed || head != nil && head.isFrozen() {
			return nil
		}
		yield.At(yield.CloseCAS)
		if !b.head.CompareAndSwap(head, closed) {
			continue
		}
		chain := head.chain()
		for n := chain; n != nil; n = n.next {
			t.places.linked.lower()
			t.places.giveBack()
		}
		return chain
	}
}
