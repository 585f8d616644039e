package metrics

import (
	"encoding/json"
	"expvar"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/tlscache"
)

var _ expvar.Var = Collect(nil)

// numbered is a source whose counters are all different.
type numbered struct{ stats engine.Stats }

func (n *numbered) Stats() engine.Stats { return n.stats }

// number gives the fields of a struct the values 1, 2, 3 and so on.
func number(v reflect.Value) {
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Int:
			f.SetInt(int64(i + 1))
		case reflect.Uint64:
			f.SetUint(uint64(i + 1))
		}
	}
}

// Every counter is one sample's value: none is forgotten, none is there twice.
// A counter that the engine gets needs a row, or a reason here.
func TestEveryCounterIsAMetric(t *testing.T) {
	var n numbered
	number(reflect.ValueOf(&n.stats).Elem())
	n.stats.EvictionAge[3] = 7
	wantEvery(t, reflect.ValueOf(n.stats), Cache(&n), map[string]string{
		"EvictionAge":         "a histogram",
		"EvictedBeforeExpiry": "the count of the histogram",
	})

	var c numberedClient
	number(reflect.ValueOf(&c.stats).Elem())
	wantEvery(t, reflect.ValueOf(c.stats), Client(&c), nil)
}

type numberedClient struct{ stats tlscache.ClientStats }

func (n *numberedClient) Stats() tlscache.ClientStats { return n.stats }

func wantEvery(t *testing.T, stats reflect.Value, collect Collect, not map[string]string) {
	t.Helper()
	seen := map[float64]int{}
	for _, s := range collect() {
		if s.Kind != Histogram {
			seen[s.Value]++
		}
	}
	for i := range stats.NumField() {
		name, want := stats.Type().Field(i).Name, 1
		if not[name] != "" {
			want = 0
		}
		if got := seen[float64(i+1)]; got != want {
			t.Errorf("%s is there %d times, want %d", name, got, want)
		}
	}
}

func TestNamesFollowTheConventions(t *testing.T) {
	for _, collect := range []Collect{Cache(new(numbered)), Client(new(numberedClient))} {
		series := map[string]bool{}
		metrics := map[string]Metric{}
		for _, s := range collect() {
			if total := strings.HasSuffix(s.Name, "_total"); total != (s.Kind == Counter) {
				t.Errorf("%s: kind %d", s.Name, s.Kind)
			}
			if s.Help == "" || strings.HasSuffix(s.Help, ".") || len(s.LabelValues) != len(s.Labels) {
				t.Errorf("%s: help %q, labels %v, values %v", s.Name, s.Help, s.Labels, s.LabelValues)
			}
			key := s.Name + strings.Join(s.LabelValues, ",")
			if series[key] {
				t.Errorf("%s %v is there twice", s.Name, s.LabelValues)
			}
			series[key] = true
			if m, ok := metrics[s.Name]; ok && !reflect.DeepEqual(m, *s.Metric) {
				t.Errorf("%s has two descriptions", s.Name)
			}
			metrics[s.Name] = *s.Metric
		}
	}
}

// A cache's own bounds are metrics; a source without has none.
func TestBounds(t *testing.T) {
	cache, err := engine.New(engine.Config{Capacity: 30, MaxBytes: 4000})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	var got map[string]any
	if err := json.Unmarshal([]byte(Cache(cache).String()), &got); err != nil {
		t.Fatal(err)
	}
	if got["reprise_session_cache_max_sessions"] != 30.0 || got["reprise_session_cache_max_state_bytes"] != 4000.0 {
		t.Errorf("the bounds are missing in %v", got)
	}
	if text := Cache(new(numbered)).String(); strings.Contains(text, "max_") {
		t.Errorf("bounds of a source without: %s", text)
	}
}

func TestJSON(t *testing.T) {
	var n numbered
	n.stats.Hits, n.stats.CacheFull = 5, 4
	n.stats.EvictionAge[0], n.stats.EvictionAge[3], n.stats.EvictionAge[31] = 1, 2, 1
	var got struct {
		Hits float64            `json:"reprise_session_cache_hits_total"`
		Left map[string]float64 `json:"reprise_session_cache_left_total"`
		Age  struct {
			Count   int
			Buckets []struct{ Le, Count int64 }
		} `json:"reprise_session_cache_eviction_age_seconds"`
	}
	if err := json.Unmarshal([]byte(Cache(&n).String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Hits != 5 || got.Left["evicted"] != 4 || len(got.Left) != 7 || got.Age.Count != 4 {
		t.Errorf("got %+v", got)
	}
	if b := got.Age.Buckets; len(b) != 3 || b[1].Le != 7 || b[1].Count != 2 || b[2].Le != math.MaxInt64 {
		t.Errorf("the buckets are %+v", b)
	}
}
