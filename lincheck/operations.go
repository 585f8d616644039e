package lincheck

import (
	"fmt"
	"math"

	"github.com/anishathalye/porcupine"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/shards"
)

// operations turns the calls of a finished history into operations, each on
// one id, and what the sink was told into answers and operations of their own.
func (h *history) operations() []porcupine.Operation {
	var o operations
	o.history = h
	for _, w := range h.all {
		for i := range w.calls {
			o.calls = append(o.calls, &w.calls[i])
		}
	}
	for _, w := range h.all {
		o.client = w.id
		for _, c := range w.calls {
			o.take(&c)
		}
	}
	return o.list
}

type operations struct {
	*history
	calls  []*call
	client int
	list   []porcupine.Operation
}

// slot returns the partition of an id in a table.
func (h *history) slot(table, id int) int { return table*len(h.ids) + id }

// idOf returns the id of a session.
func (h *history) idOf(number int) int { return h.plan.sessions[number-1].id }

// put appends an operation.
func (o *operations) put(c *call, lane int, in input, out output, end int64) {
	o.list = append(o.list, porcupine.Operation{
		ClientId: o.client + lane*len(o.all), Input: in, Output: out, Call: c.start, Return: end,
	})
}

// Lanes of the picture, so that boxes of one goroutine do not lie on each
// other.
const (
	direct = iota
	fromSink
	aboutDrop
)

func (o *operations) take(c *call) {
	switch c.in.kind {
	case flush, sweep, clearTable, shut, saw, aside:
		o.takeTable(c)
	default:
		o.takeOne(c)
	}
}

// takeOne is for calls about one id.
func (o *operations) takeOne(c *call) {
	in, out, end := c.in, c.out, c.end
	in.slot = o.slot(c.table, c.in.slot)
	if in.kind == add {
		in.late = (o.subject.lateAdds() || o.reopens) && o.besideClose(c)
		in.expiry = o.expiryOf(c)
	}
	in.vanish = o.reopens && !o.attributed && o.besideClose(c)
	if !o.attributed {
		out.gone = unknown
	} else if d, expected := o.own(c); d != nil {
		out.gone, out.goneExpiry, end = d.session, d.expiry, d.at
		if out.result == noSession {
			out.result = shards.Expired
		}
	} else if expected {
		o.problem(fmt.Sprintf("the sink was told nothing of %s", describe(in, out)))
		out.gone = unknown
	} else if out.outcome == linked {
		out.gone = unknown // a cache tells nobody what it replaced
	}
	lane := direct
	if c.nested {
		lane = fromSink
	}
	o.put(c, lane, in, out, end)
	o.takeDrops(c)
}

// own returns what the sink was told of the removal that the call's answer
// implies, and takes it from the call's drops. Expected says that there must
// be something.
func (o *operations) own(c *call) (d *drop, expected bool) {
	var want shards.Reason
	tableOnly := !o.subject.isEngine()
	switch {
	case c.in.kind == add && c.out.outcome == shards.Replaced:
		want, expected = shards.ReasonReplaced, true
	case c.in.kind == add && c.out.outcome == shards.AddedAndEvicted:
		o.ownEviction(c)
		return nil, false
	case (c.in.kind == remove || c.in.kind == removeID) && c.out.ok:
		want, expected = shards.ReasonRemoved, true
	case c.in.kind == take && c.out.result == shards.Hit && !tableOnly:
		want, expected = shards.ReasonRemoved, true
	case (c.in.kind == lookup || c.in.kind == take) && c.out.result != shards.Hit:
		want, expected = shards.ReasonExpired, c.out.result == shards.Expired
	default:
		return nil, false
	}
	for i := range c.drops {
		if d := c.drops[i]; d.reason == want && o.idOf(d.session) == c.in.slot {
			c.drops = append(c.drops[:i:i], c.drops[i+1:]...)
			return &d, expected
		}
	}
	return nil, expected
}

// ownEviction takes from the drops of an Add which found no place that it gave
// its session to the sink. That session was never in the table.
func (o *operations) ownEviction(c *call) {
	for i := len(c.drops) - 1; i >= 0; i-- {
		if d := c.drops[i]; d.reason == shards.ReasonEvicted && d.session == c.in.session {
			c.drops = append(c.drops[:i:i], c.drops[i+1:]...)
			return
		}
	}
	o.problem(fmt.Sprintf("the sink was told nothing of %s", describe(c.in, c.out)))
}

