package prometheus

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/metrics"
)

// cacheLabel is the label that tells one cache's time series from another's.
const cacheLabel = "cache"

// ErrName is wrapped by the error of New for a name that is not allowed.
var ErrName = errors.New("prometheus: invalid name")

// Collector is a prometheus.Collector. It may be used by any number of
// registries and goroutines at once; collecting takes no lock of the cache's.
type Collector struct {
	collect metrics.Collect
	descs   map[string]*prometheus.Desc
	order   []*prometheus.Desc
}

var _ prometheus.Collector = (*Collector)(nil)

// New returns a collector of what collect returns, as [metrics.Cache],
// [metrics.Server], [metrics.Store] and [metrics.Client] make it. The name, any UTF-8 text but none, becomes the label
// cache of every time series; it should be the same over restarts, and for a
// tlscache.Client the same as for the cache that its tickets are in. New calls
// collect once, to know the metrics.
func New(name string, collect metrics.Collect) (*Collector, error) {
	if name == "" || !utf8.ValidString(name) {
		return nil, fmt.Errorf("%w: %q; allowed are UTF-8 texts that are not empty", ErrName, name)
	}
	c := &Collector{collect: collect, descs: map[string]*prometheus.Desc{}}
	for _, s := range collect() {
		if c.descs[s.Name] == nil {
			d := prometheus.NewDesc(s.Name, s.Help, s.Labels, prometheus.Labels{cacheLabel: name})
			c.descs[s.Name] = d
			c.order = append(c.order, d)
		}
	}
	return c, nil
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range c.order {
		descs <- d
	}
}

// Collect implements prometheus.Collector.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	for _, s := range c.collect() {
		out <- c.metric(&s)
	}
}

func (c *Collector) metric(s *metrics.Sample) prometheus.Metric {
	desc := c.descs[s.Name]
	if desc == nil { // what collect has not shown to New
		return prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(errUnknown), fmt.Errorf("%w: %s", errUnknown, s.Name))
	}
	var m prometheus.Metric
	var err error
	switch s.Kind {
	case metrics.Histogram:
		// The engine counts by age and does not add ages up.
		m, err = prometheus.NewConstHistogram(desc, s.Histogram.Count(), math.NaN(), buckets(s.Histogram), s.LabelValues...)
	case metrics.Gauge:
		m, err = prometheus.NewConstMetric(desc, prometheus.GaugeValue, s.Value, s.LabelValues...)
	default:
		m, err = prometheus.NewConstMetric(desc, prometheus.CounterValue, s.Value, s.LabelValues...)
	}
	if err != nil {
		return prometheus.NewInvalidMetric(desc, err)
	}
	return m
}

var errUnknown = errors.New("prometheus: a metric that was not there when the collector was made")

// longestBound is the last bound of a histogram, in seconds: 12 days, when
// seven are the limit of a session (RFC 8446, section 4.6.1). Each further one
// would be another time series.
const longestBound = 1<<20 - 1

// buckets returns what Prometheus wants: how many were no longer than a bound,
// for each bound but infinity.
func buckets(h *engine.Histogram) map[float64]uint64 {
	m := map[float64]uint64{}
	var n uint64
	for i := range h {
		_, longest := h.Bounds(i)
		if longest > longestBound {
			break
		}
		n += h[i]
		m[float64(longest)] = n
	}
	return m
}
