package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/shards"
)

// fuzzed is a cache beside its model, with the sessions that were made for the
// two and what the cache's callbacks and store were told.
type fuzzed struct {
	t            *testing.T
	cache        *Cache
	model        *modelCache
	made         []*modelSession // the test has one reference on each, until it releases it
	told         []string
	values       map[int][]byte // in the store
	given        []byte         // by the store, at last
	overReleased uint64
}

func newFuzzed(t *testing.T, kind TableKind, header [fuzzHeader]byte) *fuzzed {
	f := &fuzzed{t: t, values: map[int][]byte{}, overReleased: shards.OverReleased()}
	f.model = &modelCache{
		now:       startTime,
		capacity:  choose(fuzzCapacities[:], header[0]),
		probation: choose(fuzzProbations[:], header[1]),
		timeout:   effectiveTimeout(choose(fuzzTimeouts[:len(fuzzTimeouts)-1], header[2])),
		mode:      fuzzMode(header[3]) & allModes,
		scope:     fuzzScope(header[4]),
		callbacks: fuzzCallbacks(header[6]),
		entries:   map[int]*modelEntry{},
	}
	m := f.model
	m.callbacks.outside = map[int]*modelSession{}
	g := Config{
		Mode: m.mode, Capacity: m.capacity, Timeout: m.timeout, Scope: m.scope.Bytes(), Table: kind,
		Clock: func() int64 { return m.now }, ProbationPercent: m.probation, Callbacks: f.callbacks(),
		StoreDeadline: time.Hour,
		OnPanic:       func(string, any, []byte) {},
	}
	if header[5]&1 != 0 {
		m.store = &modelStore{values: map[int]modelValue{}}
		g.Store = (*fuzzStore)(f)
	}
	var err error
	if f.cache, err = New(g); err != nil {
		t.Fatal(err)
	}
	return f
}

func fuzzScope(b byte) Scope {
	s, err := NewScope([]byte(choose(fuzzScopes[:], b)))
	if err != nil {
		panic(err)
	}
	return s
}

// fuzzID returns an id, or what is none, and its number.
func fuzzID(b byte) (id []byte, n int) {
	switch n := int(b) % (fuzzIDs + 2); n {
	case fuzzIDs:
		return nil, n
	case fuzzIDs + 1:
		return bytes.Repeat([]byte{1}, MaxIDLength+1), n
	default:
		return testID(n), n
	}
}

// fuzzNumber returns the number of an id.
func fuzzNumber(id []byte) int { return int(binary.BigEndian.Uint64(id)) }

// fuzzCallbacks returns which callbacks a byte installs.
func fuzzCallbacks(b byte) modelCallbacks {
	return modelCallbacks{newSession: b&1 != 0, remove: b&2 != 0, get: b&4 != 0, panics: b&8 != 0}
}

// callbacks returns those that the model has installed.
func (f *fuzzed) callbacks() (k Callbacks) {
	m := &f.model.callbacks
	panics := m.panics
	tell := func(format string, args ...any) {
		f.tell(format, args...)
		if panics {
			panic("a callback's bug")
		}
	}
	if m.newSession {
		k.New = func(s *Session) { tell("New of %s", f.name(s)) }
	}
	if m.remove {
		k.Remove = func(s *Session, why Reason) { tell("Remove of %s, %v", f.name(s), why) }
	}
	if m.get {
		k.Get = func(_ context.Context, id []byte) *Session {
			tell("Get of id %d", fuzzNumber(id))
			if s := m.outside[fuzzNumber(id)]; s != nil && s.Acquire() {
				return s.Session
			}
			return nil
		}
	}
	return k
}

func (f *fuzzed) tell(format string, args ...any) {
	f.told = append(f.told, fmt.Sprintf(format, args...))
}

// name returns what the model calls a session.
func (f *fuzzed) name(s *Session) string {
	i := slices.IndexFunc(f.made, func(m *modelSession) bool { return m.Session == s })
	return fmt.Sprintf("#%d", i)
}

