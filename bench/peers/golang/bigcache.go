package golang

import (
	"context"
	"iter"
	"sync/atomic"
	"time"

	"github.com/allegro/bigcache/v3"
	"github.com/cespare/xxhash/v2"

	"github.com/reprise-tls/reprise/shards"
)

// bigcacheCache is bigcache: copies in queues of bytes, each with a map behind
// a read-write mutex. An entry goes when it is the oldest of its queue; what
// was removed or replaced stays in the queue until then.
type bigcacheCache struct {
	c      *bigcache.BigCache
	closed atomic.Bool
}

// fastHash is bigcache's kind of hasher, with the function that freecache and
// fastcache have built in instead of FNV, byte by byte.
type fastHash struct{}

func (fastHash) Sum64(s string) uint64 { return xxhash.Sum64String(s) }

func newBigcache(capacity int) (*bigcacheCache, error) {
	startClock()
	const (
		header   = 18 + 2 // of an entry, of the queue
		megabyte = 1 << 20
		smallest = 64 << 10 // a queue's size, many times that of an entry
	)
	size := (capacity*(usualCopy+header) + megabyte - 1) / megabyte
	queues := 1
	for queues < 1024 && 2*queues*smallest <= size*megabyte {
		queues *= 2
	}
	c, err := bigcache.New(context.Background(), bigcache.Config{
		Shards:             queues,
		LifeWindow:         shards.DefaultTimeout * time.Second,
		MaxEntriesInWindow: capacity,
		MaxEntrySize:       usualCopy,
		HardMaxCacheSize:   size,
		Hasher:             fastHash{},
	})
	if err != nil {
		return nil, err
	}
	return &bigcacheCache{c: c}, nil
}

func (c *bigcacheCache) Add(s *shards.Session) bool {
	if c.closed.Load() || s.References() < 1 {
		return false
	}
	var b copyBuffer
	return c.c.Set(keptID(s), appendCopy(b[:0], s)) == nil
}

func (c *bigcacheCache) Remove(s *shards.Session) bool {
	return c.c.Delete(keptID(s)) == nil
}

func (c *bigcacheCache) Get(id []byte) (*shards.Session, bool) {
	b, err := c.c.Get(view(id))
	if err != nil {
		return nil, false
	}
	s := sessionOfCopy(id, b)
	return s, s != nil
}

func (c *bigcacheCache) Len() int { return c.c.Len() }

// All yields new sessions.
func (c *bigcacheCache) All() iter.Seq[*shards.Session] {
	return func(yield func(*shards.Session) bool) {
		for all := c.c.Iterator(); all.SetNext(); {
			e, err := all.Value()
			if err != nil {
				continue
			}
			if s := sessionOfCopy([]byte(e.Key()), e.Value()); s != nil && !yield(s) {
				return
			}
		}
	}
}

func (c *bigcacheCache) Close() {
	if c.closed.CompareAndSwap(false, true) {
		_ = c.c.Reset() // both return nil, whatever happens
		_ = c.c.Close()
	}
}
