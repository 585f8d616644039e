package golang

import (
	"iter"
	"sync/atomic"

	"github.com/coocood/freecache"

	"github.com/reprise-tls/reprise/shards"
)

// freecacheCache is freecache: copies in 256 rings of bytes, each behind a
// mutex that lookups take too. What was removed stays in its ring until the
// ring comes round, and takes room from what is there.
type freecacheCache struct {
	c      *freecache.Cache
	closed atomic.Bool
}

func newFreecache(capacity int) *freecacheCache {
	startClock()
	const (
		header  = 24
		slot    = 1 << 10 // a fourth of a ring is the most that an entry may take
		minimum = 256 * 4 * 2 * slot
	)
	return &freecacheCache{c: freecache.NewCache(max(minimum, capacity*(usualCopy+header)))}
}

func (c *freecacheCache) Add(s *shards.Session) bool {
	if c.closed.Load() || s.References() < 1 {
		return false
	}
	var id [shards.MaxIDLength]byte
	var b copyBuffer
	return c.c.Set(s.AppendID(id[:0]), appendCopy(b[:0], s), secondsToLive(s)) == nil
}

func (c *freecacheCache) Remove(s *shards.Session) bool {
	var id [shards.MaxIDLength]byte
	return c.c.Del(s.AppendID(id[:0]))
}

func (c *freecacheCache) Get(id []byte) (s *shards.Session, ok bool) {
	err := c.c.GetFn(id, func(b []byte) error {
		s = sessionOfCopy(id, b)
		return nil
	})
	return s, err == nil && s != nil
}

func (c *freecacheCache) Len() int { return int(c.c.EntryCount()) }

// All yields new sessions.
func (c *freecacheCache) All() iter.Seq[*shards.Session] {
	return func(yield func(*shards.Session) bool) {
		all := c.c.NewIterator()
		for e := all.Next(); e != nil; e = all.Next() {
			if s := sessionOfCopy(e.Key, e.Value); s != nil && !yield(s) {
				return
			}
		}
	}
}

func (c *freecacheCache) Close() {
	c.closed.Store(true)
	c.c.Clear()
}
