package tlscache

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// memoryStore is a store in memory that can be made to misbehave.
type memoryStore struct {
	mu     sync.Mutex
	values map[string][]byte
	claims map[string]bool
	calls  map[string]int

	before func(ctx context.Context, method string) error // nil: nothing
	alter  func(id, value []byte) []byte                  // what Get returns
}

func newMemoryStore() *memoryStore {
	return &memoryStore{values: map[string][]byte{}, claims: map[string]bool{}, calls: map[string]int{}}
}

var _ engine.Store = (*memoryStore)(nil)

// misbehave sets what goes wrong.
func (m *memoryStore) misbehave(before func(ctx context.Context, method string) error, alter func(id, value []byte) []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before, m.alter = before, alter
}

func (m *memoryStore) called(method string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[method]
}

func (m *memoryStore) enter(ctx context.Context, method string) error {
	m.mu.Lock()
	m.calls[method]++
	before := m.before
	m.mu.Unlock()
	if before != nil {
		return before(ctx, method)
	}
	return ctx.Err()
}

func (m *memoryStore) Get(ctx context.Context, id []byte) ([]byte, error) {
	if err := m.enter(ctx, "Get"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.values[string(id)]
	if m.alter != nil {
		value, ok = m.alter(id, slices.Clone(value)), true
	}
	if !ok {
		return nil, engine.ErrNotFound
	}
	return slices.Clone(value), nil
}

func (m *memoryStore) Set(ctx context.Context, id, value []byte, _ time.Duration) error {
	if err := m.enter(ctx, "Set"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[string(id)] = value
	return nil
}

func (m *memoryStore) Delete(ctx context.Context, id []byte) error {
	if err := m.enter(ctx, "Delete"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, string(id))
	return nil
}

func (m *memoryStore) Claim(ctx context.Context, id []byte, ttl time.Duration) (bool, error) {
	if err := m.enter(ctx, "Claim"); err != nil {
		return false, err
	}
	if ttl <= 0 {
		return false, errors.New("a claim without a time to live")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	granted := !m.claims[string(id)]
	m.claims[string(id)] = true
	return granted, nil
}

func (m *memoryStore) Unclaim(ctx context.Context, id []byte) error {
	if err := m.enter(ctx, "Unclaim"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.claims, string(id))
	return nil
}
