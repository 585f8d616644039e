package html

import (
	"fmt"
	"strings"

	"github.com/reprise-tls/reprise/internal/chart"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/plan/sweep"
)

// contention has throughput over goroutines, where a run has several numbers of
// them.
func contention(r *measure.Result) Section {
	return curves(sweep.Curves(r, min(r.Environment.CPUs, r.Environment.GOMAXPROCS), r.Settings.Seed))
}

// Sweep makes the page of contention curves.
func Sweep(r *measure.Result, all []*sweep.Curve, commandLine string) (*Page, error) {
	p, err := Run(r, commandLine)
	if err != nil {
		return nil, err
	}
	p.Title = "Sweep: " + subject(r)
	c := curves(all)
	for i, s := range p.Sections {
		if s.Title == c.Title {
			p.Sections = append(p.Sections[:i], p.Sections[i+1:]...)
			break
		}
	}
	p.Sections = append([]Section{c}, p.Sections...)
	return p, nil
}

// curves has a chart for each workload and number of sessions.
func curves(all []*sweep.Curve) Section {
	s := Section{Title: "Contention", Text: []string{"Operations a second over goroutines, with 95 % intervals, and what they would be if each goroutine added as much as the first (ideal). Goroutines beyond the processors take turns."}}
	type place struct {
		workload string
		sessions int
	}
	charts := make(map[place]*chart.Chart)
	for _, curve := range all {
		if len(curve.Points) < 2 {
			continue
		}
		at := place{string(curve.Workload), curve.Sessions}
		c := charts[at]
		if c == nil {
			c = &chart.Chart{
				Title: fmt.Sprintf("%s, %d sessions", curve.Workload, curve.Sessions),
				X:     chart.Axis{Label: "goroutines", Zero: true, Whole: true}, Y: chart.Axis{Label: "operations/s", Zero: true},
			}
			charts[at] = c
			s.Charts = append(s.Charts, c)
		}
		addCurve(c, curve)
		s.Tables = append(s.Tables, curveTable(curve))
		s.Lines = append(s.Lines, law(curve)...)
	}
	if len(s.Charts) == 0 {
		return Section{Title: s.Title}
	}
	return s
}

func addCurve(c *chart.Chart, curve *sweep.Curve) {
	color := 1
	for _, s := range c.Series {
		if !s.Dashed {
			color++
		}
	}
	first, last := curve.Points[0], curve.Points[len(curve.Points)-1]
	measured := chart.Series{Name: curve.Target, Color: color, Note: fmt.Sprintf("%s with %d, %s with %d", chart.Number(first.Rate), first.Goroutines, chart.Number(last.Rate), last.Goroutines)}
	ideal := chart.Series{Name: curve.Target + ", ideal", Color: color, Dashed: true, Plain: true}
	fitted := chart.Series{Name: curve.Target + ", fitted law", Color: color, Dashed: true, Plain: true}
	cores := 0
	for _, p := range curve.Points {
		measured.Points = append(measured.Points, chart.Point{X: float64(p.Goroutines), Y: p.Rate, Low: p.Low, High: p.High, Interval: finite(p.Low) && finite(p.High)})
		if !p.Oversubscribed {
			cores = p.Goroutines
			ideal.Points = append(ideal.Points, chart.Point{X: float64(p.Goroutines), Y: first.Rate / float64(first.Goroutines) * float64(p.Goroutines)})
		}
	}
	c.Series = append(c.Series, measured, ideal)
	if curve.Fit != nil {
		const steps = 40
		for i := range steps + 1 {
			n := float64(first.Goroutines) + float64(cores-first.Goroutines)*float64(i)/steps
			fitted.Points = append(fitted.Points, chart.Point{X: n, Y: curve.Fit.Throughput(n)})
		}
		c.Series = append(c.Series, fitted)
	}
	if last.Oversubscribed && cores > 0 && len(c.Marks) == 0 {
		c.Marks = append(c.Marks, chart.Mark{At: float64(cores), Name: "processors"})
	}
	c.Description = strings.TrimSpace(c.Description + " " + curve.Target + ": " + measured.Note + ".")
}

func curveTable(curve *sweep.Curve) Table {
	t := Table{Caption: fmt.Sprintf("%s: %s, %d sessions", curve.Target, curve.Workload, curve.Sessions), Header: []string{"goroutines", "operations/s", "from", "to", "of ideal", ""}}
	first := curve.Points[0]
	for _, p := range curve.Points {
		mark := ""
		if p.Oversubscribed {
			mark = "take turns"
		}
		ideal := first.Rate / float64(first.Goroutines) * float64(p.Goroutines)
		t.Rows = append(t.Rows, cells(fmt.Sprint(p.Goroutines), chart.Number(p.Rate), chart.Number(p.Low), chart.Number(p.High), chart.Percent(p.Rate/ideal), mark))
	}
	return t
}

// law says what the fit is, or why there is none.
func law(curve *sweep.Curve) []string {
	switch {
	case curve.Fit != nil:
		return []string{fmt.Sprintf("%s, %s: Universal Scalability Law with contention σ %.4g and coherency κ %.4g", curve.Target, curve.Workload, curve.Fit.Sigma, curve.Fit.Kappa)}
	case curve.Refused != "":
		return []string{fmt.Sprintf("%s, %s: no law is fitted: %s", curve.Target, curve.Workload, curve.Refused)}
	}
	return nil
}
