package shards

import (
	"math"
	"sync/atomic"

	"github.com/reprise-tls/reprise/internal/yield"
)

// Who is evicted: what is expired; else, if the sessions on probation, those
// never resumed, have more than their share of the shard, the earliest of them
// to expire; else the earliest of all. Ties go by insertion.
//
// Up to exactCapacity that is exact. In larger tables it is nearly so, in a
// bounded number of steps: a shard keeps a few candidates, the earliest that
// were met, and each eviction goes over the hints of the next few buckets,
// which lie beside each other, before it takes the earliest candidate.
const (
	candidateCount  = 16
	scanBuckets     = 32  // at most
	scanUsed        = 10  // buckets in use, after which a scan stops
	victimAttempts  = 8   // candidates that may turn out to be gone
	probationWeight = 8   // an eviction counts for 1/8 in the estimate of the share on probation
	wholeShare      = 256 // that share is in 256ths
)

// candidates are the buckets of a shard with the earliest sessions seen, those
// on probation and the others apart. The try-lock guards them; who does not get
// it does without.
type candidates struct {
	busy   atomic.Bool
	cursor uint64
	share  int // of the shard, on probation; in 256ths

	probation, promoted candidateList
}

// candidateList is a list of candidates, the latest first.
type candidateList struct {
	count int
	list  [candidateCount]candidate
}

// candidate is a bucket and the hint it had.
type candidate struct {
	order  uint64
	bucket uint64
}

// none is the candidate of an empty list.
var none = candidate{order: math.MaxUint64}

// evictFor makes a place by evicting a session, from the shard sh if it has
// one, and returns its node, nil if no shard has one. The place is the
// caller's.
func (t *LockFree) evictFor(sh *shard, hash uint64, now int64) *node {
	v := t.unlinkVictim(sh, hash, now)
	for i := 0; v == nil && i < len(t.shards); i++ {
		v = t.unlinkVictim(&t.shards[i], hash, now)
	}
	return v
}

// unlinkVictim unlinks a victim in a shard, nil if it found none; seed decides
// where it looks when others are looking too.
func (t *LockFree) unlinkVictim(sh *shard, seed uint64, now int64) *node {
	if t.places.exact() && len(t.shards) == 1 {
		return t.unlinkWorst(sh, now)
	}
	for range victimAttempts {
		c := sh.current.Load()
		pick := t.pick(sh, c, seed, now)
		if pick == none {
			break
		}
		if v := t.unlinkAt(c, pick, now); v != nil {
			return v
		}
	}
	return t.unlinkAny(sh, seed)
}

// pick chooses a bucket to evict from.
func (t *LockFree) pick(sh *shard, c *buckets, seed uint64, now int64) candidate {
	yield.At(yield.CandidatesLock)
	if sh.busy.CompareAndSwap(false, true) {
		defer sh.busy.Store(false)
		sh.cursor = sh.scan(c, sh.cursor)
		return sh.choose(sh.share*100 > t.probation*wholeShare, now)
	}
	var own candidates
	own.share = wholeShare // unknown; most sessions are on probation
	own.scan(c, seed/scanBuckets*scanBuckets)
	return own.choose(t.probation < 100, now)
}

// scan merges the next buckets into the candidates, and returns where it
// stopped.
func (k *candidates) scan(c *buckets, first uint64) (next uint64) {
	used, probation := 0, 0
	for next = first; next < first+scanBuckets && used < scanUsed; next++ {
		i := next & c.mask
		b := &c.slots[i]
		head := b.head.Load()
		if head == nil || head == vacant || head == closed {
			continue
		}
		o := b.hint.Load()
		if o == 0 {
			if head.isMark() {
				continue // frozen
			}
			o = b.hintAt(head)
		}
		used++
		if o&1 == 0 {
			probation++
			k.probation.merge(candidate{o, i})
		} else {
			k.promoted.merge(candidate{o, i})
		}
	}
	if used > 0 {
		k.share += (probation*wholeShare/used - k.share) / probationWeight
	}
	return next
}

// choose takes out the candidate to evict and returns it.
func (k *candidates) choose(fromProbation bool, now int64) candidate {
	a, b := k.probation.earliest(), k.promoted.earliest()
	switch {
	case a == none && b == none:
		return none
	case a.order < b.order, fromProbation && a != none && now <= orderExpiry(b.order):
		k.probation.count--
		return a
	}
	k.promoted.count--
	return b
}

func (l *candidateList) earliest() candidate {
	if l.count == 0 {
		return none
	}
	return l.list[l.count-1]
}

// merge takes in a candidate if it is earlier than the latest there is. Once
// the list is full, most are not.
func (l *candidateList) merge(x candidate) {
	full := l.count == candidateCount
	if full && x.order >= l.list[0].order {
		return
	}
	i := l.count // where x belongs
	for i > 0 && l.list[i-1].order < x.order {
		i--
	}
	switch {
	case i > 0 && l.list[i-1].order == x.order:
		return // met again
	case full:
		copy(l.list[:i-1], l.list[1:i])
		l.list[i-1] = x
	default:
		copy(l.list[i+1:l.count+1], l.list[i:l.count])
		l.list[i] = x
		l.count++
	}
}

// unlinkAt unlinks the earliest session of the picked bucket if it is what the
// pick promised. If not, it corrects the hint and returns nil.
func (t *LockFree) unlinkAt(c *buckets, pick candidate, now int64) *node {
	b := &c.slots[pick.bucket&c.mask]
	for {
		head := b.head.Load()
		if head == nil || head.isMark() {
			return nil
		}
		first, o := head.earliest()
		if o > pick.order && now <= first.expiry {
			b.hintAt(head)
			return nil
		}
		if t.unlink(b, head, first) {
			if rest := b.head.Load(); rest != nil && !rest.isMark() {
				b.hintAt(rest) // its sessions are at hand
			}
			return first
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
			_, b, head := t.writable(sh, n.session.hash&t.hashMask)
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
		_, b, head := t.writable(sh, victim.session.hash&t.hashMask)
		m := head.chain().findSession(victim.session)
		if m != nil && m.expiry == victim.expiry && t.unlink(b, head, m) {
			return m
		}
	}
}
