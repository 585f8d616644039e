package lincheck

import (
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"
)

// maxSlots is the most ids that a history of the bound model has.
const maxSlots = 4

// tableState is what a table has for each of its ids.
type tableState [maxSlots]state

func (t tableState) sessions() (n int) {
	for _, s := range t {
		if s.session != 0 {
			n++
		}
	}
	return n
}

func (t tableState) String() string {
	var text []string
	for i, s := range t {
		if s.session != 0 {
			text = append(text, fmt.Sprintf("id %d: %v", i, s))
		}
	}
	return "{" + strings.Join(text, "; ") + "}"
}

// boundModel returns the model of a whole table which never has more than
// capacity sessions. Every removal must have been reported, so each operation
// leads to one state at most. It needs no partition: each change of the table
// happens at one instant, whichever ids it is about, so the instants of all of
// them are in one order.
func boundModel(capacity int) porcupine.Model {
	r := rules{bounded: true}
	return porcupine.Model{
		Init: func() any { return tableState{} },
		Step: func(now, in, out any) (bool, any) {
			t, i := now.(tableState), in.(input).slot
			next := r.steps(t[i], in.(input), out.(output))
			if len(next) == 0 {
				return false, nil
			}
			if len(next) > 1 {
				panic("lincheck: the bound model needs attributed removals")
			}
			t[i] = next[0]
			return t.sessions() <= capacity, t
		},
		Hash: func(now any) (h uint64) {
			for _, s := range now.(tableState) {
				h = h*1_000_003 + uint64(s.session)
			}
			return h
		},
		DescribeOperation: func(in, out any) string {
			return fmt.Sprintf("id %d: %s", in.(input).slot, describe(in.(input), out.(output)))
		},
	}
}
