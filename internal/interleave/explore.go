//go:build invariants

package interleave

import (
	"errors"
	"fmt"
)

// Bounds say how far an exploration goes.
type Bounds struct {
	// Preemptions is the bound up to which every interleaving is run, however
	// many there are.
	Preemptions int

	// Runs lets the bound rise beyond that, as long as it is foreseeable that
	// not many more interleavings than these are run.
	Runs int

	// Random is how many interleavings are run at random after that, unless
	// all were run. Each draws from Seed and its number.
	Random int
	Seed   uint64

	// Steps is how many steps an interleaving may take before the program
	// counts as one that does not end.
	Steps int
}

// A Report is what an exploration has done.
type Report struct {
	Interleavings int  // run with bounded preemptions, all of them different
	Preemptions   int  // every interleaving up to that many was run
	Complete      bool // there are no others
	Random        int  // run at random
	Stops         int  // places at which a goroutine was stopped
	LongestSteps  int
}

func (r Report) String() string {
	how := fmt.Sprintf("all with up to %d preemptions", r.Preemptions)
	if r.Complete {
		how = "all there are"
	}
	text := fmt.Sprintf("%d interleavings, %s", r.Interleavings, how)
	if r.Random > 0 {
		text += fmt.Sprintf(", and %d at random", r.Random)
	}
	if r.Stops > 0 {
		text += fmt.Sprintf(", one goroutine stopped at %d places", r.Stops)
	}
	return fmt.Sprintf("%s; at most %d steps", text, r.LongestSteps)
}

// errNotRepeatable ends an exploration whose program does other things under
// the same schedule.
var errNotRepeatable = errors.New("the program does not do the same under the same schedule")

// Explore runs the program that fresh returns under every interleaving within
// the bounds. The error is a [*Failure].
func Explore(fresh func(*Scheduler) *Program, b Bounds) (Report, error) {
	x := &exploration{fresh: fresh, bounds: b, scheduler: newScheduler()}
	defer x.scheduler.close()
	if err := x.deepen(nil); err != nil {
		return x.report, err
	}
	if x.report.Complete {
		return x.report, nil
	}
	return x.report, x.atRandom()
}

// Replay runs the program under one schedule, which may end before the program
// does.
func Replay(fresh func(*Scheduler) *Program, s Schedule, b Bounds) error {
	x := &exploration{fresh: fresh, bounds: b, scheduler: newScheduler()}
	defer x.scheduler.close()
	p := fresh(x.scheduler)
	withBystander := false
	for _, step := range s {
		withBystander = withBystander || step.Goroutine == len(p.Goroutines)
	}
	if !withBystander {
		p.Bystander = nil
	}
	_, err := x.scheduler.run(p, &replayer{left: s}, nil, b.Steps)
	return x.failure(err, -1, nil)
}

// exploration is one call of Explore, ExploreStops or Replay.
type exploration struct {
	fresh     func(*Scheduler) *Program
	bounds    Bounds
	scheduler *Scheduler
	report    Report
	runs      int // also those that were repeated with a higher bound
}

// deepen runs all interleavings with no preemption, then all with up to one,
// and so on.
func (x *exploration) deepen(st *stall) error {
	before, ratio := 0, 1
	for n := 0; ; n++ {
		if n > x.bounds.Preemptions && before*ratio > x.bounds.Runs {
			return nil
		}
		d := &depthFirst{bound: n}
		runs, err := x.all(d, st)
		if err != nil {
			return err
		}
		x.report.Preemptions, x.report.Complete = n, !d.cut
		if !d.cut {
			return nil
		}
		ratio = runs/max(before, 1) + 1
		before = runs
	}
}

// all runs the interleavings of d, one after the other.
func (x *exploration) all(d *depthFirst, st *stall) (runs int, err error) {
	x.report.Interleavings = 0
	for more := true; more; more = d.next() {
		runs++
		x.report.Interleavings++
		if _, err := x.one(d, st); err != nil {
			return runs, x.failure(err, d.bound, st)
		}
	}
	return runs, nil
}

func (x *exploration) one(by picker, st *stall) (stalled bool, err error) {
	x.runs++
	p := x.fresh(x.scheduler)
	if st == nil {
		p.Bystander = nil
	}
	stalled, err = x.scheduler.run(p, by, st, x.bounds.Steps)
	x.report.LongestSteps = max(x.report.LongestSteps, len(x.scheduler.trace))
	return stalled, err
}

func (x *exploration) failure(err error, bound int, st *stall) error {
	if err == nil {
		return nil
	}
	f := &Failure{
		Schedule:    append(Schedule(nil), x.scheduler.trace...),
		Preemptions: bound,
		Run:         x.runs,
		Seed:        x.bounds.Seed,
		Err:         err,
	}
	if st != nil {
		f.Stopped = fmt.Sprintf("goroutine %d stopped at its point %d", st.goroutine, st.parks)
	}
	return f
}

// replayer follows a schedule, and after its end lets everybody finish.
type replayer struct{ left Schedule }

func (r *replayer) pick(ready []*Goroutine, _ bool) (*Goroutine, error) {
	if len(r.left) == 0 {
		return ready[0], nil
	}
	want := r.left[0].Goroutine
	r.left = r.left[1:]
	for _, g := range ready {
		if g.number == want {
			return g, nil
		}
	}
	return nil, fmt.Errorf("%w: goroutine %d cannot go on", errNotRepeatable, want)
}
