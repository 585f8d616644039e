package bars

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
)

// Whatever is planned measures all bars, and the load generator can run it.
func TestPlansHaveAllBars(t *testing.T) {
	for _, name := range Plans {
		requests, err := Plan(name, targets())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range requests {
			for _, target := range r.Targets {
				found, err := measure.Find(targets(), target)
				if err == nil {
					err = found.Supports(r.Workload)
				}
				if err != nil {
					t.Errorf("%s: %s: %v", name, r.Arguments(), err)
				}
			}
		}
		for _, b := range Bars() {
			if name != "smoke" && !slices.ContainsFunc(requests, func(r Request) bool { return measures(r, b) }) {
				t.Errorf("%s: nothing measures %s at %v", name, b.Measure, b.Of)
			}
		}
	}
}

func measures(r Request, b Bar) bool {
	if r.Workload != b.Of.Workload || r.Sessions != b.Of.Sessions || r.Count < MinSlices || !maps.Equal(r.Config, unusual(b.Config)) {
		return false
	}
	for _, target := range append([]string{b.Of.Target}, b.Against...) {
		if !slices.Contains(r.Targets, target) || !slices.Contains(r.Goroutines, b.against(target).Goroutines) {
			return false
		}
	}
	return slices.Contains(r.Goroutines, b.Of.Goroutines)
}

// Every target runs every workload that it can run.
func TestAllHasEverything(t *testing.T) {
	requests, err := Plan("all", targets())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range workload.Kinds() {
		for _, target := range targets() {
			if target.Null || target.Supports(kind) != nil {
				continue
			}
			if !slices.ContainsFunc(requests, func(r Request) bool { return r.Workload == kind && slices.Contains(r.Targets, target.Name) }) {
				t.Errorf("%s does not run %s", target.Name, kind)
			}
		}
	}
}

func TestPlanCommand(t *testing.T) {
	code, stdout, _ := execute("requests", "bars")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		"run --workload churn --sessions 100000 --goroutines 2 --count 10 --duration 200ms --target engine,libssl\n",
		"run --workload churn --sessions 1000000 --goroutines 1,2 --count 10 --duration 200ms --disjoint --target engine\n",
		"run --workload churn --sessions 1000000 --goroutines 2 --count 10 --duration 200ms --states tls13=100 --target engine\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in\n%s", want, stdout)
		}
	}
}
