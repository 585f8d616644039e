package measure

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/internal/scenario"
	"github.com/reprise-tls/reprise/internal/trace"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// A Stage plays a scenario on one target. Its methods must not be called at the
// same time.
//
// Its running time is that of its intervals, without what lies between them;
// the clock that the cache goes by is the running time since the end of the
// fill, times the speed-up.
type Stage struct {
	scenario *scenario.Scenario
	target   Target
	cache    workload.Cache
	flusher  workload.Flusher // nil: the cache cannot flush
	ids      workload.IDs
	states   *workload.States
	kinds    [100]workload.StateKind
	capture  *capture
	describe Description

	epoch int64        // the Unix second at which the clock began
	unixs atomic.Int64 // what the clock shows now

	sessions []*shards.Session // the pool of operations
	clients  []*scenario.Clients
	trace    *trace.Trace
	cursor   atomic.Uint64 // of the trace
	actors   []*actor

	running  time.Duration
	released uint64 // releases of references nobody held, before this stage
}

// OpenStage opens an empty cache and makes what the scenario needs. The capture
// is the file for the ids that are met, empty for none.
func OpenStage(t Target, s *scenario.Scenario, captureTo string) (*Stage, error) {
	if err := t.SupportsScenarios(s.Capacity); err != nil {
		return nil, err
	}
	g := &Stage{
		scenario: s, target: t, ids: workload.NewIDs(s.Seed), epoch: time.Now().Unix(), released: shards.OverReleased(),
	}
	g.unixs.Store(g.epoch)
	var err error
	if g.states, err = workload.NewStates(s.StateMix()); err != nil {
		return nil, err
	}
	g.describe.States = g.states.Describe()
	g.kinds = workload.Spec{States: s.States, Seed: s.Seed}.StateKinds()
	if s.Trace != nil {
		if g.trace, err = loadTrace(s.Trace); err != nil {
			return nil, err
		}
	}
	if g.cache, err = g.open(); err != nil {
		return nil, fmt.Errorf("target %s: %w", t.Name, err)
	}
	g.flusher, _ = inner(g.cache).(workload.Flusher)
	if err := g.prepareActors(); err != nil {
		return nil, err
	}
	// Last, so that nothing is left of it where the stage cannot be opened.
	if g.capture, err = newCapture(captureTo); err != nil {
		return nil, err
	}
	return g, nil
}

// open opens a cache that finds no expired session.
func (g *Stage) open() (workload.Cache, error) {
	if g.target.NewWithClock != nil {
		return g.target.NewWithClock(g.scenario.Capacity, g.unixs.Load)
	}
	cache, err := g.target.New(g.scenario.Capacity)
	if err != nil || g.target.Null {
		return cache, err
	}
	return &expiring{Cache: cache, now: g.unixs.Load}, nil
}

func loadTrace(t *scenario.Trace) (*trace.Trace, error) {
	loaded, err := trace.LoadFile(t.File, trace.Options{Format: t.Format, IDColumn: t.IDColumn, TimeColumn: t.TimeColumn})
	if err != nil {
		return nil, err
	}
	if t.Times && loaded.Times == nil {
		return nil, fmt.Errorf("trace %s has no times, but is to be played at them", t.File)
	}
	return loaded, nil
}

// Describe returns what was opened.
func (g *Stage) Describe() Description { return g.describe }

func (g *Stage) prepareActors() error {
	s := g.scenario
	promoter, _ := g.cache.(workload.Promoter)
	deadline := s.Deadline
	switch {
	case s.Operations != nil:
		return g.prepareOperations()
	case s.Trace != nil:
		for i := range s.Goroutines {
			t := &traceTraffic{schedule: &schedule{}, trace: g.trace, setup: s.Trace, cursor: &g.cursor, first: i == 0}
			t.stage, t.promoter = g, promoter
			g.actors = append(g.actors, newActor(t, deadline))
		}
	default:
		for i := range s.Goroutines {
			c := scenario.NewClients(s, i, s.Goroutines)
			g.clients = append(g.clients, c)
			t := &clientTraffic{clients: c}
			t.stage, t.promoter = g, promoter
			g.actors = append(g.actors, newActor(t, deadline))
		}
	}
	return nil
}

