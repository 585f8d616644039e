package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// mapStore is a store in memory that can be made to misbehave.
type mapStore struct {
	mu     sync.Mutex
	values map[string][]byte
	claims map[string]bool
	ttl    time.Duration // of the last Set
	calls  []string

	before func(ctx context.Context, method string) error // nil: nothing
	alter  func(value []byte) []byte                      // what Get returns
}

func newMapStore() *mapStore {
	return &mapStore{values: map[string][]byte{}, claims: map[string]bool{}}
}

var _ Store = (*mapStore)(nil)

func (m *mapStore) enter(ctx context.Context, method string) error {
	if _, ok := ctx.Deadline(); !ok {
		return errors.New("the context has no deadline")
	}
	m.mu.Lock()
	m.calls = append(m.calls, method)
	before := m.before
	m.mu.Unlock()
	if before != nil {
		return before(ctx, method)
	}
	return ctx.Err()
}

func (m *mapStore) Get(ctx context.Context, id []byte) ([]byte, error) {
	if err := m.enter(ctx, "Get"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.values[string(id)]
	if !ok {
		return nil, ErrNotFound
	}
	if m.alter != nil {
		return m.alter(slices.Clone(v)), nil
	}
	return slices.Clone(v), nil
}

func (m *mapStore) Set(ctx context.Context, id, value []byte, ttl time.Duration) error {
	if err := m.enter(ctx, "Set"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[string(id)], m.ttl = value, ttl
	return nil
}

func (m *mapStore) Delete(ctx context.Context, id []byte) error {
	if err := m.enter(ctx, "Delete"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, string(id))
	return nil
}

func (m *mapStore) Claim(ctx context.Context, id []byte, _ time.Duration) (bool, error) {
	if err := m.enter(ctx, "Claim"); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	granted := !m.claims[string(id)]
	m.claims[string(id)] = true
	return granted, nil
}

func (m *mapStore) Unclaim(ctx context.Context, id []byte) error {
	if err := m.enter(ctx, "Unclaim"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.claims, string(id))
	return nil
}

func (m *mapStore) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.values)
}

func (m *mapStore) called() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.calls, " ")
}

// put writes s to the store under the nth id.
func (m *mapStore) put(n int, s *Session) {
	m.values[string(testID(n))] = AppendSession(nil, s, DefaultTimeout)
}
