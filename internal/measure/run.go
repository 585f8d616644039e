package measure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reprise-tls/reprise/internal/child"
	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/workload"
)

// Run measures. Targets that hang, die or fail do so for themselves: the
// result has what the others did. When the context ends, Run checks what there
// is and returns it, marked as partial. An error means that there is no
// result: the config is wrong.
func Run(ctx context.Context, c Config) (*Result, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.Scenario != nil {
		return c.playScenario(ctx)
	}
	r := &runner{Config: c, result: &Result{Environment: ThisEnvironment(), Settings: settings(c)}}
	idle, err := null(c.Known)
	if err != nil {
		return nil, err
	}
	r.idle = idle.Name
	for _, name := range c.Targets {
		if t, err := c.target(name); err == nil && t.Floor {
			r.result.Settings.Floor = name
		}
	}
	r.names = c.Targets
	if !slices.Contains(c.Targets, r.idle) {
		r.names = append(slices.Clone(c.Targets), r.idle)
	}
	groups := c.groups()
	r.result.Planned = len(groups) * len(c.Goroutines) * c.Count * len(r.names)
	for _, g := range groups {
		if ctx.Err() != nil {
			break
		}
		r.group(ctx, g)
	}
	r.result.Partial = ctx.Err() != nil && r.result.Done < r.result.Planned
	r.result.Environment.end()
	return r.result, nil
}

func settings(c Config) Settings {
	return Settings{
		Targets: c.Targets, Disjoint: c.Base.Disjoint, Mix: c.Base.Mix, Objects: c.Base.Objects, Flood: c.Base.Flood,
		States: c.Base.States, Seed: c.Base.Seed,
		Duration: c.Duration, WarmUp: c.WarmUp, Count: c.Count, Collect: c.Collect,
		Every: c.Every, Clock: latency.ClockCost(),
	}
}

type runner struct {
	Config
	result *Result
	idle   string   // name of the null target
	names  []string // of all targets that are measured
}

// runningTarget is a target in the group that is being measured.
type runningTarget struct {
	Place
	spec    workload.Spec
	process *process
	memory  *Memory
	cells   map[int]*Cell // by number of goroutines
}

// group measures one group.
func (r *runner) group(ctx context.Context, g group) {
	var running []*runningTarget
	defer func() {
		for _, t := range running {
			t.process.End()
		}
	}()
	for _, name := range r.names {
		if ctx.Err() != nil {
			break
		}
		if t := r.start(ctx, name, g); t != nil {
			running = append(running, t)
		}
	}
	r.addCells(running)
	if r.WarmUp > 0 {
		for _, n := range r.Goroutines {
			running = r.each(running, func(t *runningTarget) error {
				_, err := r.slice(ctx, t, n, r.WarmUp)
				return err
			})
		}
	}
	for round := range r.Count {
		if ctx.Err() != nil {
			break
		}
		running = r.round(ctx, running, round)
	}
	running = r.each(running, func(t *runningTarget) error { return r.finish(t, g) })
}

// each calls f for the targets and returns those for which it did not fail.
func (r *runner) each(targets []*runningTarget, f func(*runningTarget) error) []*runningTarget {
	return slices.DeleteFunc(slices.Clone(targets), func(t *runningTarget) bool { return r.lost(t, f(t)) })
}

// lost ends a target that failed, records why and reports whether it did. An
// interrupted target has not failed, but is lost too.
func (r *runner) lost(t *runningTarget, err error) bool {
	if err == nil {
		return false
	}
	t.process.End()
	if !errors.Is(err, context.Canceled) {
		r.fail(t.Place, err)
	}
	return true
}

func (r *runner) fail(p Place, err error) {
	var hung *child.HungError
	r.result.Failures = append(r.result.Failures, Failure{Place: p, Hung: errors.As(err, &hung), Error: err.Error()})
}

// start starts the process of a target. It returns nil after a failure.
func (r *runner) start(ctx context.Context, name string, g group) *runningTarget {
	t := &runningTarget{
		Place: Place{Target: name, Workload: g.spec.Kind, Sessions: g.spec.Sessions},
		spec:  g.spec,
		cells: make(map[int]*Cell),
	}
	r.report("preparing "+t.describe(), 0)
	p, err := start(r.command(name))
	if err != nil {
		r.fail(t.Place, err)
		return nil
	}
	t.process = p
	target, err := r.target(name)
	if r.lost(t, err) {
		return nil
	}
	request := request{Prepare: &prepare{Target: target.Name, Spec: g.spec, Options: Options{Goroutines: r.Goroutines, Every: r.Every}}}
	if name != r.idle {
		request.Prepare.CPUProfile = r.profile(r.CPUProfile, name, g)
	}
	answer, err := p.call(ctx, "the request to prepare", request, r.Deadline+forAll(g.spec))
	if r.lost(t, err) {
		return nil
	}
	if p := answer.Prepared; p != nil && name != r.idle {
		r.describe(name, p)
		t.memory = p.Memory
	}
	return t
}

