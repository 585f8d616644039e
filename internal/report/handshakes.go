package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"

	"github.com/reprise-tls/reprise/internal/handshake"
	"github.com/reprise-tls/reprise/internal/latency"
)

// HandshakeSchema names the form of the JSON that [HandshakeJSON] writes, as
// [Schema] does for other runs.
const HandshakeSchema = "reprise-loadgen-tls/1"

// HandshakeJSON writes the result with all raw samples: an object with the
// fields of [handshake.Result], the name of the schema as "schema" and the
// command line as "command". Times are RFC 3339, durations nanoseconds.
func HandshakeJSON(w io.Writer, r *handshake.Result, commandLine string) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	return e.Encode(struct {
		Schema  string `json:"schema"`
		Command string `json:"command"`
		*handshake.Result
	}{HandshakeSchema, commandLine, r})
}

// HandshakeBench writes the result in Go's benchmark format, one line a slice:
//
//	BenchmarkHandshake/impl=engine/mix=tls13/resumed=100/g=2 1422 2843 handshakes/s 351740 ns/op 100 resumed-% ...
//
// The number of iterations is the number of handshakes that were finished. What
// differs from run to run stands in lines that begin with #.
func HandshakeBench(w io.Writer, r *handshake.Result, commandLine string) error {
	var b strings.Builder
	for _, line := range handshakeRemarks(r, commandLine) {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	for _, u := range handshakeUnits {
		if u.better != "" {
			fmt.Fprintf(&b, "Unit %s better=%s\n", u.name, u.better)
		}
	}
	for _, c := range handshakeConfiguration(r) {
		fmt.Fprintf(&b, "%s: %s\n", c.Key, c.Value)
	}
	b.WriteByte('\n')
	for _, c := range r.Cells {
		for _, s := range c.Samples {
			if s.Counts.Done() == 0 {
				continue // nothing to divide by; the findings tell
			}
			writeRecord(&b, &benchfmt.Result{
				Name: benchfmt.Name(handshakeName(r, c)), Iters: int(s.Counts.Done()), Values: handshakeValues(s),
			})
		}
	}
	for _, line := range handshakeFindings(r) {
		fmt.Fprintf(&b, "# %s\n", strings.ReplaceAll(line, "\n", "\n# "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// handshakeName names a cell, without the word Benchmark. In Go's format what
// follows an = is a value, and shares are written with one.
func handshakeName(r *handshake.Result, c *handshake.Cell) string {
	return "Handshake/impl=" + c.Target + handshakeRow(r, c)
}

// handshakeRow is the name of a cell without its target.
func handshakeRow(r *handshake.Result, c *handshake.Cell) string {
	mix := strings.ReplaceAll(c.Mix.String(), "=", ":")
	return fmt.Sprintf("/mix=%s/resumed=%v/g=%d", mix, r.Settings.Resumed, c.Goroutines)
}

// handshakeConfiguration returns the keys that say what was measured on what,
// the same for all runs that may be compared.
func handshakeConfiguration(r *handshake.Result) (config []benchfmt.Config) {
	config = machine(r.Environment)
	add := func(key, value string) { config = appendKey(config, key, value) }
	s := r.Settings
	add("clients", fmt.Sprint(s.Clients))
	add("capacity", fmt.Sprint(s.Capacity))
	add("aborted-percent", fmt.Sprint(s.Aborted))
	loop := "closed"
	if s.Rate > 0 {
		loop = fmt.Sprintf("open, %v/s %s", s.Rate, s.Arrivals)
	}
	add("loop", loop)
	return config
}

// handshakeRemarks say what is worth knowing about a run before its results.
func handshakeRemarks(r *handshake.Result, commandLine string) []string {
	e, s := r.Environment, r.Settings
	lines := []string{
		commandLine,
		fmt.Sprintf("begun %s, ended %s", e.Begun.Format(time.RFC3339), e.Ended.Format(time.RFC3339)),
		fmt.Sprintf("%d slices of %v in alternating order, after a warm-up of %v; seed %d", s.Count, s.Duration, s.WarmUp, s.Seed),
		"over TCP; latency is from before the connection to the end of the handshake; cpu is the time of processors that the process of the clients or of the server used, the kernel's included, divided by the handshakes finished",
	}
	if s.Remote != "" {
		lines = append(lines, fmt.Sprintf("%s is a server elsewhere, of whose processors nothing is known", s.Remote))
	}
	if e.LoadBefore != "" {
		lines = append(lines, fmt.Sprintf("load averages before %s, after %s", e.LoadBefore, e.LoadAfter))
	}
	if e.Kernel != "" {
		lines = append(lines, "kernel "+e.Kernel)
	}
	if r.Partial {
		lines = append(lines, fmt.Sprintf("PARTIAL: interrupted after %d of %d slices", r.Done, r.Planned))
	}
	return lines
}

// handshakeFindings say what must be known to read the figures, and what went
// wrong.
func handshakeFindings(r *handshake.Result) (lines []string) {
	for _, c := range r.Cells {
		n := c.Counts()
		where := handshakeName(r, c)
		if n.Unclosed > 0 {
			lines = append(lines, fmt.Sprintf("unclosed: %s: after %d of %d handshakes the server did not close within %v of the client's close_notify", where, n.Unclosed, n.Done(), r.Settings.Closing))
		}
		if c.Target == r.Settings.Remote && r.Settings.Resumed > 0 && n.Started > 0 && n.Offered == 0 {
			lines = append(lines, fmt.Sprintf("no sessions: %s: the server gave the clients none that they could offer", where))
		}
		for _, s := range c.Samples {
			if s.Arrivals != nil && s.Arrivals.Behind > 0 {
				lines = append(lines, fmt.Sprintf("behind: %s: at the end of slice %d the schedule was %v ahead; %d of %d connections were not begun, with goroutines busy for %s of the time",
					where, s.Round, s.Arrivals.Behind.Round(time.Microsecond), s.Arrivals.Dropped, s.Arrivals.Due, share(s.Arrivals.Busy, 1)))
			}
		}
	}
	return append(append(lines, paired(r)...), HandshakeProblems(r)...)
}

// paired compares targets with the first one round by round, which what
// disturbs a machine for longer than a slice does not change: the quartiles of
// the rounds' ratios.
func paired(r *handshake.Result) (lines []string) {
	t := &handshakeTable{result: r}
	for _, c := range r.Cells {
		base := t.base(c)
		if base == nil || base == c {
			continue
		}
		var parts []string
		for _, unit := range []string{unitHandshakes, unitServer} {
			if ratios := roundRatios(base, c, unit); len(ratios) > 1 {
				s := benchmath.NewSample(ratios, &benchmath.DefaultThresholds)
				at := func(q float64) float64 { return s.Values[int(math.Round(q*float64(len(s.Values)-1)))] }
				parts = append(parts, fmt.Sprintf("%s %.3f (quartiles %.3f to %.3f)", unit, median(s.Values), at(0.25), at(0.75)))
			}
		}
		if len(parts) > 0 {
			lines = append(lines, fmt.Sprintf("by rounds: %s as a multiple of %s: %s", handshakeName(r, c), base.Target, strings.Join(parts, ", ")))
		}
	}
	return lines
}

// roundRatios returns a unit of a cell as a multiple of another's, for each
// round in which both have it.
func roundRatios(base, c *handshake.Cell, unit string) (ratios []float64) {
	i := slices.IndexFunc(handshakeUnits, func(u handshakeUnit) bool { return u.name == unit })
	of := make(map[int]float64)
	for _, s := range base.Samples {
		if x, ok := handshakeUnits[i].of(s); ok && s.Counts.Done() > 0 && x > 0 {
			of[s.Round] = x
		}
	}
	for _, s := range c.Samples {
		if x, ok := handshakeUnits[i].of(s); ok && s.Counts.Done() > 0 && of[s.Round] > 0 {
			ratios = append(ratios, x/of[s.Round])
		}
	}
	return ratios
}

// median returns that of sorted numbers.
func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// HandshakeProblems lists the targets that failed, those with which something
// was wrong, and why connections failed.
func HandshakeProblems(r *handshake.Result) (lines []string) {
	for _, f := range r.Failures {
		lines = append(lines, fmt.Sprintf("FAILED: %s, %s: %s", f.Target, f.Mix, f.Error))
	}
	for _, v := range r.Violations {
		for _, what := range v.What {
			lines = append(lines, fmt.Sprintf("VIOLATED: %s, %s: %s", v.Target, v.Mix, what))
		}
	}
	for _, c := range r.Cells {
		n, why := c.Counts(), c.Errors()
		if n.Failed == 0 {
			continue
		}
		var parts []string
		for _, reason := range slices.Sorted(maps.Keys(why)) {
			parts = append(parts, fmt.Sprintf("%s (%d)", reason, why[reason]))
		}
		lines = append(lines, fmt.Sprintf("failed: %s: %d of %d connections: %s", handshakeName(r, c), n.Failed, n.Started, strings.Join(parts, ", ")))
	}
	return lines
}

const (
	unitHandshakes = "handshakes/s" // finished ones, all goroutines together
	unitResumed    = "resumed-%"    // of those
	unitClient     = "client-cpu-ns/op"
	unitServer     = "server-cpu-ns/op"
)

// A handshakeUnit is one measurement of a slice in which a handshake was
// finished.
type handshakeUnit struct {
	name     string
	better   string // higher or lower; empty: benchstat knows, or neither
	decimals int
	of       func(s handshake.Sample) (x float64, ok bool)
}

var handshakeUnits = slices.Concat([]handshakeUnit{
	{unitHandshakes, "higher", 1, func(s handshake.Sample) (float64, bool) { return s.Rate(), true }},
	{"ns/op", "", 0, func(s handshake.Sample) (float64, bool) { return s.Each(s.Elapsed), true }},
	{unitResumed, "higher", 3, func(s handshake.Sample) (float64, bool) { return 100 * s.ResumedShare(), true }},
	{"failed-%", "lower", 4, func(s handshake.Sample) (float64, bool) {
		return 100 * float64(s.Counts.Failed) / float64(s.Counts.Started), true
	}},
	{unitClient, "lower", 0, func(s handshake.Sample) (float64, bool) { return s.Each(s.Client), s.Client > 0 }},
	{unitServer, "lower", 0, func(s handshake.Sample) (float64, bool) {
		if s.Server == nil || s.Server.Processor == 0 {
			return 0, false
		}
		return s.Each(s.Server.Processor), true
	}},
	{"server-B/op", "lower", 0, func(s handshake.Sample) (float64, bool) {
		if s.Server == nil {
			return 0, false
		}
		return float64(s.Server.Allocated) / float64(s.Counts.Done()), true
	}},
	{"server-allocs/op", "lower", 1, func(s handshake.Sample) (float64, bool) {
		if s.Server == nil {
			return 0, false
		}
		return float64(s.Server.Mallocs) / float64(s.Counts.Done()), true
	}},
},
	handshakePercentiles("full", func(s handshake.Sample) *latency.Summary { return s.Full }),
	handshakePercentiles("resumed", func(s handshake.Sample) *latency.Summary { return s.Resumed }),
	handshakePercentiles("intended", func(s handshake.Sample) *latency.Summary {
		if s.Arrivals == nil {
			return nil
		}
		return s.Arrivals.Latency
	}),
	[]handshakeUnit{{unitMissed, "lower", 4, func(s handshake.Sample) (float64, bool) {
		if s.Arrivals == nil || s.Arrivals.Due == 0 {
			return 0, false
		}
		return 100 * float64(s.Arrivals.Missed) / float64(s.Arrivals.Due), true
	}}},
)

// handshakePercentiles are the units of one kind of latency.
func handshakePercentiles(kind string, of func(handshake.Sample) *latency.Summary) (all []handshakeUnit) {
	for _, p := range []struct {
		name string
		of   func(*latency.Summary) int64
	}{
		{"p50", func(s *latency.Summary) int64 { return s.P50 }},
		{"p99", func(s *latency.Summary) int64 { return s.P99 }},
		{"p999", func(s *latency.Summary) int64 { return s.P999 }},
		{"max", func(s *latency.Summary) int64 { return s.Max }},
	} {
		all = append(all, handshakeUnit{kind + "-" + p.name + "-ns", "lower", 0, func(s handshake.Sample) (float64, bool) {
			summary := of(s)
			if summary == nil {
				return 0, false
			}
			return float64(p.of(summary)), true
		}})
	}
	return all
}

func handshakeValues(s handshake.Sample) (v []benchfmt.Value) {
	for _, u := range handshakeUnits {
		if x, ok := u.of(s); ok {
			v = append(v, value(x, u.decimals, u.name))
		}
	}
	return v
}

// handshakeSample returns a unit of all slices of a cell.
func handshakeSample(c *handshake.Cell, unit string) (values []float64) {
	i := slices.IndexFunc(handshakeUnits, func(u handshakeUnit) bool { return u.name == unit })
	for _, s := range c.Samples {
		if s.Counts.Done() == 0 {
			continue
		}
		if x, ok := handshakeUnits[i].of(s); ok {
			values = append(values, x)
		}
	}
	return values
}
