package shards

// Lookup implements [Table].
//
// Lock-free, except that it locks the bucket of an expired session in order to
// remove it. A hit linearizes at the map's load of the entry that was found
// last, a miss and OtherScope likewise; Expired at the removal. Where the
// reference cannot be had the session has left the table since the load, and
// the lookup starts over: that is how it never misses an id that is only
// replaced.
func (t *XSync) Lookup(id []byte, scope Scope, now int64) (*Session, Result) {
	k, ok := t.keyOf(id)
	if !ok {
		return nil, Miss
	}
	sh := t.shard(k.hash)
	var gone *Session
	for {
		e, result := sh.find(k, scope, now)
		switch {
		case result == Hit && e.session == gone:
			// Its table's reference cannot have been dropped before it was
			// unlinked. Its count is at the limit, or its user released it
			// too often.
			return nil, Miss
		case result == Hit && e.session.Acquire():
			return e.session, Hit
		case result == Hit:
			gone = e.session
		case result != Expired:
			return nil, result
		case t.expire(sh, k, e, now):
			return nil, Expired
		}
		t.places.countRetry()
	}
}

// Take implements [Table].
//
// It locks the bucket of a session that it takes, or that has expired, and
// where removals are tracked that of one it misses. A hit
// and Expired linearize at the removal, which checks that the session is still
// the one that was found; the rest at the map's load of the entry.
func (t *XSync) Take(id []byte, scope Scope, now int64) (*Session, Result) {
	k, ok := t.keyOf(id)
	if !ok {
		return nil, Miss
	}
	sh := t.shard(k.hash)
	counted := t.countRemoval(sh)
	for {
		e, result := sh.find(k, scope, now)
		switch {
		case result == Hit:
			taken := func(x xsyncEntry) bool { return x.session == e.session && !x.expired(now) }
			if _, ok := t.unlink(sh, k, taken); ok {
				t.places.giveBack()
				return e.session, Hit
			}
		case result == Miss && counted && sh.has(k):
			// It came after the load.
		case result != Expired:
			return nil, result
		case t.expire(sh, k, e, now):
			return nil, Expired
		}
		t.places.countRetry()
	}
}

// has reports whether there is an entry for k, under the bucket's lock.
func (sh *xsyncShard) has(k xsyncKey) (present bool) {
	sh.m.Compute(k, func(old xsyncEntry, loaded bool) (xsyncEntry, bool) {
		present = loaded
		return old, !loaded
	})
	return present
}

// find loads the entry of a key and says what a lookup makes of it. The scope
// comes first, as in OpenSSL: a client of another scope expires nothing.
func (sh *xsyncShard) find(k xsyncKey, scope Scope, now int64) (xsyncEntry, Result) {
	e, ok := sh.m.Load(k)
	switch {
	case !ok:
		return e, Miss
	case e.session.scope != scope:
		return e, OtherScope
	case e.expired(now):
		return e, Expired
	}
	return e, Hit
}

// expire removes e.session, unless it has left the table or been given a new
// expiry since, and reports whether it did.
func (t *XSync) expire(sh *xsyncShard, k xsyncKey, e xsyncEntry, now int64) bool {
	expired := func(x xsyncEntry) bool { return x.session == e.session && x.expired(now) }
	return t.drop(sh, k, expired, ReasonExpired)
}
