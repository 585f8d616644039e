//go:build invariants

package shards

import "fmt"

// The operations of an actor that concern more than one session. None of them
// is atomic: each is as many parts as there are sessions or ids.

func (g *actor) flush(now int64) int {
	c := g.begin("Flush(%d)", now)
	n := g.table.Flush(now)
	for _, d := range c.drops {
		if now <= d.expiry {
			g.fail("%s removed a session that expires at %d", c.name, d.expiry)
		}
	}
	return g.endRemovals(c, n, func(k key) part { return g.partNothingToFlush(k, now) })
}

func (g *actor) clear() int {
	c := g.begin("Clear()")
	n := g.table.Clear()
	return g.endRemovals(c, n, g.partAbsent)
}

// endRemovals ends a call that removed n sessions, and for each other id could
// not. A session that came only after the call had begun may have been passed
// over, but then its id was vacant at some time.
func (g *actor) endRemovals(c *call, n int, nothing func(key) part) int {
	if n != len(c.drops) {
		g.fail("%s = %d, and the sink got %v", c.name, n, c.drops)
	}
	for _, d := range c.drops {
		if d.reason != ReasonFlushed {
			g.fail("%s: the sink got %v", c.name, d)
		}
	}
	parts := g.partsOfDrops(c)
	for k := range keys {
		if !g.dropped(c, k) {
			parts = append(parts, nothing(k))
		}
	}
	c.anyOrder = true
	g.end(fmt.Sprint(n), parts...)
	return n
}

// dropped reports whether the call has dropped a session with the id.
func (g *actor) dropped(c *call, k key) bool {
	for _, d := range c.drops {
		if g.objects[d.object].key == k {
			return true
		}
	}
	return false
}

// sweep sweeps; it need not have found anything.
func (g *actor) sweep() {
	c := g.begin("Sweep()")
	g.table.Sweep(programNow)
	c.anyOrder = true
	g.end("done", g.partsOfDrops(c)...)
}

// all goes over the table.
func (g *actor) all() {
	c := g.begin("All()")
	var seen [8]bool
	found := ""
	for s := range g.table.All() {
		o := g.objectOf(s)
		if seen[o] {
			g.fail("All yields %v twice", o)
		}
		seen[o] = true
		found += o.String()
		if got := string(s.AppendState(nil)); got != g.objects[o].state {
			g.fail("the state of %v is %q in the body of a loop over All", o, got)
		}
	}
	g.noDrops(c)
	var parts []part
	for o := range g.objects {
		if seen[o] {
			parts = append(parts, g.partIs(object(o)))
		} else {
			parts = append(parts, g.partNot(object(o)))
		}
	}
	c.anyOrder = true
	g.end("sessions "+found, parts...)
}

// setCapacity sets the capacity. What it evicts is checked by room, not by the
// model.
func (g *actor) setCapacity(n int) {
	c := g.begin("SetCapacity(%d)", n)
	c.capacity = n
	g.table.SetCapacity(n)
	for _, d := range c.drops {
		if d.reason != ReasonEvicted {
			g.fail("%s: the sink got %v", c.name, d)
		}
	}
	g.room.resized(g.world, c)
	c.anyOrder = true
	g.end("done", g.partsOfDrops(c)...)
}

// close closes the table.
func (g *actor) close() {
	c := g.begin("Close()")
	g.table.Close()
	parts := []part{g.partClosing()}
	for _, d := range c.drops {
		if d.reason != ReasonClosed {
			g.fail("%s: the sink got %v", c.name, d)
		}
		parts = append(parts, g.partDrop(d))
	}
	for k := range keys {
		parts = append(parts, g.partSealed(k))
	}
	c.anyOrder = true
	g.end("done", parts...)
}

// resize publishes an array of n buckets, as an Add does that found the shard
// crowded, or SetCapacity, but migrates nothing.
func (g *actor) resize(n int) {
	g.begin("resize to %d buckets", n)
	sh := &g.table.shards[0]
	if c := sh.current.Load(); c.old.Load() == nil && !g.table.closing.Load() {
		g.table.resizeShard(sh, c, n)
	}
	g.end("done")
}

// help migrates whatever has not been migrated, a few buckets at a time.
func (g *actor) help(atOnce int) {
	g.begin("help with %d buckets", atOnce)
	c := g.table.shards[0].current.Load()
	if old := c.old.Load(); old != nil {
		g.table.help(c, old, atOnce)
	}
	g.end("done")
}

// migrate migrates one bucket.
func (g *actor) migrate(bucket uint64) {
	g.begin("migrate bucket %d", bucket)
	c := g.table.shards[0].current.Load()
	if old := c.old.Load(); old != nil {
		g.table.migrate(c, old, bucket)
	}
	g.end("done")
}

// acquire takes a reference that a table's lookup could take: one that the
// caller does not yet have.
func (g *actor) acquire(o object) bool {
	g.begin("acquire %v", o)
	got := g.session(o).Acquire()
	g.end(fmt.Sprint(got))
	if got {
		g.use(o)
	}
	return got
}

// removals reads the count of removals that may concern an id.
func (g *actor) removals(k key) uint64 {
	g.begin("Removals(%d)", k)
	n := g.table.Removals(g.ids[k])
	g.end(fmt.Sprint(n))
	return n
}
