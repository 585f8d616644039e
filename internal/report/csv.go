package report

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
)

// A column is one of a CSV file. A value that was not measured is an empty
// field.
type column struct {
	name string
	of   func(i *measure.Interval) string
}

// columns of the CSV file. Times are in seconds, latencies in nanoseconds,
// shares 0 to 1.
var columns = []column{
	{"target", func(i *measure.Interval) string { return i.Target }},
	{"phase", func(i *measure.Interval) string { return i.Phase }},
	{"measured", func(i *measure.Interval) string { return strconv.FormatBool(i.Measured) }},
	{"block", func(i *measure.Interval) string { return strconv.Itoa(i.Block) }},
	{"start_s", func(i *measure.Interval) string { return seconds(i.Start) }},
	{"elapsed_s", func(i *measure.Interval) string { return seconds(i.Elapsed) }},
	{"clock_s", func(i *measure.Interval) string { return seconds(i.Clock) }},
	{"requests", func(i *measure.Interval) string { return count(i.Requests) }},
	{"requests_per_s", func(i *measure.Interval) string { return decimal(i.Rate(), 1) }},
	{"operations", func(i *measure.Interval) string { return count(i.Counts.Operations()) }},
	{"gets", func(i *measure.Interval) string { return count(i.Counts.Gets) }},
	{"hits", func(i *measure.Interval) string { return count(i.Counts.Hits) }},
	{"hit_share", func(i *measure.Interval) string { return decimal(i.HitShare(), 6) }},
	{"adds", func(i *measure.Interval) string { return count(i.Counts.Adds) }},
	{"added", func(i *measure.Interval) string { return count(i.Counts.Added) }},
	{"removes", func(i *measure.Interval) string { return count(i.Counts.Removes) }},
	{"removed", func(i *measure.Interval) string { return count(i.Counts.Removed) }},
	handshakes("connections", func(h *measure.Handshakes) uint64 { return h.Connections }),
	handshakes("offered", func(h *measure.Handshakes) uint64 { return h.Offered }),
	handshakes("resumed", func(h *measure.Handshakes) uint64 { return h.Resumed }),
	handshakes("full", func(h *measure.Handshakes) uint64 { return h.Full }),
	handshakes("aborted", func(h *measure.Handshakes) uint64 { return h.Aborted }),
	handshakes("elsewhere", func(h *measure.Handshakes) uint64 { return h.Elsewhere }),
	service("p50_ns", func(s *latency.Summary) int64 { return s.P50 }),
	service("p99_ns", func(s *latency.Summary) int64 { return s.P99 }),
	service("p999_ns", func(s *latency.Summary) int64 { return s.P999 }),
	service("p9999_ns", func(s *latency.Summary) int64 { return s.P9999 }),
	service("max_ns", func(s *latency.Summary) int64 { return s.Max }),
	intended("intended_p50_ns", func(s *latency.Summary) int64 { return s.P50 }),
	intended("intended_p99_ns", func(s *latency.Summary) int64 { return s.P99 }),
	intended("intended_p999_ns", func(s *latency.Summary) int64 { return s.P999 }),
	intended("intended_p9999_ns", func(s *latency.Summary) int64 { return s.P9999 }),
	intended("intended_max_ns", func(s *latency.Summary) int64 { return s.Max }),
	arrivals("due", func(a *measure.Arrivals) string { return count(a.Due) }),
	arrivals("missed_deadlines", func(a *measure.Arrivals) string { return count(a.Missed) }),
	arrivals("dropped", func(a *measure.Arrivals) string { return count(a.Dropped) }),
	arrivals("behind_s", func(a *measure.Arrivals) string { return seconds(a.Behind) }),
	arrivals("busy_share", func(a *measure.Arrivals) string { return decimal(a.Busy, 6) }),
	arrivals("generator_late_p99_ns", func(a *measure.Arrivals) string {
		if a.Wake == nil {
			return ""
		}
		return strconv.FormatInt(a.Wake.P99, 10)
	}),
	{"sessions", func(i *measure.Interval) string { return strconv.Itoa(i.Sessions) }},
	{"evicted", func(i *measure.Interval) string {
		if i.Evicted == nil {
			return ""
		}
		return count(*i.Evicted)
	}},
	{"collector_share", func(i *measure.Interval) string { return decimal(i.Collector, 6) }},
	{"steal_share", func(i *measure.Interval) string {
		if i.Steal == nil {
			return ""
		}
		return decimal(*i.Steal, 6)
	}},
	{"heap_bytes", func(i *measure.Interval) string { return count(i.Heap) }},
	{"rss_bytes", func(i *measure.Interval) string { return count(i.RSS) }},
}

func handshakes(name string, of func(*measure.Handshakes) uint64) column {
	return column{name, func(i *measure.Interval) string {
		if i.Handshakes == nil {
			return ""
		}
		return count(of(i.Handshakes))
	}}
}

func arrivals(name string, of func(*measure.Arrivals) string) column {
	return column{name, func(i *measure.Interval) string {
		if i.Arrivals == nil {
			return ""
		}
		return of(i.Arrivals)
	}}
}

func service(name string, of func(*latency.Summary) int64) column {
	return column{name, func(i *measure.Interval) string {
		if i.Service == nil {
			return ""
		}
		return strconv.FormatInt(of(i.Service), 10)
	}}
}

func intended(name string, of func(*latency.Summary) int64) column {
	return arrivals(name, func(a *measure.Arrivals) string {
		if a.Latency == nil {
			return ""
		}
		return strconv.FormatInt(of(a.Latency), 10)
	})
}

func count(n uint64) string { return strconv.FormatUint(n, 10) }

func seconds(d time.Duration) string { return decimal(d.Seconds(), 6) }

// decimal writes a number, nothing for one that is none.
func decimal(x float64, decimals int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return ""
	}
	return strconv.FormatFloat(x, 'f', decimals, 64)
}

// CSV writes a scenario's intervals as RFC 4180 has it, a header and one row
// for each second of each target, in the order of time. A result without
// intervals, of slices, has the header only. What else is known of the run is
// in the other formats.
func CSV(w io.Writer, r *measure.Result, _ string) error {
	c := csv.NewWriter(w)
	row := make([]string, len(columns))
	for k, column := range columns {
		row[k] = column.name
	}
	// Errors are kept until the end.
	_ = c.Write(row)
	for i := range r.Intervals {
		for k, column := range columns {
			row[k] = column.of(&r.Intervals[i])
		}
		_ = c.Write(row)
	}
	c.Flush()
	return c.Error()
}
