package paired

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/bench"
	"github.com/reprise-tls/reprise/bench/baseline"
	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// idle is a cache that does something useless for a long time: at least ten
// times as slow as the others, on any machine.
type idle struct{ *baseline.Mutex }

func (c idle) Add(s *shards.Session) bool {
	for range 40 {
		c.Len()
		c.Mutex.Remove(s)
		c.Mutex.Add(s)
	}
	c.Mutex.Remove(s)
	return c.Mutex.Add(s)
}

func testTargets() []measure.Target {
	return append(bench.Targets(),
		measure.Target{Name: "slow", Doc: "for tests", New: func(n int) (workload.Cache, error) { return idle{baseline.NewMutex(n)}, nil }},
		measure.Target{Name: "broken", Doc: "for tests", New: func(int) (workload.Cache, error) { return nil, errors.New("cannot be opened") }},
		measure.Target{
			Name: "foreign", Doc: "for tests", New: func(int) (workload.Cache, error) { return nil, errors.New("not driven from Go") },
			Open: func(workload.Spec, measure.Options) (measure.Driver, error) {
				return nil, errors.New("not driven from Go")
			},
		},
	)
}

// The test binary is also the copy that runs one target.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "worker" {
		if err := measure.Work(testTargets(), os.Stdin, os.Stdout); err != nil {
			println(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func testSpec() workload.Spec {
	return workload.Spec{
		Kind: workload.Churn, Sessions: 500, Keys: workload.Law{}, Mix: workload.DefaultMix, States: workload.StateMix{TLS13: 100},
		Objects: workload.DefaultObjects, Flood: workload.DefaultFlood, Seed: 1,
	}
}

func testConfig(t *testing.T, base string, candidates ...string) Config {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Measure: measure.Config{
			Known: testTargets(), Instances: []measure.Instance{{Name: base + "-again", Target: base}},
			Workloads: []workload.Kind{workload.Churn}, Sessions: []int{500}, Goroutines: []int{1},
			Base:     testSpec(),
			Duration: 10 * time.Millisecond, Count: 2, Deadline: time.Minute,
			Command: func() *exec.Cmd { return exec.Command(self, "worker") },
		},
		Base: base, Again: base + "-again", Candidates: candidates,
		Launches: 6, Units: []string{"ns/op"}, Rule: compare.Rule{Alpha: 0.1, Threshold: 0.05},
	}
}

func TestRun(t *testing.T) {
	c := testConfig(t, "mutex", "slow")
	first := make(map[string]bool)
	c.Measure.Progress = func(p measure.Progress) {
		if target, ok := strings.CutPrefix(p.Doing[strings.Index(p.Doing, ", ")+2:], "preparing churn sessions=500 "); ok && p.Done%8 == 0 {
			first[target] = true
		}
		if p.Total != 6*4*2 || p.Done > p.Total {
			t.Errorf("progress %+v", p)
		}
	}
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() || r.Partial || r.Launches != 6 || r.Done != r.Planned || r.Planned != 6*4*2 {
		t.Fatalf("launches %d, %d of %d slices, partial %v, failures %v", r.Launches, r.Done, r.Planned, r.Partial, r.Failures)
	}
	if len(r.Cells) != 3 || len(r.Generator) != 1 || !slices.Equal(r.Settings.Targets, []string{"mutex", "mutex-again", "slow"}) {
		t.Fatalf("%d cells, settings %+v", len(r.Cells), r.Settings)
	}
	for _, cell := range r.Cells {
		for i, s := range cell.Samples {
			if s.Round != i {
				t.Errorf("%s: sample %d is of round %d", cell.Target, i, s.Round)
			}
		}
		if len(cell.Samples) != 12 {
			t.Errorf("%s: %d samples", cell.Target, len(cell.Samples))
		}
	}
	if len(r.Rows) != 1 || r.Rows[0].Verdict != compare.Regressed || r.Rows[0].Name != "Churn/sessions=500/g=1" || math.IsNaN(r.Rows[0].Floor) {
		t.Errorf("%+v", r.Rows)
	}
	if len(first) < 3 {
		t.Errorf("only %v were the first to start", first)
	}
}

func TestFailureWithholdsTheVerdict(t *testing.T) {
	r, err := Run(t.Context(), testConfig(t, "mutex", "broken"))
	if err != nil {
		t.Fatal(err)
	}
	if r.OK() || len(r.Failures) != 1 || r.Launches != 0 || compare.Worst(r.Rows) != compare.Inconclusive {
		t.Errorf("launches %d, failures %v, rows %v", r.Launches, r.Failures, r.Rows)
	}
}

func TestInterruptWithholdsTheVerdict(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := testConfig(t, "mutex", "slow")
	c.Measure.Progress = func(p measure.Progress) {
		if p.Done == 6*8-1 {
			cancel()
		}
	}
	r, err := Run(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Partial || r.Launches != 5 || len(r.Rows) != 1 || r.Rows[0].Verdict != compare.Inconclusive || !strings.Contains(r.Rows[0].Why, "interrupted after 5 of 6") {
		t.Errorf("partial %v, launches %d, rows %+v", r.Partial, r.Launches, r.Rows)
	}
	if len(r.Rows[0].Base) != 10 {
		t.Errorf("%d figures of 5 launches with 2 slices", len(r.Rows[0].Base))
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Candidates = nil }, "nothing is compared with mutex"},
		{func(c *Config) { c.Units = []string{"furlongs"} }, `"furlongs" is no unit of a slice`},
		{func(c *Config) { c.Units = []string{"ns/op", "ns/op"} }, "unit ns/op is given twice"},
		{func(c *Config) { c.Units = []string{"p99-ns"} }, "p99-ns needs operations that are timed"},
		{func(c *Config) { c.Units = nil }, "no unit"},
		{func(c *Config) { c.Rule.Alpha = 2 }, "alpha 2"},
		{func(c *Config) { c.Launches = 4 }, "4 launches; with 1 rows at alpha 0.1 fewer than 5"},
		{func(c *Config) { c.Launches = 1001 }, "1001 launches"},
		{func(c *Config) { c.Rule.Alpha = 1e-320 }, "no difference could ever be called"},
		{func(c *Config) { c.Again = "ghost" }, `unknown target "ghost"`},
	} {
		config := testConfig(t, "mutex", "slow")
		c.change(&config)
		if _, err := Run(t.Context(), config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func TestProfilesAreNumbered(t *testing.T) {
	for name, want := range map[string]string{"": "", "cpu.prof": "cpu-launch3.prof", "d/cpu": "d/cpu-launch3"} {
		if got := numbered(name, 2); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
