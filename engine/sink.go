package engine

import (
	"math"

	"github.com/reprise-tls/reprise/shards"
)

// sink is where the table hands over the sessions that leave it.
type sink struct{ cache *Cache }

// Dropped implements [shards.Sink]: it counts, runs the Remove callback while
// the session is still referenced, and gives the table's reference back, also
// if the callback ends the goroutine.
func (k *sink) Dropped(s *Session, expiry int64, r shards.Reason) {
	defer s.Release()
	c := k.cache
	c.countDropped(s, expiry, r)
	if r != shards.ReasonReplaced {
		c.callRemove(s, r)
	}
}

func (c *Cache) countDropped(s *Session, expiry int64, r shards.Reason) {
	if r == shards.ReasonEvicted {
		if now := c.now(); now <= expiry {
			c.counters.evicted(s, since(s.Created(), now))
			return
		}
	}
	c.counters.unlinked(s, ofReason[r])
}

// since returns now - then; it saturates.
func since(then, now int64) int64 {
	d := now - then
	switch {
	case then < 0 && now >= 0 && d < 0:
		return math.MaxInt64
	case then >= 0 && now < 0 && d > 0:
		return math.MinInt64
	}
	return d
}
