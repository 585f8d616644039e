package lincheck

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/shards"
)

// startOfClock is what a cache's clock shows at first, in Unix seconds.
const startOfClock = 20

// history is one run of a plan.
type history struct {
	*plan
	base     time.Time
	targets  []target
	sessions []*shards.Session
	numbers  map[*shards.Session]int

	all        []*worker // the last one is the goroutine that runs the history
	goroutines []uint64  // of the workers
	clock      atomic.Int64

	arrived, finished atomic.Int32 // workers

	mu       sync.Mutex
	problems []string // apart from linearizability
}

// newHistory makes the tables and sessions of a plan.
func newHistory(p *plan, rng *rand.Rand) (*history, error) {
	h := &history{plan: p, base: time.Now(), numbers: make(map[*shards.Session]int, len(p.sessions))}
	h.clock.Store(startOfClock)
	for i, s := range p.sessions {
		var state [stateLength]byte
		binary.BigEndian.PutUint64(state[:], uint64(i+1))
		session := mustSession(p.ids[s.id], state[:], s.options())
		h.sessions = append(h.sessions, session)
		h.numbers[session] = i + 1
		if s.dead {
			session.Release()
		}
	}
	for i := range len(p.workers) + 2 {
		h.all = append(h.all, &worker{history: h, id: i, rng: rand.New(rand.NewPCG(rng.Uint64(), 0)), calls: make([]call, 0, 32)})
	}
	h.goroutines = make([]uint64, len(h.all))
	for i := range p.tables {
		t, err := h.newTarget(i)
		if err != nil {
			return nil, err
		}
		if p.wrap != nil {
			t = p.wrap(t)
		}
		h.targets = append(h.targets, t)
	}
	return h, nil
}

func (h *history) newTarget(i int) (target, error) {
	if !h.subject.isEngine() {
		return newTable(h.subject, shards.Options{Capacity: h.capacity, ProbationPercent: h.probation, Sink: &sink{h, i}}), nil
	}
	// What a cache sweeps is known only from its callback.
	mode := h.mode | engine.NoAutoClear
	var dropped func(*shards.Session, shards.Reason)
	if h.attributed {
		mode = h.mode
		dropped = func(s *shards.Session, r shards.Reason) { h.dropped(i, s, 0, r) }
	}
	return newCache(h.subject, h.capacity, h.probation, mode, h.clock.Load, dropped)
}

// time returns the nanoseconds since the history began.
func (h *history) time() int64 { return int64(time.Since(h.base)) }

// now returns the time that an operation which is given n goes by.
func (h *history) now(n int64) int64 {
	if h.subject.isEngine() {
		return h.clock.Load()
	}
	return n
}

// problem notes a fault that is not about the order of operations.
func (h *history) problem(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.problems = append(h.problems, text)
}

// numberOf returns the number of a session: 0 for nil, unknown for one that
// should not be in the table.
func (h *history) numberOf(s *shards.Session) int {
	if s == nil {
		return 0
	}
	if n := h.numbers[s]; n != 0 {
		return n
	}
	return unknown
}

func (h *history) workerOf(goroutine uint64) *worker {
	for i, g := range h.goroutines {
		if g == goroutine {
			return h.all[i]
		}
	}
	return nil
}

// prepare does what comes before the workers.
func (h *history) prepare() {
	last := len(h.all) - 1
	h.goroutines[last] = goroutineID()
	if h.freed {
		for _, t := range h.targets {
			t.SetCapacity(shards.Unlimited)
		}
	}
	h.all[last].run(h.before)
	if h.filler == grow {
		for _, s := range growers()[:h.prefill] {
			h.targets[0].Add(s, shards.Never, 20, false)
		}
	}
}

// conclude does what comes after the workers; it must be called by the
// goroutine that called prepare.
func (h *history) conclude() {
	h.all[len(h.all)-1].run(h.after())
	h.audit()
}

// work does the part of worker i, or of the filler, beside the others.
func (h *history) work(i int) {
	w := h.all[i]
	h.goroutines[i] = goroutineID()
	h.arrived.Add(1)
	h.meet()
	if i == len(h.workers) {
		w.fill()
		return
	}
	w.run(h.workers[i])
	h.finished.Add(1)
}

// meet waits until everybody has come, spinning at first, since a goroutine
// that sleeps may wake up only when the others have finished. Whoever is still
// missing after that may be waiting for a processor.
func (h *history) meet() {
	const (
		spins = 1000
		turns = 1200
	)
	together := h.together()
	crowded := together > runtime.GOMAXPROCS(0)
	for n := 0; int(h.arrived.Load()) < together; n++ {
		switch {
		case n > turns:
			time.Sleep(10 * time.Microsecond)
		case n > spins || crowded:
			runtime.Gosched()
		}
	}
}

// together returns how many goroutines work beside each other.
func (h *history) together() int {
	if h.filler == noFiller {
		return len(h.workers)
	}
	return len(h.workers) + 1
}

// over reports whether all workers have finished.
func (h *history) over() bool { return int(h.finished.Load()) == len(h.workers) }

// after are steps that show what is left in each table, and that it is closed
// then.
func (h *history) after() (steps []step) {
	for table := range h.targets {
		for id := range h.ids {
			steps = append(steps,
				step{action: containsID, table: table, id: id},
				step{action: lookUp, table: table, id: id, now: 10},
				step{action: lookUp, table: table, id: id, scope: 1, now: 20})
		}
		steps = append(steps, step{action: closeTable, table: table})
		for id := range h.ids {
			number := h.find(h.all[0].rng, func(x sessionPlan) bool { return x.held && x.id == id })
			steps = append(steps,
				step{action: lookUp, table: table, id: id, now: 10},
				step{action: addHeld, table: table, id: id, session: number, now: 10, expiry: h.plan.sessions[number-1].expiry()})
		}
	}
	return steps
}

// audit checks that nothing is left in a table and that every reference is
// accounted for.
func (h *history) audit() {
	for i, t := range h.targets {
		if n := t.Len(); n != 0 {
			h.problem(fmt.Sprintf("Len of table %d is %d after Close", i, n))
		}
	}
	for i, s := range h.sessions {
		want := 0
		if h.plan.sessions[i].held {
			want = 1
		}
		if n := s.References(); n != want {
			h.problem(fmt.Sprintf("s%d has %d references at the end, not %d", i+1, n, want))
			continue
		}
		if want == 1 {
			s.Release()
		}
		if state := s.AppendState(nil); binary.BigEndian.Uint64(state) != 0 {
			h.problem(fmt.Sprintf("the state of s%d was not wiped", i+1))
		}
	}
}
