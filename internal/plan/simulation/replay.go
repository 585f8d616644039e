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
	node, err := NewNode(Config{Capacity: size, Lifetime: r.Lifetime, ProbationPercent: probation, Seed: r.Seed})
	if err != nil {
		return 0, err
	}
	defer node.Close()
	sessions := make([]uint64, r.Trace.Distinct) // of the clients; 0: none yet
	for i, id := range r.Trace.IDs {
		if r.Lifetime > 0 {
			node.Advance(r.Trace.Times[i])
		}
		session, resumed, err := node.Handshake(sessions[id], sessions[id] != 0, r.Resumption)
		if err != nil {
			return 0, err
		}
		sessions[id] = session
		if !resumed {
			misses++
		}
	}
	return misses, nil
}

// WholeSeconds reports whether a lifetime is one the engine can have.
func WholeSeconds(lifetime time.Duration) bool { return lifetime%time.Second == 0 }
