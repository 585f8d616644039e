package bars

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
)

// A Request is one run of the load generator.
type Request struct {
	Workload   workload.Kind
	Sessions   int
	Goroutines []int
	Targets    []string
	Config     map[string]string // what differs from the usual
	Count      int
	Duration   time.Duration
}

// Plans are the names of the plans.
var Plans = []string{"bars", "all", "full", "smoke"}

// Plan returns what is to be run: "bars" for the bars alone; "all" for them and
// for all workloads on all targets, in less than a quarter of an hour; "full"
// for the same with the slices that a run to keep should have; "smoke" for all
// workloads on all targets, and the bars' configurations, as small as they go.
func Plan(name string, targets []measure.Target) ([]Request, error) {
	if !slices.Contains(Plans, name) {
		return nil, fmt.Errorf("plan is %q; allowed are %s", name, strings.Join(Plans, ", "))
	}
	requests := forBars()
	if name != "bars" {
		requests = merge(append(requests, rest(targets)...))
	}
	for i := range requests {
		r := &requests[i]
		switch name {
		case "all":
			r.Duration = min(r.Duration, 150*time.Millisecond)
		case "full":
			r.Count, r.Duration = MinSlices, 500*time.Millisecond
		case "smoke":
			r.Sessions, r.Count, r.Duration = 1_000, 1, 5*time.Millisecond
		}
	}
	return merge(requests), nil
}

// forBars returns what the bars need, each with slices of 200 ms.
func forBars() (requests []Request) {
	for _, b := range Bars() {
		r := Request{
			Workload: b.Of.Workload, Sessions: b.Of.Sessions, Goroutines: []int{b.Of.Goroutines}, Targets: []string{b.Of.Target},
			Config: unusual(b.Config), Count: MinSlices, Duration: 200 * time.Millisecond,
		}
		for _, target := range b.Against {
			r.Targets = append(r.Targets, target)
			r.Goroutines = append(r.Goroutines, b.against(target).Goroutines)
		}
		requests = append(requests, r)
	}
	return merge(requests)
}

// unusual leaves out what the load generator does anyway.
func unusual(config map[string]string) map[string]string {
	config = maps.Clone(config)
	maps.DeleteFunc(config, func(_, v string) bool { return v == "shared" || v == "uniform" })
	return config
}

// rest returns all workloads on all targets that can run them, at a size that
// no bar but that of AddEvict has: what is merged with a bar is measured as long
// as the bar needs.
func rest(targets []measure.Target) (requests []Request) {
	const sessions = 20_480 // OpenSSL's capacity
	for _, kind := range workload.Kinds() {
		r := Request{Workload: kind, Sessions: sessions, Goroutines: []int{2}, Count: 4, Duration: 100 * time.Millisecond}
		if kind == workload.Churn {
			r.Goroutines = []int{1, 2} // how it grows
		}
		for _, t := range targets {
			if !t.Null && t.Supports(kind) == nil {
				r.Targets = append(r.Targets, t.Name)
			}
		}
		requests = append(requests, r)
	}
	// What the collector costs when ten million sessions are alive.
	return append(requests, Request{
		Workload: workload.Churn, Sessions: 10 * million, Goroutines: []int{2},
		Targets: []string{engine, "rwmutex-sharded"}, Count: 4, Duration: 100 * time.Millisecond,
	})
}

// merge makes one request of those that measure the same workload at the same
// size under the same configuration, so that all of its targets take turns.
func merge(requests []Request) (merged []Request) {
	for _, r := range requests {
		r.Targets, r.Goroutines = union(nil, r.Targets), union(nil, r.Goroutines)
		i := slices.IndexFunc(merged, func(m Request) bool {
			return m.Workload == r.Workload && m.Sessions == r.Sessions && maps.Equal(m.Config, r.Config)
		})
		if i < 0 {
			merged = append(merged, r)
			continue
		}
		m := &merged[i]
		m.Targets, m.Goroutines = union(m.Targets, r.Targets), union(m.Goroutines, r.Goroutines)
		m.Count, m.Duration = max(m.Count, r.Count), max(m.Duration, r.Duration)
	}
	for i := range merged {
		slices.Sort(merged[i].Goroutines)
	}
	return merged
}

func union[T comparable](a, b []T) []T {
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}

// Arguments returns the request as arguments of the load generator.
func (r Request) Arguments() string {
	goroutines := strings.ReplaceAll(strings.Trim(fmt.Sprint(r.Goroutines), "[]"), " ", ",")
	args := fmt.Sprintf("run --workload %s --sessions %d --goroutines %s --count %d --duration %v",
		r.Workload, r.Sessions, goroutines, r.Count, r.Duration)
	if r.Config["sharing"] == "disjoint" {
		args += " --disjoint"
	}
	if states := r.Config["states"]; states != "" {
		args += " --states " + states
	}
	return args + " --target " + strings.Join(r.Targets, ",")
}
