package golang

import (
	"fmt"
	"iter"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/puzpuzpuz/xsync/v4"

	"github.com/reprise-tls/reprise/shards"
)

// xsync4Bounded is a map of xsync v4 with a bound and an order of insertion
// beside it: the most that one can make of a library's map. Lookups and adds of
// a session that is there are lock-free; writers lock a bucket of the map and
// then, for the order, a queue.
type xsync4Bounded struct {
	m      *xsync.Map[uint64, aged]
	queues []queue
	shift  uint // hash >> shift is the queue
	closed atomic.Bool
	_      [64]byte
	spare  spare
}

// aged is a link with the age of its session in the queue of its hash.
type aged = link[uint32]

// queue is the order of insertion of the sessions whose hashes begin alike.
type queue struct {
	places atomic.Int32 // free ones that other queues do not know of
	next   atomic.Uint32

	mu   sync.Mutex // taken inside the map's lock of a bucket, never around it
	ages ring[ticket]
	_    [16]byte
}

// Queues do not share cache lines.
const _ = -(unsafe.Sizeof(queue{}) ^ 64)

// ticket names a session by what the map has with it.
type ticket struct {
	hash uint64
	age  uint32
}

func newXSync4Bounded(capacity int) (*xsync4Bounded, error) {
	if capacity < 1 {
		return nil, fmt.Errorf("golang: a capacity of %d; a table with a bound needs one of 1 or more", capacity)
	}
	startClock()
	n := partsFor(capacity, capacity)
	c := &xsync4Bounded{
		m:      xsync.NewMap[uint64, aged](xsync.WithPresize(capacity)),
		queues: aligned[queue](n),
		shift:  uint(64 - bits.TrailingZeros(uint(n))),
	}
	for i := range c.queues {
		c.queues[i].ages = newRing[ticket](2 * capacity / n)
	}
	c.spare.n.Store(int64(capacity))
	return c, nil
}

func (c *xsync4Bounded) queue(hash uint64) *queue { return &c.queues[hash>>c.shift] }

func (c *xsync4Bounded) Add(s *shards.Session) bool {
	hash := s.Hash()
	l, _ := c.m.Load(hash)
	old := l.sameID(s)
	if old == s || !s.Acquire() {
		return false
	}
	q := c.queue(hash)
	for hasPlace := false; ; {
		if old == nil && !hasPlace {
			if c.closed.Load() {
				s.Release()
				return false
			}
			hasPlace = c.place(q)
			if !hasPlace {
				// Others have all of them in their hands and no session is
				// there yet, which takes a table of a few.
				runtime.Gosched()
				continue
			}
		}
		var o outcome
		o, old = c.store(q, s, hasPlace)
		if hasPlace && (o != linked || old != nil) {
			c.giveBack(q)
			hasPlace = false
		}
		switch o {
		case linked:
			if old != nil {
				old.Release()
			}
			return true
		case refused:
			s.Release()
			return false
		}
		old = nil // what was to be replaced has gone
	}
}

// store puts s into the map, which has a reference for it, and returns the
// session whose place it took.
func (c *xsync4Bounded) store(q *queue, s *shards.Session, hasPlace bool) (o outcome, old *shards.Session) {
	age := q.next.Add(1)
	c.m.Compute(s.Hash(), func(l aged, _ bool) (aged, xsync.ComputeOp) {
		switch old = l.sameID(s); {
		case old == s || c.closed.Load():
			o = refused
		case old == nil && !hasPlace:
			o = noPlace
		default:
			o = linked
			return l.with(s, old, age), xsync.UpdateOp
		}
		return l, xsync.CancelOp
	})
	if o != linked {
		return o, nil
	}
	// Only now, when the session can be found: a queue that forgets what has
	// left would forget it too.
	q.mu.Lock()
	if q.ages.full() {
		c.forget(q)
	}
	q.ages.push(ticket{s.Hash(), age})
	q.mu.Unlock()
	return linked, old
}

// forget takes out of a full queue what has left the map, and makes it longer
// if that is too little.
func (c *xsync4Bounded) forget(q *queue) {
	kept := make([]ticket, 0, len(q.ages.elements))
	for !q.ages.empty() {
		t, _ := q.ages.pop()
		if l, ok := c.m.Load(t.hash); ok && ofNote(&l, t.age) != nil {
			kept = append(kept, t)
		}
	}
	if 2*len(kept) > len(q.ages.elements) {
		q.ages = newRing[ticket](4 * len(kept))
	}
	for _, t := range kept {
		q.ages.push(t)
	}
}

// place takes a place: a free one, that of the oldest session of the queue,
// or, where the queue is empty, one of another queue.
func (c *xsync4Bounded) place(q *queue) bool {
	if q.takeFree() || c.spare.take() {
		return true
	}
	if c.evict(q) {
		return true
	}
	for i := range c.queues {
		if other := &c.queues[i]; other != q && (other.takeFree() || c.evict(other)) {
			return true
		}
	}
	return false
}

func (q *queue) takeFree() bool {
	for {
		n := q.places.Load()
		if n <= 0 {
			return false
		}
		if q.places.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

func (c *xsync4Bounded) giveBack(q *queue) {
	if q.places.Load() < keptPlaces {
		q.places.Add(1) // racing goroutines may make it a few more
		return
	}
	c.spare.giveBack()
}

// evict removes the oldest session of a queue, whose place is the caller's. It
// reports whether there was one.
func (c *xsync4Bounded) evict(q *queue) bool {
	for {
		q.mu.Lock()
		if q.ages.empty() {
			q.mu.Unlock()
			return false
		}
		t, _ := q.ages.pop()
		q.mu.Unlock()
		if s := c.take(t.hash, func(l aged) *shards.Session { return ofNote(&l, t.age) }); s != nil {
			s.Release()
			return true
		}
	}
}

// take takes out the session that choose chooses from what there is under a
// hash, with the map's reference, nil for none.
func (c *xsync4Bounded) take(hash uint64, choose func(aged) *shards.Session) (s *shards.Session) {
	c.m.Compute(hash, func(l aged, _ bool) (aged, xsync.ComputeOp) {
		if s = choose(l); s == nil {
			return l, xsync.CancelOp
		}
		if l = l.without(s); l.session == nil {
			return l, xsync.DeleteOp
		}
		return l, xsync.UpdateOp
	})
	return s
}

func (c *xsync4Bounded) Remove(s *shards.Session) bool {
	taken := c.take(s.Hash(), func(l aged) *shards.Session {
		if l.sameID(s) == s {
			return s
		}
		return nil
	})
	if taken == nil {
		return false
	}
	c.giveBack(c.queue(s.Hash()))
	s.Release()
	return true
}

func (c *xsync4Bounded) Get(id []byte) (*shards.Session, bool) {
	hash := shards.Hash(id)
	s, ok := acquire(func() *shards.Session {
		l, _ := c.m.Load(hash)
		return l.withID(id)
	})
	return unlessExpired(c, s, ok)
}

// Flush removes what is expired.
func (c *xsync4Bounded) Flush(now int64) int { return flush(c, now) }

func (c *xsync4Bounded) Len() (n int) {
	for range c.All() {
		n++ // Size counts hashes
	}
	return n
}

func (c *xsync4Bounded) All() iter.Seq[*shards.Session] {
	return func(yield func(*shards.Session) bool) {
		c.m.Range(func(_ uint64, l aged) bool { return l.each(yield) })
	}
}

func (c *xsync4Bounded) Close() {
	c.closed.Store(true)
	closeByRemoval(c)
}
