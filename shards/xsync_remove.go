package shards

// Remove implements [Table]. It locks the session's bucket if the session is
// there or removals are tracked. True linearizes at the removal, which compares identities; false at
// the load that found another session or none, or at the comparison.
func (t *XSync) Remove(s *Session) bool {
	k := t.key(s)
	sh := t.shard(k.hash)
	counted := t.countRemoval(sh)
	if e, ok := sh.m.Load(k); (!ok || e.session != s) && !counted {
		return false
	}
	return t.drop(sh, k, func(e xsyncEntry) bool { return e.session == s }, ReasonRemoved)
}

// RemoveID implements [Table]. It locks the session's bucket if there is one
// with the id or removals are tracked. True linearizes at the removal; false at the load that found
// none, or under the lock.
func (t *XSync) RemoveID(id []byte) bool {
	k, ok := t.keyOf(id)
	if !ok {
		return false
	}
	sh := t.shard(k.hash)
	counted := t.countRemoval(sh)
	if _, ok := sh.m.Load(k); !ok && !counted {
		return false
	}
	return t.drop(sh, k, func(xsyncEntry) bool { return true }, ReasonRemoved)
}

// unlink removes the entry of k if it is as wanted, and returns it. The caller
// has its place and its reference then. It locks the bucket, under which
// wanted runs: it must do no more than compare.
//
// Where the map has another entry for k that one is stored again as it is: the
// library's Compute cannot decline. Callers load first, so that this is rare.
func (t *XSync) unlink(sh *xsyncShard, k xsyncKey, wanted func(xsyncEntry) bool) (e xsyncEntry, ok bool) {
	sh.m.Compute(k, func(old xsyncEntry, loaded bool) (xsyncEntry, bool) {
		e, ok = old, loaded && wanted(old)
		return old, ok || !loaded
	})
	if ok {
		t.places.linked.lower()
		e.session.markNotResumable()
	}
	return e, ok
}

// drop unlinks the entry of k if it is as wanted, makes its place free and
// hands it to the sink.
func (t *XSync) drop(sh *xsyncShard, k xsyncKey, wanted func(xsyncEntry) bool, reason Reason) bool {
	e, ok := t.unlink(sh, k, wanted)
	if ok {
		t.places.giveBack()
		t.sink.Dropped(e.session, e.expiry, reason)
	}
	return ok
}
