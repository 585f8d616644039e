package missratio

import (
	"math/rand/v2"
	"time"
)

// Random replays the trace into caches that evict any session, all with the
// same probability, in O(1) a request and size. The same seed gives the same
// answer. A cache learns that a session is expired when it is asked for.
func Random(r Replay) ([]Point, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	return r.points("random", func(size int) uint64 { return randomSize(r, size) }), nil
}

func randomSize(r Replay, size int) (misses uint64) {
	random := rand.New(rand.NewPCG(r.Seed, uint64(size)))
	// What is never asked for again takes up room too, so with Renew as many
	// sessions as requests may be there.
	most := r.Trace.Distinct
	if r.resumption() == Renew {
		most = len(r.Trace.IDs)
	}
	owner := make([]uint32, 0, min(size, most))
	slot := make([]uint32, r.Trace.Distinct) // of the id's latest session
	for i := range slot {
		slot[i] = absent
	}
	created := make([]time.Duration, r.Trace.Distinct)
	for i, id := range r.Trace.IDs {
		now := r.time(i)
		at := slot[id]
		hit := at != absent && now-created[id] <= r.Lifetime
		if !hit {
			misses++
		}
		switch {
		case hit && r.resumption() == Reuse:
			continue
		case at != absent && (!hit || r.resumption() == SingleUse):
			// The expired one, or the one taken, leaves its place to its successor.
		case len(owner) < size:
			at = uint32(len(owner))
			owner = append(owner, id)
		default:
			at = uint32(random.IntN(size))
			if slot[owner[at]] == at {
				slot[owner[at]] = absent
			}
			owner[at] = id
		}
		slot[id], created[id] = at, now
	}
	return misses
}

const absent = 1<<32 - 1
