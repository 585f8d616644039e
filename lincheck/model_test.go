package lincheck

import (
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/reprise-tls/reprise/shards"
)

// at is an operation without its times.
type at struct {
	in  input
	out output
}

// Constructors of operations, with the scope 0, expiry 100 and time 50 unless
// changed by what follows below.

func adds(s int, o shards.Outcome) at {
	out := output{outcome: o}
	if o == shards.Replaced {
		out.gone = unknown
	}
	return at{input{kind: add, session: s, expiry: exactly(100), now: exactly(50)}, out}
}

func replaces(s, old int) at {
	x := adds(s, shards.Replaced)
	x.out.gone = old
	return x
}

func hits(k kind, s int) at {
	return at{input{kind: k, now: exactly(50)}, output{result: shards.Hit, session: s}}
}

func misses(k kind) at { return at{input{kind: k, now: exactly(50)}, output{result: shards.Miss}} }

func expires(k kind, s int) at {
	return at{input{kind: k, now: exactly(101)}, output{result: shards.Expired, gone: s}}
}

func removes(s int, ok bool) at {
	return at{input{kind: remove, session: s}, output{ok: ok, gone: unknown}}
}

func removesID(ok bool) at { return at{input{kind: removeID}, output{ok: ok, gone: unknown}} }

func has(ok bool) at { return at{input{kind: contains}, output{ok: ok}} }

func reschedules(s int, ok bool, expiry int64) at {
	return at{input{kind: reschedule, session: s, expiry: exactly(expiry)}, output{ok: ok}}
}

func bulk(k kind) at { return at{input{kind: k, now: exactly(50)}, output{gone: unknown}} }

func drops(s int, r shards.Reason) at {
	return at{input{
		kind: unlinked, session: s, now: exactly(50), reason: r,
		expired: r == shards.ReasonExpired, closes: r == shards.ReasonClosed,
	}, output{gone: s}}
}

func sees(s int) at { return at{input{kind: saw, session: s, expiry: exactly(100)}, output{}} }

func seesNone() at { return at{in: input{kind: notSeen}} }

func (x at) now(n int64) at     { x.in.now = exactly(n); return x }
func (x at) expiry(n int64) at  { x.in.expiry = exactly(n); return x }
func (x at) scope(n uint8) at   { x.in.scope = n; return x }
func (x at) slot(n int) at      { x.in.slot = n; return x }
func (x at) refresh() at        { x.in.refresh = true; return x }
func (x at) dead() at           { x.in.dead = true; return x }
func (x at) late() at           { x.in.late = true; return x }
func (x at) vanish() at         { x.in.vanish = true; return x }
func (x at) lenient() at        { x.in.lenient = true; return x }
func (x at) gone(s int) at      { x.out.gone = s; return x }
func (x at) otherScope() at     { x.out.result = shards.OtherScope; return x }
func (x at) none() at           { x.out.result = noSession; return x }
func (x at) during(a, b int) op { return op{x, int64(a), int64(b)} }

// op is an operation with its times.
type op struct {
	at
	from, to int64
}

// inTurn makes operations of which each begins after the one before has ended.
func inTurn(list ...at) (ops []op) {
	for i, x := range list {
		ops = append(ops, x.during(10*i, 10*i+5))
	}
	return ops
}

func isLegal(m porcupine.Model, list []op) bool {
	var history []porcupine.Operation
	for i, x := range list {
		history = append(history, porcupine.Operation{ClientId: i, Input: x.in, Output: x.out, Call: x.from, Return: x.to})
	}
	return porcupine.CheckOperations(m, history)
}

type example struct {
	name  string
	ops   []op
	legal bool
}

func testExamples(t *testing.T, m porcupine.Model, list []example) {
	t.Helper()
	for _, x := range list {
		if got := isLegal(m, x.ops); got != x.legal {
			t.Errorf("%s: legal is %v, want %v", x.name, got, x.legal)
		}
	}
}

const (
	added     = shards.Added
	replaced  = shards.Replaced
	identical = shards.Identical
)

