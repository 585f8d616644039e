//go:build invariants

package shards

// growing sets up a table with sessions and then a new array of n buckets, none
// of which has been migrated.
func growing(n int, objects ...object) func(*world) {
	return func(w *world) {
		with(objects...)(w)
		w.alone.resize(n)
	}
}

// growingOwner is growing with sessions to which nobody else has a reference.
func growingOwner(n int, objects ...object) func(*world) {
	return func(w *world) {
		owning(objects...)(w)
		w.alone.resize(n)
	}
}

func helps(atOnce int) func(*actor) { return func(g *actor) { g.help(atOnce) } }
func migrates(bucket uint64) func(*actor) {
	return func(g *actor) { g.migrate(bucket) }
}
func resizes(n int) func(*actor) { return func(g *actor) { g.resize(n) } }

var migrationPrograms = []program{
	{
		name:       "two migrate one bucket",
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		setup:      growing(2, objA, objB, objC),
		goroutines: two(migrates(0), migrates(0)),
		final:      holds(objA, objB, objC),
	},
	{
		name:       "two help",
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      growing(2, objA, objB),
		goroutines: two(helps(1), helps(1)),
		final:      holds(objA, objB),
	},
	{
		name:       "two help, a few buckets each, and look up",
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      growing(2, objA, objB),
		goroutines: three(helps(1), helps(1), func(g *actor) { g.contains(id0); g.contains(id1) }),
		final:      holds(objA, objB),
	},
	{
		name:       "migrate and add to the bucket",
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		setup:      growing(2, objA, objB),
		goroutines: two(migrates(0), adds(objC)),
		final:      holds(objA, objB, objC),
	},
	{
		name:       "migrate and remove from the bucket",
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      growing(2, objA, objB),
		goroutines: two(migrates(0), removes(objA)),
		final:      holds(objB),
	},
	{
		name:       "migrate and look up",
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      growingOwner(2, objA, objB),
		goroutines: two(helps(2), looks(id0)),
		final:      holds(objA, objB),
	},
	{
		name:       "remove twice while growing",
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      growing(2, objA, objB),
		goroutines: two(removes(objA), removes(objA)),
		final:      holds(objB),
	},
	{
		name:       "take and look up while growing",
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      growingOwner(2, objA, objB),
		goroutines: two(takes(id0), looks(id0)),
		final:      holds(objB),
	},
	{
		name:       "replace and look up while growing",
		ids:        twoBuckets,
		objects:    []key{id0, id1, id0},
		setup:      growingOwner(2, objA, objB),
		goroutines: two(adds(objC), looks(id0)),
		final:      holds(objB, objC),
	},
	{
		name:    "ask for what is replaced while growing",
		ids:     twoBuckets,
		objects: []key{id0, id1, id0},
		setup:   growingOwner(2, objA, objB),
		goroutines: two(
			func(g *actor) { g.add(objC); g.removeID(id1) },
			func(g *actor) { g.contains(id0); g.contains(id1) },
		),
		final: holds(objC),
	},
	{
		name:       "add two while growing",
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2, id3},
		setup:      growing(2, objA, objB),
		goroutines: two(adds(objC), adds(objD)),
		final:      holds(objA, objB, objC, objD),
	},
	{
		name:       "add, remove and look up in one bucket while growing",
		ids:        twoBuckets,
		objects:    []key{id0, id2},
		setup:      growing(2, objA),
		goroutines: three(adds(objB), removes(objA), looks(id2)),
		final:      holds(objB),
	},
	{
		name:       "migrate, replace and look up",
		ids:        twoBuckets,
		objects:    []key{id0, id1, id0},
		setup:      growingOwner(2, objA, objB),
		goroutines: three(helps(2), adds(objC), looks(id0)),
		final:      holds(objB, objC),
	},
	{
		name:       "migrate, remove twice",
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      growing(2, objA, objB),
		goroutines: three(helps(2), removesID(id0), takes(id0)),
		final:      holds(objB),
	},
	{
		name:       "grow, add and look up",
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		setup:      owning(objA, objB),
		goroutines: three(resizes(2), adds(objC), looks(id0)),
		final:      holds(objA, objB, objC),
	},
	{
		name:       "grow an empty table and add",
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		goroutines: three(resizes(2), adds(objA), adds(objB)),
		final:      holds(objA, objB),
	},
	{
		name:    "grow twice and remove",
		ids:     [keys]int{0, 1, 2, 3, 0},
		objects: []key{id0, id1, id2},
		setup:   growing(2, objA, objB, objC),
		goroutines: two(
			func(g *actor) { g.help(2); g.resize(4); g.help(4) },
			func(g *actor) { g.remove(objA); g.lookup(id2) },
		),
		final: holds(objB, objC),
	},
	{
		name:    "grow twice, add and look up",
		ids:     [keys]int{0, 1, 2, 3, 0},
		objects: []key{id0, id1, id2},
		setup:   growingOwner(2, objA, objB),
		goroutines: three(
			func(g *actor) { g.help(2); g.resize(4) },
			adds(objC),
			looks(id0),
		),
		final: holds(objA, objB, objC),
	},
	{
		name:       "two grow",
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      with(objA, objB),
		goroutines: two(resizes(2), func(g *actor) { g.resize(4); g.help(4) }),
		final:      holds(objA, objB),
	},
	{
		name:       "shrink the array, remove and look up",
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      owning(objA, objB),
		goroutines: three(func(g *actor) { g.resize(1); g.help(1) }, removesID(id0), looks(id1)),
		final:      holds(objB),
	},
	{
		name:       "two migrate into a smaller array",
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		setup:      growing(1, objA, objB),
		goroutines: two(adds(objC), helps(1)),
		final:      holds(objA, objB, objC),
	},
	{
		name:       "evict while growing",
		capacity:   2,
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		setup:      func(w *world) { withFirst(objA, objB)(w); w.alone.resize(2) },
		goroutines: two(adds(objC), removes(objA)),
	},
	{
		name:       "evict by sampling while growing",
		capacity:   2,
		sampled:    true,
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		setup:      growing(2, objA, objB),
		goroutines: two(adds(objC), helps(2)),
	},
	{
		name:       "make fresh and look up while growing",
		ids:        twoBuckets,
		objects:    []key{id0},
		setup:      func(w *world) { expired(objA)(w); w.alone.resize(2) },
		goroutines: two(refreshes(objA), looks(id0)),
		final:      holds(objA),
	},
}
