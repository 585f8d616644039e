package shards

import (
	"encoding/binary"
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/reprise-tls/reprise/internal/race"
)

// The conformance suite: what table.go promises holds for every table here,
// and for hashes that collide as well.

type tableKind struct {
	name  string
	new   func(o Options, hashMask uint64) Table
	chain int // the most sessions with one hash that it keeps
}

var tableKinds = []tableKind{
	{"LockFree", func(o Options, mask uint64) Table { return newLockFree(o, mask) }, MaxChain},
	{"XSync", func(o Options, mask uint64) Table { return newXSync(o, mask) }, math.MaxInt},
}

const realHash = ^uint64(0)

var hashMasks = []struct {
	name string
	mask uint64
}{
	{"hash=real", realHash},
	{"hash=equal", 0},
	{"hash=4bits", 0xC000000000000003}, // two to choose the shard, two to choose the bucket
}

// Times of the tests, in Unix seconds.
const (
	testNow    = 1_000_000
	testExpiry = testNow + 100
)

// fewer returns a third of n under the race detector, which makes everything
// take ten times as long and has little to find where one goroutine works.
func fewer(n int) int {
	if race.Enabled {
		return n / 3
	}
	return n
}

// fixture is an empty table with its sink, and knows every session that was
// made for it.
type fixture struct {
	Table
	kind    tableKind
	options Options
	mask    uint64 // of the hash
	sink    *recorder

	mu   sync.Mutex
	made []*Session
}

func newFixture(kind tableKind, o Options, mask uint64) *fixture {
	f := &fixture{kind: kind, mask: mask, sink: &recorder{}}
	o.Sink = f.sink
	f.options = o
	f.Table = kind.new(o, mask)
	return f
}

// onEach runs a test on each table with each hash. When it has ended the
// table's invariants are checked, it is closed, and every session ever made
// must be left with one reference, the test's own.
func onEach(t *testing.T, o Options, test func(*testing.T, *fixture)) {
	t.Helper()
	for _, h := range hashMasks {
		onTables(t, o, h.name, h.mask, test)
	}
}

// onReal does the same with the real hash only, for tests with more sessions
// than one chain holds.
func onReal(t *testing.T, o Options, test func(*testing.T, *fixture)) {
	t.Helper()
	onTables(t, o, "hash=real", realHash, test)
}

func onTables(t *testing.T, o Options, hash string, mask uint64, test func(*testing.T, *fixture)) {
	t.Helper()
	for _, kind := range tableKinds {
		t.Run(kind.name+"/"+hash, func(t *testing.T) {
			f := newFixture(kind, o, mask)
			test(t, f)
			checkTable(t, f.Table)
			f.closeAndAccount(t)
		})
	}
}

// closeAndAccount closes the table and checks that it kept no reference and
// dropped none twice.
func (f *fixture) closeAndAccount(t *testing.T) {
	t.Helper()
	f.Close()
	if n := f.Len(); n != 0 {
		t.Errorf("Len() = %d after Close", n)
	}
	checkTable(t, f.Table)
	wrong := 0
	for i, s := range f.made {
		if n := s.References(); n != 1 {
			if wrong++; wrong <= 5 {
				t.Errorf("session %d has %d references after Close, want the test's own one", i, n)
			}
		}
	}
	if wrong > 5 {
		t.Errorf("%d of %d sessions have the wrong number of references", wrong, len(f.made))
	}
}

// session makes a session for the test, which keeps the first reference. Its
// id is made of n.
func (f *fixture) session(n int, o SessionOptions) *Session {
	s, err := NewSession(testID(n), fmt.Appendf(nil, "state %d", n), o)
	if err != nil {
		panic(err)
	}
	f.mu.Lock()
	f.made = append(f.made, s)
	f.mu.Unlock()
	return s
}

// double makes another session with the id of s.
func (f *fixture) double(s *Session) *Session {
	d, err := NewSession(s.ID(), []byte("the double"), SessionOptions{Scope: s.Scope()})
	if err != nil {
		panic(err)
	}
	f.mu.Lock()
	f.made = append(f.made, d)
	f.mu.Unlock()
	return d
}

