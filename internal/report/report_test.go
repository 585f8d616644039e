package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/reprise-tls/reprise/internal/golden"
	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
)

// example returns a result whose figures were made up: the second target does
// half as much as the first, with some noise.
func example(count int) *measure.Result {
	r := &measure.Result{
		Environment: measure.Environment{
			GOOS: "linux", GOARCH: "amd64", CPU: "Example CPU", CPUs: 2, GOMAXPROCS: 2, Go: "go1.26.0", Commit: "abc123",
			Begun: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Ended: time.Date(2026, 1, 2, 3, 5, 5, 0, time.UTC),
			LoadBefore: "0.10 0.20 0.30", LoadAfter: "1.10 0.40 0.30",
		},
		Settings: measure.Settings{
			Targets: []string{"engine", "mutex"}, Mix: workload.DefaultMix, Objects: 2,
			States: workload.StateMix{TLS13: 100}, Sizes: "tls13 57 B", Seed: 7,
			Duration: 100 * time.Millisecond, WarmUp: 50 * time.Millisecond, Count: count, Collect: true,
			Every: 64, Clock: 33.4, Flood: 1,
		},
		Done: 4 * count, Planned: 4 * count,
	}
	for _, kind := range []workload.Kind{workload.Churn, workload.Mixed} {
		for t, target := range r.Settings.Targets {
			cell := &measure.Cell{
				Place: measure.Place{Target: target, Workload: kind, Sessions: 100_000}, Goroutines: 2,
				Memory: &measure.Memory{Linked: 100_000, Session: 201.26, Table: 25.5 + 70*float64(t)},
			}
			for i := range count {
				n := uint64(1_200_000/(t+1) + 1_000*(i*7%5))
				counts := workload.Counts{Adds: n / 2, Added: n / 2, Removes: n - n/2, Removed: n - n/2}
				if kind == workload.Mixed {
					counts = workload.Counts{Adds: n / 10, Added: n / 20, Removes: n / 10, Removed: n / 20, Gets: n - n/10*2, Hits: n / 2}
				}
				cell.Samples = append(cell.Samples, measure.Sample{
					Round: i, Slot: t, Elapsed: 100 * time.Millisecond, Counts: counts,
					Mallocs: n / 4 * uint64(t), Allocated: 8 * n * uint64(t), Collections: 1, Paused: 20 * time.Microsecond,
					Latency: times(100*(t+1), i), Heap: 40 << 20, RSS: 64 << 20, Collector: 0.0125 * float64(t), Retries: retriesOf(t, i),
				})
			}
			r.Cells = append(r.Cells, cell)
		}
		r.Generator = append(r.Generator, &measure.Cell{
			Place: measure.Place{Target: "null", Workload: kind, Sessions: 100_000}, Goroutines: 2,
			Samples: []measure.Sample{{Elapsed: 50 * time.Millisecond, Counts: workload.Counts{Adds: 25_000_000}}},
		})
	}
	return r
}

// times are the latencies of a slice: a thousand of about the given
// nanoseconds, some longer ones, and the longest in the last slice.
func times(typical, slice int) *latency.Summary {
	r := latency.NewRecorder()
	for i := range 1_000 {
		r.Record(int64(typical + i%10))
	}
	for i := range 11 {
		r.Record(int64(20*typical + i))
	}
	r.Record(int64(1_000_000 * (slice + 1)))
	return r.Summary()
}

// retriesOf: only the first target tells.
func retriesOf(target, slice int) *uint64 {
	if target > 0 {
		return nil
	}
	n := uint64(120 + slice)
	return &n
}

const exampleCommand = "loadgen run --example"

func TestBenchIsReadBack(t *testing.T) {
	want := example(3)
	var b bytes.Buffer
	if err := Bench(&b, want, exampleCommand); err != nil {
		t.Fatal(err)
	}
	reader := benchfmt.NewReader(bytes.NewReader(b.Bytes()), "example")
	n := 0
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Errorf("line that is no benchmark format: %v", record)
		case *benchfmt.Result:
			cell := want.Cells[n/3]
			checkRecord(t, record, cell, cell.Samples[n%3])
			n++
		}
	}
	if err := reader.Err(); err != nil {
		t.Fatal(err)
	}
	if n != 12 {
		t.Errorf("%d results were read, want 12", n)
	}
	units := reader.Units()
	for unit, better := range map[string]int{
		"ops/s": 1, "hit-%": 1, "kept-%": 1, "p50-sec": -1, "p9999-sec": -1, "max-sec": -1, "flush-sec": -1,
		"B/session": -1, "table-B/session": -1, "heap-B": -1, "RSS-B": -1, "gc-%": -1, "retries/op": -1,
	} {
		if units.GetBetter(unit) != better {
			t.Errorf("what is better for %s is %d, want %d", unit, units.GetBetter(unit), better)
		}
	}
	for _, remark := range []string{
		"# " + exampleCommand, "seed 7", "# latency: one operation in 64 timed", "takes 33 ns",
	} {
		if !strings.Contains(b.String(), remark) {
			t.Errorf("%q is missing in\n%s", remark, b.String())
		}
	}
	for _, remark := range []string{"# load averages", "# generator: Churn/sessions=100000/g=2 costs it 2.00 ns/op; of the time of engine 2.4%"} {
		if !strings.Contains(b.String(), remark) {
			t.Errorf("%q is missing in\n%s", remark, b.String())
		}
	}
}

