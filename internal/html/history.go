package html

import (
	"fmt"
	"strings"

	"golang.org/x/perf/benchunit"

	"github.com/reprise-tls/reprise/internal/chart"
	"github.com/reprise-tls/reprise/internal/history"
)

// History makes the page of committed runs over time.
func History(h *history.History) *Page {
	p := &Page{Title: "History", About: "Medians of committed runs in the order of their names; a series is one benchmark on one machine with one configuration."}
	for _, s := range h.Series {
		section := ofSeries(s)
		p.Sections = append(p.Sections, section)
		for _, c := range s.Changes {
			if percent, known := s.Worse(c); known && percent > 0 && c.Accepted == nil {
				p.Warnings = append(p.Warnings, fmt.Sprintf("%s, %s: %s, from %s on", s.Benchmark, s.Unit, s.Describe(c), s.Points[c.Index].Run.Name))
			}
		}
	}
	if len(h.Notes) > 0 {
		p.Sections = append(p.Sections, Section{Title: "Notes", Lines: h.Notes})
	}
	return p
}

func ofSeries(s *history.Series) Section {
	format := func(v float64) string { return strings.TrimSpace(benchunit.Scale(v, benchunit.ClassOf(s.Unit))) }
	if s.Unit == "sec/op" {
		format = chart.Seconds
	}
	c := &chart.Chart{
		Title: s.Benchmark,
		X:     chart.Axis{Label: "run"}, Y: chart.Axis{Label: s.Unit, Zero: true, Format: format},
	}
	for i := range s.Points {
		c.X.Ticks = append(c.X.Ticks, chart.Tick{At: float64(i + 1), Text: shortRun(s.Points[i].Run.Name)})
	}
	c.X.Format = func(v float64) string { return s.Points[int(v)-1].Run.Name }
	line := chart.Series{Name: "median of the run"}
	means := chart.Series{Name: "mean between changes", Dashed: true, Plain: true, Color: 2}
	t := Table{Header: []string{"run", "median", "figures", "commit", "change"}}
	changes := s.Changes
	section := Section{Title: s.Benchmark + ", " + s.Unit, Text: []string{s.Machine.String()}}
	if s.Config != "" {
		section.Text = append(section.Text, s.Config)
	}
	for i, p := range s.Points {
		line.Points = append(line.Points, chart.Point{X: float64(i + 1), Y: p.Median})
		row := cells(p.Run.Name, format(p.Median), fmt.Sprint(p.Count), p.Run.Commit, "")
		row[4].Class = "text"
		if len(changes) > 0 && changes[0].Index == i {
			row[4].Text = s.Describe(changes[0])
			c.Marks = append(c.Marks, chart.Mark{At: float64(i) + .5, Name: fmt.Sprintf("%+.1f %%", 100*(changes[0].Ratio()-1))})
			changes = changes[1:]
		}
		t.Rows = append(t.Rows, row)
	}
	means.Points = levels(s)
	last := s.Points[len(s.Points)-1]
	line.Note = fmt.Sprintf("%s in %s, the last", format(last.Median), last.Run.Name)
	c.Series = []chart.Series{line, means}
	c.Description = fmt.Sprintf("%d runs, %d changes; %s.", len(s.Points), len(s.Changes), line.Note)
	if len(s.Points) > 1 {
		section.Charts = []Chart{c}
	}
	section.Tables = []Table{t}
	return section
}

// levels are the means between changes, as steps.
func levels(s *history.Series) (points []chart.Point) {
	from := 0
	step := func(to int) {
		sum := 0.0
		for _, p := range s.Points[from:to] {
			sum += p.Median
		}
		mean := sum / float64(to-from)
		points = append(points, chart.Point{X: float64(from) + .5, Y: mean}, chart.Point{X: float64(to) + .5, Y: mean})
		from = to
	}
	for _, c := range s.Changes {
		step(c.Index)
	}
	step(len(s.Points))
	return points
}

// shortRun is what an axis has room for: the date a name begins with.
func shortRun(name string) string {
	if len(name) >= 10 && name[4] == '-' && name[7] == '-' {
		return name[5:10]
	}
	if len(name) > 8 {
		return strings.ToValidUTF8(name[:8], "")
	}
	return name
}
