package engine

import (
	"context"
	"time"
)

// Now returns the time the cache goes by, in Unix seconds: Config.Clock's, or
// that of the shared clock, which may be a tenth of a second behind.
func (c *Cache) Now() int64 { return c.now() }

// HasStore reports whether the cache was made with a Config.Store.
func (c *Cache) HasStore() bool { return c.store != nil }

// The following methods let an adapter use the cache's store for more than the
// cache's own sessions. They are bound by Config.StoreDeadline and by ctx, which
// must not be nil; panics of the store are recovered, and failures counted in
// Stats.StoreErrors. Without a store they fail with ErrNoStore.

// StoreGet reads a session from the store, past the internal table. It checks
// only that the value decodes: id, scope and expiry are the caller's to judge.
// The caller gets the first reference. The error wraps ErrNotFound, ErrEncoding
// or whatever the store returned, which must not be logged with the id.
func (c *Cache) StoreGet(ctx context.Context, id []byte) (*Session, error) {
	if c.store == nil {
		return nil, ErrNoStore
	}
	return c.storeGet(ctx, id)
}

// StoreSet writes s to the store until its expiry, past the internal table.
func (c *Cache) StoreSet(ctx context.Context, s *Session) error {
	if c.store == nil {
		return ErrNoStore
	}
	return c.storeSet(ctx, s)
}

// StoreClaim is [Store.Claim]: true to exactly one caller in the fleet until
// StoreUnclaim, or until ttl is over. After an error nobody knows whether the
// claim was granted, and it must not be given back: it may be another's.
func (c *Cache) StoreClaim(ctx context.Context, id []byte, ttl time.Duration) (granted bool, err error) {
	if c.store == nil {
		return false, ErrNoStore
	}
	err = c.callStore(ctx, "Store.Claim", func(ctx context.Context) (err error) {
		granted, err = c.store.Claim(ctx, clone(id), ttl)
		return err
	})
	if err != nil {
		c.counters.add(storeErrors)
		return false, err
	}
	return granted, nil
}

// StoreUnclaim is [Store.Unclaim]. Only who was granted the claim calls it.
func (c *Cache) StoreUnclaim(ctx context.Context, id []byte) error {
	if c.store == nil {
		return ErrNoStore
	}
	err := c.callStore(ctx, "Store.Unclaim", func(ctx context.Context) error {
		return c.store.Unclaim(ctx, clone(id))
	})
	if err != nil {
		c.counters.add(storeErrors)
	}
	return err
}
