package workload

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/reprise-tls/reprise/shards"
)

// NewSessions makes the session objects of a workload, created at the given
// Unix second, each with one reference. Which kind of state an object has
// follows from the seed; the states themselves are used in turn.
func NewSessions(s Spec, states *States, created int64) ([]*shards.Session, error) {
	pool := make([]*shards.Session, s.Pool())
	kinds := stateKinds(s)
	ids := NewIDs(s.Seed)
	parts := runtime.GOMAXPROCS(0)
	failed := make([]error, parts)
	var all sync.WaitGroup
	for part := range parts {
		all.Go(func() {
			// Each part is a run of neighbours, so that objects of one id lie
			// side by side in memory too.
			var id [shards.MaxIDLength]byte
			for i := part * len(pool) / parts; i < (part+1)*len(pool)/parts; i++ {
				ids.Put(&id, uint64(i/s.ObjectsPerID()))
				state := states.pick(kinds[i%len(kinds)], i/len(kinds))
				session, err := shards.NewSession(id[:], state, shards.SessionOptions{Created: created})
				if err != nil {
					failed[part] = fmt.Errorf("workload: session %d of the pool: %w", i, err)
					return
				}
				pool[i] = session
			}
		})
	}
	all.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return pool, nil
}

// stateKinds returns a shuffled list of kinds with exactly the shares of the
// mix.
func stateKinds(s Spec) [100]uint8 {
	kinds := hundred(s.States.shares())
	r := newRandom(s.Seed, domainStates, 0)
	for i := len(kinds) - 1; i > 0; i-- {
		j := r.below(uint64(i) + 1)
		kinds[i], kinds[j] = kinds[j], kinds[i]
	}
	return kinds
}

func (s *States) pick(kind uint8, n int) []byte {
	states := s.kinds[kind]
	return states[n%len(states)]
}
