package engine

import (
	"math"
	"slices"
	"testing"
)

// An input of FuzzOperations is a header and then steps, four bytes each: what
// to do and three arguments. So a fuzzer that changes a byte changes one thing.
const (
	fuzzHeader   = 8
	fuzzStepLen  = 4
	fuzzMaxSteps = 250  // more take long and show no more
	fuzzIDs      = 8    // of them there are so many; two more numbers stand for what is no id
	fuzzAdds     = 0x60 // the first byte of a step below that stands for an Add
	fuzzClose    = 0xFF // as the first byte of a step
	fuzzNil      = 0xFF // as the argument for a session
	fuzzEarlier  = 0x80 // from here on: one that was made earlier
)

// What arguments choose from. Caches are made with so small a capacity that
// their victims can be foretold.
var (
	fuzzCapacities = [...]int{1, 2, 3, 5, 64}
	fuzzBounds     = [...]int{1, 2, 3, 4, 64, 1000, Unlimited, MaxCapacity, -1, MaxCapacity + 1}
	fuzzProbations = [...]int{100, 25, 75, 0}
	fuzzTimeouts   = [...]int64{0, 1, 5, 50, 1000, math.MaxInt64, -1}
	fuzzAges       = [...]int64{0, 2, 20, -3} // of new sessions
	fuzzScopes     = [...]string{"", "a scope", "another"}
	fuzzRoles      = [...]Role{RoleServer, RoleClient, Role(Both), 0}
)

// choose returns the member of a list that a byte stands for.
func choose[T any](list []T, b byte) T { return list[int(b)%len(list)] }

// fuzzMode returns a mode, each flag a bit; the highest one has no meaning.
func fuzzMode(b byte) Mode {
	m := Mode(b) & Both
	for i, flag := range [...]Mode{NoAutoClear, NoInternalLookup, NoInternalStore, UpdateTime, 0x10000} {
		if b>>(2+i)&1 != 0 {
			m |= flag
		}
	}
	return m
}

// FuzzOperations does what the bytes stand for to a cache and to the model, for
// each kind of table. After each step results, the sessions that are there,
// their references and marks, what callbacks and the store were told, and every
// counter must agree. The seeds are written out in fuzz_seeds_test.go.
func FuzzOperations(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, kind := range []TableKind{LockFree, XSync} {
			fuzzRun(t, kind, data)
		}
	})
}

// fuzzRun returns the counters as they were before the cache was closed at the
// end.
func fuzzRun(t *testing.T, kind TableKind, data []byte) Stats {
	var header [fuzzHeader]byte
	data = data[copy(header[:], data):]
	f := newFuzzed(t, kind, header)
	var done []string
	for len(data) >= fuzzStepLen && len(done) < fuzzMaxSteps {
		var args [fuzzStepLen]byte
		data = data[copy(args[:], data):]
		operation := operationOf(args[0])
		done = append(done, operation.name)
		operation.do(f, args[1], args[2], args[3])
		if f.check(); t.Failed() {
			t.Fatalf("%v, header %x, after step %d, %q %x; before: %q",
				kind, header, len(done), operation.name, args[1:], done[:len(done)-1])
		}
	}
	stats := f.cache.Stats()
	if f.finish(); t.Failed() {
		t.Fatalf("%v, header %x, in the end, after %q", kind, header, done)
	}
	return stats
}

// A fuzzOperation is what a step does.
type fuzzOperation struct {
	name string
	do   func(f *fuzzed, a, b, c byte)
}

var fuzzOperations = []fuzzOperation{
	{"Add", (*fuzzed).stepAdd},
	{"Get", (*fuzzed).stepGet},
	{"Take", (*fuzzed).stepTake},
	{"Remove", (*fuzzed).stepRemove},
	{"RemoveID", (*fuzzed).stepRemoveID},
	{"Resume", (*fuzzed).stepResume},
	{"HandshakeFinished", (*fuzzed).stepFinished},
	{"HandshakeFinished, resumed", (*fuzzed).stepFinishedResumed},
	{"Issued", (*fuzzed).stepIssued},
	{"HandshakeStarted", (*fuzzed).stepStarted},
	{"Promote", (*fuzzed).stepPromote},
	{"Reschedule", (*fuzzed).stepReschedule},
	{"change times", (*fuzzed).stepTimes},
	{"Release", (*fuzzed).stepRelease},
	{"clock", (*fuzzed).stepClock},
	{"Flush", (*fuzzed).stepFlush},
	{"Clear", (*fuzzed).stepClear},
	{"SetCapacity", (*fuzzed).stepSetCapacity},
	{"SetTimeout", (*fuzzed).stepSetTimeout},
	{"SetMode", (*fuzzed).stepSetMode},
	{"SetCallbacks", (*fuzzed).stepSetCallbacks},
	{"outside", (*fuzzed).stepOutside},
	{"store fault", (*fuzzed).stepStoreFault},
	{"store change", (*fuzzed).stepStoreChange},
}

