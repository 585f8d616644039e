package soak

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"sync/atomic"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/workload"
)

// objectsPerID is how many session objects there are at once for each id, so
// that one can replace another.
const objectsPerID = 2

// otherScopeEvery is how many ids there are to one whose sessions belong to
// the second scope.
const otherScopeEvery = 16

type sessionID = [engine.MaxIDLength]byte

// population is the ids and the sessions that the harness owns: one reference
// on what is in each slot. Sessions in slots are exchanged all the time.
type population struct {
	ids    workload.IDs
	number map[sessionID]uint64 // of each id; not written after the start
	slots  []atomic.Pointer[engine.Session]
	states [][]byte // of real handshakes
	scopes [2]engine.Scope
	seed   maphash.Seed // of tags and checksums

	// retired are sessions that the harness has no reference on any more, or
	// never had one: the latest of those given up, and of those that came from
	// the store or a callback.
	retired [4096]atomic.Pointer[engine.Session]
	last    atomic.Uint64
}

// sampledStates is how many states of handshakes are used in turn: enough for
// the shares of the default mix.
const sampledStates = 100

func newPopulation(g Config) (*population, error) {
	p := &population{
		ids:    workload.NewIDs(g.Seed),
		number: make(map[sessionID]uint64, g.Sessions),
		slots:  make([]atomic.Pointer[engine.Session], g.Sessions*objectsPerID),
		seed:   maphash.MakeSeed(),
	}
	for i, name := range []string{"soak", "soak, other options"} {
		var err error
		if p.scopes[i], err = engine.NewScope([]byte(name)); err != nil {
			return nil, err
		}
	}
	for k := range uint64(g.Sessions) {
		var id sessionID
		p.ids.Put(&id, k)
		p.number[id] = k
	}
	err := p.sampleStates(g.Seed)
	return p, err
}

// sampleStates makes handshakes and keeps copies of their states.
func (p *population) sampleStates(seed uint64) error {
	states, err := workload.NewStates(workload.DefaultStateMix)
	if err != nil {
		return err
	}
	sessions, err := workload.NewSessions(workload.Spec{
		Kind: workload.Get, Sessions: sampledStates, Objects: workload.DefaultObjects,
		States: workload.DefaultStateMix, Seed: seed,
	}, states, startTime)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		p.states = append(p.states, s.AppendState(nil))
		s.Release()
	}
	return nil
}

func (p *population) scope(k uint64) engine.Scope {
	if k%otherScopeEvery == 0 {
		return p.scopes[1]
	}
	return p.scopes[0]
}

// tagLength is what precedes the state of a handshake: a tag of the id and a
// checksum of the rest, 8 bytes each.
const tagLength = 16

// tag is what the state of a session with the id begins with; never 0.
func (p *population) tag(id []byte) uint64 { return maphash.Bytes(p.seed, id) | 1 }

// session makes a session with id number k. luck decides about the rest.
func (p *population) session(k, luck uint64, scope engine.Scope, now int64) *engine.Session {
	var id sessionID
	p.ids.Put(&id, k)
	body := p.states[luck%uint64(len(p.states))]
	state := make([]byte, tagLength, tagLength+len(body))
	binary.BigEndian.PutUint64(state, p.tag(id[:]))
	binary.BigEndian.PutUint64(state[8:], maphash.Bytes(p.seed, body))
	options := engine.SessionOptions{Scope: scope, Created: now, Promoted: luck>>32%8 == 0}
	if luck>>36%4 != 0 { // the others have the cache's timeout
		options.Timeout = 30 + int64(luck>>40%600)
	}
	s, err := engine.NewSession(id[:], append(state, body...), options)
	if err != nil {
		// Ids, states and timeouts are within their limits.
		panic(fmt.Errorf("soak: making a session: %w", err))
	}
	return s
}

// pick returns the session in a slot with a reference for the caller.
func (p *population) pick(slot uint64) *engine.Session {
	for {
		if s := p.slots[slot].Load(); s.Acquire() {
			return s
		}
		// It was exchanged and released in between.
	}
}

// exchange puts s into a slot, which takes over the caller's reference, and
// gives up what was there.
func (p *population) exchange(slot uint64, s *engine.Session) {
	if old := p.slots[slot].Swap(s); old != nil {
		p.retire(old)
		old.Release()
	}
}

// retire notes a session of which checkpoints shall count the references
// although the harness has none.
func (p *population) retire(s *engine.Session) {
	p.retired[p.last.Add(1)%uint64(len(p.retired))].Store(s)
}

// fault says what is wrong with a session, on which the caller has a
// reference; "" if nothing is.
func (p *population) fault(s *engine.Session) string {
	var (
		room [2048]byte
		own  sessionID
	)
	state := s.AppendState(room[:0])
	id := s.AppendID(own[:0])
	switch {
	case s.References() < 1:
		return "has no reference, although its holder has one"
	case len(state) < tagLength:
		return fmt.Sprintf("has a state of %d bytes, shorter than any that was made", len(state))
	case zeroed(state):
		return "has a state that was zeroed although it is referenced"
	case binary.BigEndian.Uint64(state) != p.tag(id):
		return "has the state of a session with another id"
	case binary.BigEndian.Uint64(state[8:]) != maphash.Bytes(p.seed, state[tagLength:]):
		return "has a state of which parts were overwritten"
	}
	return ""
}

func zeroed(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// otherScope returns the scope that sessions of id number k do not have.
func (p *population) otherScope(k uint64) engine.Scope {
	if p.scope(k) == p.scopes[0] {
		return p.scopes[1]
	}
	return p.scopes[0]
}
