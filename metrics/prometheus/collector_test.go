package prometheus

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/golden"
	"github.com/reprise-tls/reprise/metrics"
	"github.com/reprise-tls/reprise/tlscache"
)

// busyCache is a cache with something to tell.
func busyCache(t *testing.T) *engine.Cache {
	t.Helper()
	now := int64(1_000_000)
	cache, err := engine.New(engine.Config{
		Mode: engine.Server | engine.NoAutoClear, Capacity: 3, MaxBytes: 100, ProbationPercent: 25,
		Clock: func() int64 { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Close)
	for n := range 10 {
		s, err := cache.NewSession([]byte{byte(n + 1)}, make([]byte, 10+n))
		if err != nil {
			t.Fatal(err)
		}
		cache.Add(s)
		s.Release()
		now += int64(n)
	}
	for n := range 10 {
		if s, ok := cache.Get([]byte{byte(n + 1)}); ok {
			cache.Remove(s)
			s.Release()
		}
	}
	return cache
}

func busyRegistry(t *testing.T) *prometheus.Registry {
	t.Helper()
	client, err := tlscache.NewClient(tlscache.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	client.Realm("a").Get("k")
	server, err := tlscache.NewServer(busyCache(t), tlscache.Options{Scope: tlscache.FixedScope("public"), Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	registry := prometheus.NewPedanticRegistry()
	for _, source := range []struct {
		name    string
		collect metrics.Collect
	}{
		{"server", metrics.Cache(busyCache(t))},
		{"upstream", metrics.Cache(client.Cache())},
		{"upstream", metrics.Client(client)},
		{"server", metrics.Server(server)},
		{"server", metrics.Store(new(quietStore))},
	} {
		c, err := New(source.name, source.collect)
		if err != nil {
			t.Fatal(err)
		}
		if err := registry.Register(c); err != nil {
			t.Fatal(err)
		}
	}
	return registry
}

func TestPromlint(t *testing.T) {
	problems, err := testutil.GatherAndLint(busyRegistry(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestExposition(t *testing.T) {
	families, err := busyRegistry(t).Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&b, family); err != nil {
			t.Fatal(err)
		}
	}
	if b.Len() == 0 {
		t.Fatal("nothing was collected")
	}
	golden.Check(t, "exposition.txt", b.String())
}

func TestNames(t *testing.T) {
	for _, name := range []string{"", "\xff"} {
		if _, err := New(name, metrics.Cache(busyCache(t))); !errors.Is(err, ErrName) {
			t.Errorf("%q: the error is %v", name, err)
		}
	}
}

// What the collector did not describe is an error of the scrape, not a metric.
func TestUnknownMetric(t *testing.T) {
	samples := metrics.Cache(busyCache(t))()
	c, err := New("x", func() []metrics.Sample { return samples[:5] })
	if err != nil {
		t.Fatal(err)
	}
	c.collect = func() []metrics.Sample { return samples }
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	if _, err := registry.Gather(); err == nil || !strings.Contains(err.Error(), errUnknown.Error()) {
		t.Errorf("the error is %v", err)
	}
}
