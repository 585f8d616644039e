package simulation

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/plan/missratio"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/tlscache"
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
	fleet  *Fleet
	cache  *engine.Cache
	window int64 // seconds
	now    int64 // Unix seconds, virtual
	ids    workload.IDs
	id     [engine.MaxIDLength]byte
}

// Config says what a node's cache is like.
type Config struct {
	Capacity         int           // sessions, 1 or more
	Lifetime         time.Duration // of a session, in whole seconds; 0: none
	ProbationPercent int           // as [engine.Config] has it

	// ReuseWindow is how long a TLS 1.3 session that was resumed lives on, in
	// whole seconds, as [tlscache.Options] has it: 0 stands for
	// [tlscache.DefaultReuseWindow], and one as long as Lifetime is none.
	ReuseWindow time.Duration
}

// NewNode returns a node with an empty cache at time 0. The caller closes it.
func (f *Fleet) NewNode(c Config) (*Node, error) {
	if c.Capacity < 1 || c.Lifetime < 0 || c.Lifetime%time.Second != 0 {
		return nil, fmt.Errorf("capacity %d and lifetime %v; allowed are 1 or more sessions and whole seconds, 0 for none", c.Capacity, c.Lifetime)
	}
	if c.ReuseWindow < 0 || c.ReuseWindow%time.Second != 0 {
		return nil, fmt.Errorf("reuse window %v; allowed are whole seconds, 0 for %v", c.ReuseWindow, tlscache.DefaultReuseWindow)
	}
	if c.ReuseWindow == 0 {
		c.ReuseWindow = tlscache.DefaultReuseWindow
	}
	n := &Node{fleet: f, ids: workload.NewIDs(f.Seed), window: int64(c.ReuseWindow / time.Second)}
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

// A Source is where the session of a resumed handshake came from.
type Source uint8

// The sources.
const (
	Nowhere Source = iota // the handshake was full
	Cache
	Store
)

// Handshake is one with a client that offers a ticket, or none. stored says
// that a store behind the cache would have the session, unless it has expired;
// it is asked where the cache has not. Handshake returns the ticket the client
// has after it and where the session came from.
func (n *Node) Handshake(t Ticket, how missratio.Resumption, stored bool) (Ticket, Source, error) {
	n.cache.HandshakeStarted(engine.RoleServer)
	session, source, err := n.find(t, how, stored)
	if err != nil {
		return t, source, err
	}
	if how != missratio.Reuse || source == Nowhere {
		if t, err = n.issue(source != Nowhere); err != nil {
			return t, source, err
		}
	}
	if session != nil {
		defer session.Release()
		if how == missratio.Renew {
			if err := n.supersede(session); err != nil {
				return t, source, err
			}
		}
	}
	n.cache.HandshakeFinished(context.Background(), engine.RoleServer, session, source != Nowhere)
	return t, source, nil
}

// find returns the session that a ticket stands for, with a reference, and
// where it was; nil if it is nowhere, or is not there any longer since it is
// used once.
func (n *Node) find(t Ticket, how missratio.Resumption, stored bool) (*engine.Session, Source, error) {
	if t == (Ticket{}) {
		return nil, Nowhere, nil
	}
	n.ids.Put(&n.id, t.session)
	if how == missratio.SingleUse {
		if s, found := n.cache.Take(n.id[:]); found {
			s.Release()
			return nil, Cache, nil
		}
	} else if s, found := n.cache.Resume(context.Background(), n.id[:], n.cache.Scope()); found {
		return s, Cache, nil
	}
	switch {
	case !stored || n.now > t.created+n.cache.Timeout():
		return nil, Nowhere, nil
	case how == missratio.SingleUse:
		return nil, Store, nil
	}
	s, err := n.add(t, true) // kept as Cache.Resume keeps it
	return s, Store, err
}

// supersede ends the life of a TLS 1.3 session that has a successor after the
// reuse window, as [tlscache.Server] does.
func (n *Node) supersede(s *engine.Session) error {
	end := n.now + n.window
	if n.window >= n.cache.Timeout() || s.Expiry(n.cache.Timeout()) <= end {
		return nil
	}
	if err := s.SetTimeout(end - s.Created()); err != nil {
		return err
	}
	n.cache.Reschedule(s)
	return nil
}

// issue makes a new session, as a handshake does, and returns its ticket.
func (n *Node) issue(resumed bool) (Ticket, error) {
	n.fleet.sessions++
	t := Ticket{n.fleet.sessions, n.now}
	s, err := n.add(t, resumed)
	if err == nil {
		s.Release()
	}
	return t, err
}

// add gives the session of a ticket to the engine, and returns it with a
// reference.
func (n *Node) add(t Ticket, promoted bool) (*engine.Session, error) {
	n.ids.Put(&n.id, t.session)
	s, err := engine.NewSession(n.id[:], nil, engine.SessionOptions{
		Created: t.created, Timeout: n.cache.Timeout(), Promoted: promoted,
	})
	if err != nil {
		return nil, err
	}
	n.cache.Issued(context.Background(), engine.RoleServer, s)
	return s, nil
}
