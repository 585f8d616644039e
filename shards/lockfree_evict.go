package shards

import "github.com/reprise-tls/reprise/internal/yield"

// Who is evicted: what is expired; else, if the sessions on probation, those
// never resumed, have more than their share of the table, the earliest of them
// to expire; else the earliest of all. Ties go by insertion.
//
// Up to exactCapacity that is exact. In larger tables it is nearly so, in a
// bounded number of steps; see candidates.

// victimAttempts is how many candidates may turn out to be gone.
const victimAttempts = 2 * candidateCount

// evict makes a place by unlinking a session, and returns its node, nil if it
// found none. The place is the caller's. seed decides where it looks when
// others are looking too.
func (t *LockFree) evict(seed uint64, now int64) *node {
	if t.places.exact() && len(t.shards) == 1 {
		return t.unlinkWorst(&t.shards[0], now)
	}
	for range victimAttempts {
		pick := t.pick(seed, now)
		if pick == none {
			break
		}
		if v := t.unlinkAt(pick, now); v != nil {
			return v
		}
	}
	for i := range t.shards {
		if v := t.unlinkAny(&t.shards[(int(seed>>32)+i)%len(t.shards)], seed); v != nil {
			return v
		}
	}
	return nil
}

// Evict implements [Table]. Lock-free. True linearizes at the compare-and-swap
// that unlinks the victim. False does not while others write: it means that no
// session was met on the way round the table, though one may have been linked
// behind the hand.
func (t *LockFree) Evict(now int64) bool {
	v := t.evict(t.places.nextEviction(), now)
	if v == nil {
		return false
	}
	t.places.giveBack()
	t.drop(v, ReasonEvicted)
	return true
}

// pick chooses a bucket to evict from.
func (t *LockFree) pick(seed uint64, now int64) candidate {
	yield.At(yield.CandidatesLock)
	k := &t.candidates[Affinity()&t.places.mask]
	if !k.busy.CompareAndSwap(false, true) {
		var own candidates
		own.init(int(seed%uint64(len(t.shards))), int(seed>>32))
		own.scan(t, scanUsed/2)
		return own.choose(t.probation, now)
	}
	for i := 0; i < scanAttempts && (k.left == 0 || k.short(t.probation)); i++ {
		k.scan(t, scanUsed)
		k.left = batchEvictions
		k.settle(t)
	}
	k.left--
	pick := k.choose(t.probation, now)
	k.busy.Store(false)
	return pick
}

// unlinkAt unlinks the earliest session of the picked bucket, and class where
// nothing is expired, if it is what the pick promised. If not, it corrects the
// hint and returns nil.
func (t *LockFree) unlinkAt(pick candidate, now int64) *node {
	c := t.shards[pick.shard].current.Load()
	b := &c.slots[uint64(pick.slot)&c.mask]
	for {
		head := b.head.Load()
		if head == nil || head.isMark() {
			return nil
		}
		victim, o := head.earliest()
		if pick.order&promotedOrder == 0 && now <= victim.expiry {
			victim, o = head.earliestOnProbation()
		}
		if victim == nil || isEarlier(pick.order, o) && now <= victim.expiry {
			b.hintAt(head)
			return nil
		}
		if t.unlink(b, head, victim) {
			b.mend(c) // its sessions are at hand
			return victim
		}
	}
}

// unlinkAny unlinks the first session it comes across, for a shard so empty
// that scanning found nothing.
func (t *LockFree) unlinkAny(sh *shard, seed uint64) *node {
	c := sh.current.Load()
	for i := range uint64(len(c.slots)) {
		j := (seed + i) & c.mask
		for n := t.chainAt(c, int(j)); n != nil; n = n.next {
			_, b, head := t.writable(sh, n.hash&t.hashMask)
			if m := head.chain().findSession(n.session); m != nil && t.unlink(b, head, m) {
				return m
			}
		}
	}
	return nil
}

// unlinkWorst unlinks the victim of a small table.
func (t *LockFree) unlinkWorst(sh *shard, now int64) *node {
	for {
		var all, probation *node
		total, onProbation := 0, 0
		for n := range t.nodes(sh) {
			total++
			if all == nil || compareNodes(n, all) < 0 {
				all = n
			}
			if n.session.Promoted() {
				continue
			}
			onProbation++
			if probation == nil || compareNodes(n, probation) < 0 {
				probation = n
			}
		}
		if all == nil {
			return nil
		}
		victim := all
		if probation != nil && now <= all.expiry && onProbation*100 > t.probation*total {
			victim = probation
		}
		_, b, head := t.writable(sh, victim.hash&t.hashMask)
		m := head.chain().findSession(victim.session)
		if m != nil && m.expiry == victim.expiry && t.unlink(b, head, m) {
			return m
		}
	}
}
