//go:build invariants

package shards

import (
	"fmt"
	"runtime/debug"
)

// invariant is what holds after each step, wherever the goroutines are.
func (w *world) invariant() error {
	if err := w.checkStep(); err != nil {
		return fmt.Errorf("%w\n%s", err, w)
	}
	return nil
}

func (w *world) checkStep() error {
	if w.err != nil {
		return w.err
	}
	for o, x := range w.objects {
		if err := x.check(); err != nil {
			return fmt.Errorf("session %v: %w", object(o), err)
		}
	}
	var objects [8]bool
	linked, err := w.walk(func(o object, _ *node) { objects[o] = true })
	if err != nil {
		return err
	}
	p := &w.table.places
	if taken := p.total.Load() - p.freePlaces(); int64(linked) > taken {
		return fmt.Errorf("%d sessions linked with %d places taken", linked, taken)
	}
	if !w.program.resized && linked > w.bound() {
		return fmt.Errorf("%d sessions linked, the capacity is %d", linked, w.bound())
	}
	return w.room.step(w, objects, linked)
}

// check reports what cannot be about a session: a count that has risen from
// zero, a state wiped while somebody has a reference, or not wiped after.
func (x *tracked) check() error {
	n := x.References()
	wiped := len(x.stateBytes()) > 0
	for _, b := range x.stateBytes() {
		wiped = wiped && b == 0
	}
	switch {
	case n < 0:
		return fmt.Errorf("%d references", n)
	case n > 0 && x.dead:
		return fmt.Errorf("%d references after there was none", n)
	case n > 0 && string(x.stateBytes()) != x.state:
		return fmt.Errorf("%d references, and the state is %q", n, x.stateBytes())
	case n == 0 && !wiped:
		return fmt.Errorf("no references, and the state has not been wiped")
	}
	x.dead = n == 0
	return nil
}

// walk visits the nodes of the table as a reader would find them, and returns
// how many there are. It changes nothing.
func (w *world) walk(visit func(o object, n *node)) (linked int, err error) {
	c := w.table.shards[0].current.Load()
	old := c.old.Load()
	var seen [8]bool
	look := func(chain *node, bucket uint64) {
		for n := chain; n != nil; n = n.next {
			if n.hash&w.table.hashMask&c.mask != bucket {
				continue // it belongs to another new bucket
			}
			o := w.objectOf(n.session)
			linked++
			if o == nobody {
				continue
			}
			switch {
			case n.session.References() < 1:
				err = fmt.Errorf("session %v is linked without a reference", o)
			case seen[w.keyOf(o)]:
				err = fmt.Errorf("two sessions with the id %d are linked", w.keyOf(o))
			}
			seen[w.keyOf(o)] = true
			if visit != nil {
				visit(o, n)
			}
		}
	}
	for i := range c.slots {
		head := c.slots[i].head.Load()
		if head != nil || old == nil {
			look(head.chain(), uint64(i))
			continue
		}
		for j := i & int(old.mask); j < len(old.slots); j += len(c.slots) {
			look(old.slots[j].head.Load().chain(), uint64(i))
		}
	}
	return linked, err
}

// check is what holds when all goroutines have finished.
func (w *world) check() (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, w)
		}
	}()
	for _, f := range []func() error{w.checkPlaces, w.checkHints, w.checkResults, w.checkReferences, w.checkProgram, w.checkClosed} {
		if err := f(); err != nil {
			return err
		}
		if w.err != nil {
			return w.err
		}
	}
	return nil
}

// checkPlaces checks that no place is lost or there twice.
func (w *world) checkPlaces() error {
	linked, err := w.walk(nil)
	if err != nil {
		return err
	}
	p := &w.table.places
	total, debt, capacity := p.total.Load(), p.debt.Load(), p.capacity.Load()
	free := p.freePlaces()
	switch {
	case free+int64(linked) != total:
		return fmt.Errorf("%d places free, %d sessions linked, %d places", free, linked, total)
	case total-debt != capacity:
		return fmt.Errorf("%d places, a debt of %d, the capacity is %d", total, debt, capacity)
	case int64(w.table.Len()) != min(int64(linked), capacity):
		return fmt.Errorf("Len = %d, %d sessions are linked, the capacity is %d", w.table.Len(), linked, capacity)
	case p.linked.n.Load() != int64(linked):
		return fmt.Errorf("the gauge shows %d, %d sessions are linked", p.linked.n.Load(), linked)
	}
	return nil
}

// checkHints checks that no hint makes a sweep pass over what is expired.
func (w *world) checkHints() error {
	c := w.table.shards[0].current.Load()
	for i := range c.slots {
		b := &c.slots[i]
		head := b.head.Load()
		if head == nil || head.isMark() {
			continue
		}
		if _, least := head.earliest(); b.hint.Load() > least {
			return fmt.Errorf("the hint of bucket %d is %#x, the least order is %#x", i, b.hint.Load(), least)
		}
	}
	return nil
}

// checkResults checks that one after the other, the calls could have had the
// results that they had.
func (w *world) checkResults() error {
	var end [keys]slot
	if _, err := w.walk(func(o object, n *node) { end[w.keyOf(o)] = slot{true, o, n.expiry} }); err != nil {
		return err
	}
	if !w.linearizable(end) {
		return fmt.Errorf("no order of the calls explains their results and what is in the table: %v", end)
	}
	return nil
}

// checkReferences checks that every reference is accounted for: the program's
// and those of the table, which has given back all others exactly once.
func (w *world) checkReferences() error {
	linked := make([]int, len(w.objects))
	if _, err := w.walk(func(o object, _ *node) { linked[o]++ }); err != nil {
		return err
	}
	for o, x := range w.objects {
		switch {
		case x.links-x.left != linked[o]:
			return fmt.Errorf("session %v was linked %d times, has left %d times, and is there %d times", object(o), x.links, x.left, linked[o])
		case x.References() != x.own+linked[o]:
			return fmt.Errorf("session %v has %d references, the program %d of them, the table %d", object(o), x.References(), x.own, linked[o])
		}
	}
	return nil
}

func (w *world) checkProgram() error {
	if w.program.final == nil {
		return nil
	}
	return w.program.final(w)
}

// checkClosed closes the table and checks that nothing is left but the
// program's references. It takes one to whatever the table has: a last release
// is dear under the build tag invariants, and the invariant watches those that
// happen on the way.
func (w *world) checkClosed() error {
	if _, err := w.walk(func(o object, _ *node) {
		w.objects[o].own++
		if !w.session(o).Acquire() {
			w.fail("session %v is linked and cannot be acquired", o)
		}
	}); err != nil {
		return err
	}
	w.alone.close()
	if n, err := w.walk(nil); err != nil {
		return fmt.Errorf("after Close: %w", err)
	} else if n != 0 {
		return fmt.Errorf("after Close %d sessions are linked", n)
	}
	if err := w.checkPlaces(); err != nil {
		return fmt.Errorf("after Close: %w", err)
	}
	if err := w.checkReferences(); err != nil {
		return fmt.Errorf("after Close: %w", err)
	}
	return nil
}
