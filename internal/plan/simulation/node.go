package simulation

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/plan/missratio"
	"github.com/reprise-tls/reprise/internal/workload"
)

// never is a timeout, in seconds, that does not run out.
const never = math.MaxInt64 / 2

// A Fleet is what nodes have in common: the numbers of sessions, from which
// their ids are made. The zero Fleet is ready; one goroutine at a time may use
// it and its nodes.
type Fleet struct {
	Seed     uint64 // of the ids
	sessions uint64 // made so far
}

// A Node is one server with its session cache.
type Node struct {
	fleet *Fleet
	cache *engine.Cache
	now   int64 // Unix seconds, virtual
	ids   workload.IDs
	id    [engine.MaxIDLength]byte
}

// Config says what a node's cache is like.
type Config struct {
	Capacity         int           // sessions, 1 or more
	Lifetime         time.Duration // of a session, in whole seconds; 0: none
	ProbationPercent int           // as [engine.Config] has it
}

// NewNode returns a node with an empty cache at time 0. The caller closes it.
func (f *Fleet) NewNode(c Config) (*Node, error) {
	if c.Capacity < 1 || c.Lifetime < 0 || c.Lifetime%time.Second != 0 {
		return nil, fmt.Errorf("capacity %d and lifetime %v; allowed are 1 or more sessions and whole seconds, 0 for none", c.Capacity, c.Lifetime)
	}
	n := &Node{fleet: f, ids: workload.NewIDs(f.Seed)}
	config := engine.Defaults()
	config.Capacity = c.Capacity
	config.ProbationPercent = c.ProbationPercent
	config.Timeout = never
	if c.Lifetime > 0 {
		config.Timeout = int64(c.Lifetime / time.Second)
	}
	config.Clock = func() int64 { return n.now }
	var err error
	n.cache, err = engine.New(config)
	return n, err
}

// Close closes the cache.
func (n *Node) Close() { n.cache.Close() }

// Cache returns the cache, for statistics.
func (n *Node) Cache() *engine.Cache { return n.cache }

// A Ticket is what a client keeps of its latest handshake. The zero Ticket is
// none.
type Ticket struct {
	session uint64 // number, from 1
	created int64  // Unix seconds, virtual
}

// Advance sets the time. The engine's clocks count whole seconds.
func (n *Node) Advance(now time.Duration) { n.now = int64(now / time.Second) }

// Handshake is one with a client that offers a ticket, or none. stored says
// that a store behind the cache would have the session, unless it has expired;
// it is asked where the cache has not. Handshake returns the ticket the client
// has after it and where the session came from.
func (n *Node) Handshake(t Ticket, how missratio.Resumption, stored bool) (Ticket, Source, error) {
	n.cache.HandshakeStarted(engine.RoleServer)
	source := Nowhere
	if t != (Ticket{}) {
		n.ids.Put(&n.id, t.session)
		switch {
		case n.resume(how):
			source = Cache
		case stored && n.now <= t.created+n.cache.Timeout():
			source = Store
		}
	}
	switch {
	case how == missratio.Reuse && source == Cache:
		return t, source, nil
	case how == missratio.Reuse && source == Store:
		return t, source, n.issue(t, true) // kept as Cache.Resume keeps it
	}
	n.fleet.sessions++
	t = Ticket{n.fleet.sessions, n.now}
	return t, source, n.issue(t, source != Nowhere)
}

// A Source is where the session of a resumed handshake came from.
type Source uint8

// The sources.
const (
	Nowhere Source = iota // the handshake was full
	Cache
	Store
)

// resume looks for the session whose id was put into n.id, as a server does,
// and tells the engine if it was resumed. A session that is not used again has
// served and is not promoted.
func (n *Node) resume(how missratio.Resumption) bool {
	ctx := context.Background()
	var s *engine.Session
	var found bool
	if how == missratio.SingleUse {
		s, found = n.cache.Take(n.id[:])
	} else {
		s, found = n.cache.Resume(ctx, n.id[:], n.cache.Scope())
	}
	if !found {
		return false
	}
	if how == missratio.Reuse {
		n.cache.HandshakeFinished(ctx, engine.RoleServer, s, true)
	} else {
		n.cache.HandshakeFinished(ctx, engine.RoleServer, nil, true)
	}
	s.Release()
	return true
}

// issue makes the session of a ticket and gives it to the engine.
func (n *Node) issue(t Ticket, resumed bool) error {
	n.ids.Put(&n.id, t.session)
	s, err := engine.NewSession(n.id[:], nil, engine.SessionOptions{
		Created: t.created, Timeout: n.cache.Timeout(), Promoted: resumed,
	})
	if err != nil {
		return err
	}
	defer s.Release()
	if resumed {
		n.cache.Issued(context.Background(), engine.RoleServer, s)
	} else {
		n.cache.HandshakeFinished(context.Background(), engine.RoleServer, s, false)
	}
	return nil
}
