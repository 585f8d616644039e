//go:build invariants

package shards

import (
	"fmt"
	"math"
	"slices"

	"github.com/reprise-tls/reprise/internal/interleave"
)

// An actor is one goroutine of a program. Its methods are the operations of a
// table; each is a call of the history, and a scheduler may switch freely
// before it.
type actor struct {
	*world
	number int // -1 for the one who is alone
	self   *interleave.Goroutine
	call   *call // under way
	begun  bool  // it has made a call

	unbroken bool // its calls belong together: a switch between them counts as a preemption
}

// A call is one operation, from invoked to returned on the world's clock.
type call struct {
	actor    int
	name     string
	adds     object // the session of an Add
	result   string
	invoked  int
	returned int
	drops    []drop
	parts    []part // what it did, as steps of the model
	anyOrder bool   // of the parts; otherwise the last one comes after the others
	others   int    // other actors in a call at some time during this one

	capacity int     // of a SetCapacity
	seen     seen    // of the places since it began
	whenLeft [8]seen // the same until an object was unlinked
}

func (c *call) underWay() bool { return c.returned == math.MaxInt }

// drop is a call of the sink.
type drop struct {
	object object
	expiry int64
	reason Reason
}

func (c *call) String() string {
	end := fmt.Sprint(c.returned)
	if c.returned == math.MaxInt {
		end = "never"
	}
	text := fmt.Sprintf("  %2d to %s: goroutine %d: %s = %s", c.invoked, end, c.actor, c.name, c.result)
	for _, d := range c.drops {
		text += fmt.Sprintf(", dropped %v (%v)", d.object, d.reason)
	}
	return text
}

// begin begins a call.
func (g *actor) begin(format string, a ...any) *call {
	switch {
	case g.self == nil || !g.begun:
	case g.unbroken:
		g.self.Pause("next operation")
	default:
		g.self.Between()
	}
	g.begun = true
	c := &call{actor: g.number, name: format, returned: math.MaxInt, adds: nobody, seen: g.seesNow()}
	if len(a) > 0 {
		c.name = fmt.Sprintf(format, a...)
	}
	c.invoked = g.tick()
	g.call = c
	g.history = append(g.history, c)
	return c
}

func (w *world) tick() int {
	w.clock++
	return w.clock
}

// end ends the call with the parts that make up its result.
func (g *actor) end(result string, parts ...part) {
	c := g.call
	c.result = result
	c.parts = parts
	c.returned = g.tick()
	g.call = nil
}

// add adds o with the expiry later.
func (g *actor) add(o object) Outcome { return g.addUntil(o, later, false) }

func (g *actor) addUntil(o object, expiry int64, refresh bool) Outcome {
	c := g.begin("Add(%v, %d)", o, expiry)
	c.adds = o
	return g.endAdd(c, o, expiry, refresh, g.table.Add(g.session(o), expiry, programNow, refresh))
}

// addSince adds o unless there were removals.
func (g *actor) addSince(o object, removals uint64) Outcome {
	c := g.begin("AddSince(%v, %d)", o, removals)
	c.adds = o
	return g.endAdd(c, o, later, false, g.table.AddSince(g.session(o), later, programNow, false, removals))
}

func (g *actor) endAdd(c *call, o object, expiry int64, refresh bool, outcome Outcome) Outcome {
	var parts []part
	last := c.lastDrop(outcome, o)
	for i, d := range c.drops {
		if i != last {
			parts = append(parts, g.partEvict(c, d))
		}
	}
	x := g.objects[o]
	switch outcome {
	case Added:
		x.links++
		parts = append(parts, g.partLink(o, expiry))
	case Replaced:
		x.links++
		if last < 0 {
			g.fail("Add(%v) = Replaced, and the sink got nothing for it", o)
			break
		}
		parts = append(parts, g.partReplace(c.drops[last], o, expiry))
	case Identical:
		parts = append(parts, g.partIdentical(o, expiry, refresh))
	case AddedAndEvicted:
		x.links++
		if last < 0 {
			g.fail("Add(%v) = AddedAndEvicted, and the sink did not get it", o)
		}
		parts = append(parts, g.partNoPlace(c, o))
	case Closed:
		parts = append(parts, g.partRefused(o))
	case Unreferenced:
		g.fail("Add(%v) = Unreferenced, with a reference", o)
	case Outdated: // the program knows whether that can be
	}
	g.end([...]string{"added", "replaced", "identical", "added and evicted", "unreferenced", "closed", "outdated"}[outcome], parts...)
	return outcome
}

