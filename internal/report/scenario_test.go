package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/golden"
	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/scenario"
	"github.com/reprise-tls/reprise/internal/workload"
)

// played returns the result of a scenario whose figures were made up: the first
// target keeps its rate, the second does half of it.
func played(t *testing.T) *measure.Result {
	t.Helper()
	s, err := scenario.Read(strings.NewReader("name: edge\ncapacity: 1000\ngoroutines: 2\npopulations: [{clients: 10}]\nphases: [{phase: fill}, {phase: measure, for: 8s}]"), "edge.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r := example(0)
	r.Cells, r.Scenario = nil, s
	r.Generator = r.Generator[:1]
	r.Generator[0].Workload, r.Generator[0].Sessions = "edge-measure", 1000
	steal, evicted := 0.125, uint64(7)
	for k, target := range []string{"engine", "mutex"} {
		cell := &measure.Cell{Place: measure.Place{Target: target, Workload: "edge-measure", Sessions: 1000}, Goroutines: 2}
		for i := range 8 {
			done := uint64(1000 / (k + 1))
			interval := measure.Interval{
				Target: target, Phase: "measure", Block: i / 5, Measured: true,
				Start: time.Duration(2*i+k) * time.Second, Elapsed: time.Second, Clock: time.Duration(i) * time.Minute,
				Counts:   workload.Counts{Gets: done, Hits: done / 4, Adds: done, Added: done},
				Requests: done, Sessions: 900 + i,
				Handshakes: &measure.Handshakes{Connections: done, Offered: done, Resumed: done / 4, Full: done - done/4, Elsewhere: done / 10},
				Service:    times(100, i),
				Arrivals:   &measure.Arrivals{Due: 1000, Missed: uint64(k * 900), Behind: time.Duration(k*i) * time.Second / 2, Latency: waits(int(done), k), Wake: times(50, 0), Busy: 0.9 * float64(k)},
			}
			if k == 0 {
				interval.Evicted, interval.Steal = &evicted, &steal
			}
			r.Intervals = append(r.Intervals, interval)
			cell.Samples = append(cell.Samples, measure.Sample{
				Round: i, Elapsed: interval.Elapsed, Counts: interval.Counts, Latency: interval.Service, Arrivals: interval.Arrivals,
			})
		}
		r.Cells = append(r.Cells, cell)
	}
	return r
}

// waits are as many latencies as were done.
func waits(n, target int) *latency.Summary {
	r := latency.NewRecorder()
	for range n {
		r.Record(int64(200 + 1_000_000*target))
	}
	return r.Summary()
}

func TestScenarioTable(t *testing.T) {
	var b bytes.Buffer
	if err := Table(&b, played(t), "loadgen run --config edge.yaml"); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "scenario.txt", b.String())
}

func TestScenarioBench(t *testing.T) {
	var b bytes.Buffer
	if err := Bench(&b, played(t), "loadgen run --config edge.yaml"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"scenario: edge\n", "keys: clients\n", "BenchmarkEdgeMeasure/impl=mutex/sessions=1000/g=2 1000 ",
		" intended-p99-ns ", " 90 missed-%", "Unit missed-% better=lower", "phases fill, measure 8s",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

// A generator that is behind although the target is idle says so of itself.
func TestWhoIsLate(t *testing.T) {
	r := played(t)
	for k := range r.Cells[1].Samples {
		r.Cells[1].Samples[k].Arrivals.Busy = 0.2
	}
	lines := strings.Join(findings(r), "\n")
	if !strings.Contains(lines, "LATE: EdgeMeasure/impl=mutex/sessions=1000/g=2: of 8000 requests that were due 4000 were done, 3.5s behind") ||
		!strings.Contains(lines, "the generator or the machine") || strings.Contains(lines, "LATE: EdgeMeasure/impl=engine") {
		t.Error(lines)
	}
}

func TestCSV(t *testing.T) {
	r := played(t)
	var b bytes.Buffer
	if err := CSV(&b, r, ""); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 1+len(r.Intervals) {
		t.Fatalf("%d rows of %d intervals (%v)", len(rows), len(r.Intervals), err)
	}
	field := func(row int, name string) string {
		for k, header := range rows[0] {
			if header == name {
				return rows[row][k]
			}
		}
		t.Fatalf("there is no column %s", name)
		return ""
	}
	for name, want := range map[string]string{
		"target": "engine", "phase": "measure", "measured": "true", "start_s": "2.000000", "clock_s": "60.000000", "requests": "1000", "requests_per_s": "1000.0",
		"hit_share": "0.250000", "resumed": "250", "elsewhere": "100", "due": "1000", "missed_deadlines": "0", "sessions": "901", "evicted": "7", "steal_share": "0.125000",
		"intended_max_ns": "200",
	} {
		if got := field(2, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if evicted, steal := field(9, "evicted"), field(9, "steal_share"); evicted != "" || steal != "" {
		t.Errorf("what was not measured is %q and %q", evicted, steal)
	}

	// What a closed loop of operations without lookups does not have is empty.
	r.Intervals[0].Arrivals, r.Intervals[0].Handshakes, r.Intervals[0].Service, r.Intervals[0].Counts = nil, nil, nil, workload.Counts{}
	b.Reset()
	if err := CSV(&b, r, ""); err != nil || !math.IsNaN(r.Intervals[0].HitShare()) {
		t.Fatal(err)
	}
	if rows, err = csv.NewReader(&b).ReadAll(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"hit_share", "offered", "p99_ns", "intended_p99_ns", "due"} {
		if got := field(1, name); got != "" {
			t.Errorf("%s is %q", name, got)
		}
	}
}

// A full disk is an error of the CSV file, not a short file.
func TestCSVErrors(t *testing.T) {
	full := errors.New("no space left")
	if err := CSV(failing{full}, played(t), ""); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// The series comes back from JSON, histograms and all.
func TestScenarioJSON(t *testing.T) {
	r := played(t)
	var b bytes.Buffer
	if err := JSON(&b, r, "loadgen"); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Schema string
		measure.Result
	}
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if back.Schema != "reprise-loadgen/2" || back.Scenario.Name != "edge" || len(back.Intervals) != 16 {
		t.Errorf("schema %s, %d intervals", back.Schema, len(back.Intervals))
	}
	for k, i := range back.Intervals {
		if *i.Arrivals.Latency != *r.Intervals[k].Arrivals.Latency || i.Counts != r.Intervals[k].Counts {
			t.Errorf("interval %d comes back as %+v", k, i)
		}
	}
}
