package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
	"golang.org/x/perf/benchproc"
	"golang.org/x/perf/benchunit"

	"github.com/reprise-tls/reprise/internal/measure"
)

// Table writes the result for people: for every workload, number of sessions
// and number of goroutines the targets one below the other, each with the
// median and its 95% confidence interval, and with its ratio to the first
// target and the p-value of the Mann-Whitney U test. Statistics, notation and
// footnotes are benchstat's; its own table of a result in Go's benchmark
// format has the targets side by side.
func Table(w io.Writer, r *measure.Result, commandLine string) error {
	t, err := newTable(r)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, c := range configuration(r) {
		fmt.Fprintf(&b, "%s: %s\n", c.Key, c.Value)
	}
	if line := laws(r); line != "" {
		fmt.Fprintf(&b, "%s: %s\n", keyKeys, line)
	}
	for _, line := range remarks(r, commandLine) {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	b.WriteByte('\n')
	details, err := t.details()
	if err != nil {
		return err
	}
	b.WriteString(t.text() + details)
	if lines := findings(r); len(lines) > 0 {
		fmt.Fprintf(&b, "\n%s\n", strings.Join(lines, "\n"))
	}
	_, err = io.WriteString(w, b.String())
	return err
}

const confidence = 0.95

// at is a place in the table: a benchmark without its target, and the target.
type at struct{ row, target benchproc.Key }

type table struct {
	result        *measure.Result
	impl          *benchproc.Field
	rows, targets []benchproc.Key // in the order of the result
	values        map[at]map[string][]float64
	notes         []string
}

func newTable(r *measure.Result) (*table, error) {
	all, err := benchproc.NewFilter("*")
	if err != nil {
		return nil, err
	}
	var parser benchproc.ProjectionParser
	byTarget, err := parser.Parse("/impl", all)
	if err != nil {
		return nil, err
	}
	byRow, err := parser.Parse(".fullname", all)
	if err != nil {
		return nil, err
	}
	t := &table{result: r, impl: byTarget.Fields()[0], values: make(map[at]map[string][]float64)}
	for _, record := range records(r) {
		t.add(byRow.Project(record), byTarget.Project(record), record.Values)
	}
	return t, nil
}

func (t *table) add(row, target benchproc.Key, values []benchfmt.Value) {
	if !slices.Contains(t.rows, row) {
		t.rows = append(t.rows, row)
	}
	if !slices.Contains(t.targets, target) {
		t.targets = append(t.targets, target)
	}
	here := at{row, target}
	if t.values[here] == nil {
		t.values[here] = make(map[string][]float64)
	}
	for _, v := range values {
		t.values[here][v.Unit] = append(t.values[here][v.Unit], v.Value)
	}
}

// sample returns the values at a place, nil if there are none.
func (t *table) sample(here at, unit string) *benchmath.Sample {
	v := t.values[here][unit]
	if len(v) == 0 {
		return nil
	}
	// NewSample sorts what it is given.
	return benchmath.NewSample(slices.Clone(v), &benchmath.DefaultThresholds)
}

// further are the columns after the rate and its ratio: medians only.
var further = []string{"sec/op", "B/op", "allocs/op", unitHits}

func (t *table) text() string {
	if len(t.rows) == 0 {
		return "no slice was measured to its end\n"
	}
	base := t.targets[0]
	shown := t.shownUnits()
	g := grid{left: []int{2, 4}} // the interval and the p-value
	header := append([]string{"", unitRate, "", "vs " + base.Get(t.impl), ""}, shown...)
	if t.result.Settings.Floor != "" {
		header = append(header, "time/floor")
	}
	g.row(append(header, "generator")...)
	ratios := make(map[benchproc.Key][]float64)
	for _, row := range t.rows {
		g.line(row.StringValues())
		for _, target := range t.targets {
			here := at{row, target}
			s := t.sample(here, unitRate)
			if s == nil {
				continue
			}
			cells := []string{"  " + target.Get(t.impl)}
			cells = append(cells, t.rate(s)...)
			comparison, ratio := t.compare(t.sample(at{row, base}, unitRate), s, target == base)
			cells = append(cells, comparison...)
			if ratio > 0 {
				ratios[target] = append(ratios[target], ratio)
			}
			for _, unit := range shown {
				cells = append(cells, t.median(here, unit))
			}
			if t.result.Settings.Floor != "" {
				cells = append(cells, t.floorRatio(here))
			}
			g.row(append(cells, t.generatorShare(here))...)
		}
	}
	t.geomeans(&g, ratios)
	return g.String() + t.footnotes()
}

// shownUnits leaves out columns in which all figures are 0.
func (t *table) shownUnits() (units []string) {
	for _, unit := range further {
		if t.measured(unit) {
			units = append(units, unit)
		}
	}
	return units
}

// rate returns two cells: the median and the confidence interval.
func (t *table) rate(s *benchmath.Sample) []string {
	sum := benchmath.AssumeNothing.Summary(s, confidence)
	return []string{
		benchunit.Scale(sum.Center, benchunit.Decimal),
		"± " + sum.PctRangeString() + t.note(sum.Warnings),
	}
}

// compare returns two cells, the ratio to the base and how sure it is, and the
// ratio, 0 if there is none. As with benchstat, ~ stands for a difference that
// may be chance.
func (t *table) compare(base, s *benchmath.Sample, same bool) ([]string, float64) {
	if same || base == nil {
		return []string{"", ""}, 0
	}
	old := benchmath.AssumeNothing.Summary(base, confidence).Center
	ratio := benchmath.AssumeNothing.Summary(s, confidence).Center / old
	c := benchmath.AssumeNothing.Compare(base, s)
	mark := " "
	if c.P > c.Alpha {
		mark = "~"
	}
	return []string{fmt.Sprintf("%.2fx %s", ratio, mark), "(" + c.String() + ")" + t.note(c.Warnings)}, ratio
}

// floorRatio returns how many times the floor's time a cell takes.
func (t *table) floorRatio(here at) string {
	if c := t.cell(here); c != nil {
		if ratio := t.result.FloorRatio(c); ratio > 0 {
			return fmt.Sprintf("%.2fx", ratio)
		}
	}
	return ""
}

// generatorShare returns how much of the time of a cell the generator took,
// nothing for an open loop, most of whose time is waiting.
func (t *table) generatorShare(here at) string {
	if c := t.cell(here); c != nil && (len(c.Samples) == 0 || c.Samples[0].Arrivals == nil) {
		if cost := t.result.GeneratorCost(c); cost > 0 {
			return share(cost, c.Each())
		}
	}
	return ""
}

func rowName(c *measure.Cell) string {
	return strings.Replace(benchmarkName(c), "/impl="+c.Target, "", 1)
}

// geomeans adds, where there is more than one row, the geometric mean of each
// target's ratios.
func (t *table) geomeans(g *grid, ratios map[benchproc.Key][]float64) {
	if len(t.rows) < 2 {
		return
	}
	g.line("geometric mean")
	for _, target := range t.targets[1:] {
		if len(ratios[target]) > 0 {
			g.row("  "+target.Get(t.impl), "", "", fmt.Sprintf("%.2fx  ", geomean(ratios[target])), "")
		}
	}
}

func geomean(ratios []float64) float64 {
	sum := 0.0
	for _, r := range ratios {
		sum += math.Log(r)
	}
	return math.Exp(sum / float64(len(ratios)))
}

// note returns the marks of the footnotes with the given warnings.
func (t *table) note(warnings []error) string {
	var marks []string
	for _, w := range warnings {
		i := slices.Index(t.notes, w.Error())
		if i < 0 {
			i = len(t.notes)
			t.notes = append(t.notes, w.Error())
		}
		marks = append(marks, superscript(i+1))
	}
	if len(marks) == 0 {
		return ""
	}
	return " " + strings.Join(marks, "˒")
}

func (t *table) footnotes() string {
	var b strings.Builder
	for i, note := range t.notes {
		fmt.Fprintf(&b, "%s %s\n", superscript(i+1), note)
	}
	return b.String()
}

func superscript(n int) string {
	digits := []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")
	s := ""
	for ; n > 0; n /= 10 {
		s = string(digits[n%10]) + s
	}
	return s
}
