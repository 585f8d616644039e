package workload

import "fmt"

// Limits of a [Spec].
const (
	MaxSessions = 100_000_000
	MaxObjects  = 64
)

// DefaultObjects is the usual number of objects an id.
const DefaultObjects = 2

// A Spec describes a workload completely, except for how long it lasts and on
// how many goroutines.
type Spec struct {
	Kind     Kind
	Sessions int      // ids that can be linked at once, 1 to MaxSessions
	Keys     Law      // for all kinds but AddEvict, which goes round its ring
	Disjoint bool     // goroutine i of g uses only the keys k with k mod g = i
	Mix      Mix      // for Mixed
	Objects  int      // sessions an id, for Replace: an even number, 2 to MaxObjects
	States   StateMix // which handshakes the sessions' states come from
	Seed     uint64
}

// Check reports what is wrong with the spec.
func (s Spec) Check() error {
	if _, err := ParseKind(string(s.Kind)); err != nil {
		return err
	}
	switch {
	case s.Sessions < 1 || s.Sessions > MaxSessions:
		return fmt.Errorf("%d sessions; allowed are 1 to %d", s.Sessions, MaxSessions)
	case s.Objects < 2 || s.Objects > MaxObjects || s.Objects%2 != 0:
		return fmt.Errorf("%d objects an id; allowed are even numbers from 2 to %d", s.Objects, MaxObjects)
	case s.Pool() > keyMask:
		return fmt.Errorf("%d sessions and %d objects an id make %d objects; allowed are %d", s.Sessions, s.Objects, s.Pool(), keyMask)
	}
	if _, err := ParseMix(s.Mix.String()); err != nil {
		return err
	}
	_, err := ParseStateMix(s.States.String())
	return err
}

// Capacity is the bound of the cache: for AddEvict the number of sessions. The
// other kinds must never evict, so they get room for what is being added and
// for places that a sharded cache cannot move at once.
func (s Spec) Capacity() int {
	if s.Kind.Evicts() {
		return s.Sessions
	}
	return s.Sessions + s.Sessions/64 + 1024
}

// Pool is the number of session objects. Object i has id number
// i / ObjectsPerID.
func (s Spec) Pool() int {
	if s.Kind == AddEvict {
		return ringLength(s.Sessions)
	}
	return s.Sessions * s.ObjectsPerID()
}

// ObjectsPerID is the number of session objects with the same id, which lie
// side by side in the pool.
func (s Spec) ObjectsPerID() int {
	if s.Kind == Replace {
		return s.Objects
	}
	return 1
}
