package report

import (
	"math"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
)

// Units of the results. Those that benchstat does not know have a direction.
const (
	unitRate    = "ops/s"     // operations a second, all goroutines together
	unitCPU     = "cpu-ns/op" // processors' time, of all goroutines together
	unitHits    = "hit-%"     // lookups that found a session
	unitMissed  = "missed-%"  // requests of an open loop that missed their deadline
	unitFlush   = "flush-ns"
	unitGC      = "gc-%" // the collector's share of the time of all processors
	unitRetries = "retries/op"
	unitSession = "B/session"       // live heap a session that is linked takes, object and table
	unitTable   = "table-B/session" // the table's part of it
	unitHeap    = "heap-B"
	unitRSS     = "RSS-B"
	unitKept    = "kept-%" // see measure.Finding
)

// A unit is one measurement of a slice.
type unit struct {
	name     string
	better   string // higher or lower; empty: benchstat knows
	decimals int
	of       func(c *measure.Cell, s measure.Sample) (x float64, ok bool)
}

// units are all measurements, in the order in which they are written.
var units = []unit{
	{unitRate, "higher", 0, func(_ *measure.Cell, s measure.Sample) (float64, bool) { return s.Rate(), true }},
	{"ns/op", "", 2, func(_ *measure.Cell, s measure.Sample) (float64, bool) { return s.Each(), true }},
	{unitCPU, "lower", 2, func(_ *measure.Cell, s measure.Sample) (float64, bool) {
		return s.PerOperation(uint64(s.Processor.Nanoseconds())), s.Processor > 0
	}},
	{"B/op", "", 2, func(_ *measure.Cell, s measure.Sample) (float64, bool) {
		return s.PerOperation(s.Allocated), !s.Foreign
	}},
	{"allocs/op", "", 4, func(_ *measure.Cell, s measure.Sample) (float64, bool) { return s.PerOperation(s.Mallocs), !s.Foreign }},
	{unitHits, "higher", 3, hits},
	percentile("p50-ns", func(s measure.Sample) int64 { return s.Latency.P50 }),
	percentile("p99-ns", func(s measure.Sample) int64 { return s.Latency.P99 }),
	percentile("p999-ns", func(s measure.Sample) int64 { return s.Latency.P999 }),
	percentile("p9999-ns", func(s measure.Sample) int64 { return s.Latency.P9999 }),
	percentile("max-ns", func(s measure.Sample) int64 { return s.Latency.Max }),
	intendedPercentile("intended-p50-ns", func(s *latency.Summary) int64 { return s.P50 }),
	intendedPercentile("intended-p99-ns", func(s *latency.Summary) int64 { return s.P99 }),
	intendedPercentile("intended-p999-ns", func(s *latency.Summary) int64 { return s.P999 }),
	intendedPercentile("intended-max-ns", func(s *latency.Summary) int64 { return s.Max }),
	{unitMissed, "lower", 4, func(_ *measure.Cell, s measure.Sample) (float64, bool) {
		if s.Arrivals == nil || s.Arrivals.Due == 0 {
			return 0, false
		}
		return 100 * float64(s.Arrivals.Missed) / float64(s.Arrivals.Due), true
	}},
	{unitFlush, "lower", 0, func(_ *measure.Cell, s measure.Sample) (float64, bool) {
		return float64(s.Flush.Nanoseconds()), s.Flush > 0
	}},
	{unitRetries, "lower", 6, retries},
	{unitGC, "lower", 2, func(_ *measure.Cell, s measure.Sample) (float64, bool) { return 100 * s.Collector, !s.Foreign }},
	{unitHeap, "lower", 0, func(_ *measure.Cell, s measure.Sample) (float64, bool) { return float64(s.Heap), s.Heap > 0 }},
	{unitRSS, "lower", 0, func(_ *measure.Cell, s measure.Sample) (float64, bool) { return float64(s.RSS), s.RSS > 0 }},
	{unitSession, "lower", 1, func(c *measure.Cell, _ measure.Sample) (float64, bool) {
		if c.Memory == nil {
			return 0, false
		}
		return c.Memory.Session + c.Memory.Table, true
	}},
	{unitTable, "lower", 1, func(c *measure.Cell, _ measure.Sample) (float64, bool) {
		if c.Memory == nil {
			return 0, false
		}
		return c.Memory.Table, true
	}},
	{unitKept, "higher", 2, func(c *measure.Cell, _ measure.Sample) (float64, bool) {
		if c.Kept == nil {
			return 0, false
		}
		return 100 * *c.Kept, true
	}},
}

// percentile is a unit of the latencies of a slice.
func percentile(name string, of func(measure.Sample) int64) unit {
	return unit{name, "lower", 0, func(_ *measure.Cell, s measure.Sample) (float64, bool) {
		if s.Latency == nil {
			return 0, false
		}
		return float64(of(s)), true
	}}
}

// intendedPercentile is a unit of the latencies from the intended start.
func intendedPercentile(name string, of func(*latency.Summary) int64) unit {
	return unit{name, "lower", 0, func(_ *measure.Cell, s measure.Sample) (float64, bool) {
		if s.Arrivals == nil || s.Arrivals.Latency == nil {
			return 0, false
		}
		return float64(of(s.Arrivals.Latency)), true
	}}
}

func hits(_ *measure.Cell, s measure.Sample) (float64, bool) {
	return 100 * float64(s.Counts.Hits) / float64(max(s.Counts.Gets, 1)), s.Counts.Gets > 0
}

func retries(_ *measure.Cell, s measure.Sample) (float64, bool) {
	if s.Retries == nil {
		return 0, false
	}
	return s.PerOperation(*s.Retries), true
}

// unitMetadata says of the units that benchstat does not know whether more is
// better.
func unitMetadata() (all []*benchfmt.UnitMetadata) {
	for _, u := range units {
		if u.better != "" {
			all = append(all, &benchfmt.UnitMetadata{
				UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: u.name, Key: "better"},
				OrigUnit:        u.name,
				Value:           u.better,
			})
		}
	}
	return all
}

// values returns the measurements of a slice.
func values(c *measure.Cell, s measure.Sample) (v []benchfmt.Value) {
	for _, u := range units {
		if x, ok := u.of(c, s); ok {
			v = append(v, value(x, u.decimals, u.name))
		}
	}
	return v
}

// value rounds to a number of decimals; more would pretend to a precision that
// nothing here has.
func value(x float64, decimals int, unit string) benchfmt.Value {
	scale := math.Pow10(decimals)
	x = math.Round(x*scale) / scale
	tidy, tidyUnit := benchunit.Tidy(x, unit)
	if tidyUnit == unit {
		return benchfmt.Value{Value: x, Unit: unit}
	}
	return benchfmt.Value{Value: tidy, Unit: tidyUnit, OrigValue: x, OrigUnit: unit}
}
