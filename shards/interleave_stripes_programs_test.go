//go:build invariants

package shards

import "fmt"

// has returns a final check that the table has these sessions, and maybe
// others.
func has(want ...object) func(*world) error {
	return func(w *world) error {
		var found [8]bool
		if _, err := w.walk(func(o object, _ *node) { found[o] = true }); err != nil {
			return err
		}
		for _, o := range want {
			if !found[o] {
				return fmt.Errorf("the table does not have %v", o)
			}
		}
		return nil
	}
}

// links returns a final check of how many sessions the table has.
func links(least, most int) func(*world) error {
	return func(w *world) error {
		linked, err := w.walk(nil)
		if err == nil && (linked < least || linked > most) {
			err = fmt.Errorf("%d sessions linked, want %d to %d", linked, least, most)
		}
		return err
	}
}

// Programs whose goroutines work in stripes of their own.
var stripePrograms = []program{
	{
		name:       "two adds for the last place, which lies in a third stripe",
		crowded:    true,
		capacity:   2,
		free:       []int64{0, 0, 1, 0},
		lanes:      []uint32{0, 1, 3},
		objects:    []key{id0, id1, id2},
		setup:      owning(objC),
		goroutines: two(adds(objA), adds(objB)),
		final:      holds(objA, objB),
	},
	{
		name:       "two adds for the only place, which lies in a third stripe",
		crowded:    true,
		capacity:   1,
		free:       []int64{0, 0, 1, 0},
		lanes:      []uint32{0, 1, 3},
		objects:    []key{id0, id1},
		goroutines: two(adds(objA), adds(objB)),
		final:      links(1, 1),
	},
	{
		name:       "as many adds as places, all of which lie in a third stripe",
		crowded:    true,
		capacity:   2,
		free:       []int64{0, 0, 0, 2},
		lanes:      []uint32{0, 1},
		objects:    []key{id0, id1},
		goroutines: two(adds(objA), adds(objB)),
		final:      holds(objA, objB),
	},
	{
		name:       "as many adds as places, which lie in two other stripes",
		crowded:    true,
		capacity:   2,
		free:       []int64{0, 1, 0, 1},
		lanes:      []uint32{0, 2},
		objects:    []key{id0, id1},
		goroutines: two(adds(objA), adds(objB)),
		final:      holds(objA, objB),
	},
	{
		name:       "as many adds as places, by three in stripes of their own",
		crowded:    true,
		capacity:   3,
		free:       []int64{1, 0, 2, 0},
		lanes:      []uint32{1, 2, 3},
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		goroutines: three(adds(objA), adds(objB), adds(objC)),
		final:      holds(objA, objB, objC),
	},
	{
		name:       "as many adds as places, by three in one stripe that has none",
		crowded:    true,
		capacity:   3,
		free:       []int64{1, 1, 1, 0},
		lanes:      []uint32{3, 3, 3},
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		goroutines: three(adds(objA), adds(objB), adds(objC)),
		final:      holds(objA, objB, objC),
	},
	{
		name:       "add, and remove into the stripe it looks at first",
		crowded:    true,
		capacity:   2,
		free:       []int64{0, 0},
		lanes:      []uint32{0, 0, 1},
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA, objB),
		goroutines: two(adds(objC), removes(objA)),
		final:      has(objC),
	},
	{
		name:       "add, and remove into the stripe it looks at last",
		crowded:    true,
		capacity:   2,
		free:       []int64{0, 0},
		lanes:      []uint32{0, 1, 1},
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA, objB),
		goroutines: two(adds(objC), removes(objA)),
		final:      has(objC),
	},
	{
		name:       "add at full, and remove another than the victim",
		crowded:    true,
		capacity:   2,
		free:       []int64{0, 0, 0, 0},
		lanes:      []uint32{0, 2, 3},
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA, objB),
		goroutines: two(adds(objC), removes(objB)),
		final:      has(objC),
	},
	{
		name:       "add at full, take and add in other stripes",
		capacity:   2,
		free:       []int64{0, 0},
		lanes:      []uint32{0, 1, 1},
		objects:    []key{id0, id1, id2, id3},
		setup:      withFirst(objA, objB),
		goroutines: three(adds(objC), takes(id1), adds(objD)),
	},
	{
		name:       "add to a table of one, and remove the one into the stripe it looks at first",
		capacity:   1,
		free:       []int64{0, 0},
		lanes:      []uint32{0, 0, 1},
		objects:    []key{id0, id1},
		setup:      owning(objA),
		goroutines: two(adds(objB), removesID(id0)),
	},
	{
		// The place lies in the other stripe, and one more comes to this one.
		name:       "add with room, remove and add in other stripes",
		crowded:    true,
		capacity:   3,
		free:       []int64{0, 1},
		lanes:      []uint32{0, 0, 1},
		objects:    []key{id0, id1, id2, id3},
		setup:      withFirst(objB, objA),
		goroutines: three(adds(objC), removes(objA), adds(objD)),
		final:      has(objC, objD),
	},
	{
		// The second one's place comes back, maybe to another stripe.
		name:       "add one object twice, and add another",
		capacity:   2,
		free:       []int64{0, 0, 1, 1},
		lanes:      []uint32{0, 1, 0},
		objects:    []key{id0, id1},
		goroutines: three(adds(objA), adds(objA), adds(objB)),
	},
	{
		name:       "replace with a place of another stripe, and add",
		capacity:   2,
		free:       []int64{0, 0, 0, 1},
		lanes:      []uint32{0, 1, 2},
		objects:    []key{id0, id0, id1},
		setup:      owning(objA),
		goroutines: three(adds(objB), removesID(id0), adds(objC)),
	},
	{
		name:       "close and add in other stripes",
		capacity:   2,
		free:       []int64{0, 0, 0, 1},
		lanes:      []uint32{1, 0, 2},
		objects:    []key{id0, id1, id2},
		setup:      owning(objC),
		goroutines: three(closes, adds(objA), adds(objB)),
		final:      shut,
	},
}

