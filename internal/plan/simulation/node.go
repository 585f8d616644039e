package simulation

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/plan/missratio"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// never is a timeout, in seconds, that does not run out.
const never = math.MaxInt64 / 2

// A Node is one server with its session cache. One goroutine at a time may use
// it.
type Node struct {
	cache *engine.Cache
	now   int64 // Unix seconds, virtual
	ids   workload.IDs
	fresh uint64 // ids of sessions drawn so far
	id    [shards.MaxIDLength]byte
}

// Config says what a node's cache is like.
type Config struct {
	Capacity         int           // sessions, 1 or more
	Lifetime         time.Duration // of a session, in whole seconds; 0: none
	ProbationPercent int           // as [engine.Config] has it
	Seed             uint64        // of the session ids
}

// NewNode returns a node with an empty cache at time 0. The caller closes it.
func NewNode(c Config) (*Node, error) {
	if c.Capacity < 1 || c.Lifetime < 0 || c.Lifetime%time.Second != 0 {
		return nil, fmt.Errorf("capacity %d and lifetime %v; allowed are 1 or more sessions and whole seconds, 0 for none", c.Capacity, c.Lifetime)
	}
	n := &Node{ids: workload.NewIDs(c.Seed)}
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

// A Ticket is what a client keeps of its latest handshake: the node, by number,
// and the session there. The zero Ticket is none.
type Ticket struct {
	Node    int32  // from 1; 0: no ticket
	Session uint64 // number of the id on that node
}

// Advance sets the time. The engine's clocks count whole seconds.
func (n *Node) Advance(now time.Duration) { n.now = int64(now / time.Second) }

// Handshake is one with a client that offers session, where offers says so; it
// reports whether it was resumed and returns the session the client has after
// it.
func (n *Node) Handshake(session uint64, offers bool, how missratio.Resumption) (next uint64, resumed bool, err error) {
	var found *engine.Session
	if offers {
		n.ids.Put(&n.id, session)
		found = n.resume(how)
	}
	ctx := context.Background()
	n.cache.HandshakeStarted(engine.RoleServer)
	if found != nil && how == missratio.Reuse {
		// What it resumed is what it keeps.
		n.cache.HandshakeFinished(ctx, engine.RoleServer, found, true)
		found.Release()
		return session, true, nil
	}
	n.fresh++
	n.ids.Put(&n.id, n.fresh)
	s, err := engine.NewSession(n.id[:], nil, engine.SessionOptions{
		Created: n.now, Timeout: n.cache.Timeout(), Promoted: found != nil,
	})
	if err != nil {
		return 0, false, err
	}
	defer s.Release()
	if found == nil {
		n.cache.HandshakeFinished(ctx, engine.RoleServer, s, false)
		return n.fresh, false, nil
	}
	// The session that was resumed has served: it is not promoted.
	found.Release()
	n.cache.HandshakeFinished(ctx, engine.RoleServer, nil, true)
	n.cache.Issued(ctx, engine.RoleServer, s)
	return n.fresh, true, nil
}

// resume looks for the session whose id was put into n.id.
func (n *Node) resume(how missratio.Resumption) *engine.Session {
	if how == missratio.SingleUse {
		if s, ok := n.cache.Take(n.id[:]); ok {
			return s
		}
		return nil
	}
	if s, ok := n.cache.Resume(context.Background(), n.id[:], n.cache.Scope()); ok {
		return s
	}
	return nil
}
