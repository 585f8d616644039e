package storetest

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// Memory is a store in memory, shared by its clients as a fleet shares one: for
// tests of what uses stores, of several nodes in one process, and of a store
// that fails or lies. It keeps values in clear. The zero value is ready to use.
type Memory struct {
	mu     sync.Mutex
	values map[string]expiring[[]byte]
	claims map[string]expiring[*Client]
}

type expiring[T any] struct {
	what T
	end  time.Time
}

// Client is a node's view of a Memory. Its methods may be called by any number
// of goroutines at once; its fields must be set before.
type Client struct {
	memory *Memory

	// Before is called before each operation, with the name of the method. If
	// it returns an error the operation fails with it. It may block.
	Before func(ctx context.Context, method string, id []byte) error

	// Alter returns what Get returns in the place of a value.
	Alter func(id, value []byte) ([]byte, error)
}

var _ engine.Store = (*Client)(nil)

// Client returns a new client.
func (m *Memory) Client() *Client { return &Client{memory: m} }

// Values returns a copy of the values that have not expired, by id.
func (m *Memory) Values() map[string][]byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	values := map[string][]byte{}
	for id, v := range m.values {
		if time.Now().Before(v.end) {
			values[id] = bytes.Clone(v.what)
		}
	}
	return values
}

// enter begins an operation. Without an error it returns with the lock.
func (c *Client) enter(ctx context.Context, method string, id []byte) error {
	if c.Before != nil {
		if err := c.Before(ctx, method, id); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	c.memory.mu.Lock()
	if c.memory.values == nil {
		c.memory.values = map[string]expiring[[]byte]{}
		c.memory.claims = map[string]expiring[*Client]{}
	}
	return nil
}

// Get returns a copy of the value.
func (c *Client) Get(ctx context.Context, id []byte) ([]byte, error) {
	if err := c.enter(ctx, "Get", id); err != nil {
		return nil, err
	}
	v, ok := c.memory.values[string(id)]
	value := bytes.Clone(v.what)
	c.memory.mu.Unlock()
	if !ok || !time.Now().Before(v.end) {
		return nil, engine.ErrNotFound
	}
	if c.Alter != nil {
		return c.Alter(id, value)
	}
	return value, nil
}

// Set stores the value.
func (c *Client) Set(ctx context.Context, id, value []byte, ttl time.Duration) error {
	if err := c.enter(ctx, "Set", id); err != nil {
		return err
	}
	defer c.memory.mu.Unlock()
	c.memory.values[string(id)] = expiring[[]byte]{value, time.Now().Add(max(ttl, time.Second))}
	return nil
}

// Delete deletes the value.
func (c *Client) Delete(ctx context.Context, id []byte) error {
	if err := c.enter(ctx, "Delete", id); err != nil {
		return err
	}
	defer c.memory.mu.Unlock()
	delete(c.memory.values, string(id))
	return nil
}

// Claim grants the id to one client.
func (c *Client) Claim(ctx context.Context, id []byte, ttl time.Duration) (bool, error) {
	if err := c.enter(ctx, "Claim", id); err != nil {
		return false, err
	}
	defer c.memory.mu.Unlock()
	if claim, ok := c.memory.claims[string(id)]; ok && time.Now().Before(claim.end) {
		return false, nil
	}
	c.memory.claims[string(id)] = expiring[*Client]{c, time.Now().Add(ttl)}
	return true, nil
}

// Unclaim ends a claim of this client.
func (c *Client) Unclaim(ctx context.Context, id []byte) error {
	if err := c.enter(ctx, "Unclaim", id); err != nil {
		return err
	}
	defer c.memory.mu.Unlock()
	if c.memory.claims[string(id)].what == c {
		delete(c.memory.claims, string(id))
	}
	return nil
}
