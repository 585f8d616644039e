// Package memcached keeps sessions in memcached, 1.4 or later, through
// gomemcache.
//
// A [Store] stores what it is given: put store.New on it, which seals values
// and hides ids, bounds times and orders writes.
//
// Keys are, behind the prefix, s: for values and c: for claims, and the id in
// unpadded URL-safe base64. A value is one set, a claim an add; it is ended by
// a cas that makes it expire, if it still is the claimer's.
//
// # Times
//
// memcached counts whole seconds, by a clock that ticks once a second, so what
// shall live for n seconds lives for n-1 to n. Values are rounded down, to 2 at
// the least; claims up, and get one more, so that they never end early. No
// value lives for longer than 30 days, which is where relative times end;
// claims of more are refused.
//
// A server may evict anything at any time. For a value that is a full
// handshake; an evicted claim can be granted again. Where single use matters
// give memcached more memory than its sessions need, and watch its evictions
// counter, or use Redis.
package memcached

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/store"
)

// ErrTTL is wrapped by Claim for a time to live of more than MaxTTL.
var ErrTTL = errors.New("memcached: time to live too long")

// ErrClosed is returned after Close.
var ErrClosed = errors.New("memcached: closed")

// MaxTTL is the longest time that memcached takes for relative.
const MaxTTL = 30 * 24 * time.Hour

// Store is an engine.Store in memcached. Its methods may be called by any
// number of goroutines at once. They return when their context's deadline has
// passed at the latest, or Options.Timeout; a cancellation is heeded only
// before a call is sent.
type Store struct {
	o     Options
	token []byte // that its claims have as their value
	lanes
}

var _ engine.Store = (*Store)(nil)

// New returns a Store. It connects when it is used. Its errors wrap
// store.ErrConfig, or are those of resolving an address.
func New(o Options) (*Store, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	servers := new(memcache.ServerList)
	if err := servers.SetServers(o.Servers...); err != nil {
		return nil, fmt.Errorf("memcached: Options.Servers: %w", err)
	}
	s := &Store{o: o, token: []byte(rand.Text())}
	s.lanes.open(&s.o, servers)
	return s, nil
}

// Ping returns an error unless all servers answer before ctx ends.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.do(ctx, (*memcache.Client).Ping); err != nil {
		return fmt.Errorf("memcached: ping: %w", err)
	}
	return nil
}

func (s *Store) key(kind string, id []byte) string {
	return s.o.Prefix + kind + ":" + base64.RawURLEncoding.EncodeToString(id)
}

// Get returns the value of the id, or an error that wraps engine.ErrNotFound.
func (s *Store) Get(ctx context.Context, id []byte) (value []byte, err error) {
	err = s.do(ctx, func(c *memcache.Client) error {
		item, err := c.Get(s.key("s", id))
		if err == nil {
			value = item.Value
		}
		return err
	})
	if errors.Is(err, memcache.ErrCacheMiss) {
		return nil, engine.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("memcached: get: %w", err)
	}
	return value, nil
}

// Set stores the value for ttl. It fails with an error that wraps
// store.ErrTooLarge for one of more than Options.MaxValue bytes, and then
// leaves what was there before.
func (s *Store) Set(ctx context.Context, id, value []byte, ttl time.Duration) error {
	if len(value) > s.o.MaxValue {
		return fmt.Errorf("memcached: %w: %d bytes; allowed are 0 to %d", store.ErrTooLarge, len(value), s.o.MaxValue)
	}
	item := &memcache.Item{Key: s.key("s", id), Value: value, Expiration: valueSeconds(ttl)}
	if err := s.do(ctx, func(c *memcache.Client) error { return c.Set(item) }); err != nil {
		return fmt.Errorf("memcached: set: %w", err)
	}
	return nil
}

// Delete deletes the value.
func (s *Store) Delete(ctx context.Context, id []byte) error {
	err := s.do(ctx, func(c *memcache.Client) error { return c.Delete(s.key("s", id)) })
	if err != nil && !errors.Is(err, memcache.ErrCacheMiss) {
		return fmt.Errorf("memcached: delete: %w", err)
	}
	return nil
}

// Claim reports true to exactly one caller until Unclaim or until ttl is over.
// After an error the claim may have been made: nobody else is granted it then.
func (s *Store) Claim(ctx context.Context, id []byte, ttl time.Duration) (bool, error) {
	if ttl > MaxTTL {
		return false, fmt.Errorf("%w: %v; allowed are up to %v", ErrTTL, ttl, MaxTTL)
	}
	item := &memcache.Item{Key: s.key("c", id), Value: s.token, Expiration: claimSeconds(ttl)}
	err := s.do(ctx, func(c *memcache.Client) error { return c.Add(item) })
	if errors.Is(err, memcache.ErrNotStored) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("memcached: claim: %w", err)
	}
	return true, nil
}

// Unclaim ends a claim of this Store. One of another, for instance after this
// one's time was over, stays.
func (s *Store) Unclaim(ctx context.Context, id []byte) error {
	err := s.do(ctx, func(c *memcache.Client) error {
		item, err := c.Get(s.key("c", id))
		if err != nil || string(item.Value) != string(s.token) {
			return err
		}
		item.Expiration = expired
		return c.CompareAndSwap(item)
	})
	switch {
	case errors.Is(err, memcache.ErrCacheMiss), errors.Is(err, memcache.ErrNotStored), errors.Is(err, memcache.ErrCASConflict):
		return nil // it ended by itself, and perhaps another began
	case err != nil:
		return fmt.Errorf("memcached: unclaim: %w", err)
	}
	return nil
}

// expired makes an item expire at once: memcached's protocol.txt, "Expiration
// times".
const expired = -1

func valueSeconds(ttl time.Duration) int32 {
	return int32(max(min(ttl, MaxTTL)/time.Second, 2))
}

func claimSeconds(ttl time.Duration) int32 {
	seconds := (max(ttl, 0)+time.Second-1)/time.Second + 1
	return int32(min(seconds, MaxTTL/time.Second))
}