func TestMapModel(t *testing.T) {
	testExamples(t, rules{}.model(), []example{
		{"all in turn", inTurn(misses(lookup), adds(1, added), hits(lookup, 1), adds(1, identical), replaces(2, 1), hits(lookup, 2), has(true), removes(1, false), removes(2, true), has(false), misses(take)), true},
		{"stale read", inTurn(adds(1, added), adds(2, replaced), hits(lookup, 1)), false},
		{"stale read while it is replaced", []op{adds(1, added).during(0, 1), adds(2, replaced).during(2, 10), hits(lookup, 1).during(3, 9)}, true},
		{"new, then stale, while it is replaced", []op{adds(1, added).during(0, 1), adds(2, replaced).during(2, 10), hits(lookup, 2).during(3, 4), hits(lookup, 1).during(5, 6)}, false},
		{"another id's session", inTurn(adds(1, added), hits(lookup, 7)), false},
		{"a session that was never added", inTurn(hits(lookup, 1)), false},
		{"an id missed while it is replaced", []op{adds(1, added).during(0, 1), adds(2, replaced).during(2, 10), misses(lookup).during(3, 9)}, false},
		{"an id missed while it is removed", []op{adds(1, added).during(0, 1), removesID(true).during(2, 10), misses(lookup).during(3, 9)}, true},
		{"two takers", []op{adds(1, added).during(0, 1), hits(take, 1).during(2, 10), hits(take, 1).during(3, 9)}, false},
		{"a taker and a loser", []op{adds(1, added).during(0, 1), hits(take, 1).during(2, 10), misses(take).during(3, 9)}, true},
		{"a taker and a remover", []op{adds(1, added).during(0, 1), hits(take, 1).during(2, 10), removes(1, true).during(3, 9)}, false},
		{"two removers", []op{adds(1, added).during(0, 1), removesID(true).during(2, 10), removesID(true).during(3, 9)}, false},
		{"nobody removes what is there", inTurn(adds(1, added), removesID(false)), false},
		{"removal by identity of a replaced session", inTurn(adds(1, added), adds(2, replaced), removes(1, true)), false},
		{"resurrection", inTurn(adds(1, added), removes(1, true), hits(lookup, 1)), false},
		{"resurrection, seen by Contains", inTurn(adds(1, added), hits(take, 1), has(true)), false},
		{"added again", inTurn(adds(1, added), hits(take, 1), adds(1, added), hits(lookup, 1)), true},
		{"identical is added", inTurn(adds(1, added), adds(1, added)), false},
		{"identical, once added by two at once", []op{adds(1, added).during(0, 10), adds(1, identical).during(1, 9)}, true},
		{"added by two at once", []op{adds(1, added).during(0, 10), adds(1, added).during(1, 9)}, false},
		{"identical and absent", inTurn(adds(1, identical)), false},
		{"replaced is added", inTurn(adds(1, added), adds(2, added)), false},
		{"nothing is replaced", inTurn(adds(1, replaced)), false},
		{"the wrong one is replaced", inTurn(adds(1, added), replaces(2, 3)), false},
		{"lost", inTurn(adds(1, added), misses(lookup)), false},
		{"added and evicted without a bound", inTurn(adds(1, shards.AddedAndEvicted)), false},
		{"no references", inTurn(adds(1, shards.Unreferenced).dead(), misses(lookup)), true},
		{"no references, added all the same", inTurn(adds(1, added).dead()), false},
		{"references, and refused", inTurn(adds(1, shards.Unreferenced)), false},
	})
}

