package lincheck

import (
	"fmt"

	"github.com/anishathalye/porcupine"

	"github.com/reprise-tls/reprise/shards"
)

// state is what a table has for one id.
type state struct {
	session int   // number, 0: none
	scope   uint8 // of the session
	expiry  int64 // Unix seconds
	closed  bool  // nothing is added any more
}

func (s state) String() string {
	var text string
	if s.session == 0 {
		text = "none"
	} else {
		text = fmt.Sprintf("s%d, expiry %v", s.session, exactly(s.expiry))
	}
	if s.closed {
		text += ", closed"
	}
	return text
}

// without is the state after the session left.
func (s state) without() state { return state{closed: s.closed} }

// rules are those by which an id's state may change.
type rules struct {
	// bounded: an Add may find no place.
	bounded bool

	// spontaneous: the session may vanish before any operation, without
	// anybody saying so.
	spontaneous bool
}

// model returns the model of one id. A step goes to every state that explains
// the answer.
func (r rules) model() porcupine.Model {
	m := porcupine.NondeterministicModel{
		Init: func() []any { return []any{state{}} },
		Step: func(s, in, out any) []any { return boxed(r.steps(s.(state), in.(input), out.(output))) },
		Hash: func(s any) uint64 { return uint64(s.(state).session) },
		DescribeOperation: func(in, out any) string {
			return describe(in.(input), out.(output))
		},
	}
	return m.ToModel()
}

func boxed(states []state) []any {
	list := make([]any, len(states))
	for i, s := range states {
		list[i] = s
	}
	return list
}

// steps returns the states that may follow s when an operation gives this
// answer.
func (r rules) steps(s state, in input, out output) []state {
	var buf [4]state
	next := r.within(buf[:0], s, in, out)
	if s.session != 0 && (r.spontaneous || in.vanish && s.closed) {
		next = r.within(next, s.without(), in, out)
	}
	return next
}

// within goes through everything that the bounds of the times allow.
func (r rules) within(next []state, s state, in input, out output) []state {
	now, expiry := in.now, in.expiry
	for in.now = exactly(now.from); ; in.now = exactly(in.now.from + 1) {
		for in.expiry = exactly(expiry.from); ; in.expiry = exactly(in.expiry.from + 1) {
			next = r.step(next, s, in, out)
			if in.expiry.from >= expiry.to {
				break
			}
		}
		if in.now.from >= now.to {
			return next
		}
	}
}

// step appends the states that may follow s.
func (r rules) step(next []state, s state, in input, out output) []state {
	switch in.kind {
	case add:
		return r.add(next, s, in, out)
	case lookup, take:
		return s.lookup(next, in, out)
	case flush, sweep, clearTable:
		return s.bulk(next, in, out)
	}
	after, ok := s.simple(in, out)
	if ok {
		next = append(next, after)
	}
	return next
}

func (r rules) add(next []state, s state, in input, out output) []state {
	if s.closed {
		if fits(out.outcome, shards.Closed) {
			next = append(next, s)
		}
		if !in.late {
			return next
		}
	}
	mine := state{in.session, in.scope, in.expiry.from, s.closed}
	switch {
	case s.session == in.session:
		if fits(out.outcome, shards.Identical) {
			if in.refresh {
				s = mine
			}
			next = append(next, s)
		}
	case in.dead:
		if fits(out.outcome, shards.Unreferenced) {
			next = append(next, s)
		}
	case s.session == 0:
		if fits(out.outcome, shards.Added) {
			next = append(next, mine)
		}
		if out.outcome == shards.AddedAndEvicted && r.bounded {
			next = append(next, s)
		}
	case fits(out.outcome, shards.Replaced) && out.took(s):
		next = append(next, mine)
	}
	return next
}

// fits reports whether the answer can stand for the outcome.
func fits(answer, outcome shards.Outcome) bool {
	switch outcome {
	case shards.Added, shards.Replaced:
		return answer == outcome || answer == linked
	}
	return answer == outcome || answer == refused
}

// took reports whether what the sink said of the operation fits that it
// unlinked the session of s.
func (out output) took(s state) bool {
	return (out.gone == unknown || out.gone == s.session) && (out.goneExpiry == 0 || out.goneExpiry == s.expiry)
}

func (s state) lookup(next []state, in input, out output) []state {
	after := s
	var result shards.Result
	switch {
	case s.session == 0:
		result = shards.Miss
	case s.scope != in.scope:
		result = shards.OtherScope
	case in.now.from > s.expiry:
		result = shards.Expired
		after = s.without()
		if !out.took(s) {
			return next
		}
	default:
		result = shards.Hit
		if out.session != s.session {
			return next
		}
		if in.kind == take {
			after = s.without()
			if out.gone != 0 && !out.took(s) {
				return next
			}
		}
	}
	switch {
	case out.result == result, out.result == noSession && result != shards.Hit:
		return append(next, after)
	}
	return next
}

// bulk is a flush, a sweep or a clear, as far as one id is concerned. Where
// the sink said what the call unlinked, that is an operation of its own, and
// this one says that there was nothing else to do.
func (s state) bulk(next []state, in input, out output) []state {
	concerned := s.session != 0 && (in.kind == clearTable || in.now.from > s.expiry)
	if concerned && out.gone == unknown {
		next = append(next, s.without())
	}
	if !concerned || in.lenient || in.kind == sweep {
		next = append(next, s)
	}
	return next
}

// simple is an operation that has at most one state to go to.
func (s state) simple(in input, out output) (after state, ok bool) {
	same := s.session == in.session
	switch in.kind {
	case contains:
		return s, out.ok == (s.session != 0)
	case remove:
		if !out.ok {
			return s, !same
		}
		return s.without(), same && out.took(s)
	case removeID:
		if !out.ok {
			return s, s.session == 0
		}
		return s.without(), s.session != 0 && out.took(s)
	case reschedule:
		if !out.ok {
			return s, !same
		}
		return state{s.session, s.scope, in.expiry.from, s.closed}, same
	case shut:
		s.closed = true
		return s, true
	case emptied:
		return s.without(), s.closed && (s.session == 0 || out.gone == unknown)
	case unlinked:
		ok = (!in.expired || in.now.from > s.expiry) && (!in.closes || s.closed)
		return s.without(), ok && same && out.took(s)
	case saw:
		return s, same && (in.expiry.from == 0 || s.expiry == in.expiry.from)
	case notSeen:
		return s, s.session == 0
	}
	panic("lincheck: unknown kind of operation")
}
