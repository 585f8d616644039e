package engine

import (
	"context"
	"errors"
	"math"
	"time"
)

// Store is an external cache behind the internal table, shared by a fleet:
// what applications of OpenSSL build from its callbacks. It keeps bytes by id.
//
// The values are encodings of whole sessions (see [AppendSession]) and contain
// secrets: a store that leaves the process must be wrapped in one that seals
// them. The engine trusts nothing that comes back: it must decode whole, have
// the id and the scope that were asked for, and not be expired.
//
// Methods are called by any number of goroutines at once, with a context that
// ends after Config.StoreDeadline; they must return soon after it has. A store
// that is slow, down or lying costs a full handshake, never a failed one:
// errors and panics are counted, not returned. Ids and values must not reach a
// log. The id is the store's to keep.
type Store interface {
	// Get returns the value of the id, or an error that wraps ErrNotFound.
	// The value passes to the caller, who zeroes it when it was decoded.
	Get(ctx context.Context, id []byte) ([]byte, error)

	// Set stores the value for at least 1 s and at most ttl, which is more
	// than zero. The value passes to the store, which should zero it when it
	// no longer needs it.
	Set(ctx context.Context, id, value []byte, ttl time.Duration) error

	// Delete deletes the value; that there is none is no error. A Get that
	// begins after it returned must not find the value.
	Delete(ctx context.Context, id []byte) error

	// Claim reports true to exactly one caller, in the whole fleet, until
	// Unclaim or until ttl is over. Adapters arbitrate single use by it, through
	// Cache.StoreClaim (RFC 8446, section 8.1).
	Claim(ctx context.Context, id []byte, ttl time.Duration) (bool, error)

	// Unclaim ends a claim that was granted but not made use of.
	Unclaim(ctx context.Context, id []byte) error
}

const maxTTLSeconds = int64(math.MaxInt64 / time.Second)

// storeGet returns the session that the store has for the id, or the reason why
// there is none: ErrNotFound, ErrEncoding, or what went wrong.
func (c *Cache) storeGet(ctx context.Context, id []byte) (*Session, error) {
	var value []byte
	err := c.callStore(ctx, "Store.Get", func(ctx context.Context) (err error) {
		value, err = c.store.Get(ctx, clone(id))
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound):
		c.counters.add(storeMisses)
		return nil, err
	case err != nil:
		c.counters.add(storeErrors)
		return nil, err
	}
	c.counters.add(storeHits)
	defer clear(value)
	s, err := ParseSession(value)
	if err != nil {
		c.counters.add(externalRejected)
		return nil, err
	}
	return s, nil
}

// storeSet writes s to the store for the rest of its life. A session that is
// expired is not written; that is no error.
func (c *Cache) storeSet(ctx context.Context, s *Session) error {
	byDefault, now := c.Timeout(), c.now()
	expiry := s.Expiry(byDefault)
	if now > expiry {
		return nil
	}
	// The second of the expiry still counts.
	seconds := min(max(since(now, expiry), 0), maxTTLSeconds-1) + 1
	value := AppendSession(make([]byte, 0, encodedLength(s)), s, byDefault)
	err := c.callStore(ctx, "Store.Set", func(ctx context.Context) error {
		return c.store.Set(ctx, s.ID(), value, time.Duration(seconds)*time.Second)
	})
	if err != nil {
		c.counters.add(storeErrors)
		return err
	}
	c.counters.add(storeWrites)
	return nil
}

// storeDelete deletes an id. It comes before the removal from the table, so
// that a Resume which read the store before sees that something was removed.
func (c *Cache) storeDelete(id []byte) {
	err := c.callStore(context.Background(), "Store.Delete", func(ctx context.Context) error {
		return c.store.Delete(ctx, id)
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		c.counters.add(storeErrors)
	}
}

// errStorePanic stands for a panic of the store.
var errStorePanic = errors.New("engine: panic in the store")

// callStore calls the store within the deadline.
func (c *Cache) callStore(ctx context.Context, name string, call func(context.Context) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, c.storeDeadline)
	defer cancel()
	err = errStorePanic // stays if call does not return
	defer c.recovered(name)
	return call(ctx)
}
