package bars

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/perf/benchmath"

	"github.com/reprise-tls/reprise/internal/workload"
)

// A group is all targets measured in one run at one workload, number of
// sessions and of goroutines: a table.
type group struct {
	run   *Run
	cells []*Cell
}

func groups(runs []*Run) (all []group) {
	for _, r := range runs {
		first := len(all)
		for _, c := range r.Cells {
			i := slices.IndexFunc(all[first:], func(g group) bool {
				p := g.cells[0].Place
				p.Target = c.Target
				return p == c.Place && has(g.cells[0].Config, c.Config)
			})
			if i < 0 {
				all = append(all, group{r, nil})
				i = len(all) - 1 - first
			}
			all[first+i].cells = append(all[first+i].cells, c)
		}
	}
	return all
}

// A column of a table; it is left out where no target has anything in it.
type column struct {
	title string
	cell  func(g group, c *Cell) string
}

var columns = []column{
	{"ops/s", func(_ group, c *Cell) string { return middle(c, "ops/s") }},
	{"± %", func(_ group, c *Cell) string { return spread(c.Values("ops/s")) }},
	{"× engine", func(g group, c *Cell) string { return ratio(c.Values("ops/s"), g.values(engine, "ops/s")) }},
	{"floor's time ×", func(g group, c *Cell) string { return ratio(c.Values("ns/op"), g.values(floor, "ns/op")) }},
	{"p50", func(_ group, c *Cell) string { return middle(c, "p50-ns") }},
	{"p99", func(_ group, c *Cell) string { return middle(c, "p99-ns") }},
	{"p99.9", func(_ group, c *Cell) string { return middle(c, "p999-ns") }},
	{"max", func(_ group, c *Cell) string { return middle(c, "max-ns") }},
	{"flush", func(_ group, c *Cell) string { return middle(c, "flush-ns") }},
	{"B/session", func(_ group, c *Cell) string { return plain(c, "B/session") }},
	{"hit %", func(_ group, c *Cell) string { return plain(c, "hit-%") }},
	{"kept %", func(_ group, c *Cell) string { return plain(c, "kept-%") }},
	{"gc %", func(_ group, c *Cell) string { return plain(c, "gc-%") }},
}

func (g group) values(target, unit string) []float64 {
	for _, c := range g.cells {
		if c.Target == target {
			return c.Values(unit)
		}
	}
	return nil
}

// WriteTables returns Markdown: a heading for every workload, a table for every
// number of sessions and goroutines with a row a target, and what went wrong or
// was lost there.
func WriteTables(runs []*Run) string {
	var b strings.Builder
	b.WriteString(markdownLines(environments(runs)))
	all := groups(runs)
	var seen []string
	for _, g := range all {
		kind := g.cells[0].Workload
		if slices.Contains(seen, string(kind)) {
			continue
		}
		seen = append(seen, string(kind))
		fmt.Fprintf(&b, "\n### %s: %s\n", kind, kind.Doc())
		for _, same := range all {
			if same.cells[0].Workload == kind {
				b.WriteString("\n" + same.String())
			}
		}
	}
	for _, r := range runs {
		for _, line := range r.Remarks {
			if strings.HasPrefix(line, "PARTIAL:") {
				fmt.Fprintf(&b, "\n%s: %s\n", r.File, line)
			}
		}
	}
	return b.String()
}

// String returns the group as a table with its heading.
func (g group) String() string {
	header, shown := []string{"target"}, []column{}
	for _, col := range columns {
		if slices.ContainsFunc(g.cells, func(c *Cell) bool { return col.cell(g, c) != "" }) {
			header, shown = append(header, col.title), append(shown, col)
		}
	}
	rows := [][]string{header}
	var notes []string
	for _, c := range g.cells {
		row := []string{c.Target}
		for _, col := range shown {
			row = append(row, col.cell(g, c))
		}
		rows = append(rows, row)
	}
	for _, line := range g.run.Remarks {
		_, rest, _ := strings.Cut(line, ": ")
		if strings.Contains(rest, fmt.Sprintf(", workload %s, %d sessions:", g.cells[0].Workload, g.cells[0].Sessions)) {
			notes = append(notes, line)
		}
	}
	table := g.title() + "\n\n" + markdownTable(rows)
	if len(notes) > 0 {
		table += "\n" + markdownLines(notes)
	}
	return table
}

func (g group) title() string {
	first := g.cells[0]
	title := fmt.Sprintf("%d sessions, %d goroutines", first.Sessions, first.Goroutines)
	if first.Goroutines == 1 {
		title = strings.TrimSuffix(title, "s")
	}
	// What is usual is not said.
	for _, key := range []string{"keys", "sharing", "states"} {
		if value := first.Config[key]; value != "" && !slices.Contains([]string{"uniform", "shared", workload.DefaultStateMix.String()}, value) {
			title += ", " + key + " " + value
		}
	}
	if n := len(first.slices); n > 1 {
		return title + fmt.Sprintf("; medians of %d slices:", n)
	}
	return title + "; 1 slice:"
}

// middle returns the median of a unit, scaled.
func middle(c *Cell, unit string) string {
	if values := c.Values(unit); len(values) > 0 {
		return scaled(median(values), unit)
	}
	return ""
}

// plain returns the median of a unit that needs no prefix.
func plain(c *Cell, unit string) string {
	if values := c.Values(unit); len(values) > 0 {
		return fmt.Sprintf("%.1f", median(values))
	}
	return ""
}

// spread returns how far from the median the ends of its confidence interval
// are, as benchstat has it, in percent; ∞ if there are too few slices for one.
func spread(values []float64) string {
	if len(values) == 0 {
		return ""
	}
	summary := benchmath.AssumeNothing.Summary(benchmath.NewSample(values, &benchmath.DefaultThresholds), 0.95)
	return strings.TrimSuffix(summary.PctRangeString(), "%")
}

// ratio returns the ratio of the medians, empty if there is none.
func ratio(values, other []float64) string {
	if len(values) == 0 || len(other) == 0 || median(other) == 0 {
		return ""
	}
	return fmt.Sprintf("%.3g", median(values)/median(other))
}
