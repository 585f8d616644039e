//go:build invariants

package shards

import (
	"fmt"
	"math"
)

// maxStripes is the most stripes that a program spreads its places over.
const maxStripes = 4

// room watches, step by step, what places are free and what sessions are
// linked, and so finds evictions for which there was no need: of a session
// although a place was free all along, or of more sessions than a smaller
// capacity asks for.
type room struct {
	linked [8]bool // the objects after the last step
}

// seen is what a call has seen of the places since it began.
type seen struct {
	least [maxStripes]int64 // free places of a stripe, at the worst
	most  int64             // taken places, linked or about to be
}

// seesNow returns what a call sees that begins now.
func (w *world) seesNow() (s seen) {
	p := &w.table.places
	for i := range p.stripes {
		s.least[i] = p.stripes[i].free.Load()
	}
	s.most = p.total.Load() - p.freePlaces()
	return s
}

// step goes over to the state after a step, in which these objects are linked,
// and sessions of no interest, and checks it.
func (r *room) step(w *world, objects [8]bool, linked int) error {
	now := w.seesNow()
	for _, c := range w.history {
		if !c.underWay() {
			continue
		}
		for o := range objects {
			if r.linked[o] && !objects[o] {
				c.whenLeft[o] = c.seen
			}
		}
		for i := range c.seen.least {
			c.seen.least[i] = min(c.seen.least[i], now.least[i])
		}
		c.seen.most = max(c.seen.most, now.most)
	}
	r.linked = objects
	return r.checkBound(w, linked)
}

// checkBound checks what SetCapacity promises. Until the first call has returned
// the capacity is the largest there was; from then on it is one that was set,
// and at last that of the table. Each Add that was under way when a call
// returned may have linked one session more.
func (r *room) checkBound(w *world, linked int) error {
	bound, first, last := 0, math.MaxInt, 0
	for _, c := range w.history {
		if c.capacity > 0 {
			bound = max(bound, c.capacity)
			first = min(first, c.returned)
			last = max(last, c.returned)
		}
	}
	switch {
	case first == math.MaxInt:
		bound = max(bound, w.capacity())
	case last < math.MaxInt:
		bound = w.table.Capacity()
	}
	inFlight := 0
	for _, c := range w.history {
		if c.adds != nobody && c.invoked < last && c.returned > first {
			inFlight++
		}
	}
	if linked > bound+inFlight {
		return fmt.Errorf("%d sessions linked, the capacity is %d, %d adds were under way when it was set", linked, bound, inFlight)
	}
	return nil
}

// evicted checks an eviction of o by an Add: no stripe may have had a free
// place from its beginning until it unlinked o.
func (r *room) evicted(w *world, c *call, o object) {
	switch {
	case c.adds == nobody,
		c.actor < 0,           // it is all one step, within which places may come and go
		w.program.fillers > 0: // a full chain evicts below the capacity
		return
	}
	p := &w.table.places
	saw := c.seen
	if c.adds != o && !r.linked[o] {
		saw = c.whenLeft[o]
	}
	for i := range p.stripes {
		if saw.least[i] > 0 {
			w.fail("%s evicts %v with a place free in stripe %d all along", c.name, o, i)
		}
	}
	if free := p.freePlaces(); c.adds == o && len(p.stripes) == 1 && free > 0 && !w.program.resized {
		w.fail("%s evicts its own session with %d places free", c.name, free)
	}
}

// resized checks how many sessions a SetCapacity has evicted: no more than
// there ever were above its capacity or, as calls do each other's work, above
// a smaller one that was set meanwhile.
func (r *room) resized(w *world, c *call) {
	least := c.capacity
	for _, d := range w.history {
		if d.capacity > 0 && d.returned > c.invoked {
			least = min(least, d.capacity)
		}
	}
	if n, allowed := len(c.drops), max(0, int(c.seen.most)-least); n > allowed {
		w.fail("%s evicts %d sessions, there were at most %d too many", c.name, n, allowed)
	}
}
