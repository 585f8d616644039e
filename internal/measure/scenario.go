package measure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/reprise-tls/reprise/internal/child"
	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/scenario"
	"github.com/reprise-tls/reprise/internal/workload"
)

// checkScenario reports what is wrong with a config that has a scenario.
func (c *Config) checkScenario() error {
	switch {
	case len(c.Targets) == 0:
		return errors.New("at least one target is needed")
	case c.Deadline <= 0:
		return fmt.Errorf("deadline %v must be positive", c.Deadline)
	}
	if err := unique("target", c.Targets); err != nil {
		return err
	}
	for _, name := range c.Targets {
		t, err := Find(c.Known, name)
		if err != nil {
			return err
		}
		if err := t.SupportsScenarios(c.Scenario.Capacity); err != nil {
			return err
		}
	}
	return c.Scenario.Check()
}

// director plays a scenario on all targets, which take turns: each phase is cut
// into blocks, and the order of the targets is turned round in every second
// round of them. While one plays, the others, their clocks too, stand still.
type director struct {
	Config
	result  *Result
	idle    string
	began   time.Time
	targets []*player
}

// player is a target that plays.
type player struct {
	name    string
	process *process
	over    bool       // it has nothing to play any more
	steady  bool       // it has warmed up
	recent  []Interval // of the phase
}

func (c *Config) playScenario(ctx context.Context) (*Result, error) {
	idle, err := null(c.Known)
	if err != nil {
		return nil, err
	}
	d := &director{Config: *c, idle: idle.Name, began: time.Now(), result: &Result{
		Environment: ThisEnvironment(), Settings: scenarioSettings(c), Scenario: c.Scenario,
	}}
	for _, p := range c.Scenario.Phases {
		d.result.Planned += len(c.Targets) * d.blocks(p)
	}
	d.generator(ctx)
	d.play(ctx)
	d.cells()
	d.result.Partial = ctx.Err() != nil
	d.result.Environment.end()
	return d.result, nil
}

func scenarioSettings(c *Config) Settings {
	s := Settings{
		Targets: c.Targets, States: c.Scenario.StateMix(), Seed: c.Scenario.Seed,
		Duration: IntervalLength, Every: 1, Clock: latency.ClockCost(),
	}
	o := c.Scenario.Operations
	if o == nil {
		return s
	}
	s.Mix = o.Mix
	if slices.ContainsFunc(c.Scenario.Phases, func(p scenario.Phase) bool { return p.Measured() && p.Rate == 0 }) {
		s.Every = c.Scenario.Sample
	}
	return s
}

// blocks returns in how many turns a phase is played, at most.
func (d *director) blocks(p scenario.Phase) int {
	return max(1, int((p.For+d.Scenario.Block-1)/d.Scenario.Block))
}

// generator plays fill and a second of each measured phase on the null target,
// without waiting for anything: what the generator itself costs.
func (d *director) generator(ctx context.Context) {
	d.report("measuring the generator itself")
	t := d.start(ctx, d.idle)
	if t == nil {
		return
	}
	defer t.process.End()
	for number, p := range d.Scenario.Phases {
		if p.Kind != scenario.Fill && !p.Measured() || ctx.Err() != nil {
			continue
		}
		cell := d.cell(d.idle, p)
		t.process.interval = func(i Interval) {
			if p.Measured() {
				cell.Samples = append(cell.Samples, i.sample(0, len(cell.Samples)))
			}
		}
		b := block{Phase: number, Unpaced: true, Last: true}
		if p.Kind != scenario.Fill {
			b.Length = min(p.For, IntervalLength)
		}
		if _, err := d.call(ctx, t, b); err != nil {
			d.fail(t, err)
			return
		}
		if p.Measured() && ctx.Err() == nil {
			d.result.Generator = append(d.result.Generator, cell)
		}
	}
}

func (d *director) place(target, workloadName string) Place {
	return Place{Target: target, Workload: workload.Kind(workloadName), Sessions: d.Scenario.Capacity}
}

