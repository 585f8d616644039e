package shards

import (
	"iter"
	"math/bits"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"
)

// XSync is a [Table] of a library's maps: one xsync.MapOf a shard. It is for
// those who prefer a table that others maintain, and what [LockFree] is
// measured against.
//
// Reads are lock-free. Writes are not: xsync locks the bucket that it changes,
// and all writers of a shard wait while the shard's map grows or shrinks. A
// goroutine that stalls while it holds a bucket keeps back those that write to
// the same bucket, or walk its shard: every eviction from the shard, Flush,
// Clear, Sweep, All, SetCapacity and Close. Nothing of ours runs while a
// bucket is locked but comparisons and two atomic stores, and no Sink is
// called then.
//
// A shard has up to about a hundred sessions when the table is as full as the
// capacity it was made with allows, and an eviction looks at all of one shard.
// The number of shards never changes, so after a SetCapacity far beyond the
// first capacity evictions are slow.
//
// Chains are not capped at [MaxChain]: ids that were chosen to collide make a
// shard slow.
type XSync struct {
	shards   []xsyncShard
	shift    uint   // 64 less the number of hash bits that choose the shard
	hashMask uint64 // all ones, but for tests of hashes that collide
	share    int    // percent; Options.ProbationPercent
	sink     Sink

	_        [64]byte
	places   places
	closed   atomic.Bool
	tracking atomic.Bool // removals are counted
}

// xsyncShard is one map with the number of removals that were attempted in it.
type xsyncShard struct {
	m        *xsync.MapOf[xsyncKey, xsyncEntry]
	removals atomic.Uint64
	_        [64 - 16]byte
}

// xsyncKey is an id together with its hash, which is not computed again. It
// holds a copy of the id, so that looking at a key touches no session.
type xsyncKey struct {
	hash   uint64
	id     [MaxIDLength]byte
	length uint8
}

// xsyncEntry is what a map has for an id. Entries are replaced, never changed.
type xsyncEntry struct {
	session *Session
	expiry  int64 // Unix seconds
}

func (e xsyncEntry) expired(now int64) bool { return now > e.expiry }

var _ Table = (*XSync)(nil)

// NewXSync makes an empty table. It panics if the options are not as
// [Options] says.
func NewXSync(o Options) *XSync { return newXSync(o, ^uint64(0)) }

// newXSync makes a table that sees no more of a hash than the bits of mask.
func newXSync(o Options, mask uint64) *XSync {
	o.check()
	n := xsyncShards(o.Capacity)
	t := &XSync{
		shards:   make([]xsyncShard, n),
		shift:    uint(64 - bits.TrailingZeros(uint(n))),
		hashMask: mask,
		share:    o.ProbationPercent,
		sink:     o.Sink,
	}
	for i := range t.shards {
		t.shards[i].m = xsync.NewMapOfWithHasher[xsyncKey, xsyncEntry](
			func(k xsyncKey, _ uint64) uint64 { return k.hash })
	}
	t.places.init(o.Capacity, n)
	return t
}

// xsyncShards returns how many shards a table has: a power of two, with 64 to
// 128 sessions a shard at capacity as long as that makes no more than 4096.
func xsyncShards(capacity int) int {
	switch {
	case capacity == Unlimited:
		return 256
	case capacity <= exactCapacity:
		return 1
	}
	return min(4096, max(2, 1<<(bits.Len(uint(capacity/exactCapacity))-1)))
}

// key returns the key of a session.
func (t *XSync) key(s *Session) xsyncKey {
	return xsyncKey{hash: s.Hash() & t.hashMask, id: s.id, length: s.idLength}
}

// keyOf returns the key of an id. It reports false for one that no session can
// have.
func (t *XSync) keyOf(id []byte) (xsyncKey, bool) {
	if len(id) == 0 || len(id) > MaxIDLength {
		return xsyncKey{}, false
	}
	k := xsyncKey{hash: Hash(id) & t.hashMask, length: uint8(len(id))}
	copy(k.id[:], id)
	return k, true
}

// shard returns the shard of a hash: its top bits choose it, since the map
// makes use of the low ones. (A shift by 64 is 0 in Go.)
func (t *XSync) shard(hash uint64) *xsyncShard { return &t.shards[hash>>t.shift] }

// Contains implements [Table]. Lock-free; linearizes at the map's load of the
// entry.
func (t *XSync) Contains(id []byte) bool {
	k, ok := t.keyOf(id)
	if !ok {
		return false
	}
	_, ok = t.shard(k.hash).m.Load(k)
	return ok
}

// Promote implements [Table]. Wait-free; linearizes at its one atomic step.
func (t *XSync) Promote(s *Session) { s.marks.Or(markPromoted) }

// Capacity implements [Table]. Wait-free; linearizes at its load.
func (t *XSync) Capacity() int { return t.places.bound() }

// Len implements [Table]: the number of places that are taken. Wait-free, and
// not linearizable while others write: it adds up counters one by one.
func (t *XSync) Len() int { return t.places.taken() }

// TrackRemovals implements [Table]. Wait-free; linearizes at its store.
func (t *XSync) TrackRemovals() { t.tracking.Store(true) }

// countRemoval is called before a removal looks for its session. It reports
// whether removals are tracked.
func (t *XSync) countRemoval(sh *xsyncShard) bool {
	if !t.tracking.Load() {
		return false
	}
	sh.removals.Add(1)
	return true
}

// Removals implements [Table]. The number is that of the id's shard.
// Wait-free; linearizes at its load.
func (t *XSync) Removals(id []byte) uint64 {
	return t.shard(Hash(id) & t.hashMask).removals.Load()
}

// Retries implements [Table]. Wait-free, and not linearizable: it adds up
// counters one by one. Waits for a bucket's lock are not counted.
func (t *XSync) Retries() uint64 { return t.places.retried() }

// All implements [Table]. It locks one bucket after another, each for as long
// as it takes to copy it, and none while the body runs. Each session is
// yielded as it was when its bucket was copied, or when the walk of its shard
// began, if the shard's map has grown or shrunk since; the walk as a whole has
// no linearization point.
func (t *XSync) All() iter.Seq2[*Session, int64] {
	return func(yield func(*Session, int64) bool) {
		more := true
		for i := range t.shards {
			t.shards[i].m.Range(func(_ xsyncKey, e xsyncEntry) bool {
				more = !e.session.Acquire() || visit(e, yield)
				return more
			})
			if !more {
				return
			}
		}
	}
}

// visit runs the loop body and drops the reference however the body ends.
func visit(e xsyncEntry, yield func(*Session, int64) bool) bool {
	defer e.session.Release()
	return yield(e.session, e.expiry)
}