// allowed says for which reasons a call may unlink sessions that its answer
// does not speak of.
func (o *operations) allowed(k kind, r shards.Reason) bool {
	switch r {
	case shards.ReasonEvicted:
		return o.bounded && (k == add || k == aside)
	case shards.ReasonExpired:
		return k == sweep || k == add && o.subject.isEngine()
	case shards.ReasonFlushed:
		return k == flush || k == clearTable
	}
	// Whoever finds that a bucket was closed may have to drop what it had.
	return r == shards.ReasonClosed
}

// takeDrops makes operations of what the sink was told.
func (o *operations) takeDrops(c *call) {
	for _, d := range c.drops {
		if !o.allowed(c.in.kind, d.reason) {
			o.problem(fmt.Sprintf("s%d was dropped with reason %v by %s", d.session, d.reason, describe(c.in, c.out)))
		}
		o.put(c, aboutDrop, input{
			kind: unlinked, slot: o.slot(c.table, o.idOf(d.session)), session: d.session, now: c.in.now, reason: d.reason,
			expired: d.reason == shards.ReasonExpired || c.in.kind == flush,
			closes:  d.reason == shards.ReasonClosed,
		}, output{gone: d.session, goneExpiry: d.expiry}, d.at)
	}
}

// takeTable is for calls about the whole table: an operation on each id.
func (o *operations) takeTable(c *call) {
	if n := len(c.drops); (c.in.kind == flush || c.in.kind == clearTable) && o.attributed && o.filler == noFiller && c.removed != n {
		o.problem(fmt.Sprintf("%v returned %d, and the sink got %d", c.in.kind, c.removed, n))
	}
	for id := range o.ids {
		o.takeTableFor(c, id)
	}
	o.takeDrops(c)
}

func (o *operations) takeTableFor(c *call, id int) {
	in := input{kind: c.in.kind, slot: o.slot(c.table, id), now: c.in.now}
	out := output{gone: unknown}
	if o.attributed {
		out.gone = 0
	}
	dropped, end := false, c.end
	for _, d := range c.drops {
		if o.idOf(d.session) == id {
			dropped, end = true, d.at
			break
		}
	}
	switch c.in.kind {
	case flush, clearTable:
		in.lenient = o.replacedBeside(c, id)
		if !dropped && !(o.attributed && in.lenient) {
			o.put(c, direct, in, out, c.end)
		}
	case sweep:
		if !o.attributed {
			o.put(c, direct, in, out, c.end)
		}
	case shut:
		o.put(c, direct, in, output{}, end)
		if !dropped {
			in.kind = emptied
			o.put(c, aboutDrop, in, out, c.end)
		}
	case saw:
		o.takeSeen(c, id, in)
	}
}

func (o *operations) takeSeen(c *call, id int, in input) {
	none := true
	for _, s := range c.seen {
		if o.idOf(s.session) == id {
			none = false
			in.session, in.expiry = s.session, exactly(s.expiry)
			o.put(c, direct, in, output{}, c.end)
		}
	}
	if none && !o.replacedBeside(c, id) {
		in.kind = notSeen
		o.put(c, direct, in, output{}, c.end)
	}
}

func (c *call) beside(other *call) bool { return c.start <= other.end && other.start <= c.end }

// replacedBeside reports whether a session with the id may have been replaced
// while the call was under way. Then no one session need have been there
// throughout.
func (o *operations) replacedBeside(c *call, id int) bool {
	for _, x := range o.calls {
		if x.in.kind == add && x.table == c.table && x.in.slot == id && x.beside(c) &&
			(x.out.outcome == shards.Replaced || x.out.outcome == linked) {
			return true
		}
	}
	return false
}

// besideClose reports whether the table was being closed while the call was
// under way.
func (o *operations) besideClose(c *call) bool {
	for _, x := range o.calls {
		if x.in.kind == shut && x.table == c.table && x.beside(c) {
			return true
		}
	}
	return false
}

// expiryOf returns the expiry that an Add gave. Under UpdateTime it writes the
// time of creation to the session and reads it again, and so do other adds of
// the same session beside it.
func (o *operations) expiryOf(c *call) span {
	if o.mode&engine.UpdateTime == 0 {
		return c.in.expiry
	}
	timeout := o.plan.sessions[c.in.session-1].timeout
	if timeout == math.MaxInt64 {
		return exactly(shards.Never)
	}
	created := c.in.now
	for _, x := range o.calls {
		if x.in.kind == add && x.in.session == c.in.session && x.beside(c) {
			created.from = min(created.from, x.in.now.from)
			created.to = max(created.to, x.in.now.to)
		}
	}
	return span{created.from + timeout, created.to + timeout}
}
