package workload

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/reprise-tls/reprise/shards"
)

// A Maker makes the session objects of a workload, each with one reference.
// Which kind of state an object has follows from the seed; the states
// themselves are used in turn. Any number of goroutines may use it.
type Maker struct {
	spec     Spec
	states   *States
	kinds    [100]uint8
	ids      IDs
	created  int64
	timeouts func(object int) int64
}

// NewMaker returns what makes the sessions of a workload that begins at the
// given Unix second.
func NewMaker(s Spec, states *States, now int64) *Maker {
	return &Maker{spec: s, states: states, kinds: stateKinds(s), ids: NewIDs(s.Seed), created: now + s.CreatedAhead(), timeouts: s.Timeouts()}
}

// Make makes the object of the given number. It may be called again for
// another object like it.
func (m *Maker) Make(object int) (*shards.Session, error) {
	var id [shards.MaxIDLength]byte
	m.ids.Put(&id, uint64(object/m.spec.ObjectsPerID()))
	state := m.states.pick(m.kinds[object%len(m.kinds)], object/len(m.kinds))
	s, err := shards.NewSession(id[:], state, shards.SessionOptions{Created: m.created, Timeout: m.timeouts(object)})
	if err != nil {
		return nil, fmt.Errorf("workload: session %d of the pool: %w", object, err)
	}
	return s, nil
}

// MakeAll makes the objects of the pool, as many as it has places for.
func (m *Maker) MakeAll(pool []*shards.Session) error {
	parts := runtime.GOMAXPROCS(0)
	failed := make([]error, parts)
	var all sync.WaitGroup
	for part := range parts {
		all.Go(func() {
			// Each part is a run of neighbours, so that objects of one id lie
			// side by side in memory too.
			for i := part * len(pool) / parts; i < (part+1)*len(pool)/parts; i++ {
				if pool[i], failed[part] = m.Make(i); failed[part] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// NewSessions makes all session objects of a workload that begins at the given
// Unix second.
func NewSessions(s Spec, states *States, now int64) ([]*shards.Session, error) {
	pool := make([]*shards.Session, s.Pool())
	if err := NewMaker(s, states, now).MakeAll(pool); err != nil {
		return nil, err
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
