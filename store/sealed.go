package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/seal"
)

// SealOptions say how values are sealed and ids hidden.
type SealOptions struct {
	// Ring has the keys. It stays the caller's, who changes keys and closes it
	// after the store.
	Ring *seal.Ring

	// NameSecret is what the names that stand for ids are derived from, 32
	// random bytes or more; see [seal.NewNames]. All nodes of the fleet need
	// the same, and after a change nothing that was stored before is found. It
	// may be a secret of the ring's schedule.
	NameSecret []byte

	// Scope separates users of one store: what is stored under one is neither
	// found nor opened under another. At most 65535 bytes. The scopes of
	// sessions are inside the sealed value and checked by the engine.
	Scope []byte
}

// Sealed is a store whose values are sealed and whose keys are names: whoever
// reads the store below learns neither sessions nor ids, and whoever writes to
// it can make nothing resume. That a name has a value, its size and its times
// are visible.
//
// Values are kept for no longer than the ring can open them for certain
// ([seal.Ring.MaxAge]).
type Sealed struct {
	next  engine.Store
	ring  *seal.Ring
	names *seal.Names
	scope []byte

	unknownKey, notAuthentic, malformed atomic.Uint64
}

var _ engine.Store = (*Sealed)(nil)

// NewSealed puts a Sealed over next. Its errors wrap [ErrConfig] or
// [seal.ErrConfig].
func NewSealed(next engine.Store, o SealOptions) (*Sealed, error) {
	if err := checkNext("the store below Sealed", next != nil); err != nil {
		return nil, err
	}
	if o.Ring == nil {
		return nil, &ConfigError{Field: "SealOptions.Ring", Value: "nil", Allowed: "rings"}
	}
	if len(o.Scope) > maxScope {
		return nil, &ConfigError{Field: "SealOptions.Scope", Value: fmt.Sprintf("%d bytes", len(o.Scope)), Allowed: fmt.Sprintf("0 to %d bytes", maxScope)}
	}
	names, err := seal.NewNames(o.NameSecret, o.Scope)
	if err != nil {
		return nil, fmt.Errorf("SealOptions.NameSecret: %w", err)
	}
	return &Sealed{next: next, ring: o.Ring, names: names, scope: append([]byte(nil), o.Scope...)}, nil
}

const (
	maxScope = 1<<16 - 1
	purpose  = "store"
)

func (s *Sealed) name(id []byte) []byte {
	return s.names.Append(make([]byte, 0, seal.NameSize), id)
}

func (s *Sealed) associated(id []byte) seal.AssociatedData {
	return seal.AssociatedData{Purpose: purpose, Scope: s.scope, ID: id}
}

// Get returns the value of the id, opened. What does not open is counted and
// an error that wraps [seal.ErrUnknownKey], [seal.ErrNotAuthentic] or
// [seal.ErrMalformed].
func (s *Sealed) Get(ctx context.Context, id []byte) ([]byte, error) {
	envelope, err := s.next.Get(ctx, s.name(id))
	if err != nil {
		return nil, err
	}
	value, err := s.ring.Open(nil, envelope, s.associated(id))
	switch {
	case err == nil:
		return value, nil
	case errors.Is(err, seal.ErrUnknownKey):
		s.unknownKey.Add(1)
	case errors.Is(err, seal.ErrNotAuthentic):
		s.notAuthentic.Add(1)
	default:
		s.malformed.Add(1)
	}
	return nil, fmt.Errorf("store: rejected: %w", err)
}

// Set seals the value and stores it. The value is zeroed.
func (s *Sealed) Set(ctx context.Context, id, value []byte, ttl time.Duration) error {
	envelope, err := s.ring.Seal(make([]byte, 0, len(value)+seal.Overhead), value, s.associated(id))
	clear(value)
	if err != nil {
		return fmt.Errorf("store: sealing: %w", err)
	}
	if limit := s.ring.MaxAge(); limit > 0 {
		ttl = min(ttl, limit)
	}
	return s.next.Set(ctx, s.name(id), envelope, ttl)
}

// Delete deletes the value.
func (s *Sealed) Delete(ctx context.Context, id []byte) error {
	return s.next.Delete(ctx, s.name(id))
}

// Claim claims the id.
func (s *Sealed) Claim(ctx context.Context, id []byte, ttl time.Duration) (bool, error) {
	return s.next.Claim(ctx, s.name(id), ttl)
}

// Unclaim ends a claim.
func (s *Sealed) Unclaim(ctx context.Context, id []byte) error {
	return s.next.Unclaim(ctx, s.name(id))
}

// SealedStats counts values that were found and rejected.
type SealedStats struct {
	UnknownKey   uint64 // sealed with a key that the ring does not have, or no longer has
	NotAuthentic uint64 // changed, or stored for another id or scope
	Malformed    uint64 // no envelope
}

// Stats returns a snapshot of the counters.
func (s *Sealed) Stats() SealedStats {
	return SealedStats{
		UnknownKey:   s.unknownKey.Load(),
		NotAuthentic: s.notAuthentic.Load(),
		Malformed:    s.malformed.Load(),
	}
}
