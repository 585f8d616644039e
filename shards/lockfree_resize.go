package shards

import (
	"sync/atomic"
	"unsafe"

	"github.com/reprise-tls/reprise/internal/yield"
)

// buckets is the array of one shard. While a shard is resized there are two:
// the new one, which is the shard's current one, and the old one that it
// points to. A bucket of the new array whose head is nil has not been migrated:
// its sessions are those of its bucket in the old array. To migrate it, the old
// bucket is frozen by a compare-and-swap, after which it can never change, and
// its sessions are installed by a compare-and-swap from nil. Any number of
// goroutines may do that for the same bucket; they all compute the same
// sessions, one compare-and-swap succeeds, and nil never comes back.
type buckets struct {
	slots  []bucket
	mask   uint64
	old    atomic.Pointer[buckets]
	cursor atomic.Int64 // the next bucket that a helper should migrate
}

func newBuckets(n int, old *buckets) *buckets { return bucketsOf(newSlots(n), old) }

// bucketsOf returns an array of the given buckets, a power of two of them.
func bucketsOf(slots []bucket, old *buckets) *buckets {
	c := &buckets{slots: slots, mask: uint64(len(slots) - 1)}
	c.old.Store(old)
	return c
}

// newSlots returns n buckets, on huge pages where there are enough of them and
// the system has such pages.
func newSlots(n int) []bucket {
	slots := make([]bucket, n)
	adviseHuge(unsafe.Pointer(unsafe.SliceData(slots)), uintptr(n)*unsafe.Sizeof(bucket{}))
	return slots
}

// Helping and growing.
const (
	helpBuckets   = 16   // buckets an Add migrates on top of its own
	crowdedChain  = 5    // a chain this long makes Add ask whether to grow
	crowdedSample = 256  // buckets it looks at then
	crowdedShare  = 0.80 // and the share of them in use at which it grows: 1.6 sessions a bucket
)

// readable returns the chain that has the sessions of a hash, for readers: it
// changes nothing. An unmigrated bucket is read in the old array, frozen or
// not: at some moment since the nil was seen, that chain was the right one.
func (t *LockFree) readable(sh *shard, hash uint64) *node {
	for {
		c := sh.current.Load()
		yield.At(yield.HeadLoad)
		head := c.slots[hash&c.mask].head.Load()
		if head != nil && !head.isFrozen() {
			return head.chain()
		}
		if head != nil {
			continue // frozen: the shard has a newer array
		}
		yield.At(yield.OldLoad)
		old := c.old.Load()
		yield.At(yield.HeadLoad)
		if old != nil {
			return old.slots[hash&old.mask].head.Load().chain()
		}
		// Either this array never had an old one, or its migration has ended
		// since; then the head is no longer nil.
		if c.slots[hash&c.mask].head.Load() == nil {
			return nil
		}
	}
}

// writable returns the bucket of a hash and its head, which is not frozen,
// after migrating the bucket where necessary.
func (t *LockFree) writable(sh *shard, hash uint64) (*buckets, *bucket, *node) {
	for {
		c := sh.current.Load()
		b := &c.slots[hash&c.mask]
		yield.At(yield.HeadLoad)
		head := b.head.Load()
		if head == nil {
			yield.At(yield.OldLoad)
			if old := c.old.Load(); old != nil {
				t.migrate(c, old, hash&c.mask)
				continue
			}
			yield.At(yield.HeadLoad)
			if head = b.head.Load(); head == nil {
				return c, b, nil
			}
		}
		if !head.isFrozen() {
			return c, b, head
		}
	}
}

// migrate makes bucket i of c hold its sessions.
func (t *LockFree) migrate(c, old *buckets, i uint64) {
	head := vacant
	var chain *node
	// A bucket of a larger array has one old bucket, that of a smaller one
	// several, some of which may be closed already.
	for j := i & old.mask; j < uint64(len(old.slots)); j += uint64(len(c.slots)) {
		frozen := t.freezeBucket(&old.slots[j])
		if frozen == closed {
			head = closed
			continue
		}
		for n := frozen.chain(); n != nil; n = n.next {
			if n.hash&t.hashMask&c.mask == i {
				chain = n.before(chain)
			}
		}
	}
	if chain != nil {
		head = chain // Close comes by here too
	}
	b := &c.slots[i]
	yield.At(yield.MigrateCAS)
	b.head.CompareAndSwap(nil, head)
}

// freezeBucket makes a bucket's head a mark that nothing changes any more, and
// returns it: the frozen chain, or closed.
func (t *LockFree) freezeBucket(b *bucket) *node {
	for {
		head := b.head.Load()
		if head == closed || head != nil && head.isFrozen() {
			return head
		}
		mark := freeze(head.chain())
		yield.At(yield.FreezeCAS)
		if b.head.CompareAndSwap(head, mark) {
			return mark
		}
	}
}

// afterLink helps a migration along, or starts one if the shard is crowded.
func (t *LockFree) afterLink(sh *shard, c *buckets, hash uint64, length int) {
	if old := c.old.Load(); old != nil {
		t.help(c, old, helpBuckets)
		return
	}
	if length >= crowdedChain && c.crowded(hash) && !t.closing.Load() {
		t.resizeShard(sh, c, 2*len(c.slots))
	}
}

// crowded estimates from the buckets around that of hash whether the array is
// too small. It reads only heads.
func (c *buckets) crowded(hash uint64) bool {
	n := min(crowdedSample, len(c.slots))
	first := int(hash&c.mask) &^ (n - 1)
	used := 0
	for i := first; i < first+n; i++ {
		if head := c.slots[i].head.Load(); head != nil && head != vacant {
			used++
		}
	}
	return float64(used) >= crowdedShare*float64(n)
}

// resizeShard makes an array of n buckets current, unless somebody else has
// replaced c.
func (t *LockFree) resizeShard(sh *shard, c *buckets, n int) {
	yield.At(yield.TablePublish)
	sh.current.CompareAndSwap(c, newBuckets(n, c))
}

// help migrates n buckets. Whoever is given the last ones goes over all of
// them, since another helper may have stalled, and ends the migration.
func (t *LockFree) help(c, old *buckets, n int) {
	last := len(c.slots)
	first := int(c.cursor.Add(int64(n))) - n
	if first+n >= last {
		first = 0
	} else {
		last = first + n
	}
	for i := first; i < last; i++ {
		if c.slots[i].head.Load() == nil {
			t.migrate(c, old, uint64(i))
		}
	}
	if last == len(c.slots) {
		yield.At(yield.MigrationEnd)
		c.old.Store(nil)
	}
}
