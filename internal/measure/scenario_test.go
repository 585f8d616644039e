package measure

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/scenario"
	"github.com/reprise-tls/reprise/internal/workload"
)

const smallScenario = `
name: small
capacity: 500
speedup: 10000
goroutines: 2
block: 100ms
populations: [{clients: 1000, gap: exponential:5m, tls12: 50%}]
phases: [{phase: fill}, {phase: warm-up, for: 200ms}, {phase: measure, name: calm, for: 400ms}, {phase: storm, for: 100ms, returning: 50%}]
`

func scenarioConfig(t *testing.T, text string, targets ...string) Config {
	t.Helper()
	c := testConfig(t, targets...)
	c.Scenario = scenarioOf(t, text)
	return c
}

func TestTargetsTakeTurns(t *testing.T) {
	c := scenarioConfig(t, smallScenario, "sound", "other")
	var mu sync.Mutex
	var live []Interval
	c.Interval = func(i Interval) {
		mu.Lock()
		defer mu.Unlock()
		live = append(live, i)
	}
	r := run(t, c)
	if !r.OK() || r.Partial || r.Done != r.Planned || r.Scenario != c.Scenario {
		t.Fatalf("failures %v, violations %v, partial %v, %d of %d blocks", r.Failures, r.Violations, r.Partial, r.Done, r.Planned)
	}
	if len(live) != len(r.Intervals) {
		t.Errorf("%d intervals were told of, the result has %d", len(live), len(r.Intervals))
	}
	var turns []string
	last := time.Duration(0)
	for _, i := range r.Intervals {
		if i.Start < last {
			t.Errorf("an interval of %s begins at %v, before its predecessor", i.Target, i.Start)
		}
		last = i.Start
		if i.Phase == "calm" {
			turns = append(turns, i.Target)
		}
	}
	if want := []string{"sound", "other", "other", "sound", "other", "sound", "sound", "other"}; !slices.Equal(turns, want) {
		t.Errorf("turns were %v, want %v", turns, want)
	}
	var names []string
	for _, cell := range slices.Concat(r.Cells, r.Generator) {
		names = append(names, cell.Target+" "+string(cell.Workload))
		if len(cell.Samples) == 0 || cell.Sessions != 500 || cell.Goroutines != 2 {
			t.Errorf("%+v", cell)
		}
		for _, s := range cell.Samples {
			if s.Counts.Operations() == 0 || s.Latency == nil || (s.Arrivals == nil) != (cell.Target == "null") {
				t.Errorf("%s: %+v", cell.Target, s)
			}
		}
	}
	if want := []string{"sound small-calm", "other small-calm", "sound small-storm", "other small-storm", "null small-calm", "null small-storm"}; !slices.Equal(names, want) {
		t.Errorf("cells are %v, want %v", names, want)
	}
}

// An interrupt at any moment leaves what there is.
func TestInterruptedScenario(t *testing.T) {
	for _, at := range []string{"fill", "warm-up", "calm"} {
		ctx, cancel := context.WithCancel(t.Context())
		c := scenarioConfig(t, smallScenario, "sound", "other")
		c.Interval = func(i Interval) {
			if i.Phase == at {
				cancel()
			}
		}
		r, err := Run(ctx, c)
		cancel()
		if err != nil || !r.OK() || !r.Partial || r.Done >= r.Planned || len(r.Intervals) == 0 {
			t.Errorf("interrupted in %s: %v, %+v", at, err, r)
		}
		if measured := len(r.Cells) > 0; measured != (at == "calm") {
			t.Errorf("interrupted in %s: %d cells", at, len(r.Cells))
		}
	}
}

func TestATargetThatFailsInAScenario(t *testing.T) {
	const text = `
capacity: 2000
goroutines: 1
block: 100ms
states: tls13=100
operations: {sessions: 1000, mix: "add=50,remove=50"}
phases: [{phase: fill}, {phase: measure, for: 200ms}]
`
	c := scenarioConfig(t, text, "sound", "panics", "hangs")
	c.Deadline = 5 * time.Second
	r := run(t, c)
	if len(r.Failures) != 2 || len(r.Violations) != 0 {
		t.Fatalf("%d failures, violations %+v", len(r.Failures), r.Violations)
	}
	for _, f := range r.Failures {
		if f.Hung != (f.Target == "hangs") || !strings.Contains(f.Error, "block of phase measure") {
			t.Errorf("%+v", f)
		}
	}
	if n := len(r.Cells); n != 1 || r.Cells[0].Target != "sound" {
		t.Errorf("%d cells", n)
	}
}

func TestScenarioConfigsAreChecked(t *testing.T) {
	for _, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Targets = nil }, "at least one target"},
		{func(c *Config) { c.Targets = []string{"sound", "sound"} }, "twice"},
		{func(c *Config) { c.Targets = []string{"ghost"} }, "unknown target"},
		{func(c *Config) { c.Deadline = 0 }, "deadline"},
		{func(c *Config) { c.Scenario.Phases = nil }, "none is measured"},
	} {
		config := scenarioConfig(t, smallScenario, "sound")
		c.change(&config)
		if _, err := Run(t.Context(), config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v does not say %q", err, c.want)
		}
	}
}

func TestSteady(t *testing.T) {
	series := func(hits []uint64, sessions []int) (all []Interval) {
		for k, n := range hits {
			all = append(all, Interval{Counts: workload.Counts{Gets: 1000, Hits: n}, Sessions: sessions[k]})
		}
		return all
	}
	full := []int{1000, 1000, 1000, 1000, 1000}
	for _, c := range []struct {
		hits     []uint64
		sessions []int
		capacity int
		want     bool
	}{
		{[]uint64{500, 500, 500}, full[:3], 1000, false},      // too few
		{[]uint64{500, 505, 490, 500}, full[:4], 1000, true},  //
		{[]uint64{0, 500, 505, 490, 500}, full, 1000, true},   // the first is forgotten
		{[]uint64{500, 530, 500, 500}, full[:4], 1000, false}, // the hit rate changes
		{[]uint64{500, 500, 500, 500}, []int{900, 950, 1000, 1000}, 1000, false},
		{[]uint64{500, 500, 500, 500}, []int{990, 1000, 1005, 1010}, 0, true}, // without a bound, of itself
		{[]uint64{500, 500, 500, 500}, []int{900, 950, 1000, 1000}, 0, false},
	} {
		if got := steady(series(c.hits, c.sessions), scenario.Share(0.02), c.capacity); got != c.want {
			t.Errorf("%v, %v of %d: %v", c.hits, c.sessions, c.capacity, got)
		}
	}
}

func TestABrokenPipeEndsABlock(t *testing.T) {
	s := scenarioOf(t, smallScenario)
	g, err := OpenStage(sound, s, "")
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if _, err := g.Block(block{Phase: 0}, new(atomic.Bool), func(Interval) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}