// describe keeps what a target says of its sessions. Sizes may differ by a byte
// or two between targets, as signatures do.
func (r *runner) describe(target string, d *Description) {
	s := &r.result.Settings
	if d.States != "" {
		s.Sizes = d.States
	}
	if note := target + ": " + d.Note; d.Note != "" && !slices.Contains(s.Notes, note) {
		s.Notes = append(s.Notes, note)
	}
}

// forAll is how long a target may take to do something with all sessions,
// which takes about a microsecond each; a busy machine may be twenty times
// slower.
func forAll(s workload.Spec) time.Duration {
	return time.Duration(s.Pool()+s.Settling()) * 20 * time.Microsecond
}

// addCells makes the cells of a group, in the order of the result.
func (r *runner) addCells(targets []*runningTarget) {
	for _, n := range r.Goroutines {
		for _, t := range targets {
			cell := &Cell{Place: t.Place, Goroutines: n, Keys: t.spec.Keys, Memory: t.memory}
			t.cells[n] = cell
			if slices.Contains(r.Targets, t.Target) {
				r.result.Cells = append(r.result.Cells, cell)
			}
			if t.Target == r.idle {
				r.result.Generator = append(r.result.Generator, cell)
			}
		}
	}
}

// round measures every target once for each number of goroutines.
func (r *runner) round(ctx context.Context, targets []*runningTarget, round int) []*runningTarget {
	slot := 0
	for _, n := range r.Goroutines {
		turn := order(targets, round)
		left := r.each(turn, func(t *runningTarget) error {
			if ctx.Err() != nil {
				return nil
			}
			sample, err := r.slice(ctx, t, n, r.Duration)
			if err != nil || ctx.Err() != nil {
				return err // what was cut short is no sample
			}
			sample.Round, sample.Slot = round, slot
			slot++
			t.cells[n].Samples = append(t.cells[n].Samples, sample)
			r.result.Done++
			r.report(fmt.Sprintf("%s g=%d", t.describe(), n), sample.Rate())
			return nil
		})
		targets = slices.DeleteFunc(slices.Clone(targets), func(t *runningTarget) bool { return !slices.Contains(left, t) })
	}
	return targets
}

// order returns whose turn it is when. Every second round is the one before it
// in reverse, so that a drift of the machine within two rounds favours nobody;
// each pair of rounds begins with another target.
func order[T any](all []T, round int) []T {
	turn := make([]T, 0, len(all))
	for i := range all {
		turn = append(turn, all[(i+round/2)%len(all)])
	}
	if round%2 == 1 {
		slices.Reverse(turn)
	}
	return turn
}

// generatorSlice bounds the slices of the null target, whose figures vary
// little.
const generatorSlice = 50 * time.Millisecond

func (r *runner) slice(ctx context.Context, t *runningTarget, goroutines int, d time.Duration) (Sample, error) {
	if !slices.Contains(r.Targets, t.Target) {
		d = min(d, generatorSlice)
	}
	allowed := r.Deadline + d
	if t.spec.Kind.Rounds() {
		allowed += forAll(t.spec)
	}
	answer, err := t.process.call(ctx, fmt.Sprintf("a slice of %v on %d goroutines", d, goroutines),
		request{Slice: &slice{Goroutines: goroutines, Duration: d, Collect: r.Collect}}, allowed)
	if err != nil {
		return Sample{}, err
	}
	if answer.Sample == nil || answer.Sample.Elapsed <= 0 {
		return Sample{}, errors.New("the answer to a slice has no sample")
	}
	return *answer.Sample, nil
}

// finish has the target checked. It is done for interrupted runs too.
func (r *runner) finish(t *runningTarget, g group) error {
	r.report("checking "+t.describe(), 0)
	f := &finish{}
	if t.Target != r.idle {
		f.MemoryProfile = r.profile(r.MemoryProfile, t.Target, g)
	}
	answer, err := t.process.call(context.Background(), "the final check", request{Finish: f}, r.Deadline+forAll(g.spec))
	if err != nil {
		return err
	}
	if answer.Finished == nil {
		return errors.New("the answer to the final check says nothing")
	}
	for _, cell := range t.cells {
		cell.Kept = answer.Finished.Kept
	}
	if wrong := answer.Finished.Violations; len(wrong) > 0 {
		r.result.Violations = append(r.result.Violations, Violation{Place: t.Place, What: wrong})
	}
	if lost := answer.Finished.Losses; len(lost) > 0 {
		target, err := r.target(t.Target)
		if err != nil {
			return err
		}
		r.result.Losses = append(r.result.Losses, Loss{Place: t.Place, Why: target.Loses, What: lost})
	}
	return nil
}

func (r *runner) report(doing string, rate float64) {
	if r.Progress != nil {
		r.Progress(Progress{Doing: doing, Done: r.result.Done, Total: r.result.Planned, Rate: rate})
	}
}

func (p Place) describe() string {
	return fmt.Sprintf("%s sessions=%d %s", p.Workload, p.Sessions, p.Target)
}
