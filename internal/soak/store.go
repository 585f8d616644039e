package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// storeFault is a way in which the store misbehaves.
type storeFault int

const (
	faultGetError storeFault = iota
	faultGetSlow
	faultOtherID
	faultTruncated
	faultTrailing
	faultExpired
	faultOtherScope
	faultSetError
	faultSetSlow
	faultSetLost
	faultDeleteError
	faultDeleteSlow
	storeFaults
)

var storeFaultNames = [storeFaults]string{
	"get: error", "get: slow", "get: another id's value", "get: truncated", "get: trailing byte",
	"get: expired", "get: other scope",
	"set: error", "set: slow", "set: lost", "delete: error", "delete: slow",
}

var errInjected = errors.New("soak: injected fault of the store")

// store is an external cache that keeps what it is given most of the time, and
// beyond its time to live.
type store struct {
	world *world

	mu     sync.Mutex
	values map[sessionID][]byte
	latest []byte // the value set last

	calls                        atomic.Uint64
	faults                       [storeFaults]atomic.Uint64
	hits, misses, writes, errors atomic.Uint64 // as the engine must have seen them
}

// slowEvery is how many calls there are to one that takes until the deadline;
// errorEvery to one that fails.
const (
	slowEvery  = 1024
	errorEvery = 64
	wrongEvery = 4 // hits to one that is wrong
)

// misbehave returns the error that a call fails with, if it is one's turn.
func (t *store) misbehave(ctx context.Context, n uint64, slow, fails storeFault) error {
	switch {
	case n%slowEvery == 1:
		t.faults[slow].Add(1)
		t.errors.Add(1)
		<-ctx.Done()
		return ctx.Err()
	case n%errorEvery == 2:
		t.faults[fails].Add(1)
		t.errors.Add(1)
		return errInjected
	}
	return nil
}

// Get implements engine.Store.
func (t *store) Get(ctx context.Context, id []byte) ([]byte, error) {
	n := t.calls.Add(1)
	if err := t.misbehave(ctx, n, faultGetSlow, faultGetError); err != nil {
		return nil, err
	}
	t.mu.Lock()
	value := bytes.Clone(t.values[sessionID(id)])
	other := bytes.Clone(t.latest)
	t.mu.Unlock()
	if value == nil {
		t.misses.Add(1)
		if n%2 == 0 {
			return nil, engine.ErrNotFound
		}
		return nil, fmt.Errorf("soak: %w", engine.ErrNotFound)
	}
	t.hits.Add(1)
	if n%wrongEvery == 3 {
		return t.wrong(n/wrongEvery, value, other), nil
	}
	return value, nil
}

// wrong returns something that must not be used in the place of value.
func (t *store) wrong(n uint64, value, other []byte) []byte {
	fault := faultOtherID + storeFault(n%uint64(faultOtherScope-faultOtherID+1))
	t.faults[fault].Add(1)
	switch fault {
	case faultOtherID:
		return other
	case faultTruncated:
		return value[:n%uint64(len(value))]
	case faultTrailing:
		return append(value, byte(n))
	}
	s, err := engine.ParseSession(value)
	if err != nil {
		t.world.fail("the store was given a value that does not decode: %v", err)
		return nil
	}
	defer s.Release()
	if fault == faultExpired {
		s.SetCreated(1)
		return engine.AppendSession(nil, s, 1)
	}
	state := s.AppendState(nil)
	foreign, err := engine.NewScope([]byte("nobody's"))
	if err != nil {
		t.world.fail("the store's own scope: %v", err)
		return nil
	}
	moved, err := engine.NewSession(s.ID(), state, engine.SessionOptions{Scope: foreign, Created: s.Created(), Timeout: s.Timeout()})
	if err != nil {
		t.world.fail("a session of the store under another scope: %v", err)
		return nil
	}
	defer moved.Release()
	return engine.AppendSession(nil, moved, 1)
}

// Set implements engine.Store.
func (t *store) Set(ctx context.Context, id, value []byte, ttl time.Duration) error {
	if ttl < time.Second {
		t.world.fail("Store.Set got a time to live of %v, less than a second", ttl)
	}
	n := t.calls.Add(1)
	if err := t.misbehave(ctx, n, faultSetSlow, faultSetError); err != nil {
		return err
	}
	t.writes.Add(1)
	if n%errorEvery == 4 {
		t.faults[faultSetLost].Add(1)
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.values[sessionID(id)])
	t.values[sessionID(id)] = value
	t.latest = bytes.Clone(value)
	return nil
}

// Delete implements engine.Store.
func (t *store) Delete(ctx context.Context, id []byte) error {
	if err := t.misbehave(ctx, t.calls.Add(1), faultDeleteSlow, faultDeleteError); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.values[sessionID(id)])
	delete(t.values, sessionID(id))
	return nil
}

// Claim implements engine.Store; the engine does not call it.
func (t *store) Claim(context.Context, []byte, time.Duration) (bool, error) {
	t.world.fail("the engine called Store.Claim")
	return false, errInjected
}

// Unclaim implements engine.Store; the engine does not call it.
func (t *store) Unclaim(context.Context, []byte) error {
	t.world.fail("the engine called Store.Unclaim")
	return errInjected
}

func (t *store) injected() (n uint64) {
	for i := range t.faults {
		n += t.faults[i].Load()
	}
	return n
}
