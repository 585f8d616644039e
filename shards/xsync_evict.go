package shards

import "cmp"

// place returns with a place taken: a free one or a victim's. Victims are
// appended to drops. It reports false if no place was free and no session was
// linked, so that nothing could be evicted: all places are held by others who
// are about to link.
//
// A place that is held while others must vanish, after a shrink, is the first
// to go.
func (t *XSync) place(shard uint64, now int64, drops []xsyncDrop) (bool, []xsyncDrop) {
	for {
		if !t.places.take() {
			victim, result := t.evict(shard, now)
			switch {
			case result == evicted:
				drops = append(drops, xsyncDrop{victim, ReasonEvicted})
			case result == lostToAnother:
				t.places.countRetry()
				continue
			case !t.places.take():
				return false, drops
			}
		}
		if !t.places.owing() || !t.places.pay() {
			return true, drops
		}
	}
}

// Evict implements [Table]. It walks a shard, and so may wait for writers of its
// buckets, and locks the victim's. True linearizes at the removal, which
// compares entries; false does not while others write.
func (t *XSync) Evict(now int64) bool {
	shard := t.places.nextEviction() & uint64(len(t.shards)-1)
	for {
		victim, result := t.evict(shard, now)
		switch result {
		case nothingToEvict:
			return false
		case evicted:
			t.places.giveBack()
			t.sink.Dropped(victim.session, victim.expiry, ReasonEvicted)
			return true
		}
		t.places.countRetry()
	}
}

type evictResult uint8

const (
	evicted        evictResult = iota
	nothingToEvict             // no session is linked
	lostToAnother              // the victim was removed or changed by another
)

// evict unlinks the victim of a shard or, where that is empty, of the next one
// that is not. The caller has its place.
//
// Shards that seem empty are passed over at first: the library counts an entry
// a moment after it stored it.
func (t *XSync) evict(first uint64, now int64) (xsyncEntry, evictResult) {
	for _, skip := range [...]bool{true, false} {
		for i := range uint64(len(t.shards)) {
			sh := &t.shards[(first+i)&uint64(len(t.shards)-1)]
			if skip && sh.m.Size() == 0 {
				continue
			}
			victim, ok := sh.victim(now, t.share)
			if !ok {
				continue
			}
			if e, ok := t.unlink(sh, t.key(victim.session), victim.is); ok {
				return e, evicted
			}
			return victim, lostToAnother
		}
	}
	return xsyncEntry{}, nothingToEvict
}

// is reports that nothing has become of the entry: its session is in the table
// still and has not been rescheduled.
func (e xsyncEntry) is(x xsyncEntry) bool { return e == x }

// victim returns what is to be evicted from a shard: the earliest session, if
// that has expired; else the earliest on probation, if those are more than
// share percent of the shard; else the earliest. It walks the whole shard.
func (sh *xsyncShard) victim(now int64, share int) (victim xsyncEntry, ok bool) {
	var all, onProbation xsyncEarliest
	sh.m.Range(func(_ xsyncKey, e xsyncEntry) bool {
		all.see(e)
		if !e.session.Promoted() {
			onProbation.see(e)
		}
		return true
	})
	if onProbation.n*100 > share*all.n && !all.expired(now) {
		return onProbation.xsyncEntry, true
	}
	return all.xsyncEntry, all.n > 0
}

// xsyncEarliest is the earliest of the n entries that it has seen.
type xsyncEarliest struct {
	xsyncEntry
	stamp uint64
	n     int
}

func (x *xsyncEarliest) see(e xsyncEntry) {
	x.n++
	if x.n > 1 && e.expiry > x.expiry {
		return
	}
	stamp := e.session.stamp.Load()
	if x.n == 1 || e.expiry < x.expiry || stamp < x.stamp {
		x.xsyncEntry, x.stamp = e, stamp
	}
}

// SetCapacity implements [Table]. The mutex that calls of it share is held
// only while the number of places is changed, not while it evicts. It locks
// buckets as an eviction does. The bound is the new one from the store in
// places.setTotal on; each victim leaves at its own removal.
func (t *XSync) SetCapacity(n int) { t.places.resizeTo(n, t.evictOwed) }

// evictOwed goes over the shards once and evicts from each its part of what is
// owed. It reports whether it found any session.
func (t *XSync) evictOwed() (found bool) {
	part := t.places.debt.Load()/int64(len(t.shards)) + 1
	for i := range t.shards {
		if t.shrink(&t.shards[i], part) {
			found = true
		}
	}
	return found
}

// shrink evicts up to n sessions from a shard, as long as places must vanish,
// and reports whether it found any. It does not know what time it is, so what
// has expired is nothing special to it; it is early in the order anyway.
func (t *XSync) shrink(sh *xsyncShard, n int64) (found bool) {
	for _, e := range sh.victims(t.share) {
		if n == 0 || !t.places.owing() {
			break
		}
		found = true
		unlinked := false
		t.places.payWith(func() bool {
			_, unlinked = t.unlink(sh, t.key(e.session), e.is)
			return unlinked
		})
		if unlinked {
			n--
			t.sink.Dropped(e.session, e.expiry, ReasonEvicted)
		}
		t.places.payFromFree()
	}
	return found
}

// victims returns a shard's sessions in the order in which victim, called over
// and over while nothing expires, would choose them.
func (sh *xsyncShard) victims(share int) []xsyncEntry {
	var onProbation, promoted []xsyncOrdered
	for _, e := range sh.ordered(anyEntry) {
		if e.session.Promoted() {
			promoted = append(promoted, e)
		} else {
			onProbation = append(onProbation, e)
		}
	}
	var order []xsyncEntry
	for n := len(onProbation) + len(promoted); n > 0; n-- {
		next := &onProbation
		if len(onProbation)*100 <= share*n && !isBefore(onProbation, promoted) {
			next = &promoted
		}
		order = append(order, (*next)[0].xsyncEntry)
		*next = (*next)[1:]
	}
	return order
}

// isBefore reports whether the first of a is earlier than that of b.
func isBefore(a, b []xsyncOrdered) bool {
	return len(a) > 0 && (len(b) == 0 || a[0].compare(b[0]) < 0)
}

// xsyncOrdered is an entry with its session's stamp as it was at one time, so
// that sorting sees the same one throughout.
type xsyncOrdered struct {
	xsyncEntry
	stamp uint64
}

func (e xsyncOrdered) compare(other xsyncOrdered) int {
	return cmp.Or(cmp.Compare(e.expiry, other.expiry), cmp.Compare(e.stamp, other.stamp))
}
