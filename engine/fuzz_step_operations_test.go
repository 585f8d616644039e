package engine

import (
	"bytes"
	"context"
	"errors"
)

// The operations of FuzzOperations. Each does the same to the cache and then to
// the model, and compares what they return.

func (f *fuzzed) stepAdd(a, b, c byte) {
	s := f.session(a, b, c)
	got := f.cache.Add(s.real())
	equal(f.t, "Add", got, f.model.add(s))
}

func (f *fuzzed) stepGet(a, b, _ byte) {
	id, n := fuzzID(a)
	if b&1 == 0 {
		got, ok := f.cache.Get(id)
		f.found("Get", got, ok, f.model.get(n, f.model.scope))
		return
	}
	scope := fuzzScope(b >> 1)
	got, ok := f.cache.GetScoped(id, scope)
	f.found("GetScoped", got, ok, f.model.get(n, scope))
}

func (f *fuzzed) stepTake(a, b, _ byte) {
	id, n := fuzzID(a)
	if b&1 == 0 {
		got, ok := f.cache.Take(id)
		f.found("Take", got, ok, f.model.take(n, f.model.scope))
		return
	}
	scope := fuzzScope(b >> 1)
	got, ok := f.cache.TakeScoped(id, scope)
	f.found("TakeScoped", got, ok, f.model.take(n, scope))
}

func (f *fuzzed) stepRemove(a, b, c byte) {
	s := f.usedSession(a, b, c)
	got := f.cache.Remove(s.real())
	equal(f.t, "Remove", got, f.model.remove(s))
}

func (f *fuzzed) stepRemoveID(a, _, _ byte) {
	id, n := fuzzID(a)
	got := f.cache.RemoveID(id)
	equal(f.t, "RemoveID", got, f.model.removeID(n, n < fuzzIDs))
}

func (f *fuzzed) stepResume(a, b, _ byte) {
	id, n := fuzzID(a)
	scope := f.model.scope
	if b&1 != 0 {
		scope = fuzzScope(b >> 1)
	}
	got, ok := f.cache.Resume(context.Background(), id, scope)
	if n >= fuzzIDs { // neither looked up nor counted
		f.found("Resume", got, ok, nil)
		return
	}
	f.found("Resume", got, ok, f.model.resume(n, scope, func(v modelValue) *modelSession {
		if got == nil {
			f.t.Fatal("Resume does not return what the store has")
		}
		if !bytes.Equal(got.AppendState(nil), fuzzState(v.state)) {
			f.t.Error("a session from the store has another state than was written")
		}
		return f.keepTrack(&modelSession{
			Session: got, id: v.id, state: v.state, scope: v.scope,
			created: v.created, timeout: v.timeout, promoted: v.promoted,
		})
	}))
}

func (f *fuzzed) stepFinished(a, b, c byte) { f.handshakeFinished(a, b, c, false) }

func (f *fuzzed) stepFinishedResumed(a, b, c byte) { f.handshakeFinished(a, b, c, true) }

func (f *fuzzed) handshakeFinished(a, b, c byte, resumed bool) {
	s, role := f.usedSession(a, b, c), choose(fuzzRoles[:], c>>6)
	f.cache.HandshakeFinished(context.Background(), role, s.real(), resumed)
	f.model.handshakeFinished(role, s, resumed)
}

func (f *fuzzed) stepIssued(a, b, c byte) {
	s, role := f.usedSession(a, b, c), choose(fuzzRoles[:], c>>6)
	f.cache.Issued(context.Background(), role, s.real())
	f.model.issued(role, s)
}

func (f *fuzzed) stepStarted(_, _, c byte) {
	role := choose(fuzzRoles[:], c>>6)
	f.cache.HandshakeStarted(role)
	if role == RoleClient {
		f.model.stats.Connect++
	} else {
		f.model.stats.Accept++
	}
}

func (f *fuzzed) stepPromote(a, b, c byte) {
	if s := f.usedSession(a, b, c); s != nil {
		f.cache.Promote(s.Session)
		s.promoted = true
	}
}

