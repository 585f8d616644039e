package engine

import (
	"iter"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/shards"
)

// Cache is a bounded set of TLS sessions, at most one an id, with OpenSSL's
// semantics of adding, removing and resuming. [New] makes one.
//
// All methods may be called by any number of goroutines at once, and by
// callbacks. With the LockFree table and without a store and callbacks none of
// Add, Get, Take and Remove waits for another goroutine; SetCapacity calls
// wait for each other, and nothing else waits.
type Cache struct {
	// What every operation reads comes first; it is written at the start, and
	// then rarely.
	table     table
	clock     func() int64 // nil: the coarse clock
	scope     Scope
	mode      atomic.Uint32
	closed    atomic.Bool
	timeout   atomic.Int64 // seconds, not 0
	callbacks atomic.Pointer[Callbacks]
	counters  counters

	store         Store
	storeDeadline time.Duration
	onPanic       func(callback string, value any, stack []byte)
	lease         *clockLease
}

// New returns an empty cache, or a *ConfigError that wraps [ErrConfig].
//
// A cache that is no longer wanted is closed; one that is just dropped is
// collected like any value, but then nobody zeroes its states.
func New(g Config) (*Cache, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	scope, err := NewScope(g.Scope)
	if err != nil {
		return nil, err
	}
	c := &Cache{
		clock:         g.Clock,
		scope:         scope,
		store:         g.Store,
		storeDeadline: g.StoreDeadline,
		onPanic:       g.OnPanic,
	}
	if c.storeDeadline == 0 {
		c.storeDeadline = DefaultStoreDeadline
	}
	c.counters.init()
	c.counters.bytes.limit.Store(g.MaxBytes)
	c.counters.bytes.counting.Store(g.MaxBytes > 0)
	c.mode.Store(uint32(g.Mode))
	c.timeout.Store(effectiveTimeout(g.Timeout))
	c.table = newTable(g.Table, shards.Options{
		Capacity:         g.Capacity,
		ProbationPercent: g.ProbationPercent,
		Sink:             &sink{c},
	})
	if c.store != nil {
		c.table.TrackRemovals()
	}
	c.SetCallbacks(g.Callbacks)
	if c.clock == nil {
		c.lease = coarse.lease()
		runtime.AddCleanup(c, (*clockLease).release, c.lease)
	}
	return c, nil
}

func (c *Cache) now() int64 {
	if c.clock != nil {
		return c.clock()
	}
	return coarse.now()
}

// Mode returns the mode.
func (c *Cache) Mode() Mode { return Mode(c.mode.Load()) }

// SetMode sets the mode and returns the previous one, as
// SSL_CTX_set_session_cache_mode(3) does: it overwrites all flags. Bits
// without a meaning are kept and have no effect.
func (c *Cache) SetMode(m Mode) Mode { return Mode(c.mode.Swap(uint32(m))) }

// Timeout returns the timeout, in seconds, of sessions that have none of their
// own; it is never 0.
func (c *Cache) Timeout() int64 { return c.timeout.Load() }

// SetTimeout sets the timeout, in seconds, of sessions that have none of their
// own and are added or rescheduled later, and of those that NewSession makes
// later; 0 sets [DefaultTimeout]. Sessions in the cache keep their expiry, as
// with SSL_CTX_set_timeout(3). It fails, without an effect, for a negative
// one, with an error that wraps [ErrConfig] and [ErrTimeout].
func (c *Cache) SetTimeout(seconds int64) error {
	if err := checkTimeout("timeout", seconds); err != nil {
		return err
	}
	c.timeout.Store(effectiveTimeout(seconds))
	return nil
}

// Scope returns the scope of lookups that name none: Config.Scope.
func (c *Cache) Scope() Scope { return c.scope }

// Capacity returns the bound, [Unlimited] if there is none.
func (c *Cache) Capacity() int { return c.table.Capacity() }

// SetCapacity sets the bound, 0 ([Unlimited]) to [MaxCapacity]. Shrinking
// evicts at once (OpenSSL waits for the next add), with reason evicted, and
// the new bound holds for every Add that begins after the call returned.
// Growing loses nothing. Lookups and adds never wait for it; other calls of
// SetCapacity may. It fails, without an effect, with an error that wraps
// [ErrConfig].
func (c *Cache) SetCapacity(n int) error {
	if err := checkCapacity("capacity", n); err != nil {
		return err
	}
	c.table.SetCapacity(n)
	return nil
}

// Len returns the number of sessions, never more than the capacity. While
// others write it is a weakly consistent figure.
func (c *Cache) Len() int { return c.table.Len() }

// All yields every session that is in the cache throughout the iteration, and
// may yield others that were there at some time during it, expired ones too.
// The loop body has a reference until it returns, and acquires its own to keep
// the session. It may call any method of the cache.
func (c *Cache) All() iter.Seq[*Session] {
	return func(yield func(*Session) bool) {
		for s := range c.table.All() {
			if !yield(s) {
				return
			}
		}
	}
}

// Close removes all sessions, each with a call of Callbacks.Remove and reason
// closed, as SSL_CTX_free does, and ends the use of the coarse clock. Later
// adds return false, later lookups miss, and neither call a callback or the
// store. An Add that is under way either returns false, or its session is
// removed with reason closed. Calls after the first do nothing; they return
// at once, also while the first is still at work. The store is not closed.
func (c *Cache) Close() {
	if c.closed.Swap(true) {
		return
	}
	defer c.lease.release()
	c.table.Close()
}
