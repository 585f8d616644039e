package site

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/plan"
	"github.com/reprise-tls/reprise/internal/plan/missratio"
	"github.com/reprise-tls/reprise/internal/plan/mrc"
	"github.com/reprise-tls/reprise/internal/plan/sweep"
	"github.com/reprise-tls/reprise/internal/report"
	"github.com/reprise-tls/reprise/internal/scenario"
	"github.com/reprise-tls/reprise/internal/workload"
)

func times(n int) *latency.Summary {
	r := latency.NewRecorder()
	for i := range 1000 {
		r.Record(int64(n * (i + 1)))
	}
	return r.Summary()
}

// slicesOf is a run in slices of targets with the given names.
func slicesOf(targets ...string) *measure.Result {
	r := &measure.Result{
		Environment: measure.Environment{GOOS: "linux", GOARCH: "amd64", CPU: "A processor", CPUs: 4, GOMAXPROCS: 4, Go: "go1.26", Commit: "c0ffee", LoadBefore: "0.10 0.1 0.1", Begun: time.Unix(1e9, 0), Ended: time.Unix(1e9+60, 0)},
		Settings:    measure.Settings{Targets: targets, Count: 6, Duration: time.Second, Every: 64, Mix: workload.DefaultMix, States: workload.DefaultStateMix, Seed: 1},
		Done:        6, Planned: 6,
	}
	for k, target := range targets {
		for _, g := range []int{1, 2, 4} {
			c := &measure.Cell{Place: measure.Place{Target: target, Workload: workload.Churn, Sessions: 1000}, Goroutines: g}
			for i := range 6 {
				n := uint64(1_000_000*g/(k+1) + 1000*i)
				c.Samples = append(c.Samples, measure.Sample{Round: i, Elapsed: time.Second, Counts: workload.Counts{Gets: n, Hits: n / 2}, Latency: times(100 + k), Heap: 1, RSS: 1})
			}
			r.Cells = append(r.Cells, c)
		}
	}
	return r
}

// played is the run of a scenario with a phase of the given name.
func played(t *testing.T, phase string) *measure.Result {
	t.Helper()
	s, err := scenario.Read(strings.NewReader("name: edge\ncapacity: 1000\ngoroutines: 2\npopulations: [{clients: 10}]\nphases: [{phase: fill}, {phase: measure, for: 8s}]"), "edge.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s.Phases[1].Name = phase
	r := slicesOf("engine", "mutex")
	r.Scenario, r.Cells, r.Partial = s, nil, true
	for k, target := range r.Settings.Targets {
		c := &measure.Cell{Place: measure.Place{Target: target, Workload: workload.Kind("edge-" + phase), Sessions: 1000}, Goroutines: 2}
		for i := range 8 {
			n := uint64(1000 + 10*i)
			v := measure.Interval{
				Target: target, Phase: phase, Measured: true, Start: time.Duration(2*i+k) * time.Second, Elapsed: time.Second, Requests: n, Sessions: 900,
				Counts: workload.Counts{Gets: n, Hits: n / 4, Adds: n, Added: n}, Service: times(50),
				Arrivals: &measure.Arrivals{Due: n, Missed: 3, Latency: times(5000), Wake: times(10), Busy: .5},
			}
			r.Intervals = append(r.Intervals, v)
			c.Samples = append(c.Samples, measure.Sample{Round: i, Elapsed: v.Elapsed, Counts: v.Counts, Latency: v.Service, Arrivals: v.Arrivals})
		}
		r.Cells = append(r.Cells, c)
	}
	return r
}

func comparison(t *testing.T) *compare.Comparison {
	t.Helper()
	c := &compare.Comparison{Base: "engine", Paired: true, Rule: compare.Rule{Alpha: .01, Threshold: .05}}
	row := compare.Row{Name: "Churn/g=1", Candidate: "mutex", Unit: "ns/op"}
	for i := range 12 {
		x := 100 + float64(i)
		row.Base, row.Again, row.Head = append(row.Base, x), append(row.Again, x+float64(i%3-1)), append(row.Head, 1.4*x+float64(i%5))
	}
	c.Rows = []compare.Row{row}
	if err := compare.Paired(c.Rows, c.Rule); err != nil {
		t.Fatal(err)
	}
	return c
}

func curves() *mrc.Result {
	r := &mrc.Result{Requests: 1000, Distinct: 500, Resumption: missratio.Reuse, Took: time.Second}
	for _, policy := range []string{"lru", "fifo"} {
		for i, size := range []int{100, 1000, 10000} {
			r.Rows = append(r.Rows, mrc.Row{Point: missratio.Point{Policy: policy, Size: size, Requests: 1000, Misses: uint64(900 - 300*i)}})
		}
	}
	return r
}

func answer(t *testing.T) *plan.Answer {
	t.Helper()
	s, err := plan.Parse([]byte("name: pop\nlifetime: 2h\nnodes: 2\naffinity: 0.9\nresumption: 0.5\ncost: {tls13: {full: 300us, resumed: 100us}}\nmemory: {tls13: 250}\npopulations: [{name: browsers, clients: 100000, visits: 'lognormal:median=20m,sigma=1.5'}]"))
	if err != nil {
		t.Fatal(err)
	}
	measured, err := plan.Measure(s, 10)
	if err != nil {
		t.Fatal(err)
	}
	a, err := plan.Solve(s, measured)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// results writes one file of each sort into a directory.
func results(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	put := func(name string, write func(*bytes.Buffer) error) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(directory, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := slicesOf("engine", "mutex")
	put("run.json", func(b *bytes.Buffer) error { return report.JSON(b, run, "loadgen run") })
	put("edge.json", func(b *bytes.Buffer) error {
		return report.JSON(b, played(t, "rush"), "loadgen run --config edge.yaml")
	})
	put("compare.json", func(b *bytes.Buffer) error {
		return report.ComparisonJSON(b, comparison(t), run, "loadgen compare")
	})
	put("sweep.json", func(b *bytes.Buffer) error { return sweep.JSON(b, run, sweep.Curves(run, 4, 1)) })
	put("mrc.json", func(b *bytes.Buffer) error { return mrc.JSON(b, curves()) })
	put("plan.json", func(b *bytes.Buffer) error { return answer(t).JSON(b) })
	for i := range 12 {
		slow := slicesOf("engine")
		for _, c := range slow.Cells {
			for k := range c.Samples {
				if i >= 6 {
					c.Samples[k].Counts.Gets /= 2
				}
				c.Samples[k].Counts.Gets += uint64(97 * (i * 7 % 5))
			}
		}
		put("2026-01-"+string(rune('0'+i/10))+string(rune('0'+i%10))+"-nightly.txt", func(b *bytes.Buffer) error { return report.Bench(b, slow, "loadgen run") })
	}
	return directory
}
