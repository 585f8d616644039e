package soak

import (
	"github.com/reprise-tls/reprise/engine"
)

// workloadKind is one of the things that workers do.
type workloadKind int

const (
	workloadChurn workloadKind = iota
	workloadAddEvict
	workloadIdentical
	workloadReplace
	workloadGet
	workloadTake
	workloadMixed
	workloadResume
	workloadHandshake
	workloadReschedule
	workloadWalk
	workloadCount
)

var workloads = [workloadCount]struct {
	name string
	do   func(*worker)
}{
	workloadChurn:      {"churn", (*worker).churn},
	workloadAddEvict:   {"add-evict", (*worker).addEvict},
	workloadIdentical:  {"identical", (*worker).identical},
	workloadReplace:    {"replace", (*worker).replace},
	workloadGet:        {"get", (*worker).get},
	workloadTake:       {"take", (*worker).take},
	workloadMixed:      {"mixed", (*worker).mixed},
	workloadResume:     {"resume", (*worker).resume},
	workloadHandshake:  {"handshake", (*worker).handshake},
	workloadReschedule: {"reschedule", (*worker).reschedule},
	workloadWalk:       {"walk", (*worker).walk},
}

// lookUp gets a session, checks it and gives it back.
func (w *world) lookUp(id []byte, scope engine.Scope, from string) {
	if s, ok := w.cache.GetScoped(id, scope); ok {
		w.answer(s, id, scope, from)
		s.Release()
	}
}

func (k *worker) churn() {
	s := k.people.pick(k.slot())
	k.cache.Remove(s)
	k.cache.Add(s)
	s.Release()
}

// addEvict goes round the ids with new sessions, as a server does whose
// clients do not come back. There are more ids than places.
func (k *worker) addEvict() {
	slot := k.ring.Add(1) % uint64(len(k.people.slots))
	s := k.fresh(slot / objectsPerID)
	k.cache.Add(s)
	k.people.exchange(slot, s)
}

func (k *worker) identical() {
	s := k.people.pick(k.slot())
	k.cache.Add(s)
	k.cache.Add(s)
	s.Release()
}

func (k *worker) replace() {
	first := k.key() * objectsPerID
	for o := range uint64(objectsPerID) {
		s := k.people.pick(first + o)
		k.cache.Add(s)
		s.Release()
	}
}

func (k *worker) get() {
	key := k.key()
	id, scope := k.id(key), k.people.scope(key)
	if k.random.Uint64N(16) == 0 {
		scope = k.people.otherScope(key)
	}
	if s, ok := k.cache.GetScoped(id[:], scope); ok {
		k.answer(s, id[:], scope, "Get")
		k.finish(s)
	}
}

func (k *worker) take() {
	key := k.key()
	id, scope := k.id(key), k.people.scope(key)
	s, ok := k.cache.TakeScoped(id[:], scope)
	if !ok {
		return
	}
	k.done.taken.Add(1)
	k.answer(s, id[:], scope, "Take")
	if s.Resumable() {
		k.fail("Take returned a session that is still marked resumable")
	}
	k.finish(s)
}

func (k *worker) mixed() {
	switch n := k.random.Uint64N(100); {
	case n < 60:
		k.get()
	case n < 80:
		s := k.people.pick(k.slot())
		k.cache.Add(s)
		s.Release()
	case n < 90:
		s := k.people.pick(k.slot())
		k.cache.Remove(s)
		s.Release()
	default:
		id := k.id(k.key())
		k.cache.RemoveID(id[:])
		k.cache.Contains(id[:])
	}
}

// role draws the part in a handshake and counts that it begins.
func (k *worker) role() engine.Role {
	if k.random.Uint64N(4) == 0 {
		k.done.connect.Add(1)
		k.cache.HandshakeStarted(engine.RoleClient)
		return engine.RoleClient
	}
	k.done.accept.Add(1)
	k.cache.HandshakeStarted(engine.RoleServer)
	return engine.RoleServer
}

// resume is the handshake of a client that offers a session; if the cache does
// not have it, it becomes a full one.
func (k *worker) resume() {
	if k.random.Uint64N(256) == 0 {
		for _, n := range []int{0, engine.MaxIDLength + 1} {
			if _, ok := k.cache.Resume(k.ctx, make([]byte, n), k.people.scopes[0]); ok {
				k.fail("Resume returned a session for an id of %d bytes", n)
			}
		}
	}
	key := k.key()
	id, scope := k.id(key), k.people.scope(key)
	role := k.role()
	s, ok := k.cache.Resume(k.ctx, id[:], scope)
	if !ok {
		k.full(role, key)
		return
	}
	k.answer(s, id[:], scope, "Resume")
	k.people.retire(s) // it may be one that the harness never had
	k.cache.HandshakeFinished(k.ctx, role, s, true)
	k.done.good.Add(1)
	k.finish(s)
}

// full finishes a full handshake.
func (k *worker) full(role engine.Role, key uint64) {
	s := k.fresh(key)
	k.cache.HandshakeFinished(k.ctx, role, s, false)
	k.done.good.Add(1)
	k.people.exchange(key*objectsPerID+k.random.Uint64N(objectsPerID), s)
}

// handshake is a full handshake, in half of the cases of TLS 1.3, which issues
// two tickets.
func (k *worker) handshake() {
	role := k.role()
	if k.random.Uint64N(2) == 0 {
		k.full(role, k.key())
		return
	}
	k.cache.HandshakeFinished(k.ctx, role, nil, false)
	k.done.good.Add(1)
	for range 2 {
		key := k.key()
		s := k.fresh(key)
		k.cache.Issued(k.ctx, role, s)
		k.people.exchange(key*objectsPerID+k.random.Uint64N(objectsPerID), s)
	}
}

func (k *worker) reschedule() {
	s := k.people.pick(k.slot())
	defer s.Release()
	s.SetCreated(k.clock.Load())
	if err := s.SetTimeout(int64(k.random.Uint64N(900))); err != nil {
		k.fail("SetTimeout of a session: %v", err)
	}
	k.cache.Reschedule(s)
	if k.random.Uint64N(4) == 0 {
		k.cache.Promote(s)
	}
}

// walkLength is how many sessions a walk goes over before it breaks off.
const walkLength = 200

func (k *worker) walk() {
	n := 0
	for s := range k.cache.All() {
		k.intact(s, "All")
		if n++; n == walkLength {
			break
		}
	}
}
