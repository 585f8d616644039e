//go:build invariants

package shards

import "fmt"

// twoBuckets gives the ids in turn to the two buckets of a small array.
var twoBuckets = [keys]int{0, 1, 0, 1, 0}

// withFirst sets up a table with sessions of which the first is the first to be
// evicted.
func withFirst(first object, others ...object) func(*world) {
	return func(w *world) {
		w.alone.addUntil(first, soon, false)
		with(others...)(w)
	}
}

var capacityPrograms = []program{
	{
		name:       "as many adds as places",
		crowded:    true,
		capacity:   2,
		objects:    []key{id0, id1},
		goroutines: two(adds(objA), adds(objB)),
		final:      holds(objA, objB),
	},
	{
		name:       "as many adds as places, by three",
		crowded:    true,
		capacity:   3,
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		goroutines: three(adds(objA), adds(objB), adds(objC)),
		final:      holds(objA, objB, objC),
	},
	{
		name:       "two adds for one place",
		capacity:   1,
		objects:    []key{id0, id1},
		goroutines: two(adds(objA), adds(objB)),
	},
	{
		name:       "two adds for one place, in two buckets",
		capacity:   1,
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		goroutines: two(adds(objA), adds(objB)),
	},
	{
		name:       "two adds for one place that is taken",
		capacity:   1,
		objects:    []key{id0, id1, id2},
		setup:      owning(objC),
		goroutines: two(adds(objA), adds(objB)),
	},
	{
		name:       "two adds of one id for one place that is taken",
		capacity:   1,
		objects:    []key{id0, id0, id2},
		setup:      with(objC),
		goroutines: two(adds(objA), adds(objB)),
	},
	{
		name:       "add to a full table and remove the victim",
		capacity:   1,
		objects:    []key{id0, id1},
		setup:      with(objA),
		goroutines: two(adds(objB), removes(objA)),
	},
	{
		name:       "add to a full table and look the victim up",
		crowded:    true,
		capacity:   1,
		objects:    []key{id0, id1},
		setup:      owning(objA),
		goroutines: two(adds(objB), looks(id0)),
		final:      holds(objB),
	},
	{
		name:       "add to a full table and replace the victim",
		capacity:   1,
		objects:    []key{id0, id1, id0},
		setup:      owning(objA),
		goroutines: two(adds(objB), adds(objC)),
	},
	{
		name:       "add to a full table and reschedule the victim",
		capacity:   2,
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA, objB),
		goroutines: two(adds(objC), reschedules(objA, muchLater)),
	},
	{
		name:       "add the victim to a full table",
		capacity:   1,
		objects:    []key{id0, id1},
		setup:      with(objA),
		goroutines: two(adds(objB), adds(objA)),
	},
	{
		name:       "two add to a full table, one removes the victim",
		capacity:   1,
		objects:    []key{id0, id1, id2},
		setup:      with(objA),
		goroutines: three(adds(objB), adds(objC), removes(objA)),
	},
	{
		name:       "add to a full table, take and look up",
		capacity:   1,
		objects:    []key{id0, id1},
		setup:      owning(objA),
		goroutines: three(adds(objB), takes(id0), looks(id0)),
	},
	{
		name:       "two adds evict by sampling",
		capacity:   2,
		sampled:    true,
		objects:    []key{id0, id1, id2, id3},
		setup:      withFirst(objA, objB),
		goroutines: two(adds(objC), adds(objD)),
	},
	{
		name:       "add evicts by sampling, and the victim is removed",
		capacity:   1,
		sampled:    true,
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      owning(objA),
		goroutines: two(adds(objB), removesID(id0)),
	},
	{
		name:       "three evict by sampling",
		capacity:   1,
		sampled:    true,
		objects:    []key{id0, id1, id2, id3},
		setup:      owning(objA),
		goroutines: three(adds(objB), adds(objC), adds(objD)),
	},
	{
		name:     "add evicts by sampling, and the victim is promoted",
		capacity: 2,
		sampled:  true,
		objects:  []key{id0, id1, id2},
		setup:    withFirst(objA, objB),
		goroutines: two(
			adds(objC),
			func(g *actor) { g.promote(objA); g.lookup(id0) },
		),
	},
	{
		name:       "two adds to a chain with one place left",
		crowded:    true,
		capacity:   40,
		fillers:    MaxChain - 2,
		resized:    true, // what is evicted from a full chain is evicted below the capacity
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA),
		goroutines: two(adds(objB), adds(objC)),
		final:      holds(objB, objC),
	},
	{
		name:       "add to a full chain and remove the victim",
		crowded:    true,
		capacity:   40,
		fillers:    MaxChain - 1,
		resized:    true,
		objects:    []key{id0, id1},
		setup:      withFirst(objA),
		goroutines: two(adds(objB), removes(objA)),
		final:      holds(objB),
	},
}