// operationOf returns what the first byte of a step stands for. More than a
// third are adds, so that a cache gets full, and only one is the end of it.
func operationOf(b byte) fuzzOperation {
	switch {
	case b < fuzzAdds:
		return fuzzOperations[0]
	case b == fuzzClose:
		return fuzzOperation{"Close", (*fuzzed).stepClose}
	}
	return choose(fuzzOperations, b-fuzzAdds)
}

// learnSwept takes out of the model what was swept out of the cache: some or
// none of what is expired. Callbacks are told of that in any order.
func (f *fuzzed) learnSwept(present map[int]*Session) {
	m := f.model
	if !m.swept {
		return
	}
	m.swept = false
	for id, e := range m.entries {
		if present[id] != e.Session && m.now > e.expiry {
			m.expire(e)
			slices.Sort(m.told)
			slices.Sort(f.told)
		}
	}
}

// check compares the cache with the model.
func (f *fuzzed) check() {
	t, m := f.t, f.model
	present := map[int]*Session{}
	for s := range f.cache.All() {
		present[fuzzNumber(s.ID())] = s
	}
	f.learnSwept(present)
	for id := range fuzzIDs {
		e := m.entries[id]
		if f.cache.Contains(testID(id)) != (e != nil) || (present[id] != nil) != (e != nil) || e != nil && present[id] != e.Session {
			t.Errorf("id %d: in the cache %v, want %v", id, present[id] != nil, e != nil)
		}
	}
	if !slices.Equal(f.told, m.told) {
		t.Errorf("callbacks and the store were told %q, want %q", f.told, m.told)
	}
	f.told, m.told = nil, nil
	if slices.ContainsFunc(f.given, func(b byte) bool { return b != 0 }) {
		t.Error("a value from the store was not zeroed")
	}
	for _, s := range f.made {
		s.check(t, m.references(s))
	}

	got, want := f.cache.Stats(), m.stats
	want.Number, want.Retries, want.OverReleased = len(m.entries), got.Retries, f.overReleased
	equal(t, "Stats", got, want)
	equal(t, "Len", f.cache.Len(), len(m.entries))
	equal(t, "Mode", f.cache.Mode(), m.mode)
	equal(t, "Capacity", f.cache.Capacity(), m.capacity)
	equal(t, "Timeout", f.cache.Timeout(), m.timeout)
}

// check compares a session with what is supposed to be true of it.
func (s *modelSession) check(t *testing.T, references int) {
	t.Helper()
	if got := s.References(); got != references {
		t.Errorf("#%d has %d references, want %d", s.number, got, references)
	}
	if references == 0 {
		for _, b := range s.AppendState(nil) {
			if b != 0 {
				t.Fatalf("the state of #%d is there after its last release", s.number)
			}
		}
		return // nobody may ask for the rest
	}
	got := modelSession{created: s.Created(), timeout: s.Timeout(), promoted: s.Promoted(), unusable: !s.Resumable(), scope: s.Scope()}
	want := modelSession{created: s.created, timeout: s.timeout, promoted: s.promoted, unusable: s.unusable, scope: s.scope}
	if got != want {
		t.Errorf("#%d is %+v, want %+v", s.number, got, want)
	}
}

// finish closes the cache and gives back all references.
func (f *fuzzed) finish() {
	if _, err := f.cache.Audit(); err != nil {
		f.t.Error(err)
	}
	f.cache.Close()
	if !f.model.closed {
		f.model.close()
	}
	f.check()
	for _, s := range f.made {
		for ; s.held > 0; s.held-- {
			s.Release()
		}
	}
	f.check()
}
