//go:build invariants

package shards

import "math"

// linearization is the search for an order of the parts of all calls that
// explains their results: one in which a call that ended before another began
// comes before it, and which leaves the model with what is in the table.
type linearization struct {
	calls []*call
	done  [maxCalls]uint16 // the parts, as bits, that have their place
	end   [keys]slot
	tried map[position]struct{} // positions without a way out
	steps int
}

// maxCalls bounds the calls of a run, maxParts the parts of one.
const (
	maxCalls = 16
	maxParts = 16
)

// remember is after how many steps a search begins to remember what it tried.
// Most end before.
const remember = 500

type position struct {
	done  [maxCalls]uint16
	model model
}

// linearizable reports whether there is such an order.
func (w *world) linearizable(end [keys]slot) bool {
	if len(w.history) > maxCalls {
		panic("a program makes too many calls")
	}
	for _, c := range w.history {
		if len(c.parts) > maxParts {
			panic("a call has too many parts")
		}
		c.others = 0
		for n := range w.actors {
			for _, d := range w.history {
				if d.actor == n && n != c.actor && d.invoked < c.returned && c.invoked < d.returned {
					c.others++
					break
				}
			}
		}
	}
	l := &linearization{calls: w.history, end: end}
	return l.search(&model{})
}

func (l *linearization) search(m *model) bool {
	l.steps++
	first := math.MaxInt // when the first of those calls returned that have no place yet
	for i, c := range l.calls {
		if !l.finished(i) {
			first = min(first, c.returned)
		}
	}
	if first == math.MaxInt {
		return m.slots == l.end
	}
	at := position{l.done, *m}
	if _, known := l.tried[at]; known {
		return false
	}
	for i, c := range l.calls {
		if c.invoked > first || l.finished(i) {
			continue
		}
		for p := range c.parts {
			if l.done[i]&(1<<p) != 0 || !c.anyOrder && p == len(c.parts)-1 && !l.onlyLast(i) {
				continue
			}
			after := *m
			if c.parts[p](&after) {
				l.done[i] |= 1 << p
				if l.search(&after) {
					return true
				}
				l.done[i] &^= 1 << p
			}
		}
	}
	if l.steps > remember {
		if l.tried == nil {
			l.tried = map[position]struct{}{}
		}
		l.tried[at] = struct{}{}
	}
	return false
}

func (l *linearization) finished(i int) bool {
	return l.done[i] == 1<<len(l.calls[i].parts)-1
}

// onlyLast reports whether all parts of a call but the last have their place.
func (l *linearization) onlyLast(i int) bool {
	return l.done[i] == 1<<(len(l.calls[i].parts)-1)-1
}
