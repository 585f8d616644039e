package golang

import (
	"iter"
	"sync/atomic"

	"github.com/VictoriaMetrics/fastcache"

	"github.com/reprise-tls/reprise/shards"
)

// fastcacheCache is fastcache: copies in 512 rings of chunks outside the heap,
// each with a map behind a read-write mutex. A ring is at least one chunk of
// 64 KiB, the cache 32 MiB. It cannot list what it has and does not know how
// much of it is overwritten.
type fastcacheCache struct {
	c      *fastcache.Cache
	closed atomic.Bool
}

func newFastcache(capacity int) *fastcacheCache {
	startClock()
	const header = 4
	return &fastcacheCache{c: fastcache.New(capacity * (usualCopy + header))}
}

func (c *fastcacheCache) Add(s *shards.Session) bool {
	if c.closed.Load() || s.References() < 1 {
		return false
	}
	var id [shards.MaxIDLength]byte
	var b copyBuffer
	c.c.Set(s.AppendID(id[:0]), appendCopy(b[:0], s))
	return true
}

func (c *fastcacheCache) Remove(s *shards.Session) bool {
	var id [shards.MaxIDLength]byte
	k := s.AppendID(id[:0])
	if !c.c.Has(k) {
		return false
	}
	c.c.Del(k) // does not say whether it did anything
	return true
}

func (c *fastcacheCache) Get(id []byte) (*shards.Session, bool) {
	var buffer copyBuffer
	b, ok := c.c.HasGet(buffer[:0], id)
	if !ok {
		return nil, false
	}
	s := sessionOfCopy(id, b)
	return s, s != nil
}

func (c *fastcacheCache) Len() int {
	var s fastcache.Stats
	c.c.UpdateStats(&s)
	return int(s.EntriesCount)
}

// All yields nothing: the cache cannot list what it has.
func (*fastcacheCache) All() iter.Seq[*shards.Session] { return func(func(*shards.Session) bool) {} }

func (c *fastcacheCache) Close() {
	c.closed.Store(true)
	c.c.Reset()
}
