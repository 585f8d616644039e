package redis

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

// How long it takes from one try to connect to the next.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 2 * time.Second
)

// connector makes a client in the background. Once there is one, it reconnects
// by itself.
type connector struct {
	ctx  context.Context
	stop context.CancelFunc
	done chan struct{} // closed when the goroutine has ended

	mu     sync.RWMutex
	client rueidis.Client
	err    error         // of the last try
	ready  chan struct{} // closed when there is a client
	closed bool
}

func (c *connector) start(o rueidis.ClientOption) {
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.done, c.ready = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(c.done)
		c.connect(o)
	}()
}

func (c *connector) connect(o rueidis.ClientOption) {
	for pause := firstPause; !c.try(o); pause = min(2*pause, lastPause) {
		select {
		case <-c.ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// try tries once, and reports whether there is nothing more to do.
func (c *connector) try(o rueidis.ClientOption) (finished bool) {
	client, err := rueidis.NewClient(o)
	if err != nil && client != nil {
		client.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err != nil:
		c.err = err
		return c.closed
	case c.closed:
		client.Close()
	default:
		c.client = client
		close(c.ready)
	}
	return true
}

// wait waits for the first connection.
func (c *connector) wait(ctx context.Context) error {
	select {
	case <-c.ready:
		return nil
	case <-c.ctx.Done():
		return ErrClosed
	case <-ctx.Done():
		return errors.Join(ctx.Err(), c.notConnected())
	}
}

func (c *connector) notConnected() error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	switch {
	case c.closed:
		return ErrClosed
	case c.err != nil:
		return fmt.Errorf("%w: %w", ErrNotConnected, c.err)
	}
	return ErrNotConnected
}

// do sends one command.
func (c *connector) do(ctx context.Context, build func(rueidis.Client) rueidis.Completed) rueidis.RedisResult {
	c.mu.RLock()
	client, closed := c.client, c.closed
	c.mu.RUnlock()
	if err := ctx.Err(); err != nil {
		return rueidis.NewErrorResult(err)
	}
	if closed || client == nil {
		return rueidis.NewErrorResult(c.notConnected())
	}
	return client.Do(ctx, build(client))
}

// Close closes the connections. Calls under way and later ones fail. It waits
// for a try to connect, which takes the dial timeout for each address at most.
func (c *connector) Close() {
	c.mu.Lock()
	closed, client := c.closed, c.client
	c.closed = true
	c.mu.Unlock()
	if closed {
		return
	}
	c.stop()
	<-c.done
	if client != nil {
		client.Close()
	}
}