func (d *director) cell(target string, p scenario.Phase) *Cell {
	c := &Cell{Place: d.place(target, d.Scenario.Name+"-"+p.Name), Goroutines: d.Scenario.Goroutines}
	if o := d.Scenario.Operations; o != nil {
		c.Keys = o.Keys
	}
	return c
}

// play plays all phases and has the targets checked.
func (d *director) play(ctx context.Context) {
	defer func() {
		for _, t := range d.targets {
			t.process.End()
		}
	}()
	for _, name := range d.Targets {
		if ctx.Err() != nil {
			return
		}
		d.report("preparing " + name)
		if t := d.start(ctx, name); t != nil {
			t.process.interval = func(i Interval) { d.interval(t, i) }
			d.targets = append(d.targets, t)
		}
	}
	for number, p := range d.Scenario.Phases {
		for _, t := range d.targets {
			t.recent, t.steady = nil, false
		}
		d.phase(ctx, number, p)
	}
	d.each(d.targets, d.finish)
}

// phase plays one phase, block by block.
func (d *director) phase(ctx context.Context, number int, p scenario.Phase) {
	blocks := d.blocks(p)
	for n := range blocks {
		b := block{Phase: number, Number: n, Last: n == blocks-1}
		if p.Kind != scenario.Fill {
			b.Length = min(d.Scenario.Block, p.For-time.Duration(n)*d.Scenario.Block)
		}
		d.each(order(d.targets, n), func(t *player) error {
			if ctx.Err() != nil || t.over || t.steady {
				return nil
			}
			over, err := d.call(ctx, t, b)
			t.over = over && p.Kind != scenario.Fill
			t.steady = p.Kind == scenario.WarmUp && steady(t.recent, p.Steady, d.Scenario.Capacity)
			if ctx.Err() == nil {
				d.result.Done++
			}
			return err
		})
	}
}

// each calls f for the targets, and ends those for which it fails.
func (d *director) each(targets []*player, f func(*player) error) {
	for _, t := range slices.Clone(targets) {
		err := f(t)
		if err == nil {
			continue
		}
		t.process.End()
		d.targets = slices.DeleteFunc(d.targets, func(other *player) bool { return other == t })
		d.fail(t, err)
	}
}

// fail records why a target failed; an interrupted one has not.
func (d *director) fail(t *player, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	var hung *child.HungError
	d.result.Failures = append(d.result.Failures, Failure{
		Place: d.place(t.name, d.Scenario.Name), Hung: errors.As(err, &hung), Error: err.Error(),
	})
}

// start starts the process of a target. It returns nil after a failure.
func (d *director) start(ctx context.Context, name string) *player {
	t := &player{name: name}
	p, err := start(d.Command())
	if err != nil {
		d.fail(t, err)
		return nil
	}
	t.process = p
	request := request{Prepare: &prepare{Target: name, Scenario: d.Scenario}}
	if name != d.idle {
		request.Prepare.CPUProfile = profileName(d.CPUProfile, name, len(d.Targets))
	}
	if name == d.Targets[0] {
		request.Prepare.Capture = d.Capture
	}
	answer, err := p.call(ctx, "the request to prepare", request, d.allowed())
	if err != nil {
		p.End()
		d.fail(t, err)
		return nil
	}
	if s := answer.Prepared; s != nil && s.States != "" {
		d.result.Settings.Sizes = s.States
	}
	return t
}

// profileName returns the file for a target's profile.
func profileName(name, target string, targets int) string {
	if name == "" || targets == 1 {
		return name
	}
	return beforeExtension(name, target)
}

// allowed is how long something may take that is done for all sessions: what is
// made for each client, each id and each line of a trace takes about a
// microsecond, and a busy machine may be twenty times slower.
func (d *director) allowed() time.Duration {
	n := d.Scenario.Capacity
	for _, p := range d.Scenario.Populations {
		n += p.Clients
	}
	if o := d.Scenario.Operations; o != nil {
		n += o.Sessions
	}
	return d.Deadline + time.Duration(n)*20*time.Microsecond
}

