//go:build invariants

package shards

import (
	"fmt"
	"strings"
	"sync"

	"github.com/reprise-tls/reprise/internal/interleave"
)

// The times of the programs, in Unix seconds.
const (
	programNow = 1000
	past       = 500  // the expiry of what is expired
	soon       = 1500 // of what is the first to be evicted
	later      = 2000 // of everything else; the one for which nodes are embedded
	muchLater  = 2500
)

// A key is an id of a program, an object a session. Several objects may have
// the same id.
type (
	key    int8
	object int8
)

const (
	id0 key = iota
	id1
	id2
	id3
	idBystander // of the session that the bystander adds
	keys
)

const (
	objA object = iota
	objB
	objC
	objD
	objE
	nobody object = -1
)

// A program is what a few goroutines do with a table. It describes the table,
// and what is in it, so exactly that each run of it is the same.
type program struct {
	name string

	capacity int  // of the table, 8 if not given; never Unlimited, which costs too much to set up
	buckets  int  // of its array, 1 if not given
	sampled  bool // it evicts as large tables do
	fillers  int  // sessions that are in it and of no interest

	// free are the free places when the goroutines begin, by stripe; without
	// it the table has one stripe. The goroutines are in the lanes given, the
	// bystander's is the last: a stripe each, or one for several.
	free  []int64
	lanes []uint32

	ids     [keys]int // the hash of each id, modulo 4
	objects []key     // the id of each object

	setup      func(w *world) // what is done before, alone
	goroutines []func(g *actor)
	final      func(w *world) error // what must hold in the end on top of the rest

	crowded bool // a bystander must not add: it would evict what the program needs
	resized bool // the capacity changes, or does not matter: the model knows no bound
}

// idWith returns an id whose hash has the residue modulo 4; n tells such ids
// apart. Hashes differ from process to process, what depends on them should
// not.
var idWith = func() func(residue, n int) []byte {
	var mu sync.Mutex
	var found [4][][]byte
	next := 0
	return func(residue, n int) []byte {
		mu.Lock()
		defer mu.Unlock()
		for len(found[residue]) <= n {
			id := fmt.Appendf(nil, "session id %d", next)
			next++
			r := Hash(id) & 3
			found[r] = append(found[r], id)
		}
		return found[residue][n]
	}
}()

// tracked is a session with what the program knows of it.
type tracked struct {
	*Session
	key   key
	state string
	own   int  // references of the program's
	dead  bool // its count has been zero
	links int  // how often the table has taken a reference
	left  int  // how often it has given one back
}

// world is one run of a program.
type world struct {
	program   *program
	scheduler *interleave.Scheduler
	table     *LockFree
	ids       [keys][]byte
	objects   []*tracked // the last one is the bystander's
	actors    []*actor   // by number
	alone     *actor     // who sets up and looks at the outcome
	history   []*call
	clock     int // of the beginnings and ends of calls
	room      room
	err       error
	stored    bool // what a store outside has: see the programs of Removals
}

// fresh returns a function that makes a world for each run.
func (p *program) fresh() func(*interleave.Scheduler) *interleave.Program {
	return func(s *interleave.Scheduler) *interleave.Program {
		w := newWorld(p, s)
		q := &interleave.Program{Lanes: p.lanes, Invariant: w.invariant, Check: w.check}
		for _, body := range p.goroutines {
			q.Goroutines = append(q.Goroutines, w.goroutine(body))
		}
		q.Bystander = w.goroutine(bystander)
		return q
	}
}

func newWorld(p *program, s *interleave.Scheduler) *world {
	w := &world{program: p, scheduler: s}
	w.makeTable()
	var used [4]int
	for k := range w.ids {
		r := p.ids[k]
		w.ids[k] = idWith(r, used[r])
		used[r]++
	}
	for i, k := range append(p.objects[:len(p.objects):len(p.objects)], idBystander) {
		state := fmt.Sprintf("state %d", i)
		session, err := NewSession(w.ids[k], []byte(state), SessionOptions{Created: programNow, Timeout: later - programNow})
		if err != nil {
			panic(err)
		}
		w.objects = append(w.objects, &tracked{Session: session, key: k, state: state, own: 1})
	}
	w.alone = &actor{world: w, number: -1}
	if p.setup != nil {
		p.setup(w)
	}
	w.spreadFree()
	return w
}

