package shards

import (
	"math/bits"
	"runtime"
	"sync/atomic"

	"github.com/reprise-tls/reprise/internal/yield"
)

// LockFree is a [Table] without locks: an array of buckets a shard, about one
// session a bucket, each bucket an immutable chain under an atomic head.
// Every change is one compare-and-swap of a head, and that is where it checks
// identity and where it linearizes.
//
// Add, Lookup, Take, Contains, Remove, RemoveID, Reschedule and Promote are
// lock-free: no goroutine, stalled wherever it may be, keeps others from
// finishing, and an operation starts over only because another one succeeded.
// They use no lock, channel or goroutine. Lookup allocates nothing, and
// neither does Add into an empty bucket.
//
// What could go wrong, and why it does not:
//
//   - Lookup finds a session that is replaced and released before it has taken
//     its reference. It starts over, so that an id which is only ever replaced
//     is never missed.
//   - A session is made fresh while a Lookup is about to remove it as expired.
//     The expiry is in the immutable node; the removal names both.
//   - A goroutine stalls between taking a place and linking. It holds that
//     one place and nothing else; see places.
//   - A table grows under its readers; see migrate.
//   - Close meets an Add that has checked already. It closes every bucket by
//     a compare-and-swap; that of the Add fails.
type LockFree struct {
	shards    []shard
	shift     uint   // hash >> shift is the shard
	hashMask  uint64 // the bits of a hash in use: all, except in tests
	probation int    // percent
	sink      Sink

	tracking atomic.Bool // Removals counts
	closing  atomic.Bool

	places     places
	candidates []candidates // as many as there are stripes of places
}

// shard is a part of the table that grows by itself.
type shard struct {
	current  atomic.Pointer[buckets]
	_        [56]byte
	removals atomic.Uint64
	_        [56]byte
}

// Sizes of shards.
const (
	maxShards       = 256
	shardSessions   = 1024 // fewer a shard, and shards differ too much in size for eviction to be fair
	minBuckets      = 64
	maxFirstBuckets = 1 << 20 // in all shards together; beyond, a table grows into its capacity
	sparseCapacity  = 1 << 16 // up to which a table has twice the buckets: shorter chains for up to 2 MB
)

// NewLockFree returns an empty table. It panics if the options are not as
// [Options] says.
func NewLockFree(o Options) *LockFree { return newLockFree(o, ^uint64(0)) }

func newLockFree(o Options, hashMask uint64) *LockFree {
	o.check()
	n := shardsFor(o.Capacity)
	t := &LockFree{
		shards:    make([]shard, n),
		shift:     uint(64 - bits.TrailingZeros(uint(n))),
		hashMask:  hashMask,
		probation: o.ProbationPercent,
		sink:      o.Sink,
	}
	t.places.init(o.Capacity, n)
	size := min(t.bucketsFor(o.Capacity), maxFirstBuckets/n)
	block := newSlots(n * size)
	for i := range t.shards {
		t.shards[i].current.Store(bucketsOf(block[i*size:][:size:size], nil))
	}
	t.candidates = make([]candidates, len(t.places.stripes))
	for i := range t.candidates { // far from each other
		t.candidates[i].init(i*n/len(t.candidates), i*size/len(t.candidates))
	}
	return t
}

// shardsFor returns the number of shards of a table, a power of two.
func shardsFor(capacity int) int {
	switch {
	case capacity == Unlimited:
		return maxShards
	case capacity <= exactCapacity:
		return 1
	}
	// Enough shards for every core to find another one, yet not so small
	// ones that one holds none of the sessions it should evict.
	n := max(capacity/shardSessions, min(4*runtime.GOMAXPROCS(0), capacity/exactCapacity))
	n = min(max(n, 1), maxShards)
	return 1 << (bits.Len(uint(n)) - 1)
}

// bucketsFor returns the number of buckets of a shard, a power of two, at
// which a full table has at most one session a bucket, a small one half that.
func (t *LockFree) bucketsFor(capacity int) int {
	if capacity == Unlimited {
		return minBuckets
	}
	perShard := (capacity + len(t.shards) - 1) / len(t.shards)
	if capacity <= sparseCapacity {
		perShard *= 2
	}
	return max(minBuckets, 1<<bits.Len(uint(perShard-1)))
}

func (t *LockFree) shardOf(hash uint64) *shard { return &t.shards[hash>>t.shift] }

// Add implements [Table]. Lock-free. Linearizes at the compare-and-swap of
// the bucket's head, or, for Identical and Closed, at the load of the head
// that showed it. An eviction made for an Add that then turns out to be
// Identical or to replace stands, and leaves a free place.
//
// An identical Add writes nothing: it takes its reference only once it is
// about to link.
func (t *LockFree) Add(s *Session, expiry, now int64, refresh bool) Outcome {
	hash := s.Hash() & t.hashMask
	c := t.shardOf(hash).current.Load()
	if c.slots[hash&c.mask].head.Load() == &s.embedded && (!refresh || s.embedded.expiry == expiry) {
		return Identical // seen without a look at any node
	}
	var gone departed
	outcome := t.add(s, expiry, now, refresh, nil, &gone)
	if gone != (departed{}) {
		t.deliver(&gone)
	}
	return outcome
}

