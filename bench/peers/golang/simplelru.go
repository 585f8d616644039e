package golang

import (
	"iter"
	"slices"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/reprise-tls/reprise/shards"
)

// simpleLRU is what golang-lru's cache is made of, behind a mutex of the
// adapter's own, so that looking and changing are one step. A lookup does not
// move what it finds: the oldest is the one that was added first.
type simpleLRU struct {
	mu     sync.Mutex
	c      *simplelru.LRU[key, *shards.Session]
	gone   *shards.Session // by the add under way
	closed bool
}

func newSimpleLRU(capacity int) (*simpleLRU, error) {
	startClock()
	c := new(simpleLRU)
	var err error
	c.c, err = simplelru.NewLRU(capacity, func(_ key, s *shards.Session) { c.gone = s })
	return c, err
}

func (c *simpleLRU) Add(s *shards.Session) bool {
	k := keyOf(s)
	gone, added := c.add(&k, s)
	if gone != nil {
		gone.Release()
	}
	return added
}

func (c *simpleLRU) add(k *key, s *shards.Session) (gone *shards.Session, added bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old, found := c.c.Peek(*k)
	if found && old == s || c.closed || !s.Acquire() {
		return nil, false
	}
	c.gone = nil
	c.c.Add(*k, s)
	if found {
		return old, true
	}
	return c.gone, true
}

func (c *simpleLRU) Remove(s *shards.Session) bool {
	k := keyOf(s)
	c.mu.Lock()
	old, found := c.c.Peek(k)
	removed := found && old == s && c.c.Remove(k)
	c.mu.Unlock()
	if removed {
		s.Release()
	}
	return removed
}

func (c *simpleLRU) Get(id []byte) (*shards.Session, bool) {
	k := keyFrom(id)
	c.mu.Lock()
	s, found := c.c.Peek(k)
	found = found && s.Acquire()
	c.mu.Unlock()
	return unlessExpired(c, s, found)
}

// Flush removes what is expired.
func (c *simpleLRU) Flush(now int64) int { return flush(c, now) }

func (c *simpleLRU) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.c.Len()
}

// All yields the sessions, oldest first.
func (c *simpleLRU) All() iter.Seq[*shards.Session] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Values(c.c.Values())
}

func (c *simpleLRU) Close() {
	c.mu.Lock()
	all := c.c.Values()
	c.c.Purge()
	c.closed = true
	c.mu.Unlock()
	for _, s := range all {
		s.Release()
	}
}