func checkRecord(t *testing.T, r *benchfmt.Result, c *measure.Cell, s measure.Sample) {
	t.Helper()
	if got, want := string(r.Name), benchmarkName(c); got != want {
		t.Errorf("name is %s, want %s", got, want)
	}
	for key, want := range map[string]string{
		"goos": "linux", "cpu": "Example CPU", "cpu-count": "2", "gomaxprocs": "2", "go": "go1.26.0", "commit": "abc123",
		"keys": "uniform", "mix": "get=80,add=10,remove=10", "states": "tls13=100", "sharing": "shared", "objects": "2", "flood": "1",
	} {
		if got := r.GetConfig(key); got != want {
			t.Errorf("%s: %s is %q, want %q", r.Name, key, got, want)
		}
	}
	if r.Iters != int(s.Counts.Operations()) {
		t.Errorf("%s: %d iterations, want %d", r.Name, r.Iters, s.Counts.Operations())
	}
	near := func(unit string, want float64) {
		got, ok := r.Value(unit)
		if !ok || got < want*0.999-0.001 || got > want*1.001+0.001 {
			t.Errorf("%s: %s is %v, want %v", r.Name, unit, got, want)
		}
	}
	near("ops/s", s.Rate())
	near("sec/op", 1/s.Rate())
	near("B/op", float64(s.Allocated)/float64(r.Iters))
	near("allocs/op", float64(s.Mallocs)/float64(r.Iters))
	near("p50-sec", float64(s.Latency.P50)/1e9)
	near("p9999-sec", float64(s.Latency.P9999)/1e9)
	near("max-sec", float64(s.Latency.Max)/1e9)
	near("gc-%", 100*s.Collector)
	near("B/session", c.Memory.Session+c.Memory.Table)
	near("table-B/session", c.Memory.Table)
	near("heap-B", 40<<20)
	near("RSS-B", 64<<20)
	if _, ok := r.Value("retries/op"); ok != (c.Target == "engine") {
		t.Errorf("%s: retries are there: %v", r.Name, ok)
	}
	if c.Workload == workload.Mixed {
		near("hit-%", 100*float64(s.Counts.Hits)/float64(s.Counts.Gets))
	} else if _, ok := r.Value("hit-%"); ok {
		t.Errorf("%s has hits without lookups", r.Name)
	}
}

func TestJSONIsReadBack(t *testing.T) {
	want := example(2)
	var b bytes.Buffer
	if err := JSON(&b, want, exampleCommand); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema, Command string
		measure.Result
	}
	decoder := json.NewDecoder(&b)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != Schema || got.Command != exampleCommand || len(got.Cells) != 4 || got.Settings.Seed != 7 {
		t.Errorf("read back: %+v", got)
	}
	if !reflect.DeepEqual(got.Cells, want.Cells) {
		t.Errorf("cells %+v, want %+v", got.Cells, want.Cells)
	}
}

