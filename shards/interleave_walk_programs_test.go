//go:build invariants

package shards

func flushes(now int64) func(*actor) { return func(g *actor) { g.flush(now) } }
func clears(g *actor)                { g.clear() }
func walks(g *actor)                 { g.all() }

var walkPrograms = []program{
	{
		name:       "flush and add an expired session",
		objects:    []key{id0, id1},
		setup:      expired(objA),
		goroutines: two(flushes(programNow), func(g *actor) { g.addUntil(objB, past, false) }),
	},
	{
		name:       "flush and make fresh",
		objects:    []key{id0, id1},
		setup:      expired(objA, objB),
		goroutines: two(flushes(programNow), refreshes(objA)),
		final:      holds(objA),
	},
	{
		name:       "flush and replace",
		objects:    []key{id0, id1, id0},
		setup:      expired(objA, objB),
		goroutines: two(flushes(programNow), adds(objC)),
		final:      holds(objC),
	},
	{
		name:       "flush twice",
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      expired(objA, objB),
		goroutines: two(flushes(programNow), flushes(programNow)),
		final:      holds(),
	},
	{
		name:       "flush, remove and look up",
		objects:    []key{id0},
		setup:      expired(objA),
		goroutines: three(flushes(programNow), removes(objA), looks(id0)),
		final:      holds(),
	},
	{
		name:       "flush what is rescheduled, but not made fresh",
		objects:    []key{id0},
		setup:      expired(objA),
		goroutines: two(flushes(programNow), reschedules(objA, past+1)),
		final:      holds(),
	},
	{
		name:       "clear and add",
		objects:    []key{id0, id1},
		setup:      with(objA),
		goroutines: two(clears, adds(objB)),
	},
	{
		name:       "clear and reschedule",
		objects:    []key{id0},
		setup:      with(objA),
		goroutines: two(clears, reschedules(objA, muchLater)),
		final:      holds(),
	},
	{
		name:       "clear while growing",
		ids:        twoBuckets,
		objects:    []key{id0, id1},
		setup:      growing(2, objA, objB),
		goroutines: two(clears, helps(2)),
		final:      holds(),
	},
	{
		name:       "go over a table in which one is replaced",
		objects:    []key{id0, id1, id0},
		setup:      owning(objA, objB),
		goroutines: two(walks, adds(objC)),
		final:      holds(objB, objC),
	},
	{
		name:       "go over a table in which one is removed",
		buckets:    2,
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		setup:      owning(objA, objB, objC),
		goroutines: two(walks, removesID(id0)),
		final:      holds(objB, objC),
	},
	{
		name:       "go over a table that grows",
		ids:        twoBuckets,
		objects:    []key{id0, id1, id2},
		setup:      growingOwner(2, objA, objB),
		goroutines: three(walks, adds(objC), removesID(id1)),
		final:      holds(objA, objC),
	},
}