func TestMapModelTimes(t *testing.T) {
	testExamples(t, rules{}.model(), []example{
		{"expires after its last second", inTurn(adds(1, added), hits(lookup, 1).now(100), expires(lookup, 1), misses(lookup).now(100)), true},
		{"expires in its last second", inTurn(adds(1, added), expires(lookup, 1).now(100)), false},
		{"found when expired", inTurn(adds(1, added), hits(lookup, 1).now(101)), false},
		{"taken when expired", inTurn(adds(1, added), hits(take, 1).now(101)), false},
		{"expires for a taker", inTurn(adds(1, added), expires(take, 1), has(false)), true},
		{"expires twice", []op{adds(1, added).during(0, 1), expires(lookup, 1).during(2, 10), expires(lookup, 1).during(3, 9)}, false},
		{"expires without leaving", inTurn(adds(1, added), expires(lookup, 1), has(true)), false},
		{"the wrong one expires", inTurn(adds(1, added), expires(lookup, 2)), false},
		{"missed when expired", inTurn(adds(1, added), misses(lookup).now(101)), false},
		{"refreshed", inTurn(adds(1, added), adds(1, identical).expiry(200).refresh(), hits(lookup, 1).now(200)), true},
		{"not refreshed", inTurn(adds(1, added), adds(1, identical).expiry(200), hits(lookup, 1).now(200)), false},
		{"expired after it was refreshed", inTurn(adds(1, added), adds(1, identical).expiry(200).refresh(), expires(lookup, 1)), false},
		{"expired while it is refreshed", []op{adds(1, added).during(0, 1), adds(1, identical).expiry(200).refresh().during(2, 10), expires(lookup, 1).during(3, 9)}, false},
		{"expired while it is refreshed, then added", []op{adds(1, added).during(0, 1), adds(1, added).expiry(200).refresh().during(2, 10), expires(lookup, 1).during(3, 9), hits(lookup, 1).now(200).during(11, 12)}, true},
		{"rescheduled", inTurn(adds(1, added), reschedules(1, true, 60), hits(lookup, 1).now(60), expires(lookup, 1).now(61)), true},
		{"rescheduled when absent", inTurn(reschedules(1, true, 60)), false},
		{"rescheduled without effect", inTurn(adds(1, added), reschedules(1, true, 60), hits(lookup, 1).now(61)), false},
		{"not rescheduled though present", inTurn(adds(1, added), reschedules(1, false, 60)), false},
		{"the sink has another expiry", inTurn(adds(1, added), at{drops(1, shards.ReasonFlushed).in, output{gone: 1, goneExpiry: 99}}), false},
		{"a time within bounds", inTurn(adds(1, added), at{input{kind: lookup, now: span{99, 101}}, output{result: shards.Hit, session: 1}}, at{input{kind: lookup, now: span{99, 101}}, output{result: shards.Expired, gone: 1}}), true},
		{"no time within bounds", inTurn(adds(1, added), at{input{kind: lookup, now: span{98, 100}}, output{result: shards.Expired, gone: 1}}), false},
		{"an expiry within bounds", inTurn(at{input{kind: add, session: 1, expiry: span{99, 101}}, output{}}, hits(lookup, 1).now(101)), true},
		{"two expiries within bounds", inTurn(at{input{kind: add, session: 1, expiry: span{99, 101}}, output{}}, hits(lookup, 1).now(101), expires(lookup, 1).now(101)), false},
		{"another scope", inTurn(adds(1, added).scope(1), misses(lookup).otherScope(), hits(lookup, 1).scope(1)), true},
		{"another scope is a hit", inTurn(adds(1, added).scope(1), hits(lookup, 1)), false},
		{"another scope is a miss", inTurn(adds(1, added).scope(1), misses(lookup)), false},
		{"another scope expires nothing", inTurn(adds(1, added).scope(1), expires(lookup, 1)), false},
		{"another scope takes nothing", inTurn(adds(1, added).scope(1), misses(take).otherScope(), has(true)), true},
	})
}