func tableText(t *testing.T, r *measure.Result) string {
	t.Helper()
	var b strings.Builder
	if err := Table(&b, r, exampleCommand); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTable(t *testing.T) {
	golden.Check(t, "table.txt", tableText(t, example(10)))
}

func TestTableOfFewSamples(t *testing.T) {
	golden.Check(t, "few.txt", tableText(t, example(2)))
}

// A target that failed half way, one whose check found something, and an
// interrupt.
func TestTableOfARunThatWentWrong(t *testing.T) {
	r := example(10)
	r.Partial, r.Done = true, 25
	r.Cells[0].Samples = r.Cells[0].Samples[:3]
	r.Cells[1].Samples = nil
	r.Failures = []measure.Failure{{Place: r.Cells[1].Place, Hung: true, Error: "hung: no answer"}}
	r.Violations = []measure.Violation{{Place: r.Cells[0].Place, What: []string{"Len is 3", "2 sessions leak"}}}
	golden.Check(t, "wrong.txt", tableText(t, r))

	var b strings.Builder
	if err := Bench(&b, r, exampleCommand); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# PARTIAL: interrupted after 25 of 40 slices", "# FAILED: mutex", "# VIOLATED: engine"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

// What is lost by a target that is known to lose some is told with the reason,
// and is not among the problems.
func TestLossesAreNoProblems(t *testing.T) {
	r := example(1)
	r.Losses = []measure.Loss{{Place: r.Cells[1].Place, Why: "it forgets", What: []string{"half", "a third"}}}
	const want = "LOSES: mutex, workload churn, 100000 sessions: half; a third (it forgets)\n"
	if got := tableText(t, r); !strings.Contains(got, want) {
		t.Errorf("%q is missing in\n%s", want, got)
	}
	if p := Problems(r); len(p) > 0 {
		t.Errorf("problems are %q", p)
	}
}

// What only some workloads have: a floor, a law of the keys of its own, a
// flush, and how much was kept; and targets whose drivers measure little.
func TestTableOfSpecialWorkloads(t *testing.T) {
	r := example(6)
	r.Settings.Targets = []string{"engine", "floor"}
	r.Settings.Floor = "floor"
	zipf, err := workload.Zipf(0.99)
	if err != nil {
		t.Fatal(err)
	}
	kept := 0.98125
	for i, c := range r.Cells {
		if c.Target == "mutex" {
			c.Target, c.Memory = "floor", nil
			for j := range c.Samples {
				c.Samples[j].Latency, c.Samples[j].Heap, c.Samples[j].RSS = nil, 0, 0
				c.Samples[j].Counts.Removes *= 3
			}
		}
		c.Workload = []workload.Kind{workload.AddEvict, workload.Flush}[i/2]
	}
	r.Cells[0].Kept = &kept
	r.Cells[2].Keys, r.Cells[3].Keys = zipf, zipf
	for j := range r.Cells[2].Samples {
		r.Cells[2].Samples[j].Flush, r.Cells[2].Samples[j].Flushed = time.Duration(200+j)*time.Millisecond, 100_000
	}
	golden.Check(t, "special.txt", tableText(t, r))
	var b strings.Builder
	if err := Bench(&b, r, exampleCommand); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "special-bench.txt", b.String())
}

func TestBrokenHistogram(t *testing.T) {
	r := example(2)
	r.Cells[1].Samples[0].Latency.Histogram = "?"
	if err := Table(new(strings.Builder), r, ""); err == nil || !strings.Contains(err.Error(), "Churn/impl=mutex") {
		t.Errorf("error %v does not say where the histogram is broken", err)
	}
}

func TestNothingMeasured(t *testing.T) {
	r := example(1)
	for _, c := range r.Cells {
		c.Samples = nil
	}
	if got := tableText(t, r); !strings.Contains(got, "no slice was measured") {
		t.Errorf("got\n%s", got)
	}
}

func TestAnswersThatChangedNothing(t *testing.T) {
	r := example(2)
	for i := range r.Cells[0].Samples {
		r.Cells[0].Samples[i].Counts.Removed -= 3
	}
	var b strings.Builder
	if err := Bench(&b, r, exampleCommand); err != nil {
		t.Fatal(err)
	}
	const want = "# answers: Churn/impl=engine/sessions=100000/g=2: 6 of 1201000 removals changed nothing\n"
	if got := b.String(); !strings.Contains(got, want) || strings.Count(got, "# answers") != 1 {
		t.Errorf("%q is missing, or there are others:\n%s", want, got)
	}
}

// The error text of a dead target has many lines; all must be comments.
func TestErrorsDoNotBreakTheFormat(t *testing.T) {
	r := example(1)
	r.Failures = []measure.Failure{{Place: r.Cells[1].Place, Error: "died:\nBenchmarkX 1 2 ns/op\ngoos: plan9"}}
	var b bytes.Buffer
	if err := Bench(&b, r, exampleCommand); err != nil {
		t.Fatal(err)
	}
	reader := benchfmt.NewReader(&b, "example")
	for reader.Scan() {
		if record, ok := reader.Result().(*benchfmt.Result); ok && (string(record.Name) == "X" || record.GetConfig("goos") != "linux") {
			t.Errorf("the text of an error was read as a result: %s", record.Name)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteErrorsAreReturned(t *testing.T) {
	if Table(full{}, example(1), "") == nil || Bench(full{}, example(1), "") == nil || JSON(full{}, example(1), "") == nil {
		t.Error("an error of the writer was lost")
	}
}
