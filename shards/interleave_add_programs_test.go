//go:build invariants

package shards

import "fmt"

// two and three make the goroutines of a program.
func two(a, b func(*actor)) []func(*actor)      { return []func(*actor){a, b} }
func three(a, b, c func(*actor)) []func(*actor) { return []func(*actor){a, b, c} }

func adds(o object) func(*actor)    { return func(g *actor) { g.add(o) } }
func removes(o object) func(*actor) { return func(g *actor) { g.remove(o) } }
func removesID(k key) func(*actor)  { return func(g *actor) { g.removeID(k) } }
func takes(k key) func(*actor)      { return func(g *actor) { g.take(k) } }
func looks(k key) func(*actor)      { return func(g *actor) { g.lookup(k) } }
func reschedules(o object, expiry int64) func(*actor) {
	return func(g *actor) { g.reschedule(o, expiry) }
}

// with sets up a table that has sessions.
func with(objects ...object) func(*world) {
	return func(w *world) {
		for _, o := range objects {
			w.alone.add(o)
		}
	}
}

// owning sets up a table that has sessions to which nobody else has a
// reference: the first to drop one wipes it.
func owning(objects ...object) func(*world) {
	return func(w *world) {
		for _, o := range objects {
			w.alone.add(o)
			w.alone.release(o)
		}
	}
}

// holds returns a final check that the table has exactly these sessions.
func holds(want ...object) func(*world) error {
	return func(w *world) error {
		var found []object
		if _, err := w.walk(func(o object, _ *node) { found = append(found, o) }); err != nil {
			return err
		}
		for _, o := range want {
			there := false
			for _, f := range found {
				there = there || f == o
			}
			if !there {
				return fmt.Errorf("the table has %v, not %v", found, want)
			}
		}
		if len(found) != len(want) {
			return fmt.Errorf("the table has %v, want %v", found, want)
		}
		return nil
	}
}

var addPrograms = []program{
	{
		name:       "add two objects of one id",
		objects:    []key{id0, id0},
		goroutines: two(adds(objA), adds(objB)),
	},
	{
		name:       "replace by two objects",
		objects:    []key{id0, id0, id0},
		setup:      owning(objC),
		goroutines: two(adds(objA), adds(objB)),
	},
	{
		name:       "add one object twice",
		objects:    []key{id0},
		goroutines: two(adds(objA), adds(objA)),
		final:      holds(objA),
	},
	{
		name:    "add one object twice, refreshing",
		objects: []key{id0},
		goroutines: two(
			func(g *actor) { g.addUntil(objA, later, true) },
			func(g *actor) { g.addUntil(objA, muchLater, true) },
		),
		final: holds(objA),
	},
	{
		name:       "add to one bucket",
		objects:    []key{id0, id1},
		goroutines: two(adds(objA), adds(objB)),
		final:      holds(objA, objB),
	},
	{
		name:       "three add objects of one id",
		objects:    []key{id0, id0, id0},
		goroutines: three(adds(objA), adds(objB), adds(objC)),
	},
	{
		name:       "three add, two of them one object",
		objects:    []key{id0, id0},
		goroutines: three(adds(objA), adds(objB), adds(objA)),
	},
	{
		name:    "add and remove what was added",
		objects: []key{id0, id0},
		goroutines: two(
			func(g *actor) { g.add(objA); g.remove(objA) },
			func(g *actor) { g.add(objB); g.remove(objB) },
		),
		final: holds(),
	},
}

var removePrograms = []program{
	{
		name:       "add and remove one object",
		objects:    []key{id0},
		goroutines: two(adds(objA), removes(objA)),
	},
	{
		name:       "remove what is being replaced",
		objects:    []key{id0, id0},
		setup:      with(objA),
		goroutines: two(removes(objA), adds(objB)),
		final:      holds(objB),
	},
	{
		name:       "remove an id that is being replaced",
		objects:    []key{id0, id0},
		setup:      owning(objA),
		goroutines: two(removesID(id0), adds(objB)),
	},
	{
		name:       "remove twice",
		objects:    []key{id0},
		setup:      with(objA),
		goroutines: two(removes(objA), removes(objA)),
		final:      holds(),
	},
	{
		name:       "remove the object and the id",
		objects:    []key{id0},
		setup:      with(objA),
		goroutines: two(removes(objA), removesID(id0)),
		final:      holds(),
	},
	{
		name:       "remove two of one bucket",
		objects:    []key{id0, id1, id2},
		setup:      with(objA, objB, objC),
		goroutines: two(removes(objA), removes(objB)),
		final:      holds(objC),
	},
	{
		name:       "three remove one id",
		objects:    []key{id0},
		setup:      owning(objA),
		goroutines: three(removesID(id0), removesID(id0), takes(id0)),
		final:      holds(),
	},
	{
		name:       "add, remove and look up",
		objects:    []key{id0, id0},
		setup:      with(objA),
		goroutines: three(adds(objB), removes(objA), looks(id0)),
		final:      holds(objB),
	},
	{
		name:       "take twice",
		objects:    []key{id0},
		setup:      owning(objA),
		goroutines: two(takes(id0), takes(id0)),
		final:      holds(),
	},
	{
		name:       "take and remove",
		objects:    []key{id0},
		setup:      with(objA),
		goroutines: two(takes(id0), removes(objA)),
		final:      holds(),
	},
	{
		name:       "take and replace",
		objects:    []key{id0, id0},
		setup:      owning(objA),
		goroutines: two(takes(id0), adds(objB)),
	},
	{
		name:       "two take, one adds",
		objects:    []key{id0, id0},
		setup:      owning(objA),
		goroutines: three(takes(id0), takes(id0), adds(objB)),
	},
}

var lookupPrograms = []program{
	{
		name:       "take and look up",
		objects:    []key{id0},
		setup:      owning(objA),
		goroutines: two(takes(id0), looks(id0)),
		final:      holds(),
	},
	{
		name:       "look up what is replaced and released",
		objects:    []key{id0, id0},
		setup:      owning(objA),
		goroutines: two(looks(id0), adds(objB)),
		final:      holds(objB),
	},
	{
		name:    "look up what is replaced twice and released",
		objects: []key{id0, id0, id0},
		setup:   owning(objA),
		goroutines: two(
			looks(id0),
			func(g *actor) { g.add(objB); g.release(objB); g.add(objC) },
		),
		final: holds(objC),
	},
	{
		name:       "look up what two replace",
		objects:    []key{id0, id0, id0},
		setup:      owning(objA),
		goroutines: three(looks(id0), adds(objB), adds(objC)),
	},
	{
		name:    "ask for what is replaced and removed",
		objects: []key{id0, id0},
		setup:   owning(objA),
		goroutines: two(
			func(g *actor) { g.contains(id0); g.contains(id0) },
			func(g *actor) { g.add(objB); g.remove(objB) },
		),
		final: holds(),
	},
	{
		name:       "look up behind what is removed",
		objects:    []key{id0, id1, id2},
		setup:      owning(objA, objB, objC),
		goroutines: two(looks(id0), removesID(id2)),
		final:      holds(objA, objB),
	},
	{
		name:    "look up what is removed and added again",
		objects: []key{id0},
		setup:   with(objA),
		goroutines: two(
			looks(id0),
			func(g *actor) { g.remove(objA); g.add(objA) },
		),
		final: holds(objA),
	},
}