// call has a target play a block.
func (d *director) call(ctx context.Context, t *player, b block) (over bool, err error) {
	p := d.Scenario.Phases[b.Phase]
	answer, err := t.process.call(ctx, fmt.Sprintf("a block of phase %s", p.Name), request{Block: &b}, d.allowed()+IntervalLength)
	if err != nil {
		return false, err
	}
	if answer.Ended == nil {
		return false, errors.New("the answer to a block does not end it")
	}
	return answer.Ended.Over, nil
}

// interval takes in an interval as it ends.
func (d *director) interval(t *player, i Interval) {
	i.Start = max(0, time.Since(d.began)-i.Elapsed)
	t.recent = append(t.recent, i)
	d.result.Intervals = append(d.result.Intervals, i)
	if d.Config.Interval != nil {
		d.Config.Interval(i)
	}
}

// steady tells whether hit rate and occupancy have settled: within the last
// intervals of a phase neither changed by more than the tolerance, the
// occupancy as a share of the capacity, or of itself where there is no bound.
func steady(recent []Interval, tolerance scenario.Share, capacity int) bool {
	if len(recent) < scenario.SteadyIntervals {
		return false
	}
	recent = recent[len(recent)-scenario.SteadyIntervals:]
	lowHits, highHits := 1.0, 0.0
	lowSessions, highSessions := recent[0].Sessions, 0
	for _, i := range recent {
		if i.Counts.Gets > 0 {
			lowHits, highHits = min(lowHits, i.HitShare()), max(highHits, i.HitShare())
		}
		lowSessions, highSessions = min(lowSessions, i.Sessions), max(highSessions, i.Sessions)
	}
	if capacity == 0 {
		capacity = max(1, highSessions)
	}
	return highHits-lowHits <= float64(tolerance) && float64(highSessions-lowSessions) <= float64(tolerance)*float64(capacity)
}

// finish has a target checked. It is done for interrupted runs too.
func (d *director) finish(t *player) error {
	d.report("checking " + t.name)
	f := &finish{MemoryProfile: profileName(d.MemoryProfile, t.name, len(d.Targets))}
	answer, err := t.process.call(context.Background(), "the final check", request{Finish: f}, d.allowed())
	if err != nil {
		return err
	}
	if answer.Finished == nil {
		return errors.New("the answer to the final check says nothing")
	}
	if wrong := answer.Finished.Violations; len(wrong) > 0 {
		d.result.Violations = append(d.result.Violations, Violation{Place: d.place(t.name, d.Scenario.Name), What: wrong})
	}
	return nil
}

// cells makes samples of the intervals of measured phases. One that was cut
// short is none, unless it is all there is.
func (d *director) cells() {
	for _, p := range d.Scenario.Phases {
		if !p.Measured() {
			continue
		}
		for _, name := range d.Targets {
			cell := d.cell(name, p)
			var short []Interval
			for _, i := range d.result.Intervals {
				switch {
				case i.Target != name || i.Phase != p.Name || i.Requests == 0:
				case i.Elapsed < IntervalLength/2:
					short = append(short, i)
				default:
					cell.Samples = append(cell.Samples, i.sample(i.Block, len(cell.Samples)))
				}
			}
			if len(cell.Samples) == 0 {
				for _, i := range short {
					cell.Samples = append(cell.Samples, i.sample(i.Block, len(cell.Samples)))
				}
			}
			if len(cell.Samples) > 0 {
				d.result.Cells = append(d.result.Cells, cell)
			}
			d.result.Settings.Count = max(d.result.Settings.Count, len(cell.Samples))
		}
	}
}

func (d *director) report(doing string) {
	if d.Progress != nil {
		d.Progress(Progress{Doing: doing, Done: d.result.Done, Total: d.result.Planned})
	}
}