func setsCapacity(n int) func(*actor) { return func(g *actor) { g.setCapacity(n) } }

// bounded returns a final check that the capacity n holds, but for one more for
// each Add that had begun when SetCapacity returned, and that after another Add
// it just holds.
func bounded(n int, inFlight int, another object) func(*world) error {
	return func(w *world) error {
		linked, err := w.walk(nil)
		if err != nil {
			return err
		}
		if most := n + inFlight; linked > most {
			return fmt.Errorf("%d sessions linked, at most %d are allowed", linked, most)
		}
		w.alone.add(another)
		if linked, err = w.walk(nil); linked > n {
			return fmt.Errorf("after another Add %d sessions are linked, the capacity is %d", linked, n)
		}
		return err
	}
}

var shrinkPrograms = []program{
	{
		name:       "shrink and add",
		capacity:   2,
		resized:    true,
		objects:    []key{id0, id1, id2, id3},
		setup:      withFirst(objA, objB),
		goroutines: two(setsCapacity(1), adds(objC)),
		final:      bounded(1, 1, objD),
	},
	{
		name:       "shrink while two add",
		capacity:   2,
		buckets:    2,
		ids:        twoBuckets,
		resized:    true,
		objects:    []key{id0, id1, id2},
		goroutines: three(setsCapacity(1), adds(objA), adds(objB)),
		final:      bounded(1, 2, objC),
	},
	{
		name:       "shrink and remove",
		capacity:   2,
		resized:    true,
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA, objB),
		goroutines: two(setsCapacity(1), removes(objA)),
		final:      bounded(1, 0, objC),
	},
	{
		name:       "shrink and replace",
		capacity:   2,
		resized:    true,
		objects:    []key{id0, id1, id0, id2},
		setup:      withFirst(objA, objB),
		goroutines: two(setsCapacity(1), adds(objC)),
		final:      bounded(1, 1, objD),
	},
	{
		name:       "shrink twice",
		capacity:   3,
		resized:    true,
		objects:    []key{id0, id1, id2, id3},
		setup:      withFirst(objA, objB, objC),
		goroutines: two(setsCapacity(1), setsCapacity(1)),
		final:      bounded(1, 0, objD),
	},
	{
		name:       "grow and add",
		capacity:   1,
		resized:    true,
		objects:    []key{id0, id1, id2},
		setup:      with(objA),
		goroutines: two(setsCapacity(2), adds(objB)),
		final:      bounded(2, 0, objC),
	},
	{
		name:       "shrink, grow and add",
		capacity:   2,
		resized:    true,
		objects:    []key{id0, id1, id2, id3},
		setup:      withFirst(objA, objB),
		goroutines: three(setsCapacity(1), setsCapacity(2), adds(objC)),
	},
	{
		name:       "shrink, remove and look up",
		capacity:   2,
		resized:    true,
		objects:    []key{id0, id1, id2},
		setup:      owning(objA, objB),
		goroutines: three(setsCapacity(1), removesID(id0), looks(id1)),
		final:      bounded(1, 0, objC),
	},
}
