//go:build invariants

package interleave

import (
	"fmt"

	"github.com/reprise-tls/reprise/internal/yield"
)

// depthFirst picks so that, run after run, every interleaving with a bounded
// number of preemptions comes up once.
type depthFirst struct {
	bound int
	cut   bool // the bound has kept something out

	path  []decision // of the current run; what is beyond depth is of the last one
	depth int
	spent int // preemptions so far in the current run
}

// A decision is one choice of a run.
type decision struct {
	options  [maxGoroutines]int8 // goroutines, in the order in which they are tried
	count    int8
	taken    int8
	preempts bool        // every option but the first is a preemption
	point    yield.Point // where the goroutine taken was parked
}

// pick repeats the decisions that stand, and then takes the first option.
func (d *depthFirst) pick(ready []*Goroutine, preempts bool) (*Goroutine, error) {
	if d.depth == len(d.path) {
		d.path = append(d.path, d.decide(ready, preempts))
	}
	x := &d.path[d.depth]
	d.depth++
	if x.preempts && x.taken > 0 {
		d.spent++
	}
	for _, g := range ready {
		if g.number != int(x.options[x.taken]) {
			continue
		}
		if x.point == "" {
			x.point = g.at
		}
		if x.point != g.at {
			return nil, fmt.Errorf("%w: goroutine %d at %q, before at %q", errNotRepeatable, g.number, g.at, x.point)
		}
		return g, nil
	}
	return nil, fmt.Errorf("%w: goroutine %d cannot go on at step %d", errNotRepeatable, x.options[x.taken], d.depth)
}

func (d *depthFirst) decide(ready []*Goroutine, preempts bool) decision {
	x := decision{preempts: preempts}
	for _, g := range ready {
		if preempts && d.spent == d.bound && x.count > 0 {
			d.cut = true
			break
		}
		x.options[x.count] = int8(g.number)
		x.count++
	}
	return x
}

// next goes over to the next interleaving and reports whether there is one.
func (d *depthFirst) next() bool {
	d.depth, d.spent = 0, 0
	for len(d.path) > 0 {
		x := &d.path[len(d.path)-1]
		if x.taken+1 < x.count {
			x.taken++
			x.point = ""
			return true
		}
		d.path = d.path[:len(d.path)-1]
	}
	return false
}
