package baseline

import (
	"encoding/binary"
	"iter"
	"math"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/reprise-tls/reprise/shards"
)

// RWMutexSharded is a number of maps and lists, each behind a read-write
// mutex, which a lookup takes for reading. All methods may be called by any
// number of goroutines.
//
// The bound holds for all shards together, so that as many sessions fit as it
// says: whoever links a session takes a place first, from its shard, from the
// spare ones or from the oldest session of the shard. A shard keeps few places
// for itself, so that removing and adding does not write a line that all
// shards share; a full cache may evict although other shards have those. With
// more than one shard the session evicted is the oldest of its shard only.
type RWMutexSharded struct {
	parts []part
	shift uint
	_     [64]byte
	spare atomic.Int64 // places no shard has
}

type part struct {
	mu     sync.RWMutex
	store  store
	places int // free ones of this shard
	closed bool
	_      [64]byte
}

const (
	maxParts        = 256
	sessionsPerPart = 64 // fewer, and the oldest of a shard says little about the oldest
	keptPlaces      = 4
)

// NewRWMutexSharded returns a cache for at most the given number of sessions;
// [shards.Unlimited] means no bound. It has 256 shards, fewer below a capacity
// of 16,384 and one up to 64.
func NewRWMutexSharded(capacity int) *RWMutexSharded {
	n := maxParts
	if capacity != shards.Unlimited {
		for n > 1 && capacity < n*sessionsPerPart {
			n /= 2
		}
	}
	c := &RWMutexSharded{parts: make([]part, n), shift: uint(64 - bits.Len(uint(n-1)))}
	for i := range c.parts {
		// Shards fill unevenly: an eighth more covers nearly all.
		c.parts[i].store = newStore(capacity/n + capacity/n/8)
	}
	c.spare.Store(int64(capacity))
	if capacity == shards.Unlimited {
		c.spare.Store(math.MaxInt64 / 2)
	}
	return c
}

// part returns the shard of an id. Ids come from a server's random numbers;
// the map inside hashes them with a secret of its own.
func (c *RWMutexSharded) part(k *key) *part {
	const fibonacci = 0x9E3779B97F4A7C15
	return &c.parts[binary.LittleEndian.Uint64(k.bytes[:])*fibonacci>>c.shift]
}

// Add links s as the youngest session of its shard and reports whether it did:
// false if s itself is there, if s has no reference left, or after Close. A
// full cache drops an old session.
func (c *RWMutexSharded) Add(s *shards.Session) bool {
	k := keyOf(s)
	p := c.part(&k)
	for hasPlace := false; ; {
		dropped, outcome := c.addTo(p, &k, s, hasPlace)
		if dropped != nil {
			dropped.Release()
		}
		switch outcome {
		case linked:
			return true
		case refused:
			if hasPlace {
				c.spare.Add(1)
			}
			return false
		}
		hasPlace = c.placeFromOthers(p)
	}
}

type outcome int

const (
	linked  outcome = iota
	refused         // the session itself is there, or it cannot be added
	noPlace         // nothing changed: all places belong to other shards
)

// addTo adds s to its shard; with hasPlace the caller has a place for it.
func (c *RWMutexSharded) addTo(p *part, k *key, s *shards.Session, hasPlace bool) (dropped *shards.Session, o outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, present := p.store.index.find(k)
	if present && p.store.order.slots[i].session == s || p.closed || !s.Acquire() {
		return nil, refused
	}
	if present {
		if hasPlace {
			c.spare.Add(1)
		}
		return p.store.order.replace(i, s), linked
	}
	switch {
	case hasPlace:
	case p.places > 0:
		p.places--
	case c.takeSpare():
	case p.store.count > 0:
		dropped = p.store.removeOldest()
	default:
		// s is in the pool of its caller, so this is not the last reference.
		s.Release()
		return nil, noPlace
	}
	p.store.insert(k, s)
	return dropped, linked
}

func (c *RWMutexSharded) takeSpare() bool {
	for {
		n := c.spare.Load()
		if n <= 0 {
			return false
		}
		if c.spare.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

// placeFromOthers takes a place from a shard other than p and reports whether
// it found one: while places pass from one goroutine to another, there may be
// none for a moment.
func (c *RWMutexSharded) placeFromOthers(p *part) bool {
	for i := range c.parts {
		other := &c.parts[i]
		if other == p {
			continue
		}
		other.mu.Lock()
		if other.places > 0 {
			other.places--
			other.mu.Unlock()
			return true
		}
		dropped := other.store.removeOldest()
		other.mu.Unlock()
		if dropped != nil {
			dropped.Release()
			return true
		}
	}
	return false
}

// Remove removes s itself and reports whether it was there.
func (c *RWMutexSharded) Remove(s *shards.Session) bool {
	k := keyOf(s)
	p := c.part(&k)
	p.mu.Lock()
	removed := p.store.remove(&k, s)
	if removed {
		if p.places < keptPlaces {
			p.places++
		} else {
			c.spare.Add(1)
		}
	}
	p.mu.Unlock()
	if removed {
		s.Release()
	}
	return removed
}

// Get finds the session with the id and adds a reference to it.
func (c *RWMutexSharded) Get(id []byte) (*shards.Session, bool) {
	k := keyFrom(id)
	p := c.part(&k)
	p.mu.RLock()
	s := p.store.get(&k)
	found := s != nil && s.Acquire()
	p.mu.RUnlock()
	return s, found
}

// Len returns the number of sessions, a weakly consistent figure while others
// write.
func (c *RWMutexSharded) Len() (n int) {
	for i := range c.parts {
		p := &c.parts[i]
		p.mu.RLock()
		n += p.store.count
		p.mu.RUnlock()
	}
	return n
}

// All yields the sessions, shard by shard, oldest first. Writers of a shard
// wait while its sessions are yielded.
func (c *RWMutexSharded) All() iter.Seq[*shards.Session] {
	return func(yield func(*shards.Session) bool) {
		for i := range c.parts {
			if !c.parts[i].each(yield) {
				return
			}
		}
	}
}

func (p *part) each(yield func(*shards.Session) bool) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.store.each(yield)
}

// Close drops all sessions and makes every later Add fail.
func (c *RWMutexSharded) Close() {
	for i := range c.parts {
		p := &c.parts[i]
		p.mu.Lock()
		old := p.store
		p.store, p.places, p.closed = newStore(0), 0, true
		p.mu.Unlock()
		old.each(release)
	}
}