func TestMapModelBulk(t *testing.T) {
	closes, empties := bulk(shut), bulk(emptied)
	testExamples(t, rules{}.model(), []example{
		{"flush removes what is expired", inTurn(adds(1, added), bulk(flush).now(101), has(false)), true},
		{"flush leaves what is expired", inTurn(adds(1, added), bulk(flush).now(101), has(true)), false},
		{"flush leaves what is not expired", inTurn(adds(1, added), bulk(flush).now(100), has(true)), true},
		{"flush removes what is not expired", inTurn(adds(1, added), bulk(flush).now(100), has(false)), false},
		{"flush leaves an expired newcomer", inTurn(adds(1, added), bulk(flush).now(101).lenient(), has(true)), true},
		{"flush found nothing, but there was", inTurn(adds(1, added), bulk(flush).now(101).gone(0)), false},
		{"flush found nothing", inTurn(adds(1, added), bulk(flush).now(100).gone(0), has(true)), true},
		{"sweep removes what is expired", inTurn(adds(1, added), bulk(sweep).now(101), has(false)), true},
		{"sweep leaves what is expired", inTurn(adds(1, added), bulk(sweep).now(101), has(true)), true},
		{"sweep removes what is not expired", inTurn(adds(1, added), bulk(sweep).now(100), has(false)), false},
		{"clear", inTurn(adds(1, added), bulk(clearTable), has(false)), true},
		{"clear leaves it", inTurn(adds(1, added), bulk(clearTable), has(true)), false},
		{"clear while it is refreshed", []op{adds(1, added).during(0, 1), bulk(clearTable).during(2, 10), adds(1, identical).refresh().during(3, 9), has(true).during(11, 12)}, false},
		{"seen", inTurn(adds(1, added), sees(1)), true},
		{"seen after removal", inTurn(adds(1, added), removes(1, true), sees(1)), false},
		{"seen with another expiry", inTurn(adds(1, added), sees(1).expiry(99)), false},
		{"not seen", inTurn(adds(1, added), seesNone()), false},
		{"not seen while it is removed", []op{adds(1, added).during(0, 1), removes(1, true).during(2, 10), seesNone().during(3, 9)}, true},
		{"closed", inTurn(adds(1, added), closes, adds(2, shards.Closed), drops(1, shards.ReasonClosed), misses(lookup), empties.gone(0)), true},
		{"added after Close", inTurn(closes, empties, adds(1, added)), false},
		{"identical after Close", inTurn(adds(1, added), closes, adds(1, identical)), false},
		{"closed before Close", inTurn(adds(1, shards.Closed)), false},
		{"beside Close, after another was refused", inTurn(closes, adds(2, shards.Closed), adds(1, added).late(), drops(1, shards.ReasonClosed)), true},
		{"Close leaves it", inTurn(adds(1, added), closes, empties.gone(0)), false},
		{"Close leaves it, and nobody knows", inTurn(adds(1, added), closes, empties, hits(lookup, 1)), false},
		{"dropped, and added again, beside Close", inTurn(adds(1, added), closes, removesID(false).vanish(), adds(2, added).late().vanish(), hits(lookup, 2).vanish(), empties), true},
		{"dropped, and not added again, beside Close", inTurn(adds(1, added), closes, removesID(false).vanish(), hits(lookup, 1).vanish()), false},
		{"dropped before Close", inTurn(adds(1, added), removesID(false).vanish(), closes), false},
		{"dropped as closed before Close", inTurn(adds(1, added), drops(1, shards.ReasonClosed)), false},
		{"dropped as expired too early", inTurn(adds(1, added), drops(1, shards.ReasonExpired)), false},
		{"dropped as expired", inTurn(adds(1, added), drops(1, shards.ReasonExpired).now(101), has(false)), true},
		{"dropped when absent", inTurn(drops(1, shards.ReasonFlushed)), false},
		{"dropped twice", inTurn(adds(1, added), drops(1, shards.ReasonFlushed), drops(1, shards.ReasonFlushed)), false},
		{"dropped after it was replaced", inTurn(adds(1, added), adds(2, replaced), drops(1, shards.ReasonFlushed)), false},
	})
}

func TestMapModelEngine(t *testing.T) {
	testExamples(t, rules{}.model(), []example{
		{"true and false", inTurn(adds(1, linked), adds(1, refused), adds(2, linked).gone(unknown), hits(lookup, 2), misses(lookup).scope(1).none()), true},
		{"false though absent", inTurn(adds(1, refused)), false},
		{"true though identical", inTurn(adds(1, linked), adds(1, linked)), false},
		{"true after Close", inTurn(bulk(shut), adds(1, linked)), false},
		{"none though present", inTurn(adds(1, linked), misses(lookup).none()), false},
		{"none, and nothing said of expiry", inTurn(adds(1, linked), misses(lookup).none().now(101).gone(unknown), has(false)), true},
		{"none, and it was said that nothing expired", inTurn(adds(1, linked), misses(lookup).none().now(101)), false},
	})
}

