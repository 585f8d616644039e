//go:build invariants

package shards

import "fmt"

func closes(g *actor) { g.close() }

// shut is the final check that a table has nothing and takes nothing.
func shut(w *world) error {
	if err := holds()(w); err != nil {
		return err
	}
	if got := w.alone.add(object(len(w.objects) - 1)); got != Closed {
		return fmt.Errorf("Add = %d after Close", got)
	}
	return nil
}

var closePrograms = []program{
	{
		name:       "close and add",
		objects:    []key{id0},
		goroutines: two(closes, adds(objA)),
		final:      shut,
	},
	{
		name:       "close and add to a used bucket",
		objects:    []key{id0, id1},
		setup:      owning(objB),
		goroutines: two(closes, adds(objA)),
		final:      shut,
	},
	{
		name:       "close and replace",
		objects:    []key{id0, id0},
		setup:      owning(objB),
		goroutines: two(closes, adds(objA)),
		final:      shut,
	},
	{
		name:       "close and evict",
		capacity:   1,
		objects:    []key{id0, id1},
		setup:      owning(objB),
		goroutines: two(closes, adds(objA)),
		final:      shut,
	},
	{
		name:       "close and remove",
		objects:    []key{id0, id1},
		setup:      with(objA, objB),
		goroutines: two(closes, removes(objA)),
		final:      shut,
	},
	{
		name:       "close and take",
		objects:    []key{id0},
		setup:      owning(objA),
		goroutines: two(closes, takes(id0)),
		final:      shut,
	},
	{
		name:       "close and look up",
		objects:    []key{id0},
		setup:      owning(objA),
		goroutines: two(closes, looks(id0)),
		final:      shut,
	},
	{
		name:       "close twice",
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      owning(objA, objB),
		goroutines: two(closes, closes),
		final:      shut,
	},
	{
		name:       "close and shrink",
		capacity:   2,
		resized:    true,
		objects:    []key{id0, id1},
		setup:      with(objA, objB),
		goroutines: two(closes, setsCapacity(1)),
		final:      shut,
	},
	{
		name:       "close and clear",
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      owning(objA, objB),
		goroutines: two(closes, func(g *actor) { g.clear() }),
		final:      shut,
	},
	{
		name:       "close, add and look up",
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		setup:      owning(objB),
		goroutines: three(closes, adds(objA), looks(id1)),
		final:      shut,
	},
	{
		name:       "two add, one closes",
		objects:    []key{id0, id1},
		goroutines: three(closes, adds(objA), adds(objB)),
		final:      shut,
	},
	{
		name:       "close and grow",
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      owning(objA, objB),
		goroutines: two(closes, func(g *actor) { g.resize(2); g.help(2) }),
		final:      shut,
	},
	{
		name:       "close and shrink the array",
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      owning(objA, objB),
		goroutines: two(closes, func(g *actor) { g.resize(1); g.help(1) }),
		final:      shut,
	},
	{
		name:       "close while a growth is under way",
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		setup:      growing(2, objA, objB),
		goroutines: two(closes, adds(objC)),
		final:      shut,
	},
	{
		name:       "close twice while the array shrinks",
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		setup:      with(objA, objB),
		goroutines: three(closes, closes, func(g *actor) { g.resize(1); g.add(objC) }),
		final:      shut,
	},
}
