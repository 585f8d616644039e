//go:build invariants

package shards

// expired sets up a table with sessions whose time is over.
func expired(objects ...object) func(*world) {
	return func(w *world) {
		for _, o := range objects {
			w.alone.addUntil(o, past, false)
		}
	}
}

func refreshes(o object) func(*actor) {
	return func(g *actor) { g.addUntil(o, later, true) }
}

var expiryPrograms = []program{
	{
		name:       "look up what is made fresh",
		objects:    []key{id0},
		setup:      expired(objA),
		goroutines: two(looks(id0), refreshes(objA)),
		final:      holds(objA),
	},
	{
		name:       "look up an expired session twice",
		objects:    []key{id0},
		setup:      expired(objA),
		goroutines: two(looks(id0), looks(id0)),
		final:      holds(),
	},
	{
		name:       "look up an expired session that is replaced",
		objects:    []key{id0, id0},
		setup:      expired(objA),
		goroutines: two(looks(id0), adds(objB)),
		final:      holds(objB),
	},
	{
		name:       "two look up what is made fresh",
		objects:    []key{id0},
		setup:      expired(objA),
		goroutines: three(looks(id0), looks(id0), refreshes(objA)),
		final:      holds(objA),
	},
	{
		name:       "take what is made fresh",
		objects:    []key{id0},
		setup:      expired(objA),
		goroutines: two(takes(id0), reschedules(objA, later)),
	},
	{
		name:       "reschedule and look up",
		objects:    []key{id0},
		setup:      expired(objA),
		goroutines: two(reschedules(objA, later), looks(id0)),
	},
	{
		name:    "reschedule to and fro, and look up",
		objects: []key{id0},
		setup:   expired(objA),
		goroutines: two(
			func(g *actor) { g.reschedule(objA, later); g.reschedule(objA, past) },
			looks(id0),
		),
	},
	{
		name:       "reschedule twice",
		objects:    []key{id0, id1},
		setup:      with(objA, objB),
		goroutines: two(reschedules(objA, muchLater), reschedules(objA, soon)),
		final:      holds(objA, objB),
	},
	{
		name:       "reschedule what is replaced",
		objects:    []key{id0, id0},
		setup:      with(objA),
		goroutines: two(reschedules(objA, muchLater), adds(objB)),
		final:      holds(objB),
	},
	{
		name:       "reschedule what is removed",
		objects:    []key{id0},
		setup:      with(objA),
		goroutines: two(reschedules(objA, muchLater), removes(objA)),
		final:      holds(),
	},
	{
		name:       "reschedule, remove and look up",
		objects:    []key{id0},
		setup:      with(objA),
		goroutines: three(reschedules(objA, past), removes(objA), looks(id0)),
		final:      holds(),
	},
	{
		name:       "sweep what is made fresh",
		objects:    []key{id0, id1},
		setup:      expired(objA, objB),
		goroutines: two(func(g *actor) { g.sweep() }, refreshes(objA)),
	},
	{
		name:    "sweep while an expired session comes",
		objects: []key{id0, id1},
		setup:   with(objA),
		goroutines: two(
			func(g *actor) { g.sweep() },
			func(g *actor) { g.addUntil(objB, past, false) },
		),
	},
}
