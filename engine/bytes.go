package engine

import (
	"strconv"
	"sync"
	"sync/atomic"
)

// byteBound counts the bytes of state that are linked, once somebody has set a
// bound on them. Without a bound the stripes of the counters do, which nobody
// can add up at every add; one counter that everybody writes costs the more.
//
// Each link and each unlinking is counted in one of the two, never in both. It
// looks at counting to choose, and looks again after it has chosen the stripe:
// then the figure of the stripes that the bound goes by is taken anew. So that
// figure has, in the end, all that was ever counted there.
type byteBound struct {
	limit    atomic.Int64 // 0: none
	counting atomic.Bool  // set with the first bound, for good
	stripes  atomic.Int64 // what the stripes say: they have stopped
	mu       sync.Mutex   // of those who set stripes: SetMaxBytes, and what it overtook

	_      [64]byte
	linked atomic.Int64 // what has been counted here
	_      [64]byte
}

// total returns the bytes linked, as far as they have been counted.
func (b *byteBound) total() int64 { return b.stripes.Load() + b.linked.Load() }

// over reports whether there is a bound, and more is linked.
func (b *byteBound) over() bool {
	limit := b.limit.Load()
	return limit > 0 && b.total() > limit
}

// tooLarge reports whether s alone exceeds the bound.
func (b *byteBound) tooLarge(s *Session) bool {
	limit := b.limit.Load()
	return limit > 0 && int64(s.StateLength()) > limit
}

// countBytes counts n bytes that were linked, or -n that were unlinked, in m
// unless there is a bound.
func (k *counters) countBytes(m *counterStripe, n int) {
	switch {
	case n == 0:
		return
	case k.bytes.counting.Load():
		k.bytes.linked.Add(int64(n))
		return
	case n > 0:
		m.n[linkedBytes].Add(uint64(n))
	default:
		m.n[unlinkedBytes].Add(uint64(-n))
	}
	if k.bytes.counting.Load() {
		k.takeStripes()
	}
}

// takeStripes makes the bound go by what the stripes say now, and events count
// apart from them from now on.
func (k *counters) takeStripes() {
	k.bytes.mu.Lock()
	defer k.bytes.mu.Unlock()
	k.bytes.counting.Store(true)
	var n uint64
	for i := range k.stripes {
		n += k.stripes[i].n[linkedBytes].Load() - k.stripes[i].n[unlinkedBytes].Load()
	}
	k.bytes.stripes.Store(int64(n))
}

// MaxBytes returns the bound on the bytes of state, 0 if there is none.
func (c *Cache) MaxBytes() int64 { return c.counters.bytes.limit.Load() }

// SetMaxBytes sets the bound on the bytes of state linked, 0 (none) to 2^63-1;
// see Config.MaxBytes. Lowering it evicts at once, and the new bound holds for
// every Add that begins after the call returned. Lookups and adds never wait
// for it. It fails, without an effect, with an error that wraps [ErrConfig].
func (c *Cache) SetMaxBytes(n int64) error {
	if err := checkMaxBytes("max bytes", n); err != nil {
		return err
	}
	b := &c.counters.bytes
	if n > 0 {
		c.counters.takeStripes()
	}
	b.limit.Store(n)
	c.evictToBytes()
	return nil
}

func checkMaxBytes(field string, n int64) error {
	if n < 0 {
		return &ConfigError{Field: field, Value: strconv.FormatInt(n, 10), Allowed: "0 (no bound) to 9223372036854775807 bytes"}
	}
	return nil
}

// evictToBytes evicts as long as more bytes are linked than the bound allows.
//
// Everyone who has linked something does it after having counted it, until he
// sees a figure within the bound or an empty table. Whoever comes last counts
// all, so the bound holds when all have finished. That two at once may each
// evict for the same excess is the price of not waiting for each other.
func (c *Cache) evictToBytes() {
	if c.counters.bytes.over() {
		c.evictWhileOver()
	}
}

// evictWhileOver goes on also where a callback ends the goroutine.
func (c *Cache) evictWhileOver() {
	finished := false
	defer func() {
		if !finished { // by the callback of a session that was evicted
			c.counters.add(evictedForBytes)
			c.evictWhileOver()
		}
	}()
	for c.counters.bytes.over() && c.table.Evict(c.now()) {
		c.counters.add(evictedForBytes)
	}
	finished = true
}