// add is Add, or, with a reservation, AddSince.
func (t *LockFree) add(s *Session, expiry, now int64, refresh bool, since *reservation, gone *departed) Outcome {
	hash := s.Hash() & t.hashMask
	sh := t.shardOf(hash)
	var has holdings
	for {
		c, b, head := t.writable(sh, hash)
		if head == closed {
			t.letGo(has, s)
			return Closed
		}
		if since != nil {
			if !since.reserve(b, head) {
				continue
			}
			if head = since.mark; sh.removals.Load() != since.removals {
				t.letGo(has, s)
				return Outdated
			}
		}
		found, length := head.chain().search(s)
		switch {
		case found != nil && found.session == s:
			if refresh && found.expiry != expiry && !t.reschedule(b, head, found, expiry) {
				break
			}
			if has != (holdings{}) {
				t.letGo(has, s)
			}
			return Identical

		case !has.reference && !s.Acquire():
			t.letGo(has, s)
			return Unreferenced

		case found != nil:
			has.reference = true
			if t.exchange(b, head, found, s, expiry) {
				gone.replaced = found
				t.letGo(holdings{place: has.place}, s)
				return Replaced
			}

		case length >= MaxChain:
			has.reference = true
			worst, _ := head.chain().earliest()
			if t.exchange(b, head, worst, s, expiry) {
				gone.evict(worst)
				t.letGo(holdings{place: has.place}, s)
				return Added
			}

		case !has.place && !t.places.take():
			has.reference = true
			victim := t.evict(hash, now)
			switch {
			case victim != nil:
				gone.evict(victim)
			case !t.places.take(): // a removal may have left one meanwhile
				gone.evict(&node{session: s, expiry: expiry})
				return AddedAndEvicted
			}
			has.place = true
			continue // the head may have changed by the eviction

		default:
			has = holdings{place: true, reference: true}
			if t.places.owing() && t.places.pay() {
				has.place = false // this place had to vanish
				continue
			}
			if t.linkFirst(b, head, s, expiry) {
				t.afterLink(sh, c, hash, length+1)
				return Added
			}
		}
		t.places.countRetry()
	}
}

// departed are the nodes that an Add has unlinked. The sink hears of them when
// the Add is done, since it may end the goroutine.
type departed struct {
	replaced *node
	evicted  *node
	more     *node // further evicted ones, a list
}

func (d *departed) evict(n *node) {
	if d.evicted == nil {
		d.evicted = n
		return
	}
	d.more = &node{session: n.session, expiry: n.expiry, next: d.more}
}

func (t *LockFree) deliver(d *departed) {
	if n := d.replaced; n != nil {
		defer t.sink.Dropped(n.session, n.expiry, ReasonReplaced)
	}
	if d.more != nil {
		defer t.dropAll(d.more, ReasonEvicted)
	}
	if d.evicted != nil {
		t.drop(d.evicted, ReasonEvicted)
	}
}

// holdings are what an Add has taken for the session it is about to link.
type holdings struct{ place, reference bool }

// letGo returns what turned out not to be needed.
func (t *LockFree) letGo(has holdings, s *Session) {
	if has.place {
		t.places.giveBack()
	}
	if has.reference {
		s.Release()
	}
}

// linkFirst puts s, for which the caller holds a place, in front of the chain.
func (t *LockFree) linkFirst(b *bucket, head *node, s *Session, expiry int64) bool {
	s.stamp.Store(t.places.nextStamp())
	n := link(s, expiry, head.chain())
	t.places.linked.raise(&t.places)
	yield.At(yield.LinkCAS)
	if !b.head.CompareAndSwap(head, n) {
		t.places.linked.lower()
		return false
	}
	b.hintLinked(n)
	return true
}

// exchange puts s in the place of the node n.
func (t *LockFree) exchange(b *bucket, head, n *node, s *Session, expiry int64) bool {
	s.stamp.Store(t.places.nextStamp())
	m := link(s, expiry, head.chain().without(n))
	yield.At(yield.LinkCAS)
	if !b.head.CompareAndSwap(head, m) {
		return false
	}
	b.hintLinked(m)
	return true
}

// reschedule gives the session of the node n another expiry and makes it the
// youngest of those with that expiry.
func (t *LockFree) reschedule(b *bucket, head, n *node, expiry int64) bool {
	return t.exchange(b, head, n, n.session, expiry)
}

// unlink takes the node n out of the chain. The place stays with the caller.
func (t *LockFree) unlink(b *bucket, head, n *node) bool {
	rest := head.chain().without(n)
	next := rest
	if next == nil {
		next = vacant
	}
	yield.At(yield.UnlinkCAS)
	if !b.head.CompareAndSwap(head, next) {
		t.places.countRetry()
		return false
	}
	t.places.linked.lower()
	return true
}

// drop hands the session of an unlinked node to the sink.
func (t *LockFree) drop(n *node, r Reason) {
	n.session.markNotResumable()
	t.sink.Dropped(n.session, n.expiry, r)
}

// dropAll drops every session of a chain, also when the sink ends the
// goroutine on the way.
func (t *LockFree) dropAll(chain *node, r Reason) {
	if chain == nil {
		return
	}
	defer t.dropAll(chain.next, r)
	t.drop(chain, r)
}

// search returns the node that has the id of s, or nil and the length of the
// chain.
func (head *node) search(s *Session) (found *node, length int) {
	hash := s.Hash()
	for n := head; n != nil; n = n.next {
		if n.hash == hash && (n.session == s || n.session.sameID(s)) {
			return n, 0
		}
		length++
	}
	return nil, length
}
