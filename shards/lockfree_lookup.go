package shards

// Lookup implements [Table]. Lock-free: it starts over only if a session it
// found was unlinked and released meanwhile. (One that is still linked, and
// whose count is zero all the same, was released too often; it is a miss.)
// Linearizes at the load of the bucket's head that it answers from; for Expired
// at the compare-and-swap that removes the session, if that is this call's.
func (t *LockFree) Lookup(id []byte, scope Scope, now int64) (*Session, Result) {
	hash := Hash(id)
	sh := t.shardOf(hash & t.hashMask)
	var released *Session
	for {
		n := t.readable(sh, hash&t.hashMask).find(hash, id)
		switch {
		case n == nil:
			return nil, Miss
		case n.session.scope != scope:
			return nil, OtherScope
		case now > n.expiry:
			if t.removeExact(sh, n, ReasonExpired) {
				return nil, Expired
			}
		case n.session == released:
			return nil, Miss
		case n.session.Acquire():
			return n.session, Hit
		default:
			released = n.session
		}
		// Somebody else removed, replaced or refreshed the session.
		t.places.countRetry()
	}
}

// Take implements [Table]. Lock-free. Linearizes at the compare-and-swap that
// unlinks the session, or at the load of the head that showed none to take.
func (t *LockFree) Take(id []byte, scope Scope, now int64) (*Session, Result) {
	full := Hash(id)
	hash := full & t.hashMask
	sh := t.shardOf(hash)
	t.countRemoval(sh)
	for {
		_, b, head := t.writable(sh, hash)
		n := head.chain().find(full, id)
		switch {
		case n == nil:
			if !cancel(b, head) {
				continue
			}
			return nil, Miss
		case n.session.scope != scope:
			return nil, OtherScope
		}
		if !t.unlink(b, head, n) {
			continue
		}
		t.places.giveBack()
		if now > n.expiry {
			t.drop(n, ReasonExpired)
			return nil, Expired
		}
		n.session.markNotResumable()
		return n.session, Hit
	}
}

// Contains implements [Table]. Lock-free, linearizes at the load of the
// bucket's head.
func (t *LockFree) Contains(id []byte) bool {
	hash := Hash(id)
	return t.readable(t.shardOf(hash&t.hashMask), hash&t.hashMask).find(hash, id) != nil
}

// find returns the node with the id, nil if there is none.
func (head *node) find(hash uint64, id []byte) *node {
	for n := head; n != nil; n = n.next {
		if n.hash == hash && n.session.HasID(id) {
			return n
		}
	}
	return nil
}

// findSession returns the node of s itself, nil if there is none.
func (head *node) findSession(s *Session) *node {
	for n := head; n != nil; n = n.next {
		if n.session == s {
			return n
		}
	}
	return nil
}
