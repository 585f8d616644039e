package shards

import "github.com/reprise-tls/reprise/internal/yield"

// Remove implements [Table]. Lock-free. Linearizes at the compare-and-swap
// that unlinks s, or at the load of the head that did not have it, where it
// also cancels what is reserved there; see reservation.
func (t *LockFree) Remove(s *Session) bool {
	sh := t.shardOf(s.Hash() & t.hashMask)
	t.countRemoval(sh)
	return t.removeIf(sh, s, anyNode, ReasonRemoved)
}

// RemoveID implements [Table]. Lock-free. Linearizes at the compare-and-swap
// that unlinks the session, or at the load of the head that showed none, where
// it also cancels what is reserved there; see reservation.
func (t *LockFree) RemoveID(id []byte) bool {
	full := Hash(id)
	hash := full & t.hashMask
	sh := t.shardOf(hash)
	t.countRemoval(sh)
	for {
		_, b, head := t.writable(sh, hash)
		n := head.chain().find(full, id)
		if n == nil {
			if !cancel(b, head) {
				continue
			}
			return false
		}
		if t.unlink(b, head, n) {
			t.places.giveBack()
			t.drop(n, ReasonRemoved)
			return true
		}
	}
}

// removeIf removes a session if it is in the table and its node is chosen.
func (t *LockFree) removeIf(sh *shard, s *Session, chosen func(*node) bool, r Reason) bool {
	hash := s.Hash() & t.hashMask
	for {
		_, b, head := t.writable(sh, hash)
		n := head.chain().findSession(s)
		if n == nil && !cancel(b, head) {
			continue
		}
		if n == nil || !chosen(n) {
			return false
		}
		if t.unlink(b, head, n) {
			t.places.giveBack()
			t.drop(n, r)
			return true
		}
	}
}

func anyNode(*node) bool { return true }

// removeExact removes the session of n unless it has left the table or got
// another expiry since n was read.
func (t *LockFree) removeExact(sh *shard, n *node, r Reason) bool {
	return t.removeIf(sh, n.session, func(m *node) bool { return m.expiry == n.expiry }, r)
}

// Reschedule implements [Table]. Lock-free. Linearizes at the compare-and-swap
// of the head, or at the load that did not show s.
func (t *LockFree) Reschedule(s *Session, expiry int64) bool {
	hash := s.Hash() & t.hashMask
	for {
		_, b, head := t.writable(t.shardOf(hash), hash)
		n := head.chain().findSession(s)
		if n == nil {
			return false
		}
		if t.reschedule(b, head, n, expiry) {
			return true
		}
		t.places.countRetry()
	}
}

// Promote implements [Table]. Wait-free. Linearizes at the change of the mark.
func (t *LockFree) Promote(s *Session) {
	if s.marks.Or(markPromoted)&markPromoted != 0 {
		return
	}
	hash := s.Hash() & t.hashMask
	c := t.shardOf(hash).current.Load()
	yield.At(yield.HintStore)
	c.slots[hash&c.mask].hint.Store(0) // what it says of s is out of date
}

// TrackRemovals implements [Table].
func (t *LockFree) TrackRemovals() { t.tracking.Store(true) }

// Removals implements [Table]. Wait-free.
func (t *LockFree) Removals(id []byte) uint64 {
	return t.shardOf(Hash(id) & t.hashMask).removals.Load()
}

// countRemoval is called before a removal looks for its session. It reports
// whether removals are tracked.
func (t *LockFree) countRemoval(sh *shard) bool {
	if !t.tracking.Load() {
		return false
	}
	yield.At(yield.RemovalCount)
	sh.removals.Add(1)
	return true
}
