package measure

import (
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// forgetful says that it has added every 20th session and has not.
func forgetful(c *faulty) {
	c.add = func(c *faulty, s *shards.Session) bool { return c.calls.Add(1)%20 == 0 || c.Cache.Add(s) }
}

// What a target is known to lose is counted, and is no violation.
func TestLossesAreCounted(t *testing.T) {
	target := bent("forgetful", forgetful)
	if wrong := violations(t, target, testSpec(workload.Churn), 1); len(wrong) == 0 {
		t.Error("the check does not find the sessions that are missing")
	}
	target.Loses = "it forgets"
	b, err := Open(target, testSpec(workload.Churn), Options{Goroutines: []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	b.Play(1, 50_000)
	f := b.Finish()
	if len(f.Violations) > 0 || len(f.Losses) != 1 || !strings.Contains(f.Losses[0], "% of the sessions that must be in the cache are") {
		t.Errorf("violations %q, losses %q", f.Violations, f.Losses)
	}
	if f.Kept == nil || *f.Kept <= 0.5 || *f.Kept >= 1 {
		t.Errorf("kept is %v", f.Kept)
	}
}

func TestLossesOfReferences(t *testing.T) {
	target := bent("leaks", func(c *faulty) {
		c.add = func(c *faulty, s *shards.Session) bool {
			if c.now() {
				s.Acquire()
			}
			return c.Cache.Add(s)
		}
	})
	target.Loses = "it leaks"
	for _, kind := range workload.Kinds() {
		if kind == workload.Flush {
			continue // nothing that loses sessions flushes
		}
		b, err := Open(target, testSpec(kind), Options{Goroutines: []int{1}})
		if err != nil {
			t.Fatal(err)
		}
		b.Play(1, 50_000)
		f := b.Finish()
		got := strings.Join(f.Losses, "\n")
		if len(f.Violations) > 0 || kind == workload.Churn && !strings.Contains(got, "do not have exactly the reference of the pool") {
			t.Errorf("%s: violations %q, losses %q", kind, f.Violations, f.Losses)
		}
	}
}

// A cache that takes only half of the sessions is filled with those.
func TestLossesOfWhatWasRefused(t *testing.T) {
	target := bent("full", func(c *faulty) {
		c.add = func(c *faulty, s *shards.Session) bool { return c.Len() < 500 && c.Cache.Add(s) }
	})
	target.Loses = "it is soon full"
	b, err := Open(target, testSpec(workload.Get), Options{Goroutines: []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	b.Play(1, 10_000)
	f := b.Finish()
	got := strings.Join(f.Losses, "\n")
	for _, want := range []string{"500 of 1000 adds did nothing", "50.00% of the sessions", "lookups of ids that were added before missed"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %q", want, f.Losses)
		}
	}
	if f.Kept == nil || *f.Kept != 0.5 {
		t.Errorf("kept is %v, want 0.5", f.Kept)
	}
}

func TestRunsTellLossesFromViolations(t *testing.T) {
	c := testConfig(t, "sound", "forgetful")
	r := run(t, c)
	if !r.OK() || len(r.Losses) != 1 || r.Losses[0].Target != "forgetful" || r.Losses[0].Why != "it forgets" {
		t.Fatalf("failures %v, violations %v, losses %v", r.Failures, r.Violations, r.Losses)
	}
	for _, cell := range r.Cells {
		if known := cell.Kept != nil; known != (cell.Target == "forgetful") {
			t.Errorf("%+v: kept is %v", cell.Place, cell.Kept)
		}
	}
}
