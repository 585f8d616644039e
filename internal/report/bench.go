package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/reprise-tls/reprise/internal/measure"
)

// Bench writes the result in Go's benchmark format
// (https://golang.org/design/14313-benchmark-format), one line a slice:
//
//	BenchmarkChurn/impl=engine/sessions=100000/g=2 2912871 5825742 ops/s 171.65 ns/op 0 B/op 0 allocs/op 130 p50-ns ...
//
// The number of iterations is the number of operations. Percentiles are those
// of the slice; B/session, table-B/session and kept-% are measured once a run
// and stand in every line of it. What differs from run
// to run stands in lines that begin with #, since any other key would make
// benchstat put each run into a table of its own.
func Bench(w io.Writer, r *measure.Result, commandLine string) error {
	var b strings.Builder
	for _, line := range remarks(r, commandLine) {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	for _, u := range unitMetadata() {
		fmt.Fprintf(&b, "Unit %s %s=%s\n", u.OrigUnit, u.Key, u.Value)
	}
	for _, c := range configuration(r) {
		fmt.Fprintf(&b, "%s: %s\n", c.Key, c.Value)
	}
	b.WriteByte('\n')
	keys := ""
	for _, record := range records(r) {
		if k := record.GetConfig(keyKeys); k != keys {
			fmt.Fprintf(&b, "%s: %s\n", keyKeys, k)
			keys = k
		}
		writeRecord(&b, record)
	}
	for _, line := range findings(r) {
		fmt.Fprintf(&b, "# %s\n", strings.ReplaceAll(line, "\n", "\n# "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeRecord writes the line of a result. benchfmt's own writer puts figures
// from a million on in a form, 1.0105565e+07, that people cannot compare.
func writeRecord(b *strings.Builder, r *benchfmt.Result) {
	fmt.Fprintf(b, "Benchmark%s %d", r.Name, r.Iters)
	for _, v := range r.Values {
		if v.OrigUnit != "" {
			v.Value, v.Unit = v.OrigValue, v.OrigUnit
		}
		fmt.Fprintf(b, " %s %s", strconv.FormatFloat(v.Value, 'f', -1, 64), v.Unit)
	}
	b.WriteByte('\n')
}

// records returns the samples of a result, cell by cell.
func records(r *measure.Result) (all []*benchfmt.Result) {
	for _, c := range r.Cells {
		config := append(configuration(r), benchfmt.Config{Key: keyKeys, Value: []byte(keysOf(r, c)), File: true})
		for _, s := range c.Samples {
			all = append(all, &benchfmt.Result{
				Config: config,
				Name:   benchfmt.Name(benchmarkName(c)),
				Iters:  int(s.Counts.Operations()),
				Values: values(c, s),
			})
		}
	}
	return all
}

// keysOf names the law of a cell's keys; of traffic that has none, what chooses
// them instead.
func keysOf(r *measure.Result, c *measure.Cell) string {
	switch {
	case r.Scenario == nil || r.Scenario.Operations != nil:
		return c.Keys.String()
	case r.Scenario.Trace != nil:
		return "trace"
	}
	return "clients"
}

// benchmarkName names a cell, without the word Benchmark.
func benchmarkName(c *measure.Cell) string {
	return fmt.Sprintf("%s/impl=%s/sessions=%d/g=%d", c.Workload.Benchmark(), c.Target, c.Sessions, c.Goroutines)
}

// machine returns the keys that say what was measured on.
func machine(e measure.Environment) (config []benchfmt.Config) {
	for _, k := range [][2]string{
		{"goos", e.GOOS}, {"goarch", e.GOARCH}, {"cpu", e.CPU}, {"cpu-count", fmt.Sprint(e.CPUs)},
		{"gomaxprocs", fmt.Sprint(e.GOMAXPROCS)}, {"go", e.Go}, {"commit", e.Commit},
	} {
		config = appendKey(config, k[0], k[1])
	}
	return config
}

// appendKey appends a key that has a value.
func appendKey(config []benchfmt.Config, key, value string) []benchfmt.Config {
	if value == "" {
		return config
	}
	return append(config, benchfmt.Config{Key: key, Value: []byte(value), File: true})
}

// keyKeys is the law of the keys, the one key that workloads of a run may
// differ in. Like any key it applies until another value is written.
const keyKeys = "keys"

// configuration returns the other keys that say what was measured on what. They are
// the same for all results of runs that may be compared, and all are written
// even where a workload has no use for one: a key that only some runs write
// would go on applying to the next run in the same file.
func configuration(r *measure.Result) (config []benchfmt.Config) {
	config = machine(r.Environment)
	add := func(key, value string) { config = appendKey(config, key, value) }
	s := r.Settings
	if r.Scenario != nil {
		add("scenario", r.Scenario.Name)
		add("scenario-hash", r.Scenario.Hash())
		return config
	}
	add("sharing", sharing(s))
	add("mix", s.Mix.String())
	add("objects", fmt.Sprint(s.Objects))
	add("flood", fmt.Sprint(s.Flood))
	add("states", s.States.String())
	return config
}

// laws names the laws of the keys: one, or those of all workloads where they
// differ.
func laws(r *measure.Result) string {
	var parts []string
	same := true
	for _, c := range r.Cells {
		same = same && c.Keys == r.Cells[0].Keys
		if part := fmt.Sprintf("%s %s", c.Workload, keysOf(r, c)); !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	if same && len(r.Cells) > 0 {
		return keysOf(r, r.Cells[0])
	}
	return strings.Join(parts, ", ")
}

func sharing(s measure.Settings) string {
	if s.Disjoint {
		return "disjoint"
	}
	return "shared"
}

// remarks say what is worth knowing about a run before its results.
func remarks(r *measure.Result, commandLine string) []string {
	e, s := r.Environment, r.Settings
	lines := []string{
		commandLine,
		fmt.Sprintf("begun %s, ended %s", e.Begun.Format(time.RFC3339), e.Ended.Format(time.RFC3339)),
		setting(r),
	}
	if line := timing(s); line != "" {
		lines = append(lines, line)
	}
	if s.Sizes != "" {
		lines = append(lines, "states from crypto/tls handshakes: "+s.Sizes)
	}
	lines = append(lines, s.Notes...)
	if e.LoadBefore != "" {
		lines = append(lines, fmt.Sprintf("load averages before %s, after %s", e.LoadBefore, e.LoadAfter))
	}
	if e.Kernel != "" {
		lines = append(lines, "kernel "+e.Kernel)
	}
	if r.Partial && r.Scenario != nil {
		lines = append(lines, fmt.Sprintf("PARTIAL: interrupted after %d of %d blocks", r.Done, r.Planned))
	} else if r.Partial {
		lines = append(lines, fmt.Sprintf("PARTIAL: interrupted after %d of %d slices", r.Done, r.Planned))
	}
	return lines
}

// setting says what was measured in which order.
func setting(r *measure.Result) string {
	s := r.Settings
	if r.Scenario == nil {
		return fmt.Sprintf("%d slices of %v in alternating order, after a warm-up of %v; seed %d", s.Count, s.Duration, s.WarmUp, s.Seed)
	}
	var phases []string
	for _, p := range r.Scenario.Phases {
		text := p.Name
		if p.For > 0 {
			text += " " + p.For.String()
		}
		if p.Rate > 0 {
			text += fmt.Sprintf(" at %v/s (%s)", p.Rate, p.Arrivals)
		}
		phases = append(phases, text)
	}
	return fmt.Sprintf("phases %s; targets take turns of %v, in alternating order; clock %v times as fast, lifetime %s, capacity %d, %d goroutines; seed %d",
		strings.Join(phases, ", "), r.Scenario.Block, r.Scenario.Speedup, r.Scenario.Lifetime, r.Scenario.Capacity, r.Scenario.Goroutines, s.Seed)
}

// timing says how latencies were measured.
func timing(s measure.Settings) string {
	if s.Every == 0 {
		return ""
	}
	which := "every operation timed"
	if s.Every > 1 {
		which = fmt.Sprintf("one operation in %d timed at random distances, of workload flush every lookup", s.Every)
	}
	return fmt.Sprintf("latency: %s; each includes one reading of the clock, which takes %.0f ns", which, s.Clock)
}
