package paired

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
)

// slowed opens a slowed target and gives it a slice on each number of
// goroutines.
func slowed(t *testing.T, name string, kind workload.Kind, by float64, goroutines ...int) *slowDriver {
	t.Helper()
	target, err := measure.Find(testTargets(), name)
	if err != nil {
		t.Fatal(err)
	}
	spec := testSpec()
	spec.Kind, spec.Keys = kind, kind.DefaultKeys()
	driver, err := Slow(target, by).Open(spec, measure.Options{Goroutines: goroutines})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range goroutines {
		if s := driver.Slice(g, time.Millisecond, new(atomic.Bool)); s.Counts.Operations() == 0 {
			t.Errorf("%s: no operation on %d goroutines", kind, g)
		}
	}
	return driver.(*slowDriver)
}

// A slowed cache gives the same answers: every check of a run must pass, those
// that look into the cache too.
func TestSlowedTargetsAreSound(t *testing.T) {
	for _, kind := range []workload.Kind{workload.Churn, workload.AddEvict, workload.Get, workload.Mixed, workload.Scan, workload.Flush} {
		d := slowed(t, "engine", kind, 0, 2, 3)
		if wrong := d.Finish().Violations; len(wrong) > 0 {
			t.Errorf("%s: %v", kind, wrong)
		}
	}
	if d := slowed(t, "floor", workload.Churn, 0, 1); len(d.Finish().Violations) > 0 {
		t.Error("floor is not sound")
	}
}

// What is computed after an operation is found out for each number of
// goroutines; it is nothing for a share of 0.
func TestCalibration(t *testing.T) {
	d := slowed(t, "mutex", workload.Churn, 1, 1, 2)
	for _, g := range []int{1, 2} {
		if d.turns[g] < 1 {
			t.Errorf("%d goroutines: %d turns", g, d.turns[g])
		}
	}
	if wrong := d.Finish().Violations; len(wrong) > 0 {
		t.Error(wrong)
	}
	if d := slowed(t, "mutex", workload.Churn, 0, 1); d.turns[1] != 0 || d.brake.turns.Load() != 0 {
		t.Errorf("%d turns for nothing", d.turns[1])
	}
}

func TestForeignTargetsCannotBeSlowed(t *testing.T) {
	target, err := measure.Find(testTargets(), "foreign")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Slow(target, 0.1).Open(testSpec(), measure.Options{Goroutines: []int{1}}); err == nil {
		t.Error("a target that Go does not drive was slowed")
	}
}