func (f *fuzzed) stepReschedule(a, b, c byte) {
	s := f.usedSession(a, b, c)
	got := f.cache.Reschedule(s.real())
	equal(f.t, "Reschedule", got, s != nil && f.model.reschedule(s))
}

// stepTimes changes the times of a session, which the cache heeds only once it
// is told to.
func (f *fuzzed) stepTimes(a, b, c byte) {
	s := f.usedSession(a, b, c)
	if s == nil {
		return
	}
	if c&32 != 0 {
		s.created = f.model.now - choose(fuzzAges[:], b)
		s.SetCreated(s.created)
		return
	}
	timeout := choose(fuzzTimeouts[:], b)
	err := s.SetTimeout(timeout)
	equal(f.t, "SetTimeout refuses", errors.Is(err, ErrTimeout), timeout < 0)
	if err == nil {
		s.timeout = timeout
	}
}

// stepRelease gives back the test's own reference.
func (f *fuzzed) stepRelease(a, b, c byte) {
	if s := f.usedSession(a, b, c); s != nil {
		s.held--
		s.Release()
	}
}

func (f *fuzzed) stepClock(a, _, _ byte) { f.model.now += int64(int8(a)) }

func (f *fuzzed) stepFlush(a, _, _ byte) {
	now := f.model.now + int64(int8(a))
	got := f.cache.Flush(now)
	equal(f.t, "Flush", got, f.model.flush(func(e *modelEntry) bool { return now > e.expiry }))
}

func (f *fuzzed) stepClear(_, _, _ byte) {
	got := f.cache.Clear()
	equal(f.t, "Clear", got, f.model.flush(anyModelEntry))
}

func (f *fuzzed) stepSetCapacity(a, _, _ byte) {
	n := choose(fuzzBounds[:], a)
	err := f.cache.SetCapacity(n)
	equal(f.t, "SetCapacity refuses", errors.Is(err, ErrConfig), !f.model.setCapacity(n))
}

func (f *fuzzed) stepSetTimeout(a, _, _ byte) {
	timeout := choose(fuzzTimeouts[:], a)
	err := f.cache.SetTimeout(timeout)
	equal(f.t, "SetTimeout refuses", errors.Is(err, ErrTimeout) && errors.Is(err, ErrConfig), timeout < 0)
	if err == nil {
		f.model.timeout = effectiveTimeout(timeout)
	}
}

func (f *fuzzed) stepSetMode(a, _, _ byte) {
	equal(f.t, "SetMode", f.cache.SetMode(fuzzMode(a)), f.model.mode)
	f.model.mode = fuzzMode(a)
}

func (f *fuzzed) stepSetCallbacks(a, _, _ byte) {
	outside := f.model.callbacks.outside
	f.model.callbacks = fuzzCallbacks(a)
	f.model.callbacks.outside = outside
	f.cache.SetCallbacks(f.callbacks())
}

// stepOutside changes what Callbacks.Get has for an id, maybe to a session that
// has another one.
func (f *fuzzed) stepOutside(a, b, c byte) {
	id := int(b) % fuzzIDs
	if s := f.session(a, b, c); s != nil {
		f.model.callbacks.outside[id] = s
	} else {
		delete(f.model.callbacks.outside, id)
	}
}

func (f *fuzzed) stepStoreFault(a, _, _ byte) {
	if f.model.store != nil {
		f.model.store.fault = storeFault(a % 3)
	}
}

// stepStoreChange changes a value in the store behind the cache's back: to that
// of another id, to one that does not decode, or to none.
func (f *fuzzed) stepStoreChange(a, b, c byte) {
	o := f.model.store
	if o == nil {
		return
	}
	id, from := int(a)%fuzzIDs, int(b)%fuzzIDs
	v, ok := o.values[from]
	switch {
	case !ok:
		delete(o.values, id)
		delete(f.values, id)
	case c&1 != 0 && !v.broken:
		v.broken = true
		o.values[id], f.values[id] = v, f.values[from][:len(f.values[from])-1]
	default:
		o.values[id], f.values[id] = v, f.values[from]
	}
}

func (f *fuzzed) stepClose(_, _, _ byte) {
	f.cache.Close()
	if !f.model.closed {
		f.model.close()
	}
}
