package simulation

import (
	"fmt"
	"time"

	"github.com/reprise-tls/reprise/internal/plan/missratio"
)

// Replay replays a trace into caches of the engine, one for each size. Every id
// of the trace is a client, which offers the session it got last. probation is
// the engine's ProbationPercent; 100 turns probation off.
//
// Unlike the simple policies' replays it does what a server does: it makes
// sessions, hashes ids, counts references, keeps statistics and sweeps.
func Replay(r missratio.Replay, probation int) ([]missratio.Point, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	if probation < 0 || probation > 100 {
		return nil, fmt.Errorf("%w: probation %d %%; allowed are 0 to 100", missratio.ErrInput, probation)
	}
	if r.Lifetime%time.Second != 0 {
		return nil, fmt.Errorf("%w: lifetime %v; allowed for the engine are whole seconds", missratio.ErrInput, r.Lifetime)
	}
	if r.Resumption == "" {
		r.Resumption = missratio.Reuse
	}
	points := make([]missratio.Point, len(r.Sizes))
	for i, size := range r.Sizes {
		misses, err := replayInto(r, size, probation)
		if err != nil {
			return nil, err
		}
		points[i] = missratio.Point{Policy: "engine", Size: size, Requests: uint64(len(r.Trace.IDs)), Misses: misses}
	}
	return points, nil
}

func replayInto(r missratio.Replay, size, probation int) (misses uint64, err error) {
	fleet := Fleet{Seed: r.Seed}
	node, err := fleet.NewNode(Config{Capacity: size, Lifetime: r.Lifetime, ProbationPercent: probation})
	if err != nil {
		return 0, err
	}
	defer node.Close()
	tickets := make([]Ticket, r.Trace.Distinct) // of the clients
	for i, id := range r.Trace.IDs {
		if r.Lifetime > 0 {
			node.Advance(r.Trace.Times[i])
		}
		ticket, source, err := node.Handshake(tickets[id], r.Resumption, false)
		if err != nil {
			return 0, err
		}
		tickets[id] = ticket
		if source == Nowhere {
			misses++
		}
	}
	return misses, nil
}