// spreadFree lays the free places into the stripes that the program wants.
func (w *world) spreadFree() {
	if w.program.free == nil {
		return
	}
	p, want := &w.table.places, int64(0)
	for _, n := range w.program.free {
		want += n
	}
	if got := p.freePlaces(); got != want {
		w.fail("%d places are free after the setup, the program spreads %d", got, want)
		return
	}
	for i, n := range w.program.free {
		p.stripes[i].free.Store(n)
	}
}

// capacity returns the one that the table is made with.
func (w *world) capacity() int {
	if w.program.capacity == 0 {
		return 8
	}
	return w.program.capacity
}

// makeTable makes a table with arrays as small as the program wants them.
func (w *world) makeTable() {
	p := w.program
	capacity := w.capacity()
	t := newLockFree(Options{Capacity: capacity, ProbationPercent: 100, Sink: w}, ^uint64(0)>>8)
	if p.sampled {
		// Two shards are enough for that. All sessions are in the first.
		t.shards = make([]shard, 2)
		t.shift = 63
		t.shards[1].current.Store(newBuckets(1, nil))
	}
	t.shards[0].current.Store(newBuckets(max(p.buckets, 1), nil))
	stripes := max(len(p.free), 1)
	t.places.stripes = t.places.stripes[:stripes]
	t.places.mask = uint32(stripes - 1)
	for i := range t.places.stripes {
		t.places.stripes[i].free.Store(0)
	}
	t.places.stripes[0].free.Store(int64(capacity))
	for i := range p.fillers {
		t.Add(filler(i), later, programNow, false)
	}
	w.table = t
}

// filler returns the session n of those that only fill a table, always the
// same one. It has the hash 0 modulo 4.
var filler = func() func(n int) *Session {
	var mu sync.Mutex
	var made []*Session
	return func(n int) *Session {
		mu.Lock()
		defer mu.Unlock()
		for len(made) <= n {
			s, err := NewSession(idWith(0, int(keys)+len(made)), nil, SessionOptions{Created: programNow})
			if err != nil {
				panic(err)
			}
			made = append(made, s)
		}
		return made[n]
	}
}()

// goroutine returns what the scheduler runs.
func (w *world) goroutine(body func(*actor)) func(*interleave.Goroutine) {
	a := &actor{world: w, number: len(w.actors)}
	w.actors = append(w.actors, a)
	return func(g *interleave.Goroutine) {
		a.self = g
		body(a)
	}
}

// running returns who is running.
func (w *world) running() *actor {
	if n := w.scheduler.Running(); n >= 0 {
		return w.actors[n]
	}
	return w.alone
}

// Dropped implements [Sink].
func (w *world) Dropped(s *Session, expiry int64, reason Reason) {
	o := w.objectOf(s)
	if o == nobody {
		if reason != ReasonClosed {
			w.fail("a session that is in nobody's way was dropped, reason %v", reason)
		}
		s.Release()
		return
	}
	w.objects[o].left++
	c := w.running().call
	if c == nil {
		w.fail("session %v was dropped, reason %v, by nobody's call", o, reason)
		s.Release()
		return
	}
	if reason == ReasonEvicted {
		w.room.evicted(w, c, o)
	}
	c.drops = append(c.drops, drop{o, expiry, reason})
	s.Release()
}

// objectOf returns the object that s is, nobody for a filler.
func (w *world) objectOf(s *Session) object {
	for i, o := range w.objects {
		if o.Session == s {
			return object(i)
		}
	}
	return nobody
}

func (w *world) session(o object) *Session { return w.objects[o].Session }

// fail keeps what was found wrong first.
func (w *world) fail(format string, a ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, a...)
	}
}

// String returns the name that programs use.
func (o object) String() string {
	if o == nobody {
		return "nobody"
	}
	return string(rune('A' + o))
}

func (w *world) String() string {
	var b strings.Builder
	for _, c := range w.history {
		fmt.Fprintln(&b, c)
	}
	return b.String()
}
