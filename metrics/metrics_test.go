package metrics

import (
	"encoding/json"
	"expvar"
	"maps"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/store"
	"github.com/reprise-tls/reprise/tlscache"
)

var _ expvar.Var = Collect(nil)

// numbered is a source whose counters are all different.
type numbered struct{ stats engine.Stats }

func (n *numbered) Stats() engine.Stats { return n.stats }

// number gives the numbers in a struct, and in the structs in it, the values 1, 2,
// 3 and so on.
func number(v reflect.Value) {
	eachNumber(v, "", new(int), func(_ string, n int, f reflect.Value) {
		if f.CanUint() {
			f.SetUint(uint64(n))
		} else {
			f.SetInt(int64(n))
		}
	})
}

// eachNumber calls f with every number in a struct, its name and its place.
func eachNumber(v reflect.Value, name string, n *int, f func(name string, n int, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			eachNumber(v.Field(i), name+"."+v.Type().Field(i).Name, n, f)
		}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		*n++
		f(name, *n, v)
	}
}

// Every counter is one sample's value: none is forgotten, none is there twice.
// A counter that the engine gets needs a row, or a reason here.
func TestEveryCounterIsAMetric(t *testing.T) {
	var n numbered
	number(reflect.ValueOf(&n.stats).Elem())
	n.stats.EvictionAge[3] = 7
	wantEvery(t, reflect.ValueOf(n.stats), Cache(&n), map[string]string{
		".EvictedBeforeExpiry": "the count of the histogram",
	})

	var c numberedClient
	number(reflect.ValueOf(&c.stats).Elem())
	wantEvery(t, reflect.ValueOf(c.stats), Client(&c), nil)

	var v numberedServer
	number(reflect.ValueOf(&v.stats).Elem())
	wantEvery(t, reflect.ValueOf(v.stats), Server(&v), nil)

	var k numberedStore
	number(reflect.ValueOf(&k.stats).Elem())
	wantEvery(t, reflect.ValueOf(k.stats), Store(&k), map[string]string{
		".Queue.Queued": "the sum of those that wait and of what became of the others",
	})
}

type numberedClient struct{ stats tlscache.ClientStats }

func (n *numberedClient) Stats() tlscache.ClientStats { return n.stats }

type numberedServer struct{ stats tlscache.Stats }

func (n *numberedServer) Stats() tlscache.Stats { return n.stats }

type numberedStore struct{ stats store.Stats }

func (n *numberedStore) Stats() store.Stats { return n.stats }

func wantEvery(t *testing.T, stats reflect.Value, collect Collect, not map[string]string) {
	t.Helper()
	seen := map[float64]int{}
	for _, s := range collect() {
		if s.Kind != Histogram {
			seen[s.Value]++
		}
	}
	eachNumber(stats, "", new(int), func(name string, n int, _ reflect.Value) {
		want := 1
		if not[name] != "" {
			want = 0
		}
		if got := seen[float64(n)]; got != want {
			t.Errorf("%s is there %d times, want %d", name, got, want)
		}
	})
}

func TestNamesFollowTheConventions(t *testing.T) {
	for _, collect := range []Collect{Cache(new(numbered)), Client(new(numberedClient)), Server(new(numberedServer)), Store(new(numberedStore))} {
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

// Scopes are labels, those without a place of their own together.
func TestScopes(t *testing.T) {
	var n numberedServer
	n.stats.Scopes = map[string]tlscache.Handshakes{"admins": {Full: 1, Resumed: 2}, tlscache.OtherScopes: {Full: 3, Resumed: 4}}
	var got struct {
		Scopes map[string]float64 `json:"reprise_tls_scope_handshakes_total"`
	}
	if err := json.Unmarshal([]byte(Server(&n).String()), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"admins,false": 1, "admins,true": 2, "other,false": 3, "other,true": 4}
	if !maps.Equal(got.Scopes, want) {
		t.Errorf("got %v, want %v", got.Scopes, want)
	}
	if len(n.stats.Scopes) != 2 {
		t.Error("the snapshot was changed")
	}
}

// The breaker is in exactly one state.
func TestBreakerState(t *testing.T) {
	for _, state := range []string{"closed", "half-open", "open"} {
		var n numberedStore
		n.stats.Breaker.State = state
		var got struct {
			States map[string]float64 `json:"reprise_store_breaker_state"`
		}
		if err := json.Unmarshal([]byte(Store(&n).String()), &got); err != nil {
			t.Fatal(err)
		}
		want := map[string]float64{"closed": 0, "half-open": 0, "open": 0}
		want[state] = 1
		if !maps.Equal(got.States, want) {
			t.Errorf("%s: got %v", state, got.States)
		}
	}
}
