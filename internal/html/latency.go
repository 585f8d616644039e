package html

import (
	"fmt"
	"math"
	"strings"

	"github.com/reprise-tls/reprise/internal/chart"
	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/report"
)

// latencySection has a curve of percentiles for each benchmark.
func latencySection(r *measure.Result) (Section, error) {
	s := Section{Title: "Latency", Text: []string{"The share of requests, to the right, that took no longer than the time, upwards. Both axes are logarithmic: each step to the right is a tenth of the requests that are left."}}
	for _, group := range groups(r.Cells) {
		c, t, err := latencyCurve(group)
		if err != nil {
			return s, fmt.Errorf("%s: %w", report.RowName(group[0]), err)
		}
		if !c.Empty() {
			s.Charts = append(s.Charts, c)
			s.Tables = append(s.Tables, t)
		}
	}
	if len(s.Charts) == 0 {
		return Section{}, nil
	}
	return s, nil
}

// nines are the marks of the axis of percentiles: 1/(1-p) is where p stands.
var nines = []chart.Tick{{At: 1, Text: "0 %"}, {At: 2, Text: "50 %"}, {At: 10, Text: "90 %"}, {At: 100, Text: "99 %"}, {At: 1e3, Text: "99.9 %"}, {At: 1e4, Text: "99.99 %"}, {At: 1e5, Text: "99.999 %"}, {At: 1e6, Text: "99.9999 %"}, {At: 1e7, Text: "7 nines"}, {At: 1e8, Text: "8 nines"}, {At: 1e9, Text: "9 nines"}}

func latencyCurve(group []*measure.Cell) (*chart.Chart, Table, error) {
	c := &chart.Chart{
		Title: report.RowName(group[0]),
		X:     chart.Axis{Label: "percentile", Log: true, Ticks: nines, Format: func(v float64) string { return fmt.Sprintf("%.6g %%", 100*(1-1/v)) }},
		Y:     chart.Axis{Label: "latency", Log: true, Format: chart.Seconds},
	}
	t := Table{Caption: report.RowName(group[0]), Header: []string{"target", "from the", "timed", "p50", "p99", "p99.9", "p99.99", "longest"}}
	var words []string
	for k, cell := range group {
		var service, intended []*latency.Summary
		for _, s := range cell.Samples {
			service = append(service, s.Latency)
			if s.Arrivals != nil {
				intended = append(intended, s.Arrivals.Latency)
			}
		}
		for _, part := range []struct {
			from   string
			all    []*latency.Summary
			dashed bool
		}{{"intended start", intended, false}, {"real start", service, len(intended) > 0}} {
			sum, err := latency.Merge(part.all...)
			if err != nil {
				return nil, t, err
			}
			if sum == nil {
				continue
			}
			line := chart.Series{Name: cell.Target + ", from the " + part.from, Color: k + 1, Dashed: part.dashed}
			if line.Points, err = percentiles(sum); err != nil {
				return nil, t, err
			}
			line.Note = fmt.Sprintf("p50 %s, p99 %s", nanoseconds(sum.P50), nanoseconds(sum.P99))
			words = append(words, line.Name+": "+line.Note)
			c.Series = append(c.Series, line)
			t.Rows = append(t.Rows, cells(cell.Target, part.from, chart.Number(float64(sum.Count)), nanoseconds(sum.P50), nanoseconds(sum.P99), nanoseconds(sum.P999), nanoseconds(sum.P9999), nanoseconds(sum.Max)))
		}
	}
	c.Description = strings.Join(words, "; ") + "."
	return c, t, nil
}

func nanoseconds(n int64) string { return chart.Seconds(float64(n) / 1e9) }

// percentiles returns the curve of a summary, up to the percentile that ten
// times are beyond: what one time decides is no percentile.
func percentiles(s *latency.Summary) ([]chart.Point, error) {
	var at, shares []float64
	const perDecade = 8
	for k := 0; ; k++ {
		x := math.Pow(10, float64(k)/perDecade)
		if x > max(float64(s.Count)/10, 1) {
			break
		}
		at, shares = append(at, x), append(shares, 100*(1-1/x))
	}
	times, err := s.Percentiles(shares...)
	if err != nil {
		return nil, err
	}
	points := make([]chart.Point, len(at))
	for i := range at {
		points[i] = chart.Point{X: at[i], Y: float64(max(times[i], 1)) / 1e9}
	}
	return points, nil
}
