//go:build invariants

package shards

import "fmt"

func evicts(g *actor) { g.evict() }

// evict evicts a session. If there was none, each id was absent at some time.
func (g *actor) evict() bool {
	c := g.begin("Evict()")
	found := g.table.Evict(programNow)
	if n := len(c.drops); found != (n == 1) || n > 1 || n == 1 && c.drops[0].reason != ReasonEvicted {
		g.fail("%s = %v, and the sink got %v", c.name, found, c.drops)
	}
	parts := g.partsOfDrops(c)
	if !found {
		for k := range keys {
			parts = append(parts, g.partAbsent(k))
		}
	}
	c.anyOrder = true
	g.end(fmt.Sprint(found), parts...)
	return found
}

var evictPrograms = []program{
	{
		name:       "two evict one session",
		objects:    []key{id0},
		setup:      with(objA),
		goroutines: two(evicts, evicts),
		final:      holds(),
	},
	{
		name:       "evict what is removed",
		objects:    []key{id0},
		setup:      owning(objA),
		goroutines: two(evicts, removes(objA)),
		final:      holds(),
	},
	{
		name:       "evict what is replaced",
		objects:    []key{id0, id0},
		setup:      owning(objA),
		goroutines: two(evicts, adds(objB)),
	},
	{
		name:       "evict what is rescheduled",
		capacity:   2,
		objects:    []key{id0, id1},
		setup:      withFirst(objA, objB),
		goroutines: two(evicts, reschedules(objA, muchLater)),
	},
	{
		name:       "evict beside an add to a full table",
		capacity:   1,
		objects:    []key{id0, id1},
		setup:      with(objA),
		goroutines: two(evicts, adds(objB)),
	},
	{
		name:       "evict by sampling beside an add to a full table",
		capacity:   2,
		sampled:    true,
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA, objB),
		goroutines: two(evicts, adds(objC)),
	},
	{
		name:       "evict, take and look up",
		objects:    []key{id0},
		setup:      owning(objA),
		goroutines: three(evicts, takes(id0), looks(id0)),
		final:      holds(),
	},
	{
		name:       "evict while the capacity shrinks",
		capacity:   3,
		resized:    true,
		objects:    []key{id0, id1, id2},
		setup:      withFirst(objA, objB, objC),
		goroutines: two(evicts, setsCapacity(2)),
	},
	{
		name:       "evict from a table that is closed",
		objects:    []key{id0, id1},
		setup:      with(objA, objB),
		goroutines: two(evicts, closes),
	},
}
