package engine

import "math"

// The part of the model that is for handshakes: what a server and a client do
// with their cache, and where sessions from outside come from.

// A modelStore is an external store and its condition.
type modelStore struct {
	values map[int]modelValue // by the id under which they are found
	fault  storeFault
}

type storeFault uint8

const (
	storeWorks storeFault = iota
	storeFails
	storePanics
)

// A modelValue is a session as it was when it was written.
type modelValue struct {
	id, state        int
	scope            Scope
	created, timeout int64
	promoted, broken bool // broken: it does not decode
}

// value returns what is written of a session.
func (s *modelSession) value() modelValue {
	return modelValue{id: s.id, state: s.state, scope: s.scope, created: s.created, timeout: s.timeout, promoted: s.promoted}
}

// call notes a call of the store and reports whether it worked.
func (o *modelStore) call(m *modelCache, format string, args ...any) bool {
	m.tell("Store."+format, args...)
	switch o.fault {
	case storePanics:
		m.stats.CallbackPanics++
		fallthrough
	case storeFails:
		m.stats.StoreErrors++
		return false
	}
	return true
}

func (o *modelStore) delete(m *modelCache, id int) {
	if o != nil && o.call(m, "Delete of id %d", id) {
		delete(o.values, id)
	}
}

// set writes s for the rest of its life, the last second included.
func (o *modelStore) set(m *modelCache, s *modelSession) {
	expiry := s.expiry(m.timeout)
	if o == nil || m.now > expiry {
		return
	}
	const most = math.MaxInt64 / 1_000_000_000 // seconds that a time.Duration holds
	if !o.call(m, "Set of id %d for %d s", s.id, min(expiry-m.now, most-1)+1) {
		return
	}
	m.stats.StoreWrites++
	v := s.value()
	if v.timeout == 0 {
		v.timeout = m.timeout
	}
	o.values[s.id] = v
}

// get returns the value of the id, if there is one that decodes.
func (o *modelStore) get(m *modelCache, id int) (v modelValue, ok bool) {
	if o == nil || !o.call(m, "Get of id %d", id) {
		return v, false
	}
	v, ok = o.values[id]
	switch {
	case !ok:
		m.stats.StoreMisses++
	case v.broken:
		m.stats.StoreHits++
		m.stats.ExternalRejected++
		return v, false
	default:
		m.stats.StoreHits++
	}
	return v, ok
}

// resume is Resume for a valid id. Where the session comes from the store it is
// a new one, which adopt makes out of the value. A session from outside that is
// returned is held once more.
func (m *modelCache) resume(id int, scope Scope, adopt func(modelValue) *modelSession) *modelSession {
	if !m.mode.has(NoInternalLookup) {
		inside := m.entries[id] != nil
		if s := m.get(id, scope); s != nil || inside {
			return s // if none, it is expired or under another scope: nobody else is asked
		}
	}
	if m.closed {
		return nil
	}
	if s := m.askGet(id); s != nil {
		if !m.usable(s.value(), id, scope) {
			s.held--
			return nil
		}
		return m.keep(s)
	}
	v, ok := m.store.get(m, id)
	if !ok || !m.usable(v, id, scope) {
		return nil
	}
	return m.keep(adopt(v))
}

// keep adds a session from outside, unless the mode says not to.
func (m *modelCache) keep(s *modelSession) *modelSession {
	if !m.mode.has(NoInternalStore) {
		m.add(s)
	}
	m.stats.Hits++
	return s
}

// askGet asks Callbacks.Get. What it returns is held once more.
func (m *modelCache) askGet(id int) *modelSession {
	if !m.callbacks.get {
		return nil
	}
	m.tell("Get of id %d", id)
	m.mayPanic()
	s := m.callbacks.outside[id]
	switch {
	case m.callbacks.panics || s == nil || m.references(s) == 0:
		return nil
	case s.unusable:
		m.stats.ExternalRejected++
		return nil
	}
	m.stats.CallbackHits++
	s.held++
	return s
}

// usable reports whether what came from outside is what was asked for, and
// counts if not.
func (m *modelCache) usable(v modelValue, id int, scope Scope) bool {
	s := modelSession{created: v.created, timeout: v.timeout}
	switch {
	case v.id != id:
		m.stats.ExternalRejected++
	case v.scope != scope:
		m.stats.ScopeMismatches++
	case m.now > s.expiry(m.timeout):
		m.stats.Timeouts++
	default:
		return true
	}
	return false
}

// issued is Issued.
func (m *modelCache) issued(role Role, s *modelSession) {
	if s == nil || s.unusable || m.closed || Mode(role)&Both == 0 || !m.mode.has(Mode(role)) {
		return
	}
	if !m.mode.has(NoInternalStore) {
		m.add(s)
	}
	m.store.set(m, s)
	if m.callbacks.newSession {
		m.tell("New of #%d", s.number)
		m.mayPanic()
	}
}

// handshakeFinished is HandshakeFinished.
func (m *modelCache) handshakeFinished(role Role, s *modelSession, resumed bool) {
	client := role == RoleClient
	if client {
		m.stats.ConnectGood++
	} else {
		m.stats.AcceptGood++
	}
	if !resumed {
		m.issued(role, s)
		return
	}
	if s != nil {
		s.promoted = true
	}
	if client {
		m.stats.Hits++
	}
	if m.mode.has(Mode(role)) && !m.closed {
		m.sweep(m.mode)
	}
}
