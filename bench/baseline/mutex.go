package baseline

import (
	"iter"
	"sync"

	"github.com/reprise-tls/reprise/shards"
)

// Mutex is a map and a list behind one mutex. All methods may be called by any
// number of goroutines.
type Mutex struct {
	mu       sync.Mutex
	store    store
	capacity int
	closed   bool
}

// NewMutex returns a cache for at most the given number of sessions;
// [shards.Unlimited] means no bound.
func NewMutex(capacity int) *Mutex {
	return &Mutex{store: newStore(capacity), capacity: capacity}
}

// Add links s as the youngest session and reports whether it did: false if s
// itself is there, if s has no reference left, or after Close. A full cache
// drops its oldest session.
func (c *Mutex) Add(s *shards.Session) bool {
	k := keyOf(s)
	dropped, added := c.add(&k, s)
	if dropped != nil {
		dropped.Release()
	}
	return added
}

func (c *Mutex) add(k *key, s *shards.Session) (dropped *shards.Session, added bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, present := c.store.index.find(k)
	if present && c.store.order.slots[i].session == s || c.closed || !s.Acquire() {
		return nil, false
	}
	if present {
		return c.store.order.replace(i, s), true
	}
	if c.store.count == c.capacity && c.capacity != shards.Unlimited {
		dropped = c.store.removeOldest()
	}
	c.store.insert(k, s)
	return dropped, true
}

// Remove removes s itself and reports whether it was there.
func (c *Mutex) Remove(s *shards.Session) bool {
	k := keyOf(s)
	c.mu.Lock()
	removed := c.store.remove(&k, s)
	c.mu.Unlock()
	if removed {
		s.Release()
	}
	return removed
}

// Get finds the session with the id and adds a reference to it.
func (c *Mutex) Get(id []byte) (*shards.Session, bool) {
	k := keyFrom(id)
	c.mu.Lock()
	s := c.store.get(&k)
	// The cache has a reference, so there is one to add to.
	found := s != nil && s.Acquire()
	c.mu.Unlock()
	return s, found
}

// Len returns the number of sessions.
func (c *Mutex) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.store.count
}

// All yields the sessions, oldest first. Other calls wait until the loop ends.
func (c *Mutex) All() iter.Seq[*shards.Session] {
	return func(yield func(*shards.Session) bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.store.each(yield)
	}
}

// Close drops all sessions and makes every later Add fail.
func (c *Mutex) Close() {
	c.mu.Lock()
	old := c.store
	c.store, c.closed = newStore(0), true
	c.mu.Unlock()
	old.each(release)
}

func release(s *shards.Session) bool {
	s.Release()
	return true
}
