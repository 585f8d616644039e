package tlscache

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// Revoke makes all sessions of a scope unusable, those of handshakes under way
// included, in constant time: the scope's epoch changes. The sessions leave the
// cache when their time is over or their place is needed.
//
// In this process it holds when Revoke returns. With a store the new epoch is
// written there, and other servers learn it within their Options.EpochInterval.
// If that write fails the error says so; the server tries again in the background
// until the store has it.
//
// Scopes have names only with Options.Scope; for others there is RevokeAll.
func (s *Server) Revoke(ctx context.Context, name string) error {
	c, err := s.named(name)
	if err != nil {
		return err
	}
	return s.revoke(ctx, c)
}

// named returns the scope of a name, or an error that wraps ErrScope.
func (s *Server) named(name string) (*scope, error) {
	if s.options.Scope == nil {
		return nil, fmt.Errorf("%w: Options.Scope is nil, and derived scopes have no names; use RevokeAll", ErrScope)
	}
	if name == "" || len(name) > maxScopeName {
		return nil, fmt.Errorf("%w: its name has %d bytes; allowed are 1 to %d", ErrScope, len(name), maxScopeName)
	}
	c, _ := s.scopes.get(name)
	if c == nil {
		return nil, fmt.Errorf("%w: %q would be one more than Options.MaxScopes, %d; use RevokeAll", ErrScope, name, s.options.MaxScopes)
	}
	return c, nil
}

// RevokeAll is Revoke for all scopes of the server, named and derived, and with
// a store for those of the whole fleet.
func (s *Server) RevokeAll(ctx context.Context) error { return s.revoke(ctx, s.all) }

func (s *Server) revoke(ctx context.Context, c *scope) error {
	to := c.epoch.next()
	s.counters.revoked.Add(1)
	s.events.write(eventRevoked, slog.LevelInfo, "sessions revoked", "scope", c.label())
	if !s.cache.HasStore() {
		return nil
	}
	return s.publish(ctx, c, to)
}

// label is the name in logs.
func (c *scope) label() string {
	if c.name == "" {
		return "(all)"
	}
	return c.name
}

// Sync reads the epochs of all scopes from the store, now. A server does so by
// itself every Options.EpochInterval; to call it before the first connection is
// accepted lets a new process resume the fleet's sessions from the start.
// Without a store it does nothing.
//
// A server learns of a scope when the first connection is in it. Until it has
// read that scope's epoch it resumes nothing of the fleet's, and what it issues
// meanwhile is lost. To name the scopes here, those that are known before, avoids
// that.
//
// What cannot be read changes nothing. The error joins those of the scopes; each
// wraps ErrEpoch, or ErrScope for a name that cannot be one.
func (s *Server) Sync(ctx context.Context, names ...string) error {
	var errs []error
	for _, name := range names {
		_, err := s.named(name)
		errs = append(errs, err)
	}
	return errors.Join(append(errs, s.sync(ctx, false))...)
}

func (s *Server) sync(ctx context.Context, onlyProvisional bool) error {
	if !s.cache.HasStore() {
		return nil
	}
	var errs []error
	each := func(c *scope) {
		if _, known := c.epoch.known(); known && onlyProvisional {
			return
		}
		if ctx.Err() == nil {
			errs = append(errs, s.syncScope(ctx, c))
		}
	}
	each(s.all)
	s.scopes.all(each)
	return errors.Join(append(errs, ctx.Err())...)
}

// syncScope adopts a later epoch from the store, and puts ours there if it has
// an earlier one or none.
func (s *Server) syncScope(ctx context.Context, c *scope) error {
	remote, created, err := s.readEpoch(ctx, c)
	switch {
	case errors.Is(err, engine.ErrNotFound):
		// The store has lost it, or never had one. A process that does not
		// know it either begins a new one: it cannot tell what was revoked.
		local, known := c.epoch.known()
		if !known {
			local = c.epoch.next()
		}
		return s.publish(ctx, c, local)
	case err != nil:
		return s.unreadable(c, "read", err)
	}
	_, known := c.epoch.known()
	if c.epoch.raise(remote) {
		if known {
			s.counters.adopted.Add(1)
			s.events.write(eventEpochAdopted, slog.LevelInfo, "sessions revoked by another process", "scope", c.label())
		}
		return nil
	}
	// Written again now and then, lest it expires.
	if local := c.epoch.load(); local > remote || s.cache.Now()-created > epochRefresh {
		return s.publish(ctx, c, local)
	}
	return nil
}

func (s *Server) unreadable(c *scope, what string, err error) error {
	s.counters.unreadable.Add(1)
	s.events.write(eventEpochUnreadable, slog.LevelWarn, "could not "+what+" an epoch", "scope", c.label(), "error", err)
	return fmt.Errorf("%w of scope %q: could not %s it: %w", ErrEpoch, c.label(), what, err)
}

// An epoch is kept in the store as a session whose state is a version, 1, and
// the epoch in 8 bytes, big endian. Its id is a hash of the scope's name, so it
// is no genuine handle, and clients cannot ask for it.
const (
	epochVersion  = 1
	epochLength   = 9
	epochLifetime = 2 * int64(MaxLifetime/time.Second) // seconds; longer than any session's
	epochRefresh  = 24 * 3600                          // seconds
)

func (c *scope) epochID() [sha256.Size]byte {
	return sha256.Sum256([]byte("reprise tlscache epoch 1\x00" + c.name))
}

var errEpochValue = errors.New("the value in the store is no epoch")

func (s *Server) readEpoch(ctx context.Context, c *scope) (value uint64, created int64, err error) {
	id := c.epochID()
	record, err := s.cache.StoreGet(ctx, id[:])
	if err != nil {
		return 0, 0, err
	}
	defer record.Release()
	state := record.AppendState(nil)
	if !record.HasID(id[:]) || len(state) != epochLength || state[0] != epochVersion {
		return 0, 0, errEpochValue
	}
	value = binary.BigEndian.Uint64(state[1:])
	if value&provisionalEpoch != 0 {
		return 0, 0, errEpochValue
	}
	return value, record.Created(), nil
}

func (s *Server) publish(ctx context.Context, c *scope, value uint64) error {
	id := c.epochID()
	state := binary.BigEndian.AppendUint64([]byte{epochVersion}, value)
	record, err := engine.NewSession(id[:], state, engine.SessionOptions{Created: s.cache.Now(), Timeout: epochLifetime})
	if err == nil {
		defer record.Release()
		err = s.cache.StoreSet(ctx, record)
	}
	if err != nil {
		return s.unreadable(c, "write", err)
	}
	s.counters.published.Add(1)
	return nil
}
