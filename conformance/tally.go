package conformance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// tally counts what a run has done.
type tally struct {
	steps       int
	operations  map[string]int
	differences map[*Difference]int
}

func newTally() *tally {
	return &tally{operations: map[string]int{}, differences: map[*Difference]int{}}
}

func (t *tally) ran(operation string) { t.operations[operation]++ }

func (t *tally) met(d *Difference) { t.differences[d]++ }

func (t *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d steps\n", t.steps)
	for _, name := range slices.Sorted(maps.Keys(t.operations)) {
		fmt.Fprintf(&b, "%9d  %s\n", t.operations[name], name)
	}
	b.WriteString("deliberate differences met\n")
	for _, d := range Differences {
		if d.Avoided == "" {
			fmt.Fprintf(&b, "%9d  %s\n", t.differences[d], d.Name)
		}
	}
	return b.String()
}
