package html

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reprise-tls/reprise/internal/chart"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/report"
)

// Run makes the page of a run, in slices or of a scenario.
func Run(r *measure.Result, commandLine string) (*Page, error) {
	p := &Page{Title: "Run: " + subject(r), About: about(r.Environment), Command: commandLine, Warnings: Warnings(r)}
	p.Sections = append(p.Sections, figures(r), series(r))
	if r.Scenario == nil {
		p.Sections = append(p.Sections, contention(r))
	}
	latencies, err := latencySection(r)
	if err != nil {
		return nil, err
	}
	p.Sections = append(p.Sections, latencies, notes(r), environment(r))
	p.Sections = slices.DeleteFunc(p.Sections, Section.empty)
	return p, nil
}

func (s Section) empty() bool {
	return len(s.Charts)+len(s.Tables)+len(s.Lines)+len(s.Text) == 0
}

// subject names what a run measured.
func subject(r *measure.Result) string {
	if r.Scenario != nil {
		return fmt.Sprintf("scenario %s on %s", r.Scenario.Name, strings.Join(r.Settings.Targets, ", "))
	}
	var workloads []string
	for _, c := range r.Cells {
		if name := string(c.Workload); !slices.Contains(workloads, name) {
			workloads = append(workloads, name)
		}
	}
	return fmt.Sprintf("%s on %s", strings.Join(workloads, ", "), strings.Join(r.Settings.Targets, ", "))
}

func about(e measure.Environment) string {
	parts := []string{e.Begun.UTC().Format("2006-01-02 15:04:05 MST")}
	for _, s := range []string{e.CPU, e.Go, e.Commit} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " · ")
}

// tolerable is the share of the processors' time that the host may give to
// others before the page warns.
const tolerable = 0.02

// Warnings say what must be known before any figure of a run is believed.
func Warnings(r *measure.Result) (lines []string) {
	if r.Partial {
		lines = append(lines, fmt.Sprintf("PARTIAL: interrupted after %d of %d parts", r.Done, r.Planned))
	}
	for _, line := range report.Findings(r) {
		if warns(line) {
			lines = append(lines, line)
		}
	}
	e := r.Environment
	if load, _, _ := strings.Cut(strings.TrimSpace(e.LoadBefore), " "); load != "" {
		if x, err := strconv.ParseFloat(load, 64); err == nil && e.CPUs > 0 && x > float64(e.CPUs)/2 {
			lines = append(lines, fmt.Sprintf("BUSY: the load average was %s before the run, on %d processors: absolute figures say little, ratios of one run more", load, e.CPUs))
		}
	}
	if share, known := steal(r); known && share > tolerable {
		lines = append(lines, fmt.Sprintf("STEAL: the host gave %s of the processors' time to others", chart.Percent(share)))
	}
	if strings.HasSuffix(e.Commit, "-dirty") {
		lines = append(lines, "DIRTY: the source had changes that are in no commit: "+e.Commit)
	}
	return lines
}

// warns tells findings that are warnings by their first word.
func warns(line string) bool {
	word, _, found := strings.Cut(line, ":")
	return found && word == strings.ToUpper(word)
}

// steal returns the mean of the intervals' shares.
func steal(r *measure.Result) (share float64, known bool) {
	n := 0
	for _, i := range r.Intervals {
		if i.Steal != nil {
			share += *i.Steal
			n++
		}
	}
	return share / float64(max(n, 1)), n > 0
}

// notes are the findings that are no warnings.
func notes(r *measure.Result) Section {
	s := Section{Title: "Notes"}
	for _, line := range report.Findings(r) {
		if !warns(line) {
			s.Lines = append(s.Lines, line)
		}
	}
	return s
}

// environment says what was measured on what.
func environment(r *measure.Result) Section {
	e := r.Environment
	t := Table{Header: []string{"", ""}}
	add := func(name, value string) {
		if value != "" {
			t.Rows = append(t.Rows, []Cell{{Text: name}, {Text: value, Class: "text"}})
		}
	}
	add("system", e.GOOS+"/"+e.GOARCH)
	add("kernel", e.Kernel)
	add("processor", e.CPU)
	add("processors", fmt.Sprintf("%d, of which Go uses %d", e.CPUs, e.GOMAXPROCS))
	add("Go", e.Go)
	add("commit", e.Commit)
	add("begun", e.Begun.UTC().Format(time.RFC3339))
	add("ended", e.Ended.UTC().Format(time.RFC3339))
	add("load before", e.LoadBefore)
	add("load after", e.LoadAfter)
	t.Header = []string{"what", "value"}
	return Section{Title: "Environment", Tables: []Table{t}, Lines: report.Remarks(r, "")[2:]}
}

// figures is the table of all cells.
func figures(r *measure.Result) Section {
	t := Table{Header: []string{"benchmark", "target"}}
	units := []struct {
		unit, header string
		scale        float64
		format       func(float64) string
	}{
		{"ops/s", "operations/s", 1, chart.Number},
		{"ns/op", "time/op", 1e-9, chart.Seconds},
		{"hit-%", "hits", 1e-2, chart.Percent},
		{"p50-ns", "p50", 1e-9, chart.Seconds},
		{"p99-ns", "p99", 1e-9, chart.Seconds},
		{"p999-ns", "p99.9", 1e-9, chart.Seconds},
		{"intended-p99-ns", "p99 from intended start", 1e-9, chart.Seconds},
		{"missed-%", "missed deadlines", 1e-2, chart.Percent},
		{"allocs/op", "allocations/op", 1, chart.Number},
		{"gc-%", "collector", 1e-2, chart.Percent},
	}
	used := make(map[string]bool)
	for _, c := range r.Cells {
		for _, u := range units {
			if _, ok := median(c, u.unit); ok {
				used[u.unit] = true
			}
		}
	}
	for _, u := range units {
		if used[u.unit] {
			t.Header = append(t.Header, u.header)
		}
	}
	for _, c := range r.Cells {
		row := cells(report.RowName(c), c.Target)
		for _, u := range units {
			if !used[u.unit] {
				continue
			}
			text := "–"
			if x, ok := median(c, u.unit); ok {
				text = u.format(x * u.scale)
			}
			row = append(row, Cell{Text: text})
		}
		t.Rows = append(t.Rows, row)
	}
	what := "Medians of the slices."
	if r.Scenario != nil {
		what = "Medians of the seconds of each measured phase."
	}
	if len(t.Rows) == 0 {
		return Section{}
	}
	return Section{Title: "Figures", Text: []string{what}, Tables: []Table{t}}
}

// median returns that of a figure of a cell's samples, false if none has it.
func median(c *measure.Cell, unit string) (float64, bool) {
	f, err := report.FindFigure(unit)
	if err != nil {
		panic(fmt.Sprintf("html: %v", err)) // units are this package's own
	}
	var all []float64
	for _, s := range c.Samples {
		if x, ok := f.Of(c, s); ok {
			all = append(all, x)
		}
	}
	if len(all) == 0 {
		return 0, false
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2, true
}