// sessions makes sessions with the ids 0 to n-1.
func (f *fixture) sessions(n int) []*Session {
	list := make([]*Session, n)
	for i := range list {
		list[i] = f.session(i, SessionOptions{})
	}
	return list
}

// testID returns an id of 8 to 32 bytes, the same for the same number.
func testID(n int) []byte {
	id := make([]byte, 8+n%25)
	binary.LittleEndian.PutUint64(id, uint64(n))
	return id
}

// add adds s at the time of the tests, without refresh.
func (f *fixture) add(s *Session, expiry int64) Outcome { return f.Add(s, expiry, testNow, false) }

// mustAdd adds sessions and wants each to be linked.
func (f *fixture) mustAdd(t *testing.T, expiry int64, list ...*Session) {
	t.Helper()
	for _, s := range list {
		wantOutcome(t, f.add(s, expiry), Added)
	}
}

// find looks a session up by its id and scope and returns it without a
// reference, to be compared.
func (f *fixture) find(s *Session, now int64) (*Session, Result) {
	found, result := f.Lookup(s.ID(), s.Scope(), now)
	if result == Hit {
		found.Release()
	}
	return found, result
}

// wantFound wants the lookup of s to find s itself.
func (f *fixture) wantFound(t *testing.T, s *Session) {
	t.Helper()
	if found, result := f.find(s, testNow); result != Hit || found != s {
		t.Errorf("Lookup says %v, the session is another one: %v", result, result == Hit)
	}
}

func (f *fixture) wantMiss(t *testing.T, s *Session) {
	t.Helper()
	if _, result := f.find(s, testNow); result != Miss {
		t.Errorf("Lookup says %v, want a miss", result)
	}
}

func (f *fixture) wantLen(t *testing.T, n int) {
	t.Helper()
	if got := f.Len(); got != n {
		t.Errorf("Len() = %d, want %d", got, n)
	}
}

func wantOutcome(t *testing.T, got, want Outcome) {
	t.Helper()
	if got != want {
		t.Errorf("Add says %s, want %s", outcomeNames[got], outcomeNames[want])
	}
}

var outcomeNames = [...]string{"Added", "Replaced", "Identical", "AddedAndEvicted", "Unreferenced", "Closed"}

func wantReferences(t *testing.T, s *Session, n int) {
	t.Helper()
	if got := s.References(); got != n {
		t.Errorf("session has %d references, want %d", got, n)
	}
}

// event is a session that left a table.
type event struct {
	session *Session
	expiry  int64
	reason  Reason
}

// recorder is a sink that keeps what it was told and releases the references
// it was given.
type recorder struct {
	hook func(event) // called before the reference is released, may be nil

	mu     sync.Mutex
	events []event
}

func (r *recorder) Dropped(s *Session, expiry int64, reason Reason) {
	e := event{s, expiry, reason}
	r.mu.Lock()
	r.events = append(r.events, e)
	r.mu.Unlock()
	defer s.Release() // also when the hook ends the goroutine
	if r.hook != nil {
		r.hook(e)
	}
}

// drain returns the events since the last call.
func (r *recorder) drain() []event {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.events = nil
	return events
}

// want wants exactly the given events since the last call, in that order.
func (r *recorder) want(t *testing.T, want ...event) {
	t.Helper()
	got := r.drain()
	if len(got) != len(want) {
		t.Errorf("the sink got %d sessions, want %d: %v", len(got), len(want), reasons(got))
		return
	}
	for i, e := range got {
		if e != want[i] {
			t.Errorf("the sink got session %p with expiry %d (%v), want %p with %d (%v)",
				e.session, e.expiry, e.reason, want[i].session, want[i].expiry, want[i].reason)
		}
	}
}

func reasons(events []event) (list []Reason) {
	for _, e := range events {
		list = append(list, e.reason)
	}
	return list
}
