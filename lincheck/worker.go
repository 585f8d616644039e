package lincheck

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"

	"github.com/reprise-tls/reprise/shards"
)

// worker is a goroutine that calls tables and writes down what they answer.
// Nobody else touches it until the goroutine has ended.
type worker struct {
	history *history
	id      int
	rng     *rand.Rand // for what the plan cannot say: calls back
	calls   []call
	open    []int // calls that have not returned, the innermost last

	fence atomic.Uint32 // see begin
	spun  int
}

// call is one call of a table. Times are nanoseconds since the history began.
type call struct {
	in         input
	out        output
	table      int
	nested     bool // it was made by the sink
	start, end int64
	drops      []drop
	seen       []sighting // All
	removed    int        // Flush, Clear
}

// sighting is a session that All yielded.
type sighting struct {
	session int
	expiry  int64 // 0: not known
}

// begin notes a call. The clock is read last, and the locked instruction after
// it, on a word that only this goroutine uses, keeps the processor from
// loading anything for the call before it has read the clock.
func (w *worker) begin(table int, in input) int {
	h := w.history
	i := len(w.calls)
	in.now.from = h.now(in.now.from)
	w.calls = append(w.calls, call{in: in, table: table, nested: len(w.open) > 0})
	w.open = append(w.open, i)
	w.calls[i].start = h.time()
	w.fence.Add(1)
	return i
}

// finish notes what the call answered, reading the clock first.
func (w *worker) finish(i int, out output) *call {
	end := w.history.time()
	w.open = w.open[:len(w.open)-1]
	c := &w.calls[i]
	c.end, c.out = end, out
	c.in.now.to = w.history.now(c.in.now.to)
	return c
}

// dropped notes what the sink was told during a call of this worker.
func (w *worker) dropped(d drop) {
	if len(w.open) == 0 {
		w.history.problem("the sink was called by a worker outside of any call")
		return
	}
	c := &w.calls[w.open[len(w.open)-1]]
	c.drops = append(c.drops, d)
}

// run does the steps.
func (w *worker) run(steps []step) {
	for i := range steps {
		w.pause(steps[i].pause)
		w.do(&steps[i])
	}
}

func (w *worker) pause(n int) {
	if n >= giveWay {
		runtime.Gosched()
		return
	}
	for range n {
		w.spun++
	}
}

// do does one step.
func (w *worker) do(s *step) {
	h := w.history
	switch s.action {
	case addFresh:
		w.add(s, s.session)
		h.sessions[s.session-1].Release()
	case addHeld, addDead:
		w.add(s, s.session)
	case lookUp, lookUpAndRemove, lookUpAndAdd, lookUpAndReschedule:
		w.found(s, w.lookup(s))
	case takeIt, takeAndAdd:
		w.found(s, w.take(s))
	case containsID:
		i := w.begin(s.table, s.input(contains))
		ok := h.targets[s.table].Contains(h.ids[s.id])
		w.finish(i, output{ok: ok})
	case removeHeld:
		w.remove(s, s.session)
	case removeByID:
		i := w.begin(s.table, s.input(removeID))
		ok := h.targets[s.table].RemoveID(h.ids[s.id])
		w.finish(i, output{ok: ok})
	case rescheduleHeld:
		w.reschedule(s, s.session)
	case promoteHeld:
		h.targets[s.table].Promote(h.sessions[s.session-1])
	case advanceClock:
		h.clock.Add(1)
	default:
		w.doTable(s)
	}
}

// doTable does a step that concerns the whole table.
func (w *worker) doTable(s *step) {
	t := w.history.targets[s.table]
	switch s.action {
	case flushAll:
		now := w.history.now(s.now)
		i := w.begin(s.table, input{kind: flush, now: exactly(s.now)})
		n := t.Flush(now)
		c := w.finish(i, output{})
		c.removed, c.in.now = n, exactly(now)
	case sweepSome:
		i := w.begin(s.table, input{kind: sweep, now: exactly(s.now)})
		t.Sweep(s.now)
		w.finish(i, output{})
	case clearAll:
		i := w.begin(s.table, input{kind: clearTable, now: exactly(s.now)})
		n := t.Clear()
		w.finish(i, output{}).removed = n
	case walk:
		w.walk(s)
	case changeCapacity:
		i := w.begin(s.table, input{kind: aside, now: exactly(s.now)})
		t.SetCapacity(s.capacity)
		w.finish(i, output{})
	case closeTable:
		w.close(s.table)
	}
}

// input returns what a step gives to an operation.
func (s *step) input(k kind) input {
	return input{kind: k, slot: s.id, session: s.session, scope: s.scope, expiry: exactly(s.expiry), now: exactly(s.now), refresh: s.refresh}
}

func (w *worker) add(s *step, number int) {
	h := w.history
	in := s.input(add)
	mine := h.plan.sessions[number-1]
	in.session, in.scope, in.dead = number, mine.scope, mine.dead
	if h.subject.isEngine() {
		in.expiry = exactly(mine.expiry())
	}
	i := w.begin(s.table, in)
	o := h.targets[s.table].Add(h.sessions[number-1], s.expiry, s.now, s.refresh)
	w.finish(i, output{outcome: o})
}