// prepareOperations makes the pool, one session an id, and the streams.
func (g *Stage) prepareOperations() error {
	s := g.scenario
	spec := workload.Spec{
		Kind: workload.Mixed, Sessions: s.Operations.Sessions, Keys: s.Operations.Keys, Mix: s.Operations.Mix,
		Objects: workload.DefaultObjects, States: s.States, Seed: s.Seed,
	}
	if err := spec.Check(); err != nil {
		return err
	}
	g.sessions = make([]*shards.Session, spec.Sessions)
	t := resumption{stage: g}
	for i := range g.sessions {
		number := uint64(i)
		if g.target.Null && i > 0 {
			g.sessions[i] = g.sessions[0] // it takes pointers only
			continue
		}
		var err error
		if g.sessions[i], err = t.make(number, g.kinds[i%len(g.kinds)], g.epoch, s.LifetimeOf(number)); err != nil {
			return err
		}
	}
	o := workload.PlayerOptions{Every: s.Sample, Created: g.unixs.Load}
	if g.target.Null {
		o.Created = nil // all share one session, which goroutines would fight for
	}
	for i, stream := range workload.NewStreams(spec, s.Goroutines) {
		o.Seed = uint64(i)
		player := workload.NewPlayer(g.cache, g.sessions, g.ids, stream, o)
		g.actors = append(g.actors, newActor(&operationTraffic{schedule: &schedule{}, stage: g, player: player}, s.Deadline))
	}
	return nil
}

// clockAt returns what the clock shows at a running time, runningAt the
// reverse, and unix the Unix second of a time of the clock, whose fractions
// count down.
func (g *Stage) clockAt(running time.Duration) time.Duration {
	return time.Duration(float64(running) * g.scenario.Speedup)
}

func (g *Stage) runningAt(clock time.Duration) time.Duration {
	if clock == math.MaxInt64 {
		return clock
	}
	return time.Duration(float64(clock) / g.scenario.Speedup)
}

func (g *Stage) unix(clock time.Duration) int64 {
	return g.epoch + int64(math.Floor(clock.Seconds()))
}

// advance sets the clock forward. Requests of several goroutines are not quite
// in order, and the clock does not go back for the late ones.
func (g *Stage) advance(clock time.Duration) {
	to := g.unix(clock)
	for {
		now := g.unixs.Load()
		if now >= to || g.unixs.CompareAndSwap(now, to) {
			return
		}
	}
}

// Block plays a turn and calls each with its intervals. It ends early when stop
// is set, and when there are no requests any more, which it reports.
func (g *Stage) Block(b block, stop *atomic.Bool, each func(Interval) error) (over bool, err error) {
	p := g.scenario.Phases[b.Phase]
	if b.Number == 0 {
		g.begin(p)
	}
	for _, a := range g.actors {
		a.over, a.unpaced = false, b.Unpaced
	}
	end := g.running + b.Length
	for first := true; first || g.running < end && !over && !stop.Load(); first = false {
		length := min(end-g.running, IntervalLength)
		i, err := g.interval(p, b, length, stop)
		if err != nil {
			return false, err
		}
		over = !slices.ContainsFunc(g.actors, func(a *actor) bool { return !a.over }) && p.Kind != scenario.Drain
		if last := over || g.running >= end || stop.Load(); last && b.Last {
			g.drop(i.Arrivals)
		}
		if err := each(i); err != nil {
			return false, err
		}
	}
	return over, nil
}

// begin begins a phase.
func (g *Stage) begin(p scenario.Phase) {
	for i, a := range g.actors {
		next := newSchedule(p, g.scenario.Seed, i, len(g.actors), g.running)
		switch t := a.traffic.(type) {
		case *operationTraffic:
			t.schedule = next
		case *traceTraffic:
			t.schedule = next
		}
	}
	if p.Returning > 0 {
		for _, c := range g.clients {
			c.Storm(g.clockAt(g.running), p.Returning, p.Within)
		}
	}
}

// drop counts what the phase did not get to.
func (g *Stage) drop(a *Arrivals) {
	if a == nil {
		return
	}
	for _, actor := range g.actors {
		n := actor.traffic.drop(g.running)
		a.Dropped += n
		a.Missed += n
	}
}

