package memcached

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/bradfitz/gomemcache/memcache"
)

// lane is a client for one call at a time. gomemcache knows no contexts, only
// a timeout for all calls of a client, so a call that has a client to itself
// sets what its own context allows, and nothing has to be left behind by a
// goroutine.
type lane struct {
	client   *memcache.Client
	deadline time.Time // of the call under way
	dials    int       // connections that were made for it
}

// conn is a connection of a lane. No deadline of it is later than the call's,
// also if dialling took a part of the time.
type conn struct {
	net.Conn
	lane *lane
}

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	if c.lane.deadline.Before(t) {
		t = c.lane.deadline
	}
	return c.Conn.SetDeadline(t)
}

// lanes are what Options.Parallel allows.
type lanes struct {
	o      *Options
	free   chan *lane
	closed chan struct{}
	once   sync.Once
}

func (l *lanes) open(o *Options, servers memcache.ServerSelector) {
	l.o = o
	l.free = make(chan *lane, o.Parallel)
	l.closed = make(chan struct{})
	for range o.Parallel {
		n := &lane{client: memcache.NewFromSelector(servers)}
		n.client.MaxIdleConns = 1
		n.client.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithDeadline(ctx, n.deadline)
			defer cancel()
			n.dials++
			c, err := o.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &conn{Conn: c, lane: n}, nil
		}
		l.free <- n
	}
}

// do makes a call on a free lane. A call that fails on a connection which was
// there before is tried once more on a new one: after a server was restarted
// all that were idle are dead.
func (l *lanes) do(ctx context.Context, call func(*memcache.Client) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	deadline := time.Now().Add(l.o.Timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	n, err := l.take(ctx, deadline)
	if err != nil {
		return err
	}
	defer l.release(n)
	n.deadline, n.dials = deadline, 0
	n.client.Timeout = l.o.Timeout
	err = call(n.client)
	if !answered(err) && n.dials == 0 && ctx.Err() == nil && time.Now().Before(deadline) {
		err = call(n.client)
	}
	if !answered(err) && !time.Now().Before(deadline) {
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	return err
}

// take waits for a free lane.
func (l *lanes) take(ctx context.Context, deadline time.Time) (*lane, error) {
	select {
	case <-l.closed:
		return nil, ErrClosed
	default:
	}
	select {
	case n := <-l.free:
		return n, nil
	default:
	}
	late := time.NewTimer(time.Until(deadline))
	defer late.Stop()
	select {
	case n := <-l.free:
		return n, nil
	case <-l.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
		return nil, context.DeadlineExceeded
	}
}

func (l *lanes) release(n *lane) { l.free <- n }

// answered reports whether the server answered, whatever it said, or was not to
// be asked.
func answered(err error) bool {
	if err == nil {
		return true
	}
	for _, answer := range []error{
		memcache.ErrCacheMiss, memcache.ErrCASConflict, memcache.ErrNotStored, memcache.ErrMalformedKey,
		memcache.ErrServerError, memcache.ErrNoServers,
	} {
		if errors.Is(err, answer) {
			return true
		}
	}
	return false
}

// Close waits for the calls under way and closes the connections. Later calls
// fail. Its error is that of closing a connection.
func (l *lanes) Close() error {
	var errs []error
	l.once.Do(func() {
		close(l.closed)
		for range cap(l.free) {
			n := <-l.free
			errs = append(errs, n.client.Close())
		}
	})
	return errors.Join(errs...)
}
