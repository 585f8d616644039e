package shards

import (
	"slices"
)

// Flush implements [Table]. It locks one bucket after another, each for as
// long as it takes to copy it, and again to remove from it. Each session
// leaves at its own removal, which checks again that it has expired; the flush
// as a whole has no linearization point.
func (t *XSync) Flush(now int64) (n int) {
	expired := func(e xsyncEntry) bool { return e.expired(now) }
	t.eachShard(func(sh *xsyncShard) {
		t.countRemoval(sh)
		n += t.dropAll(sh, expired, ReasonFlushed)
	})
	return n
}

// Clear implements [Table], with the guarantees of Flush.
func (t *XSync) Clear() (n int) {
	t.eachShard(func(sh *xsyncShard) {
		t.countRemoval(sh)
		n += t.dropAll(sh, anyEntry, ReasonFlushed)
	})
	return n
}

// Close implements [Table], with the guarantees of Flush. The mark that it
// sets first is its linearization point for Adds: one that looked at the
// mark earlier did so with a bucket locked, hence has stored its entry before
// the walk that follows comes to the bucket.
func (t *XSync) Close() {
	t.closed.Store(true)
	t.eachShard(func(sh *xsyncShard) { t.dropAll(sh, anyEntry, ReasonClosed) })
}

func anyEntry(xsyncEntry) bool { return true }

// dropAll removes the wanted ones among the sessions that a shard has now,
// earliest first, and returns how many it removed. A session that is replaced
// meanwhile is no longer meant.
func (t *XSync) dropAll(sh *xsyncShard, wanted func(xsyncEntry) bool, reason Reason) (n int) {
	entries := sh.ordered(wanted)
	finish(func() bool {
		if len(entries) == 0 {
			return false
		}
		s := entries[0].session
		entries = entries[1:]
		if t.drop(sh, t.key(s), func(e xsyncEntry) bool { return e.session == s && wanted(e) }, reason) {
			n++
		}
		return true
	})
	return n
}

// ordered returns the wanted ones among a shard's entries, earliest first.
func (sh *xsyncShard) ordered(wanted func(xsyncEntry) bool) (list []xsyncOrdered) {
	sh.m.Range(func(_ xsyncKey, e xsyncEntry) bool {
		if wanted(e) {
			list = append(list, xsyncOrdered{e, e.session.stamp.Load()})
		}
		return true
	})
	slices.SortFunc(list, xsyncOrdered.compare)
	return list
}

func (t *XSync) eachShard(f func(*xsyncShard)) {
	i := 0
	finish(func() bool {
		if i == len(t.shards) {
			return false
		}
		i++
		f(&t.shards[i-1])
		return true
	})
}

// xsyncDrop is a session that was unlinked and that the sink has yet to get.
type xsyncDrop struct {
	xsyncEntry
	reason Reason
}

// deliver hands sessions to the sink. They have been unlinked, so nobody else
// would release them.
func (t *XSync) deliver(drops []xsyncDrop) {
	finish(func() bool {
		if len(drops) == 0 {
			return false
		}
		d := drops[0]
		drops = drops[1:]
		t.sink.Dropped(d.session, d.expiry, d.reason)
		return true
	})
}

// finish calls step until it returns false, also if a call ends the goroutine:
// a sink may run an application's callback, and that may call runtime.Goexit,
// as t.FailNow in a test does. A step must have made progress when it calls
// the sink.
func finish(step func() bool) {
	finished := false
	defer func() {
		if !finished {
			finish(step)
		}
	}()
	for step() {
	}
	finished = true
}

// Sweep implements [Table]. It looks at a whole shard, with the guarantees of
// Flush, but in larger shards only in so many calls that a call looks at
// about as many sessions as there are buckets in LockFree's.
func (t *XSync) Sweep(now int64) {
	n := t.places.nextSweep()
	size := uint64(t.shards[n%uint64(len(t.shards))].m.Size())
	if pace := size/sweepBuckets + 1; n%pace == 0 {
		sh := &t.shards[n/pace%uint64(len(t.shards))]
		t.dropAll(sh, func(e xsyncEntry) bool { return e.expired(now) }, ReasonExpired)
	}
}
