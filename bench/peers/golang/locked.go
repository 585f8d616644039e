package golang

import (
	"fmt"
	"iter"
	"math/bits"
	"sync"
	"unsafe"

	"github.com/reprise-tls/reprise/shards"
)

// Locked is the fastest table with locks that we know how to write for what
// the engine's default table does: a hash table in parts, each of which has a
// mutex that writers take. Lookups, and adds of a session that is there, take
// none and write nothing but the reference. All methods may be called by any
// number of goroutines.
//
// What makes it fast: a bucket is a cache line with everything that finding,
// adding and removing needs, so that each of these misses the cache twice, for
// the bucket and the session; hashes come with the sessions; the order of
// insertion is a ring; nothing is allocated once it is open; what is free is
// counted by part.
//
// What it does not have: a goroutine that stalls while it holds a part's mutex
// keeps back all that write to that part. It has neither callbacks, scopes,
// probation nor statistics, does not grow, and evicts in the order of
// insertion, of each part by itself, whatever expires when. What is expired
// goes when a lookup finds it, when it is flushed or evicted.
type Locked struct {
	buckets []bucket // those of a part side by side
	each    uint64   // buckets a part
	parts   []part
	shift   uint // hash >> shift is the part
	_       [64]byte
	spare   spare
	_       [56]byte
}

// part has its fields in one cache line. Its mutex guards them and the writes
// to its buckets.
type part struct {
	mu     sync.Mutex
	closed bool
	places int32        // free ones that other parts do not know of
	count  int32        // sessions
	ages   ring[uint32] // the bucket of every session, in order of insertion, and of some that have left
	_      [8]byte
}

const _ = -(unsafe.Sizeof(part{}) ^ 64)

// Ages have 16 bits, so a ring must be shorter than 2^16. A quarter of it is
// in use when the part is as full as it should be, so that a ring full of what
// has left is rare.
const (
	partSessions = 1 << 12
	ringFactor   = 4
)

// NewLocked returns an empty table for at most the given number of sessions.
func NewLocked(capacity int) (*Locked, error) {
	if capacity < 1 {
		return nil, fmt.Errorf("golang: a capacity of %d; a table that does not grow needs one of 1 or more", capacity)
	}
	startClock()
	n := partsFor(capacity, partSessions)
	mean := (capacity + n - 1) / n
	// Half as much again as the mean, and room for a part that gets more.
	each := (mean + mean/2 + 64) / perBucket
	c := &Locked{
		buckets: aligned[bucket](n * each),
		each:    uint64(each),
		parts:   aligned[part](n),
		shift:   uint(64 - bits.TrailingZeros(uint(n))),
	}
	for i := range c.parts {
		c.parts[i].ages = newRing[uint32](max(ringFactor*mean, 2*each*perBucket))
	}
	c.spare.n.Store(int64(capacity))
	return c, nil
}

// aligned returns a slice of n elements that begin cache lines if their size
// says so. Objects up to 32 KiB with pointers have a header of 8 bytes, larger
// ones begin pages.
func aligned[T any](n int) []T {
	var zero T
	return make([]T, max(n, 1+(32<<10)/int(unsafe.Sizeof(zero))))[:n]
}

func (c *Locked) part(hash uint64) *part { return &c.parts[hash>>c.shift] }

// home returns the number of the bucket that a hash names.
func (c *Locked) home(hash uint64) uint64 {
	i, _ := bits.Mul64(hash, uint64(len(c.buckets)))
	return i
}

// behind returns the number of the bucket behind bucket i in the same part.
func (c *Locked) behind(i uint64) uint64 {
	if i++; i%c.each == 0 {
		i -= c.each
	}
	return i
}

// Add links s as the youngest session of its part and reports whether it did:
// false if s itself is there, if s has no reference left, or after Close. A
// full table drops an old session.
func (c *Locked) Add(s *shards.Session) bool {
	hash := s.Hash()
	b := &c.buckets[c.home(hash)]
	for m := matches(b.word.Load(), tagOf(hash)); m != 0; m &= m - 1 {
		if b.sessions[first(m)].Load() == s {
			return false
		}
	}
	p := c.part(hash)
	for hasPlace := false; ; {
		dropped, outcome := c.addTo(p, s, hasPlace)
		if dropped != nil {
			dropped.Release()
		}
		switch outcome {
		case linked:
			return true
		case refused:
			if hasPlace {
				c.spare.giveBack()
			}
			return false
		}
		hasPlace = c.placeFromOthers(p)
	}
}

// Remove removes s itself and reports whether it was there.
func (c *Locked) Remove(s *shards.Session) bool {
	p := c.part(s.Hash())
	p.mu.Lock()
	at, found := c.find(s)
	if found != s {
		p.mu.Unlock()
		return false
	}
	c.drop(p, at)
	if p.places < keptPlaces {
		p.places++
	} else {
		c.spare.giveBack()
	}
	p.mu.Unlock()
	s.Release()
	return true
}

// Get finds the session with the id and adds a reference to it. One that is
// expired is removed.
func (c *Locked) Get(id []byte) (*shards.Session, bool) {
	hash := shards.Hash(id)
	for s := c.lookup(hash, id); s != nil; {
		if s.Acquire() {
			return unlessExpired(c, s, true)
		}
		// Its last reference has gone, so another one has taken its place, or
		// none. If it is there all the same it was released too often.
		again := c.lookup(hash, id)
		if again == s {
			break
		}
		s = again
	}
	return nil, false
}

// lookup returns the session with the id, nil if there is none. A session that
// is there throughout is seen, since it does not move, and one that replaces
// another takes its place in one store.
func (c *Locked) lookup(hash uint64, id []byte) *shards.Session {
	i := c.home(hash)
	for range c.each {
		b := &c.buckets[i]
		word := b.word.Load()
		for m := matches(word, tagOf(hash)); m != 0; m &= m - 1 {
			if s := b.sessions[first(m)].Load(); s != nil && s.Hash() == hash && s.HasID(id) {
				return s
			}
		}
		if !more(word) {
			break
		}
		i = c.behind(i)
	}
	return nil
}

// Flush removes the sessions with created + timeout < now, in Unix seconds,
// and returns how many. Writers of a part wait while its sessions are looked
// at, lookups do not.
func (c *Locked) Flush(now int64) (n int) {
	var due []*shards.Session
	for i := range c.parts {
		due = c.flushPart(i, now, due[:0])
		n += len(due)
		for _, s := range due {
			s.Release()
		}
	}
	return n
}

// Len returns the number of sessions, a weakly consistent figure while others
// write.
func (c *Locked) Len() (n int) {
	for i := range c.parts {
		p := &c.parts[i]
		p.mu.Lock()
		n += int(p.count)
		p.mu.Unlock()
	}
	return n
}

// All yields the sessions. It waits for nobody.
func (c *Locked) All() iter.Seq[*shards.Session] {
	return func(yield func(*shards.Session) bool) {
		for i := range c.buckets {
			for k := range c.buckets[i].sessions {
				if s := c.buckets[i].sessions[k].Load(); s != nil && !yield(s) {
					return
				}
			}
		}
	}
}

// Close drops all sessions and makes every later Add fail.
func (c *Locked) Close() {
	for i := range c.parts {
		p := &c.parts[i]
		p.mu.Lock()
		p.closed = true
		for p.count > 0 {
			c.removeOldest(p).Release()
		}
		p.mu.Unlock()
	}
}
