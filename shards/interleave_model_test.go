//go:build invariants

package shards

import "math"

// A model is a table of which only one goroutine makes use: what is in it, by
// id.
type model struct {
	slots   [keys]slot
	linked  int
	closing bool // Close has begun
	sealed  [keys]bool
}

// slot is what a model has for an id.
type slot struct {
	occupied bool
	object   object
	expiry   int64
}

// A part is one atomic step of an operation. It changes the model, or returns
// false if the operation cannot have done that with this model.
type part func(*model) bool

func (m *model) unlink(k key) {
	m.slots[k] = slot{}
	m.linked--
}

func (m *model) has(k key, o object) bool { return m.slots[k].occupied && m.slots[k].object == o }

func (w *world) keyOf(o object) key { return w.objects[o].key }

func (w *world) partAbsent(k key) part {
	return func(m *model) bool { return !m.slots[k].occupied }
}

func (w *world) partPresent(k key) part {
	return func(m *model) bool { return m.slots[k].occupied }
}

func (w *world) partIs(o object) part {
	k := w.keyOf(o)
	return func(m *model) bool { return m.has(k, o) }
}

func (w *world) partNot(o object) part {
	k := w.keyOf(o)
	return func(m *model) bool { return !m.has(k, o) }
}

// bound returns the capacity as far as the model goes by it.
func (w *world) bound() int {
	if w.program.resized {
		return math.MaxInt
	}
	return w.capacity()
}

func (w *world) partLink(o object, expiry int64) part {
	k, bound := w.keyOf(o), w.bound()
	return func(m *model) bool {
		if m.slots[k].occupied || m.sealed[k] || m.linked >= bound {
			return false
		}
		m.slots[k] = slot{true, o, expiry}
		m.linked++
		return true
	}
}

func (w *world) partReplace(d drop, o object, expiry int64) part {
	k := w.keyOf(o)
	return func(m *model) bool {
		if !m.has(k, d.object) || d.object == o || m.slots[k].expiry != d.expiry || m.sealed[k] {
			return false
		}
		m.slots[k] = slot{true, o, expiry}
		return true
	}
}

func (w *world) partIdentical(o object, expiry int64, refresh bool) part {
	k := w.keyOf(o)
	return func(m *model) bool {
		if !m.has(k, o) {
			return false
		}
		if refresh {
			m.slots[k].expiry = expiry
		}
		return true
	}
}

func (w *world) partReschedule(o object, expiry int64) part {
	k := w.keyOf(o)
	return func(m *model) bool {
		if !m.has(k, o) {
			return false
		}
		m.slots[k].expiry = expiry
		return true
	}
}

// full reports whether all places can have been taken: those that the model
// does not show by others who were in a call at some time during c.
func (w *world) full(m *model, c *call) bool {
	return w.program.resized || m.linked+c.others >= w.bound()
}

// partEvict is the removal of a victim. The model leaves open which one.
func (w *world) partEvict(c *call, d drop) part {
	if d.reason != ReasonEvicted {
		w.fail("%s: the sink got %v", c.name, d)
	}
	unlink := w.partDrop(d)
	return func(m *model) bool { return w.full(m, c) && unlink(m) }
}

// partNoPlace is an Add that found all places taken by others who had not yet
// linked.
func (w *world) partNoPlace(c *call, o object) part {
	k := w.keyOf(o)
	return func(m *model) bool { return !m.slots[k].occupied && w.full(m, c) }
}

func (w *world) partFound(k key, o object, taken bool) part {
	return func(m *model) bool {
		if !m.has(k, o) || programNow > m.slots[k].expiry {
			return false
		}
		if taken {
			m.unlink(k)
		}
		return true
	}
}

// partDrop is the removal of the session that the sink got, and with the expiry
// that the sink was told.
func (w *world) partDrop(d drop) part {
	k := w.keyOf(d.object)
	if d.reason == ReasonExpired && programNow <= d.expiry {
		w.fail("%v was dropped as expired, with the expiry %d", d.object, d.expiry)
	}
	return func(m *model) bool {
		if !m.has(k, d.object) || m.slots[k].expiry != d.expiry {
			return false
		}
		m.unlink(k)
		return true
	}
}

func (w *world) partsOfDrops(c *call) (parts []part) {
	for _, d := range c.drops {
		parts = append(parts, w.partDrop(d))
	}
	return parts
}

func (w *world) partNothingToFlush(k key, now int64) part {
	return func(m *model) bool { return !m.slots[k].occupied || now <= m.slots[k].expiry }
}

// partClosing is the beginning of Close, from which on an Add may fail.
func (w *world) partClosing() part {
	return func(m *model) bool { m.closing = true; return true }
}

// partSealed is where Close has closed an id: nothing is there any more, and
// nothing comes.
func (w *world) partSealed(k key) part {
	return func(m *model) bool {
		m.sealed[k] = true
		return m.closing && !m.slots[k].occupied
	}
}

// partRefused is an Add of o that found the table closed.
func (w *world) partRefused(object) part {
	return func(m *model) bool { return m.closing }
}
