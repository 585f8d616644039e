package site

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"

	"github.com/reprise-tls/reprise/internal/chart"
	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/fingerprint"
	"github.com/reprise-tls/reprise/internal/html"
)

// shown are the units of a page of a run in Go's benchmark format, where the
// run has them.
var shown = []string{"ops/s", "sec/op", "B/op", "allocs/op", "hit-%", "p50-sec", "p99-sec", "p999-sec", "B/session"}

// figures are those of a file, by benchmark and unit, in their order.
type figures struct {
	names   []string
	values  map[string]map[string][]float64
	machine fingerprint.Fingerprint
	remarks []string
	partial bool
	bad     []string
}

// benchmark makes the page of a run in Go's benchmark format.
func benchmark(name string, content []byte) (*html.Page, error) {
	f, err := readFigures(name, content)
	if err != nil {
		return nil, err
	}
	if len(f.names) == 0 {
		return nil, fmt.Errorf("no line is a result in Go's benchmark format")
	}
	p := &html.Page{Title: "Run: " + strings.TrimSuffix(name, ".txt"), About: f.machine.String()}
	if f.partial {
		p.Warnings = append(p.Warnings, "PARTIAL: the run was interrupted")
	}
	for _, line := range f.bad {
		p.Warnings = append(p.Warnings, "UNREADABLE: "+line)
	}
	t := html.Table{Header: []string{"benchmark"}}
	for _, u := range shown {
		if f.has(u) {
			t.Header = append(t.Header, u)
		}
	}
	for _, n := range f.names {
		row := []html.Cell{{Text: n}}
		for _, u := range t.Header[1:] {
			text := "–"
			if v := f.values[n][u]; len(v) > 0 {
				text = format(u)(compare.Median(slices.Clone(v)))
			}
			row = append(row, html.Cell{Text: text})
		}
		t.Rows = append(t.Rows, row)
	}
	p.Sections = []html.Section{
		{Title: "Figures", Text: []string{"Medians."}, Tables: []html.Table{t}},
		f.contention(),
		{Title: "Remarks", Lines: f.remarks},
	}
	if len(p.Sections[1].Charts) == 0 {
		p.Sections = slices.Delete(p.Sections, 1, 2)
	}
	return p, nil
}

func format(unit string) func(float64) string {
	switch unit {
	case "sec/op":
		return chart.Seconds
	case "hit-%":
		return func(v float64) string { return chart.Percent(v / 100) }
	}
	return func(v float64) string { return strings.TrimSpace(benchunit.Scale(v, benchunit.ClassOf(unit))) }
}

func (f *figures) has(unit string) bool {
	return slices.ContainsFunc(f.names, func(n string) bool { return len(f.values[n][unit]) > 0 })
}

func readFigures(name string, content []byte) (*figures, error) {
	f := &figures{values: make(map[string]map[string][]float64)}
	for line := range strings.Lines(string(content)) {
		if remark, ok := strings.CutPrefix(strings.TrimSpace(line), "# "); ok {
			f.remarks = append(f.remarks, remark)
			f.partial = f.partial || strings.HasPrefix(remark, "PARTIAL")
		}
	}
	reader := benchfmt.NewReader(bytes.NewReader(content), name)
	for reader.Scan() {
		switch r := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			f.bad = append(f.bad, r.Error())
		case *benchfmt.Result:
			f.machine = fingerprint.Of(r)
			f.add(r)
		}
	}
	return f, reader.Err()
}

func (f *figures) add(r *benchfmt.Result) {
	n := string(r.Name)
	if f.values[n] == nil {
		f.names = append(f.names, n)
		f.values[n] = make(map[string][]float64)
	}
	for _, v := range r.Values {
		f.values[n][v.Unit] = append(f.values[n][v.Unit], v.Value)
	}
}

// contention has a chart of operations a second over goroutines for each
// benchmark that was run with several numbers of them.
func (f *figures) contention() html.Section {
	s := html.Section{Title: "Contention", Text: []string{"Operations a second over goroutines."}}
	type place struct {
		c    *chart.Chart
		impl map[string]int
	}
	places := make(map[string]*place)
	for _, n := range f.names {
		base, impl, g := goroutines(n)
		rates := f.values[n]["ops/s"]
		if g == 0 || len(rates) == 0 {
			continue
		}
		at := places[base]
		if at == nil {
			at = &place{&chart.Chart{Title: base, X: chart.Axis{Label: "goroutines", Zero: true, Whole: true}, Y: chart.Axis{Label: "operations/s", Zero: true}}, make(map[string]int)}
			places[base] = at
			s.Charts = append(s.Charts, at.c)
		}
		i, known := at.impl[impl]
		if !known {
			i = len(at.c.Series)
			at.impl[impl] = i
			at.c.Series = append(at.c.Series, chart.Series{Name: impl})
		}
		line := &at.c.Series[i]
		line.Points = append(line.Points, chart.Point{X: float64(g), Y: compare.Median(slices.Clone(rates))})
	}
	s.Charts = slices.DeleteFunc(s.Charts, func(c html.Chart) bool { return !finish(c.(*chart.Chart)) })
	return s
}

// finish brings the points in order and says what they are, false if no line
// has two.
func finish(c *chart.Chart) (lines bool) {
	var words []string
	for i := range c.Series {
		s := &c.Series[i]
		slices.SortFunc(s.Points, func(a, b chart.Point) int { return int(a.X - b.X) })
		first, last := s.Points[0], s.Points[len(s.Points)-1]
		s.Note = fmt.Sprintf("%s with %.0f, %s with %.0f", chart.Number(first.Y), first.X, chart.Number(last.Y), last.X)
		words = append(words, s.Name+": "+s.Note)
		lines = lines || len(s.Points) > 1
	}
	c.Description = strings.Join(words, "; ") + "."
	return lines
}

// goroutines takes the parts impl= and g= out of a benchmark's name; g is 0
// where there is none.
func goroutines(name string) (base, impl string, g int) {
	var rest []string
	for part := range strings.SplitSeq(name, "/") {
		if v, ok := strings.CutPrefix(part, "impl="); ok {
			impl = v
			continue
		}
		if v, ok := strings.CutPrefix(part, "g="); ok {
			g, _ = strconv.Atoi(v) // 0 is what is returned of none
			continue
		}
		rest = append(rest, part)
	}
	return strings.Join(rest, "/"), impl, g
}
