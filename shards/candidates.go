package shards

import (
	"math"
	"sync/atomic"
	"unsafe"
)

// How much eviction looks at. A session is met once in a round of the table,
// which takes capacity/scanEach evictions. So sessions are evicted up to half a
// round before or after their turn, and of the newest N about
// 1/(8*scanEach) are missing.
const (
	candidateCount  = 32
	batchEvictions  = 16                        // evictions from one scan
	scanEach        = 5                         // buckets in use that a scan looks at for each of them
	scanUsed        = scanEach * batchEvictions // and in all
	scanBuckets     = 4 * scanUsed              // buckets, after which it stops in any case
	scanAttempts    = 2                         // the first may have ended below a ceiling that the second lifts
	probationWeight = 4                         // a scan counts for 1/4 in the estimate of the share on probation
	wholeShare      = 256                       // that share is in 256ths
)

// candidates are the buckets with the earliest sessions that a goroutine, or
// a few, met: those on probation and the others apart. Once for several
// evictions it goes over the hints of the next buckets of the table, which lie
// beside each other, and in between an eviction takes the earliest candidate.
//
// The try-lock guards all else; who does not get it does without.
type candidates struct {
	busy  atomic.Bool
	left  int // evictions until the next scan
	shard int // where that begins
	slot  int
	share int // of the table, on probation; in 256ths

	probation, promoted candidateList
	_                   [64]byte
}

// candidateList is a list of candidates, the latest first.
type candidateList struct {
	count   int
	ceiling uint64 // what is later is no candidate, even if there is room
	list    [candidateCount]candidate
}

// candidate is a bucket and the hint it had.
type candidate struct {
	order uint64
	shard uint32
	slot  uint32
}

// none is the candidate of an empty list.
var none = candidate{order: math.MaxUint64}

func (k *candidates) init(shard, slot int) {
	k.shard, k.slot = shard, slot
	k.share = wholeShare // until more is known; most sessions are on probation
	k.probation.ceiling, k.promoted.ceiling = emptyHint, emptyHint
}

// scan merges the next buckets into the candidates, until a number of them was
// in use.
func (k *candidates) scan(t *LockFree, wanted int) {
	used, probation := 0, 0 // the latter in halves
	probationFirst := k.onProbation(t.probation)
	for left := scanBuckets; left > 0 && used < wanted; {
		c := t.shards[k.shard].current.Load()
		if k.slot >= len(c.slots) {
			k.shard, k.slot = (k.shard+1)%len(t.shards), 0
			continue
		}
		limits := k.limits()
		part := c.slots[k.slot:min(len(c.slots), k.slot+left)]
		n := 0
		for ; n < len(part) && used < wanted; n++ {
			o := part[n].hint.Load()
			if o < limits[o&promotedOrder] { // few are
				if o = part[n].resolve(c); o < limits[o&promotedOrder] {
					k.merge(candidate{o &^ mixedHint, uint32(k.shard), uint32(k.slot + n)})
					limits = k.limits()
				}
			}
			if o == emptyHint {
				continue
			}
			used++
			probation += probationHalves[o&(promotedOrder|mixedHint)]
			if probationFirst && o&promotedOrder != 0 && o&mixedHint != 0 && o < limits[0] {
				if o = part[n].behindPromoted(); o < limits[0] {
					k.merge(candidate{o, uint32(k.shard), uint32(k.slot + n)})
					limits = k.limits()
				}
			}
		}
		k.slot += n
		left -= n
	}
	if used > 0 {
		k.share += (probation*wholeShare/(2*used) - k.share) / probationWeight
	}
}

// probationHalves is what a bucket in use adds to the count of those with a
// session on probation, by the lower bits of its hint.
var probationHalves = [...]int{0: 2, promotedOrder: 0, mixedHint: 1, promotedOrder | mixedHint: 1}

// limits returns the orders below which a session becomes a candidate: on
// probation, and promoted. An order's lowest bit tells which applies.
func (k *candidates) limits() [2]uint64 {
	return [2]uint64{k.probation.limit(), k.promoted.limit()}
}

func (k *candidates) merge(x candidate) {
	if x.order&promotedOrder == 0 {
		k.probation.merge(x)
	} else {
		k.promoted.merge(x)
	}
}

// settle makes ready for a batch of evictions.
func (k *candidates) settle(t *LockFree) {
	for _, l := range []*candidateList{&k.probation, &k.promoted} {
		switch {
		case l.count >= candidateCount*3/4:
			l.ceiling = l.list[0].order
		case l.count < batchEvictions:
			l.ceiling = emptyHint
		}
		for _, x := range l.list[max(0, l.count-batchEvictions):l.count] {
			c := t.shards[x.shard].current.Load()
			prefetch(unsafe.Pointer(c.slots[uint64(x.slot)&c.mask].head.Load()))
		}
	}
}

// onProbation reports whether sessions on probation have more than the given
// percentage.
func (k *candidates) onProbation(percent int) bool { return k.share*100 > percent*wholeShare }

// short reports whether there is no candidate of the class that is to go.
func (k *candidates) short(percent int) bool {
	return k.probation.count == 0 && (k.promoted.count == 0 || k.onProbation(percent))
}

// choose takes out the candidate to evict and returns it. Sessions on
// probation come first if they have more than the given percentage.
func (k *candidates) choose(percent int, now int64) candidate {
	a, b := k.probation.earliest(), k.promoted.earliest()
	switch {
	case a == none && b == none:
		return none
	case a.order < b.order, k.onProbation(percent) && a != none && now <= orderExpiry(b.order):
		k.probation.count--
		return a
	}
	k.promoted.count--
	return b
}

// limit returns the order from which on a session is no candidate.
func (l *candidateList) limit() uint64 {
	if l.count < candidateCount {
		return l.ceiling
	}
	return l.list[0].order
}

func (l *candidateList) earliest() candidate {
	if l.count == 0 {
		return none
	}
	return l.list[l.count-1]
}

// merge takes in a candidate, which must be below the limit.
func (l *candidateList) merge(x candidate) {
	i := l.count // where x belongs
	for i > 0 && l.list[i-1].order < x.order {
		i--
	}
	switch {
	case i > 0 && l.list[i-1].order == x.order:
		return // met again
	case l.count == candidateCount: // without the latest
		copy(l.list[:i-1], l.list[1:i])
		l.list[i-1] = x
	default:
		copy(l.list[i+1:l.count+1], l.list[i:l.count])
		l.list[i] = x
		l.count++
	}
}