// Programs that change the capacity, and with it the places of all stripes.
var stripeCapacityPrograms = []program{
	{
		name:       "shrink by a free place of another stripe, and add",
		crowded:    true,
		capacity:   3,
		free:       []int64{0, 1, 0, 1},
		lanes:      []uint32{0, 2, 3},
		resized:    true,
		objects:    []key{id0, id1},
		setup:      with(objA),
		goroutines: two(setsCapacity(2), adds(objB)),
		final:      holds(objA, objB),
	},
	{
		name:       "shrink by a free place and a session, and add",
		crowded:    true,
		capacity:   3,
		free:       []int64{0, 0, 1, 0},
		lanes:      []uint32{0, 1, 3},
		resized:    true,
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA, objB),
		goroutines: two(setsCapacity(1), adds(objC)),
		final:      links(1, 1),
	},
	{
		name:       "shrink a full table by one, and add",
		crowded:    true,
		capacity:   3,
		free:       []int64{0, 0},
		lanes:      []uint32{0, 1, 1},
		resized:    true,
		objects:    []key{id0, id1, id2, id3},
		setup:      withFirst(objA, objB, objC),
		goroutines: two(setsCapacity(2), adds(objD)),
		final:      links(2, 2),
	},
	{
		name:       "shrink, and remove into another stripe",
		crowded:    true,
		capacity:   3,
		free:       []int64{0, 0},
		lanes:      []uint32{0, 1, 1},
		resized:    true,
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA, objB, objC),
		goroutines: two(setsCapacity(2), removes(objC)),
		final:      links(1, 2),
	},
	{
		name:       "shrink, remove and add in three stripes",
		crowded:    true,
		capacity:   3,
		free:       []int64{0, 0, 0, 0},
		lanes:      []uint32{0, 1, 2},
		resized:    true,
		objects:    []key{id0, id1, id2, id3},
		setup:      withFirst(objA, objB, objC),
		goroutines: three(setsCapacity(2), removes(objC), adds(objD)),
		final:      links(1, 2),
	},
	{
		name:       "grow by two, and two add in other stripes",
		crowded:    true,
		capacity:   1,
		free:       []int64{0, 0, 0, 0},
		lanes:      []uint32{0, 1, 3},
		resized:    true,
		objects:    []key{id0, id1, id2},
		setup:      with(objA),
		goroutines: three(setsCapacity(3), adds(objB), adds(objC)),
		final:      links(1, 3),
	},
	{
		name:       "grow, and remove and add in other stripes",
		crowded:    true,
		capacity:   2,
		free:       []int64{0, 0},
		lanes:      []uint32{0, 0, 1},
		resized:    true,
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA, objB),
		goroutines: three(setsCapacity(3), removes(objA), adds(objC)),
		final:      has(objC),
	},
	{
		name:       "two shrink to the same capacity",
		crowded:    true,
		capacity:   3,
		free:       []int64{0, 0},
		lanes:      []uint32{0, 1},
		resized:    true,
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA, objB, objC),
		goroutines: two(setsCapacity(2), setsCapacity(2)),
		final:      holds(objB, objC),
	},
	{
		name:       "two shrink to different capacities",
		crowded:    true,
		capacity:   3,
		free:       []int64{0, 0},
		lanes:      []uint32{0, 1},
		resized:    true,
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA, objB, objC),
		goroutines: two(setsCapacity(2), setsCapacity(1)),
		final:      links(1, 2), // the one that comes last may forgive the other's debt
	},
	{
		name:       "two shrink by free places",
		crowded:    true,
		capacity:   4,
		free:       []int64{0, 1, 0, 2},
		lanes:      []uint32{0, 1},
		resized:    true,
		objects:    []key{id0},
		setup:      with(objA),
		goroutines: two(setsCapacity(2), setsCapacity(1)),
		final:      holds(objA),
	},
	{
		name:       "one shrinks, one grows",
		crowded:    true,
		capacity:   2,
		free:       []int64{0, 0},
		lanes:      []uint32{0, 1},
		resized:    true,
		objects:    []key{id0, id1},
		setup:      withFirst(objA, objB),
		goroutines: two(setsCapacity(1), setsCapacity(3)),
		final:      has(objB),
	},
	{
		name:       "two grow, one adds",
		crowded:    true,
		capacity:   1,
		free:       []int64{0, 0, 0, 0},
		lanes:      []uint32{0, 1, 2},
		resized:    true,
		objects:    []key{id0, id1},
		setup:      with(objA),
		goroutines: three(setsCapacity(2), setsCapacity(3), adds(objB)),
		final:      has(objB),
	},
	{
		name:       "two shrink, one removes",
		crowded:    true,
		capacity:   3,
		free:       []int64{0, 0},
		lanes:      []uint32{0, 1, 1},
		resized:    true,
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA, objB, objC),
		goroutines: three(setsCapacity(2), setsCapacity(2), removes(objC)),
		final:      links(1, 2),
	},
	{
		name:       "two shrink, one adds",
		crowded:    true,
		capacity:   3,
		free:       []int64{0, 0},
		lanes:      []uint32{0, 1, 1},
		resized:    true,
		objects:    []key{id0, id1, id2, id3},
		setup:      withFirst(objA, objB, objC),
		goroutines: three(setsCapacity(2), setsCapacity(2), adds(objD)),
		final:      links(2, 2),
	},
}
