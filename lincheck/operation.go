package lincheck

import (
	"fmt"
	"strings"

	"github.com/reprise-tls/reprise/shards"
)

// kind is what an operation on one id does.
type kind uint8

// The kinds. Those from flush on are what a call that concerns the whole table
// means for one id.
const (
	add kind = iota
	lookup
	take
	contains
	remove
	removeID
	reschedule

	flush      // removes the session if it is expired
	sweep      // may do so
	clearTable // removes the session
	shut       // the first part of Close: nothing is added any more
	emptied    // the last part of Close: nothing is there any more
	unlinked   // a session left the table, by a call whose own answer does not say so
	saw        // an iteration yielded a session
	notSeen    // an iteration yielded none

	// aside is a call of which only what it unlinked counts: SetCapacity, and
	// the adds and removals of sessions that only fill the table.
	aside
)

func (k kind) String() string {
	return [...]string{"Add", "Lookup", "Take", "Contains", "Remove", "RemoveID", "Reschedule",
		"Flush", "Sweep", "Clear", "Close: shut", "Close: emptied", "unlinked", "All: saw", "All: not seen", "aside"}[k]
}

// Answers of the engine, which tells less than a table.
const (
	linked  shards.Outcome = 100 + iota // Add said true: Added, Replaced or AddedAndEvicted
	refused                             // Add said false: Identical, Closed or Unreferenced
)

const noSession shards.Result = 100 // a lookup said false: Miss, OtherScope, or Expired if the sink says so or says nothing

// unknown stands for the number of a session that nobody told us.
const unknown = -1

// input is an operation on one id.
type input struct {
	kind    kind
	slot    int   // the id and the table; histories are partitioned by it
	session int   // number of the session given: add, remove, reschedule, unlinked, saw
	scope   uint8 // of the session, or of the lookup
	expiry  span  // Unix seconds: add, reschedule; saw, where 0 is not known
	now     span  // Unix seconds
	refresh bool  // add: an identical session gets the expiry
	dead    bool  // add: the session has no reference left
	late    bool  // add: it was under way while Close was, and the table lets it finish
	vanish  bool  // Close, which was under way, may have dropped the session before
	lenient bool  // flush, clearTable: a session was replaced meanwhile

	// Of unlinked: why, and whether that takes that the session was expired,
	// or that the table was closed.
	reason  shards.Reason
	expired bool
	closes  bool
}

// span is a number of which only the bounds are known, both included. The
// engine reads its clock by itself, so its operations know the time before and
// after.
type span struct{ from, to int64 }

func exactly(n int64) span { return span{n, n} }

func (s span) String() string {
	switch {
	case s.from == shards.Never:
		return "never"
	case s.from == s.to:
		return fmt.Sprint(s.from)
	}
	return fmt.Sprintf("%d..%d", s.from, s.to)
}

// output is an operation's answer.
type output struct {
	outcome shards.Outcome // add
	result  shards.Result  // lookup, take
	ok      bool           // contains, remove, removeID, reschedule
	session int            // number of the session that came back: lookup, take

	// gone is the number of the session that the operation unlinked according
	// to the sink; 0: none; unknown: the sink does not say. Its expiry follows;
	// 0: not said.
	gone       int
	goneExpiry int64
}

// describe writes an operation for people.
func describe(in input, out output) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v(", in.kind)
	switch in.kind {
	case add:
		fmt.Fprintf(&b, "s%d, scope %d, expiry %v", in.session, in.scope, in.expiry)
		for _, f := range [...]struct {
			set  bool
			name string
		}{{in.refresh, "refresh"}, {in.dead, "dead"}, {in.late, "beside Close"}} {
			if f.set {
				b.WriteString(", " + f.name)
			}
		}
		fmt.Fprintf(&b, ") = %s", outcomeName(out.outcome))
	case lookup, take:
		fmt.Fprintf(&b, "scope %d, now %v) = %s", in.scope, in.now, resultName(out.result))
		if out.result == shards.Hit {
			fmt.Fprintf(&b, " s%d", out.session)
		}
	case contains, removeID:
		fmt.Fprintf(&b, ") = %v", out.ok)
	case remove:
		fmt.Fprintf(&b, "s%d) = %v", in.session, out.ok)
	case reschedule:
		fmt.Fprintf(&b, "s%d, expiry %v) = %v", in.session, in.expiry, out.ok)
	case flush, sweep:
		fmt.Fprintf(&b, "now %v)", in.now)
	case unlinked:
		fmt.Fprintf(&b, "s%d, %v)", in.session, in.reason)
	case saw:
		fmt.Fprintf(&b, "s%d, expiry %v)", in.session, in.expiry)
	default:
		b.WriteString(")")
	}
	if out.gone > 0 {
		fmt.Fprintf(&b, ", out: s%d", out.gone)
	}
	return b.String()
}

func outcomeName(o shards.Outcome) string {
	switch o {
	case linked:
		return "true"
	case refused:
		return "false"
	}
	return [...]string{"added", "replaced", "identical", "added and evicted", "unreferenced", "closed"}[o]
}

func resultName(r shards.Result) string {
	if r == noSession {
		return "none"
	}
	return [...]string{"hit", "miss", "expired", "other scope"}[r]
}