// interval plays one interval.
func (g *Stage) interval(p scenario.Phase, b block, length time.Duration, stop *atomic.Bool) (Interval, error) {
	open := g.scenario.OpenLoop(p) && !b.Unpaced
	before := newStageMeters(g)
	var waiting uint64
	for _, a := range g.actors {
		a.reset()
		if open {
			waiting += a.traffic.backlog(g.running)
		}
	}
	t := newMonotonic(g.running)
	began, end := g.running, g.running+length
	switch p.Kind {
	case scenario.Fill:
		if err := g.fill(stop); err != nil {
			return Interval{}, err
		}
	case scenario.Drain:
		g.drain(t, end, stop)
	default:
		g.play(t, end, stop)
	}
	ended := t.now()
	i := Interval{
		Target: g.target.Name, Phase: p.Name, Block: b.Number, Measured: p.Measured(),
		Elapsed: ended - began, Sessions: g.cache.Len(),
	}
	if p.Kind == scenario.Fill {
		ended = began // the clock stands
	}
	g.running = max(g.running, ended)
	if p.Kind != scenario.Fill && !open {
		g.advance(g.clockAt(g.running))
	}
	i.Clock = g.clockAt(g.running)
	newStageMeters(g).since(before, &i)
	if err := g.sum(&i, open, waiting); err != nil {
		return Interval{}, err
	}
	return i, nil
}

// play has all actors play until the end.
func (g *Stage) play(t ticker, end time.Duration, stop *atomic.Bool) {
	var all sync.WaitGroup
	for _, a := range g.actors {
		all.Go(func() {
			if o, ok := a.traffic.(*operationTraffic); ok && o.times == nil && g.capture == nil {
				o.playBlocks(a, t, end, stop)
				return
			}
			a.run(t, end, stop)
		})
	}
	all.Wait()
}

// playBlocks plays operations in a closed loop at the generator's least cost.
func (o *operationTraffic) playBlocks(a *actor, t ticker, end time.Duration, stop *atomic.Bool) {
	for now := t.now(); now < end && !stop.Load(); now = t.now() {
		o.stage.advance(o.stage.clockAt(now))
		o.player.PlayBlock()
	}
	if r := o.player.Latencies(); r != nil {
		a.service.Merge(r)
		r.Reset()
	}
}

// fill puts into the cache what is there from before.
func (g *Stage) fill(stop *atomic.Bool) error {
	errs := make([]error, len(g.actors))
	var all sync.WaitGroup
	for i, a := range g.actors {
		all.Go(func() {
			switch t := a.traffic.(type) {
			case *operationTraffic:
				for k := i; k < len(g.sessions) && !stop.Load(); k += len(g.actors) {
					t.player.PlayOne(workload.CodeAdd | workload.Operation(k))
					a.requests++
				}
			case *clientTraffic:
				a.requests, errs[i] = t.fill(stop)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// fill adds the sessions that clients kept, the oldest first.
func (c *clientTraffic) fill(stop *atomic.Bool) (n uint64, err error) {
	var all []scenario.Kept
	c.clients.Kept(func(k scenario.Kept) { all = append(all, k) })
	slices.SortStableFunc(all, func(a, b scenario.Kept) int { return cmp.Compare(a.Created, b.Created) })
	for _, k := range all {
		if stop.Load() {
			break
		}
		s, err := c.make(k.Number, k.State, c.stage.unix(k.Created), k.Lifetime)
		if err != nil {
			return n, err
		}
		c.stage.capture.id(k.Number)
		c.add(s, false)
		n++
	}
	return n, nil
}

// drainStep is between two flushes of a drain.
const drainStep = 50 * time.Millisecond

// drain lets the clock run on and has expired sessions removed.
func (g *Stage) drain(t ticker, end time.Duration, stop *atomic.Bool) {
	for now := t.now(); now < end && !stop.Load(); now = t.now() {
		t.wait(min(end, now+drainStep), stop)
		g.advance(g.clockAt(t.now()))
		if g.flusher != nil {
			g.flusher.Flush(g.unixs.Load())
		}
	}
}