// session returns the session that the arguments of a step stand for: none, one
// that was made earlier, or a new one.
func (f *fuzzed) session(a, b, c byte) *modelSession {
	if a == fuzzNil {
		return nil
	}
	if n := len(f.made); a >= fuzzEarlier && n > 0 {
		return f.made[n-1-int(a-fuzzEarlier)%n]
	}
	id := int(a) % fuzzIDs
	s := &modelSession{
		id: id, scope: fuzzScope(c & 3), created: f.model.now - choose(fuzzAges[:], b/8),
		timeout:  choose(fuzzTimeouts[:len(fuzzTimeouts)-1], b%8),
		promoted: c&4 != 0, unusable: c&8 != 0,
	}
	if s.state = len(f.made); c&16 != 0 {
		s.state = -1
	}
	state := fuzzState(s.state)
	var err error
	if c&3 == 3 { // as the cache makes them
		s.scope, s.created, s.timeout, s.promoted, s.unusable = f.model.scope, f.model.now, f.model.timeout, false, false
		s.Session, err = f.cache.NewSession(testID(id), state)
	} else {
		s.Session, err = NewSession(testID(id), state, SessionOptions{
			Scope: s.scope, Created: s.created, Timeout: s.timeout, Promoted: s.promoted, NotResumable: s.unusable,
		})
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return f.keepTrack(s)
}

func fuzzState(n int) []byte {
	if n < 0 {
		return nil
	}
	return testState(n)
}

func (f *fuzzed) keepTrack(s *modelSession) *modelSession {
	s.number, s.held = len(f.made), 1
	f.made = append(f.made, s)
	return s
}

// usedSession is session for operations that need a reference on it: those that
// the test has released stand for none.
func (f *fuzzed) usedSession(a, b, c byte) *modelSession {
	if s := f.session(a, b, c); s != nil && s.held > 0 {
		return s
	}
	return nil
}

// real returns the session itself, nil for none.
func (s *modelSession) real() *Session {
	if s == nil {
		return nil
	}
	return s.Session
}

// found compares what a lookup returned, whose reference it gives back.
func (f *fuzzed) found(what string, got *Session, ok bool, want *modelSession) {
	f.t.Helper()
	if got != want.real() || ok != (want != nil) {
		f.t.Errorf("%s returns another session than the model, %v, or none, %v", what, want != nil, !ok)
	}
	if got != nil {
		got.Release()
	}
	if want != nil {
		want.held--
	}
}

// fuzzStore is the store of a fuzzed cache.
type fuzzStore fuzzed

var errFuzzStore = errors.New("the store is down")

// called notes a call. It fails or panics if the store is to.
func (o *fuzzStore) called(ctx context.Context, format string, args ...any) error {
	(*fuzzed)(o).tell("Store."+format, args...)
	if _, ok := ctx.Deadline(); !ok {
		o.t.Error("the store got a context without a deadline")
	}
	switch o.model.store.fault {
	case storePanics:
		panic("a store's bug")
	case storeFails:
		return errFuzzStore
	}
	return nil
}

func (o *fuzzStore) Get(ctx context.Context, id []byte) ([]byte, error) {
	if err := o.called(ctx, "Get of id %d", fuzzNumber(id)); err != nil {
		return nil, err
	}
	if v, ok := o.values[fuzzNumber(id)]; ok {
		o.given = bytes.Clone(v)
		return o.given, nil
	}
	return nil, fmt.Errorf("of this id: %w", ErrNotFound)
}

func (o *fuzzStore) Set(ctx context.Context, id, value []byte, ttl time.Duration) error {
	if err := o.called(ctx, "Set of id %d for %d s", fuzzNumber(id), ttl/time.Second); err != nil {
		return err
	}
	o.values[fuzzNumber(id)] = value
	return nil
}

func (o *fuzzStore) Delete(ctx context.Context, id []byte) error {
	if err := o.called(ctx, "Delete of id %d", fuzzNumber(id)); err != nil {
		return err
	}
	delete(o.values, fuzzNumber(id))
	return nil
}

func (o *fuzzStore) Claim(context.Context, []byte, time.Duration) (bool, error) {
	panic("the engine claims nothing")
}

func (o *fuzzStore) Unclaim(context.Context, []byte) error { panic("the engine claims nothing") }
