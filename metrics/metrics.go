package metrics

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/reprise-tls/reprise/engine"
)

// Kind is the kind of a metric.
type Kind uint8

// The kinds.
const (
	Counter   Kind = iota // only grows, from 0 at the start of the process
	Gauge                 // goes both ways
	Histogram             // counts by size; Sample.Histogram
)

// Metric is one metric: all time series of one name.
type Metric struct {
	Name   string   // for example "reprise_session_cache_hits_total"
	Help   string   // one sentence, without a full stop
	Kind   Kind     //
	Labels []string // names of its labels
}

// Sample is the value of one time series.
type Sample struct {
	*Metric
	LabelValues []string          // as many as Metric.Labels
	Value       float64           // of a counter or gauge
	Histogram   *engine.Histogram // of a histogram, in seconds
}

// Collect returns the current values: always of the same metrics, each with
// distinct label values. It may be called by any number of goroutines at once.
type Collect func() []Sample

// String returns the current values as a JSON object by name, which makes a
// Collect an expvar.Var. A metric with labels is an object by their values,
// joined by commas; a histogram has its count and, by their upper bounds in
// seconds, the buckets that are not empty.
func (c Collect) String() string {
	values := map[string]any{}
	for _, s := range c() {
		if len(s.Labels) == 0 {
			values[s.Name] = s.value()
			continue
		}
		series, ok := values[s.Name].(map[string]any)
		if !ok {
			series = map[string]any{}
			values[s.Name] = series
		}
		series[strings.Join(s.LabelValues, ",")] = s.value()
	}
	b, err := json.Marshal(values)
	if err != nil { // a value that is no number; none of this package's is
		b, _ = json.Marshal(map[string]string{"error": err.Error()})
	}
	return string(b)
}

func (s *Sample) value() any {
	if s.Kind != Histogram {
		return s.Value
	}
	type bucket struct {
		Longest int64  `json:"le"` // seconds
		Count   uint64 `json:"count"`
	}
	buckets := []bucket{}
	for i, n := range s.Histogram {
		if _, longest := s.Histogram.Bounds(i); n > 0 {
			buckets = append(buckets, bucket{longest, n})
		}
	}
	return struct {
		Count   uint64   `json:"count"`
		Buckets []bucket `json:"buckets"`
	}{s.Histogram.Count(), buckets}
}

// row is a metric and where a sample of it comes from.
type row[S any] struct {
	Metric
	values []string // of its labels
	value  func(*S) float64
	sizes  func(*S) *engine.Histogram // of a histogram
}

func counter[S any](name, help string, value func(*S) uint64) row[S] {
	return row[S]{Metric: Metric{Name: name, Help: help}, value: func(s *S) float64 { return float64(value(s)) }}
}

func gauge[S any](name, help string, value func(*S) float64) row[S] {
	return row[S]{Metric: Metric{Name: name, Help: help, Kind: Gauge}, value: value}
}

// labelled gives the rows of one name their label.
func labelled[S any](label string, rows map[string]row[S]) (all []row[S]) {
	for _, value := range slices.Sorted(maps.Keys(rows)) {
		r := rows[value]
		r.Labels, r.values = []string{label}, []string{value}
		all = append(all, r)
	}
	return all
}

// collect returns what the rows say of a snapshot. Rows of one name share the
// metric of the first.
func collect[S any](rows []row[S], s *S) []Sample {
	samples := make([]Sample, len(rows))
	for i := range rows {
		r := &rows[i]
		samples[i] = Sample{Metric: &r.Metric, LabelValues: r.values}
		if r.Kind == Histogram {
			samples[i].Histogram = r.sizes(s)
		} else {
			samples[i].Value = r.value(s)
		}
	}
	return samples
}