// lastDrop returns the index of the drop that belongs to the outcome itself, not
// to an eviction that made a place; -1 if there is none.
func (c *call) lastDrop(outcome Outcome, o object) int {
	for i, d := range slices.Backward(c.drops) {
		switch {
		case outcome == Replaced && d.reason == ReasonReplaced,
			outcome == AddedAndEvicted && d.reason == ReasonEvicted && d.object == o:
			return i
		}
	}
	return -1
}

// lookup looks for an id, uses what it finds and releases it.
func (g *actor) lookup(k key) Result {
	c := g.begin("Lookup(%d)", k)
	s, result := g.table.Lookup(g.ids[k], Scope{}, programNow)
	g.endFound(c, k, s, result, false)
	return result
}

func (g *actor) take(k key) Result {
	c := g.begin("Take(%d)", k)
	s, result := g.table.Take(g.ids[k], Scope{}, programNow)
	if result == Hit {
		g.objects[g.objectOf(s)].left++
	}
	g.endFound(c, k, s, result, true)
	return result
}

func (g *actor) endFound(c *call, k key, s *Session, result Result, taken bool) {
	if (result == Hit) != (s != nil) {
		g.fail("%s: result %d with the session %v", c.name, result, s != nil)
	}
	switch result {
	case Hit:
		o := g.objectOf(s)
		g.noDrops(c)
		g.end("hit "+o.String(), g.partFound(k, o, taken))
		g.use(o)
	case Miss:
		g.noDrops(c)
		g.end("miss", g.partAbsent(k))
	case Expired:
		if len(c.drops) != 1 || c.drops[0].reason != ReasonExpired {
			g.fail("%s = expired, and the sink got %v", c.name, c.drops)
		}
		g.end("expired", g.partsOfDrops(c)...)
	case OtherScope:
		g.fail("%s = other scope, there is only one", c.name)
	}
}

// use reads the state of a session, to which the caller has a reference, for
// some time, and releases it.
func (g *actor) use(o object) {
	x := g.objects[o]
	read := func() {
		if got := string(x.AppendState(nil)); got != x.state {
			g.fail("the state of %v is %q while somebody has a reference", o, got)
		}
	}
	read()
	if g.self != nil {
		g.self.Pause("using a session")
		read()
	}
	x.Release()
}

func (g *actor) contains(k key) bool {
	g.begin("Contains(%d)", k)
	found := g.table.Contains(g.ids[k])
	if found {
		g.end("true", g.partPresent(k))
	} else {
		g.end("false", g.partAbsent(k))
	}
	return found
}

func (g *actor) remove(o object) bool {
	c := g.begin("Remove(%v)", o)
	removed := g.table.Remove(g.session(o))
	g.endRemoval(c, removed, g.partNot(o))
	if removed && len(c.drops) == 1 && c.drops[0].object != o {
		g.fail("Remove(%v) removed %v", o, c.drops[0].object)
	}
	return removed
}

func (g *actor) removeID(k key) bool {
	c := g.begin("RemoveID(%d)", k)
	removed := g.table.RemoveID(g.ids[k])
	g.endRemoval(c, removed, g.partAbsent(k))
	return removed
}

func (g *actor) endRemoval(c *call, removed bool, absent part) {
	if !removed {
		g.noDrops(c)
		g.end("false", absent)
		return
	}
	if len(c.drops) != 1 || c.drops[0].reason != ReasonRemoved {
		g.fail("%s = true, and the sink got %v", c.name, c.drops)
	}
	g.end("true", g.partsOfDrops(c)...)
}

func (g *actor) reschedule(o object, expiry int64) bool {
	c := g.begin("Reschedule(%v, %d)", o, expiry)
	done := g.table.Reschedule(g.session(o), expiry)
	g.noDrops(c)
	if done {
		g.end("true", g.partReschedule(o, expiry))
	} else {
		g.end("false", g.partNot(o))
	}
	return done
}

func (g *actor) promote(o object) {
	g.begin("Promote(%v)", o)
	g.table.Promote(g.session(o))
	g.end("done")
}

// release drops a reference of the program's.
func (g *actor) release(o object) {
	g.begin("release %v", o)
	g.objects[o].own--
	g.session(o).Release()
	g.end("done")
}

func (g *actor) noDrops(c *call) {
	if len(c.drops) > 0 {
		g.fail("%s: the sink got %v", c.name, c.drops)
	}
}

// bystander is who comes when one goroutine has been stopped and the others
// have finished. It must find a table that works.
func bystander(g *actor) {
	g.lookup(id0)
	if g.program.crowded {
		return
	}
	own := object(len(g.objects) - 1)
	outcome := g.add(own)
	if removed := g.remove(own); removed != (outcome == Added) {
		g.fail("a bystander's Add = %d, its Remove = %v", outcome, removed)
	}
	g.lookup(id0)
}
