package workload

import "fmt"

// Limits of a [Spec].
const (
	MaxSessions = 100_000_000
	MaxObjects  = 64
	MaxFlood    = 64
)

// Usual values of a [Spec].
const (
	DefaultObjects = 2
	DefaultFlood   = 1
)

// LiveSessions is the number of sessions in workload flush that are not
// expired and are looked up, fewer than fit a second-level cache.
const LiveSessions = 1024

// A Spec describes a workload completely, except for how long it lasts and on
// how many goroutines.
type Spec struct {
	Kind     Kind
	Sessions int      // ids that can be linked at once, for Flush those that expire: 1 to MaxSessions, for Scan at least 2
	Keys     Law      // for all kinds but AddEvict and Fill, which go through all sessions in order, and Hot
	Disjoint bool     // goroutine i of g uses only the keys k with k mod g = i; not for Hot. AddEvict, Fill, Scan and Flush divide their sessions in their own ways
	Mix      Mix      // for Mixed
	Objects  int      // sessions an id, for Replace: an even number, 2 to MaxObjects
	Flood    int      // adds of new sessions for each lookup, for Scan: 0 to MaxFlood
	States   StateMix // which handshakes the sessions' states come from
	Seed     uint64
}

// Check reports what is wrong with the spec.
func (s Spec) Check() error {
	if _, err := ParseKind(string(s.Kind)); err != nil {
		return err
	}
	low := 1
	if s.Kind == Scan {
		low = 2
	}
	switch {
	case s.Sessions < low || s.Sessions > MaxSessions:
		return fmt.Errorf("%d sessions for workload %s; allowed are %d to %d", s.Sessions, s.Kind, low, MaxSessions)
	case s.Objects < 2 || s.Objects > MaxObjects || s.Objects%2 != 0:
		return fmt.Errorf("%d objects an id; allowed are even numbers from 2 to %d", s.Objects, MaxObjects)
	case s.Flood < 0 || s.Flood > MaxFlood:
		return fmt.Errorf("a flood of %d adds for each lookup; allowed are 0 to %d", s.Flood, MaxFlood)
	case s.Disjoint && s.Kind == Hot:
		return fmt.Errorf("disjoint keys for workload %s; it is one session that all goroutines use", s.Kind)
	case s.Keys.kind == latestLaw && s.Kind != Get && s.Kind != Mixed:
		return fmt.Errorf("key law %s for workload %s; only get and mixed tell the latest session from others", s.Keys, s.Kind)
	case s.Pool() > keyMask:
		return fmt.Errorf("%d sessions and %d objects an id make %d objects; allowed are %d", s.Sessions, s.Objects, s.Pool(), keyMask)
	}
	if _, err := ParseMix(s.Mix.String()); err != nil {
		return err
	}
	_, err := ParseStateMix(s.States.String())
	return err
}

// Capacity is the bound of the cache: for AddEvict and Scan the number of
// sessions. The other kinds must never evict, so they get room for what is
// being added and for places that a sharded cache cannot move at once.
func (s Spec) Capacity() int {
	if s.Kind.Evicts() {
		return s.Sessions
	}
	n := s.Linked()
	return n + n/64 + 1024
}

// Linked is the number of sessions in the cache at the beginning: the objects
// i * ObjectsPerID() for i below it, added in that order.
func (s Spec) Linked() int {
	if s.Kind == Flush {
		return s.Sessions + LiveSessions
	}
	return s.Sessions
}

// Pool is the number of session objects. Object i has id number
// i / ObjectsPerID.
func (s Spec) Pool() int {
	switch s.Kind {
	case AddEvict:
		return ringLength(s.Sessions)
	case Scan:
		return max(s.Population()+s.floodObjects(), s.Sessions)
	}
	return s.Linked() * s.ObjectsPerID()
}

// ObjectsPerID is the number of session objects with the same id, which lie
// side by side in the pool.
func (s Spec) ObjectsPerID() int {
	if s.Kind == Replace {
		return s.Objects
	}
	return 1
}

// Population is the number of clients of Scan that come back. Their sessions
// are the first objects of the pool; the others are the flood's.
func (s Spec) Population() int { return s.Sessions / 2 }

// Settling is how many operations one goroutine plays, off the clock, after
// the sessions are linked and before the first slice: until the sessions of
// Scan are where an eviction order has them.
func (s Spec) Settling() int {
	if s.Kind == Scan {
		return 8 * s.Sessions
	}
	return 0
}
