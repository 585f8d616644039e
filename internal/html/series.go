package html

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/reprise-tls/reprise/internal/chart"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/report"
	"github.com/reprise-tls/reprise/internal/scenario"
)

// series are the figures over time: those of a scenario's seconds, or else of
// the slices.
func series(r *measure.Result) Section {
	if r.Scenario == nil {
		return slicesOverTime(r)
	}
	s := Section{Title: "Over time", Text: []string{"Targets take turns; while one waits, its line is interrupted. Phases are shaded; that of filling, which is as fast as the cache takes sessions, is left out."}}
	charts := []*chart.Chart{
		overTime(r, "Throughput", chart.Axis{Label: "requests/s", Zero: true}, func(i *measure.Interval) float64 { return i.Rate() }),
		overTime(r, "Hit rate", chart.Axis{Label: "lookups that found a session", Format: chart.Percent}, func(i *measure.Interval) float64 { return i.HitShare() }),
		overTime(r, "p99 latency", chart.Axis{Label: latencyLabel(r), Log: true, Format: chart.Seconds}, tail),
		overTime(r, "Sessions in the cache", chart.Axis{Label: "sessions", Zero: true}, func(i *measure.Interval) float64 { return float64(i.Sessions) }),
		overTime(r, "Evictions", chart.Axis{Label: "sessions/s", Zero: true}, func(i *measure.Interval) float64 {
			if i.Evicted == nil {
				return math.NaN()
			}
			return float64(*i.Evicted) / i.Elapsed.Seconds()
		}),
		overTime(r, "Collector", chart.Axis{Label: "of the processors' time", Zero: true, Format: chart.Percent}, func(i *measure.Interval) float64 { return i.Collector }),
	}
	for _, c := range charts {
		if !c.Empty() {
			s.Charts = append(s.Charts, c)
		}
	}
	if len(s.Charts) == 0 {
		return Section{}
	}
	return s
}

func open(r *measure.Result) bool {
	return slices.ContainsFunc(r.Intervals, func(i measure.Interval) bool { return i.Arrivals != nil })
}

func latencyLabel(r *measure.Result) string {
	if open(r) {
		return "from the intended start"
	}
	return "of a request"
}

// tail returns the p99 of an interval in seconds, from the intended start where
// there is one.
func tail(i *measure.Interval) float64 {
	s := i.Service
	if i.Arrivals != nil && i.Arrivals.Latency != nil {
		s = i.Arrivals.Latency
	}
	if s == nil {
		return math.NaN()
	}
	return float64(s.P99) / 1e9
}

// overTime is a chart of one figure of the intervals.
func overTime(r *measure.Result, title string, y chart.Axis, of func(*measure.Interval) float64) *chart.Chart {
	c := &chart.Chart{Title: title, X: chart.Axis{Label: "since the run began", Format: chart.Seconds}, Y: y, Bands: phases(r)}
	var words []string
	for _, target := range r.Settings.Targets {
		s := chart.Series{Name: target}
		var last *measure.Interval
		var measured []float64
		known := false
		for k := range r.Intervals {
			i := &r.Intervals[k]
			if i.Target != target || filling(r, i.Phase) {
				continue
			}
			v := of(i)
			known = known || !math.IsNaN(v)
			if last != nil && i.Start > last.Start+last.Elapsed+time.Second {
				s.Points = append(s.Points, chart.Point{X: math.NaN()})
			}
			last = i
			s.Points = append(s.Points, chart.Point{X: (i.Start + i.Elapsed/2).Seconds(), Y: v})
			if i.Measured && !math.IsNaN(v) {
				measured = append(measured, v)
			}
		}
		if !known {
			continue
		}
		s.Note = extent(measured, y.Format)
		if s.Note != "" {
			words = append(words, target+": "+s.Note)
		}
		c.Series = append(c.Series, s)
	}
	c.Description = "By target, in measured phases: " + strings.Join(words, "; ") + "."
	return c
}

// extent says what values are like: their median, and from where to where.
func extent(v []float64, format func(float64) string) string {
	if len(v) == 0 {
		return ""
	}
	if format == nil {
		format = chart.Number
	}
	v = slices.Sorted(slices.Values(v))
	mid := (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	return fmt.Sprintf("median %s, %s to %s", format(mid), format(v[0]), format(v[len(v)-1]))
}

// filling tells whether a phase is one that fills.
func filling(r *measure.Result, phase string) bool {
	return slices.ContainsFunc(r.Scenario.Phases, func(p scenario.Phase) bool { return p.Name == phase && p.Kind == scenario.Fill })
}

// phases are the parts of the run, by name, whoever's turn it was.
func phases(r *measure.Result) (bands []chart.Band) {
	all := slices.Clone(r.Intervals)
	slices.SortStableFunc(all, func(a, b measure.Interval) int { return int(a.Start - b.Start) })
	for _, i := range all {
		if filling(r, i.Phase) {
			continue
		}
		from, to := i.Start.Seconds(), (i.Start + i.Elapsed).Seconds()
		if n := len(bands); n > 0 && bands[n-1].Name == i.Phase {
			bands[n-1].To = max(to, bands[n-1].To)
			continue
		}
		bands = append(bands, chart.Band{From: from, To: to, Name: i.Phase})
	}
	return bands
}

// slicesOverTime has a chart for each benchmark.
func slicesOverTime(r *measure.Result) Section {
	s := Section{Title: "Slice by slice"}
	for _, group := range groups(r.Cells) {
		c := &chart.Chart{
			Title: report.RowName(group[0]),
			X:     chart.Axis{Label: "slice", Whole: true}, Y: chart.Axis{Label: "operations/s", Zero: true},
		}
		var words []string
		for _, cell := range group {
			line := chart.Series{Name: cell.Target}
			var rates []float64
			for k, sample := range cell.Samples {
				line.Points = append(line.Points, chart.Point{X: float64(k + 1), Y: sample.Rate()})
				rates = append(rates, sample.Rate())
			}
			line.Note = extent(rates, nil)
			words = append(words, cell.Target+": "+line.Note)
			c.Series = append(c.Series, line)
		}
		c.Description = strings.Join(words, "; ") + "."
		if !c.Empty() {
			s.Charts = append(s.Charts, c)
		}
	}
	return s
}

// groups are cells that differ in their target only, in the order of the
// result.
func groups(all []*measure.Cell) (groups [][]*measure.Cell) {
	for _, c := range all {
		if len(c.Samples) == 0 {
			continue
		}
		i := slices.IndexFunc(groups, func(g []*measure.Cell) bool { return report.RowName(g[0]) == report.RowName(c) })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], c)
	}
	return groups
}
