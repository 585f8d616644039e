package report

import (
	"fmt"

	"golang.org/x/perf/benchmath"
	"golang.org/x/perf/benchunit"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
)

// details are the tables below the first: latencies, and what memory and the
// collector have to do with it. Each is left out where nothing was measured.
func (t *table) details() (string, error) {
	latencies, err := t.latencies()
	if err != nil {
		return "", err
	}
	schedules, err := t.schedules()
	if err != nil {
		return "", err
	}
	return latencies + schedules + t.resources(), nil
}

// latencies has the percentiles, in seconds, of all slices of a cell together.
func (t *table) latencies() (string, error) {
	var g grid
	flushes := t.measured(unitFlush)
	header := []string{"latency, sec", "timed", "p50", "p99", "p99.9", "p99.99", "max"}
	if flushes {
		header = append(header, "flush")
	}
	g.row(header...)
	timed := false
	err := t.eachCell(&g, func(c *measure.Cell, here at) ([]string, error) {
		summaries := make([]*latency.Summary, len(c.Samples))
		for i, s := range c.Samples {
			summaries[i] = s.Latency
		}
		all, err := latency.Merge(summaries...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", benchmarkName(c), err)
		}
		flush := t.median(here, "flush-sec")
		if all == nil && flush == "" {
			return nil, nil
		}
		timed = true
		return append(percentiles(all), flush), nil
	})
	if err != nil || !timed {
		return "", err
	}
	return "\n" + g.String(), nil
}

// percentiles returns the cells of a row of latencies.
func percentiles(s *latency.Summary) []string {
	if s == nil {
		return make([]string, 6)
	}
	cells := []string{benchunit.Scale(float64(s.Count), benchunit.Decimal)}
	for _, ns := range []int64{s.P50, s.P99, s.P999, s.P9999, s.Max} {
		cells = append(cells, benchunit.Scale(float64(ns)/1e9, benchunit.Decimal))
	}
	return cells
}

// resourceUnits are the columns of the table of resources: medians.
var resourceUnits = []string{unitSession, unitTable, unitHeap, unitRSS, unitGC, unitRetries, unitKept}

func (t *table) resources() string {
	var shown []string
	for _, unit := range resourceUnits {
		if t.measured(unit) {
			shown = append(shown, unit)
		}
	}
	if len(shown) == 0 {
		return ""
	}
	var g grid
	g.row(append([]string{"resources"}, shown...)...)
	// It fails where a row does, and none of these does.
	_ = t.eachCell(&g, func(_ *measure.Cell, here at) (cells []string, err error) {
		for _, unit := range shown {
			cells = append(cells, t.median(here, unit))
		}
		return cells, nil
	})
	return "\n" + g.String()
}

// eachCell adds a row for every cell that has samples, under the name of its
// benchmark.
func (t *table) eachCell(g *grid, row func(c *measure.Cell, here at) ([]string, error)) error {
	for _, name := range t.rows {
		headed := false
		for _, target := range t.targets {
			here := at{name, target}
			c := t.cell(here)
			if c == nil || len(c.Samples) == 0 {
				continue
			}
			cells, err := row(c, here)
			if err != nil {
				return err
			}
			if cells == nil {
				continue
			}
			if !headed {
				g.line(name.StringValues())
				headed = true
			}
			g.row(append([]string{"  " + target.Get(t.impl)}, cells...)...)
		}
	}
	return nil
}

// cell returns the cell at a place, nil if there is none.
func (t *table) cell(here at) *measure.Cell {
	for _, c := range t.result.Cells {
		if here.row.StringValues() == rowName(c) && here.target.Get(t.impl) == c.Target {
			return c
		}
	}
	return nil
}

// measured reports whether the unit was measured anywhere and is not always 0.
func (t *table) measured(name string) bool {
	_, tidy := benchunit.Tidy(1, name)
	for _, values := range t.values {
		for _, v := range values[tidy] {
			if v != 0 {
				return true
			}
		}
	}
	return false
}

// median returns the median of a unit at a place.
func (t *table) median(here at, unit string) string {
	s := t.sample(here, unit)
	if s == nil {
		return ""
	}
	center := benchmath.AssumeNothing.Summary(s, confidence).Center
	switch unit {
	case unitHits, unitKept, unitGC:
		return fmt.Sprintf("%.2f", center)
	case unitSession, unitTable:
		return fmt.Sprintf("%.1f", center)
	}
	return benchunit.Scale(center, benchunit.ClassOf(unit))
}
