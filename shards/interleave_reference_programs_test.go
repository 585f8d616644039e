//go:build invariants

package shards

import "fmt"

func acquires(o object) func(*actor) { return func(g *actor) { g.acquire(o) } }
func releases(o object) func(*actor) { return func(g *actor) { g.release(o) } }

// twice gives the program a second reference.
func twice(o object) func(*world) {
	return func(w *world) {
		w.objects[o].own++
		if !w.session(o).Acquire() {
			w.fail("a session with a reference cannot be acquired")
		}
	}
}

// wiped is the final check that a session has no reference. That its state was
// wiped then, and not before, is checked after each step.
func wiped(o object) func(*world) error {
	return func(w *world) error {
		if n := w.session(o).References(); n != 0 {
			return fmt.Errorf("session %v has %d references", o, n)
		}
		return nil
	}
}

// The reference count alone.
var referencePrograms = []program{
	{
		name:       "acquire and drop the last reference",
		objects:    []key{id0},
		goroutines: two(acquires(objA), releases(objA)),
		final:      wiped(objA),
	},
	{
		name:       "drop the last two references",
		objects:    []key{id0},
		setup:      twice(objA),
		goroutines: two(releases(objA), releases(objA)),
		final:      wiped(objA),
	},
	{
		name:       "two acquire, one drops the last reference",
		objects:    []key{id0},
		goroutines: three(acquires(objA), acquires(objA), releases(objA)),
		final:      wiped(objA),
	},
	{
		name:       "one acquires, two drop the last references",
		objects:    []key{id0},
		setup:      twice(objA),
		goroutines: three(acquires(objA), releases(objA), releases(objA)),
		final:      wiped(objA),
	},
}

// stored sets up a store outside that has the session of id0.
func stored(w *world) {
	w.table.TrackRemovals()
	w.stored = true
}

// keeps is what a cache does with a session it gets from a store outside: it
// keeps the session only if no removal can have concerned it meanwhile.
func keeps(o object) func(*actor) {
	return func(g *actor) {
		k := g.keyOf(o)
		before := g.removals(k)
		g.unbroken = true
		g.self.Pause("read from the store")
		if !g.stored {
			return
		}
		if outcome := g.addSince(o, before); outcome == Outdated && g.removals(k) == before {
			g.fail("AddSince(%v) saw a removal, and there was none", o)
		}
	}
}

// deletes deletes the session of id0 from the store, and then does what the
// table counts as a removal. Before, and not after: a session that was read
// from the store between the removal and the deletion would stay.
func deletes(and func(*actor)) func(*actor) {
	return func(g *actor) {
		g.stored = false
		and(g)
		if g.contains(id0) {
			g.fail("the session of id 0 is back after its removal")
		}
	}
}

// A session that was removed everywhere does not stay in the table because
// somebody had just read it from the store.
var removalsPrograms = []program{
	{
		name:       "keep what is removed",
		objects:    []key{id0},
		setup:      stored,
		goroutines: two(keeps(objA), deletes(removesID(id0))),
		final:      holds(),
	},
	{
		name:       "keep what is taken",
		objects:    []key{id0},
		setup:      stored,
		goroutines: two(keeps(objA), deletes(takes(id0))),
		final:      holds(),
	},
	{
		name:       "keep while all is cleared",
		objects:    []key{id0},
		setup:      stored,
		goroutines: two(keeps(objA), deletes(clears)),
		final:      holds(),
	},
	{
		name:       "keep the very object that is removed",
		objects:    []key{id0},
		setup:      stored,
		goroutines: two(keeps(objA), deletes(removes(objA))),
		final:      holds(),
	},
	{
		name:    "keep in place of another object",
		objects: []key{id0, id0},
		setup: func(w *world) {
			stored(w)
			w.alone.add(objB)
		},
		goroutines: two(keeps(objA), deletes(removesID(id0))),
		final:      holds(),
	},
	{
		name:     "keep at a full table",
		objects:  []key{id0, id1},
		capacity: 1,
		setup: func(w *world) {
			stored(w)
			w.alone.add(objB)
		},
		goroutines: two(keeps(objA), deletes(removesID(id0))),
	},
	{
		name:    "keep beside an add to the bucket and a removal",
		objects: []key{id0, id1},
		setup:   stored,
		goroutines: three(keeps(objA), deletes(removesID(id0)),
			func(g *actor) { g.add(objB); g.remove(objB) }),
		final: holds(),
	},
	{
		name:    "keep while the array grows",
		objects: []key{id0, id1},
		setup: func(w *world) {
			stored(w)
			growing(2, objB)(w)
		},
		goroutines: three(keeps(objA), deletes(removesID(id0)), helps(1)),
		final:      holds(objB),
	},
	{
		name:       "two keep what is removed",
		objects:    []key{id0, id0},
		setup:      stored,
		goroutines: three(keeps(objA), keeps(objB), deletes(removesID(id0))),
		final:      holds(),
	},
}