func TestSpontaneousModel(t *testing.T) {
	testExamples(t, rules{bounded: true, spontaneous: true}.model(), []example{
		{"vanishes", inTurn(adds(1, added), misses(lookup), has(false), removes(1, false)), true},
		{"stays", inTurn(adds(1, added), hits(lookup, 1), adds(1, identical), replaces(2, 1), hits(take, 2)), true},
		{"vanishes and comes back", inTurn(adds(1, added), misses(lookup), hits(lookup, 1)), false},
		{"vanishes and comes back for Contains", inTurn(adds(1, added), has(false), has(true)), false},
		{"vanishes and is added", inTurn(adds(1, added), misses(lookup), adds(1, added), hits(lookup, 1)), true},
		{"vanished, since it was added again", inTurn(adds(1, added), adds(1, added), hits(lookup, 1)), true},
		{"vanishes and is identical", inTurn(adds(1, added), misses(lookup), adds(1, identical)), false},
		{"vanishes and is replaced", inTurn(adds(1, added), misses(lookup), adds(2, replaced)), false},
		{"stale read", inTurn(adds(1, added), adds(2, replaced), hits(lookup, 1)), false},
		{"stale read of one that vanished", inTurn(adds(1, added), adds(2, added), hits(lookup, 1)), false},
		{"another id's session", inTurn(adds(1, added), hits(lookup, 7)), false},
		{"resurrection", inTurn(adds(1, added), removes(1, true), hits(lookup, 1)), false},
		{"two takers", []op{adds(1, added).during(0, 1), hits(take, 1).during(2, 10), hits(take, 1).during(3, 9)}, false},
		{"two removers", []op{adds(1, added).during(0, 1), removesID(true).during(2, 10), removes(1, true).during(3, 9)}, false},
		{"added and evicted", inTurn(adds(1, shards.AddedAndEvicted), misses(lookup)), true},
		{"added, evicted and found", inTurn(adds(1, shards.AddedAndEvicted), hits(lookup, 1)), false},
		{"found when expired", inTurn(adds(1, added), hits(lookup, 1).now(101)), false},
		{"expires in its last second", inTurn(adds(1, added), expires(lookup, 1).now(100)), false},
		{"flush leaves what is expired", inTurn(adds(1, added), bulk(flush).now(101), has(true)), false},
		{"added after Close", inTurn(bulk(shut), adds(1, added)), false},
		{"found after Close", inTurn(adds(1, added), bulk(shut), bulk(emptied), hits(lookup, 1)), false},
	})
}

func TestReportedModel(t *testing.T) {
	evicted := drops(1, shards.ReasonEvicted)
	testExamples(t, rules{bounded: true}.model(), []example{
		{"evicted", inTurn(adds(1, added), evicted, misses(lookup)), true},
		{"vanishes", inTurn(adds(1, added), misses(lookup)), false},
		{"missed before it was evicted", inTurn(adds(1, added), misses(lookup), evicted), false},
		{"missed while it is evicted", []op{adds(1, added).during(0, 1), evicted.during(2, 10), misses(lookup).during(3, 4), has(false).during(5, 6)}, true},
		{"missed and found while it is evicted", []op{adds(1, added).during(0, 1), evicted.during(2, 10), misses(lookup).during(3, 4), has(true).during(5, 6)}, false},
		{"found after it was evicted", inTurn(adds(1, added), evicted, hits(lookup, 1)), false},
		{"evicted after it was taken", inTurn(adds(1, added), hits(take, 1), evicted), false},
		{"evicted after it was replaced", inTurn(adds(1, added), adds(2, replaced), evicted), false},
		{"added and evicted", inTurn(adds(1, shards.AddedAndEvicted), misses(lookup)), true},
	})
}

func TestBoundModel(t *testing.T) {
	a, b, c := adds(1, added), adds(2, added).slot(1), adds(3, added).slot(2)
	aEvicted := drops(1, shards.ReasonEvicted)
	testExamples(t, boundModel(2), []example{
		{"two", inTurn(a, b, hits(lookup, 1), hits(lookup, 2).slot(1)), true},
		{"three", inTurn(a, b, c), false},
		{"three at once", []op{a.during(0, 10), b.during(0, 10), c.during(0, 10)}, false},
		{"three, one after it was evicted", inTurn(a, b, aEvicted, c), true},
		{"three, one while it is evicted", []op{a.during(0, 1), b.during(2, 3), aEvicted.during(4, 10), c.during(4, 10)}, true},
		{"three, one before it is evicted", inTurn(a, b, c, aEvicted), false},
		{"three, one after it was taken", inTurn(a, b, hits(take, 1), c), true},
		{"a replacement needs no place", inTurn(a, b, replaces(4, 1), hits(lookup, 4)), true},
		{"added and evicted needs no place", inTurn(a, b, adds(3, shards.AddedAndEvicted).slot(2), misses(lookup).slot(2)), true},
		{"another id's session", inTurn(a, b, hits(lookup, 2)), false},
		{"a stale read", inTurn(a, replaces(4, 1), hits(lookup, 1)), false},
	})
}