func (w *worker) lookup(s *step) *shards.Session {
	h := w.history
	i := w.begin(s.table, s.input(lookup))
	found, r := h.targets[s.table].Lookup(h.ids[s.id], scopes[s.scope], s.now)
	w.finish(i, output{result: r, session: h.numberOf(found)})
	return found
}

func (w *worker) take(s *step) *shards.Session {
	h := w.history
	i := w.begin(s.table, s.input(take))
	found, r := h.targets[s.table].Take(h.ids[s.id], scopes[s.scope], s.now)
	w.finish(i, output{result: r, session: h.numberOf(found)})
	return found
}

// found goes on with a session that a lookup returned, and lets go of it.
func (w *worker) found(s *step, session *shards.Session) {
	if session == nil {
		return
	}
	defer session.Release()
	number := w.history.numberOf(session)
	if number <= 0 {
		return
	}
	w.checkState(session, number)
	switch s.action {
	case lookUpAndRemove:
		w.remove(s, number)
	case lookUpAndAdd, takeAndAdd:
		w.add(s, number)
	case lookUpAndReschedule:
		w.reschedule(s, number)
	}
	w.checkState(session, number)
}

func (w *worker) remove(s *step, number int) {
	in := s.input(remove)
	in.session = number
	i := w.begin(s.table, in)
	ok := w.history.targets[s.table].Remove(w.history.sessions[number-1])
	w.finish(i, output{ok: ok})
}

func (w *worker) reschedule(s *step, number int) {
	in := s.input(reschedule)
	in.session = number
	i := w.begin(s.table, in)
	ok := w.history.targets[s.table].Reschedule(w.history.sessions[number-1], s.expiry)
	w.finish(i, output{ok: ok})
}

func (w *worker) walk(s *step) {
	h := w.history
	i := w.begin(s.table, input{kind: saw, now: exactly(s.now)})
	var seen []sighting
	for found, expiry := range h.targets[s.table].All() {
		if n := h.numberOf(found); n > 0 {
			w.checkState(found, n)
			seen = append(seen, sighting{n, expiry})
		}
	}
	w.finish(i, output{}).seen = seen
}

// close closes a table. Of a cache only the first call counts: it says that
// the others return at once.
func (w *worker) close(table int) {
	t := w.history.targets[table]
	if c, ok := t.(*cache); ok && c.closed.Swap(true) {
		return
	}
	i := w.begin(table, input{kind: shut})
	t.Close()
	w.finish(i, output{})
}

// callBack is what the sink does where it calls the table.
func (w *worker) callBack(table int) {
	const depth = 2
	if len(w.open) > depth {
		return
	}
	s := &step{table: table, id: w.rng.IntN(len(w.history.ids)), now: 20}
	s.session = w.history.plan.find(w.rng, func(x sessionPlan) bool { return x.held && x.id == s.id })
	s.expiry = w.history.plan.sessions[s.session-1].expiry()
	s.action = pick(w.rng, []action{lookUp, containsID, addHeld, removeByID, takeIt, promoteHeld})
	w.do(s)
}

// fill calls the table with sessions of other ids until the workers have
// finished.
func (w *worker) fill() {
	list := growers()
	if w.history.filler == crowd {
		list = crowders()
	}
	for i := w.history.prefill; !w.history.over(); i++ {
		switch w.history.filler {
		case grow:
			if i >= len(list) {
				return
			}
			w.fillWith(list[i], true)
		case churn:
			w.fillWith(list[w.rng.IntN(100)], true)
			w.fillWith(list[w.rng.IntN(100)], false)
		case crowd:
			w.fillWith(list[i%len(list)], true)
			if w.rng.IntN(8) == 0 {
				w.fillWith(list[w.rng.IntN(len(list))], false)
			}
		}
		w.pause(w.rng.IntN(giveWay + giveWay/8))
	}
}

// fillWith adds or removes a filler. The call is kept only if it unlinked a
// session that counts.
func (w *worker) fillWith(s *shards.Session, adds bool) {
	i := w.begin(0, input{kind: aside, now: exactly(20)})
	if adds {
		w.history.targets[0].Add(s, shards.Never, 20, false)
	} else {
		w.history.targets[0].Remove(s)
	}
	if c := w.finish(i, output{}); len(c.drops) == 0 {
		w.calls = w.calls[:i]
	}
}

// checkState checks that the state of a session, on which somebody has a
// reference, is as it was made.
func (w *worker) checkState(s *shards.Session, number int) {
	var buf [stateLength]byte
	state := s.AppendState(buf[:0])
	if len(state) != stateLength || binary.BigEndian.Uint64(state) != uint64(number) {
		w.history.problem(fmt.Sprintf("the state of s%d was overwritten while it was referenced", number))
	}
}

const stateLength = 8
