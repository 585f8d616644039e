package measure

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/reprise-tls/reprise/internal/scenario"
	"github.com/reprise-tls/reprise/internal/workload"
)

// MaxGoroutines bounds the numbers of goroutines of a run.
const MaxGoroutines = 4096

// MaxEvery bounds how rarely operations are timed.
const MaxEvery = 1_000_000

// Config says what [Run] measures: every target for every combination of
// workload, number of sessions and number of goroutines.
type Config struct {
	Known      []Target        // all targets, the null target among them
	Instances  []Instance      // known targets under further names
	Targets    []string        // those to measure, instances too; results are compared with the first
	Workloads  []workload.Kind //
	Sessions   []int           //
	Goroutines []int           //
	Base       workload.Spec   // the rest of every workload's spec

	// UsualKeys says that every workload draws keys by its own usual law
	// ([workload.Kind.DefaultKeys]) instead of by Base.Keys.
	UsualKeys bool

	Duration time.Duration // of a slice
	Count    int           // slices of each combination
	WarmUp   time.Duration // of a slice that is not counted, before the first; 0: none
	Collect  bool          // garbage before each slice
	Every    int           // one operation in so many is timed; 0: none
	Deadline time.Duration // how long a target may take to answer, beyond what it is asked to last

	// Files for the profiles of the targets' processes; empty: none. Where
	// there are several targets, or several workloads or numbers of sessions,
	// their names go before the extension: cpu.prof becomes
	// cpu-engine-churn-100000.prof.
	CPUProfile, MemoryProfile string

	// Command makes a command that starts this program as a copy, that is to
	// say so that it calls [Work] with the same targets.
	Command func() *exec.Cmd

	// Progress, if not nil, is called whenever something begins or ends.
	Progress func(Progress)

	// Scenario, if not nil, is played instead of slices: of the fields above
	// only Known, Targets, Deadline, Command, Progress and the profiles count.
	Scenario *scenario.Scenario

	// Capture is a file for the ids that the first target meets in the
	// scenario, a trace of one id a line; empty: none.
	Capture string

	// Interval, if not nil, is called with every interval of a scenario as it
	// ends, from one goroutine. It must not keep the run waiting.
	Interval func(Interval)
}

// Progress says how far a run is.
type Progress struct {
	Doing       string // what begins, for people
	Done, Total int    // slices, those of the null target included
	Rate        float64
}

// group is what is measured together: all targets and numbers of goroutines
// for one workload and one number of sessions. Every target has one process a
// group.
type group struct{ spec workload.Spec }

func (c *Config) groups() (groups []group) {
	for _, kind := range c.Workloads {
		for _, sessions := range c.Sessions {
			spec := c.Base
			spec.Kind, spec.Sessions = kind, sessions
			if c.UsualKeys {
				spec.Keys = kind.DefaultKeys()
			}
			groups = append(groups, group{spec})
		}
	}
	return groups
}

// Check reports what is wrong with the config.
func (c *Config) Check() error {
	if _, err := null(c.Known); err != nil {
		return err
	}
	if err := c.checkInstances(); err != nil {
		return err
	}
	if c.Scenario != nil {
		return c.checkScenario()
	}
	switch {
	case len(c.Targets) == 0 || len(c.Workloads) == 0 || len(c.Sessions) == 0 || len(c.Goroutines) == 0:
		return fmt.Errorf("at least one target, workload, number of sessions and number of goroutines is needed")
	case c.Duration <= 0 || c.WarmUp < 0 || c.Deadline <= 0:
		return fmt.Errorf("durations %v, %v (warm-up) and %v (deadline) must be positive, but the warm-up may be 0", c.Duration, c.WarmUp, c.Deadline)
	case c.Count < 1:
		return fmt.Errorf("%d slices; allowed are 1 or more", c.Count)
	case c.Every < 0 || c.Every > MaxEvery:
		return fmt.Errorf("one operation in %d timed; allowed are 0 (none) to %d", c.Every, MaxEvery)
	}
	if err := unique("target", c.Targets); err != nil {
		return err
	}
	if err := unique("workload", c.Workloads); err != nil {
		return err
	}
	if err := unique("number of sessions", c.Sessions); err != nil {
		return err
	}
	if err := unique("number of goroutines", c.Goroutines); err != nil {
		return err
	}
	for _, g := range c.groups() {
		if err := c.checkGroup(g); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) checkGroup(g group) error {
	if err := g.spec.Check(); err != nil {
		return err
	}
	for _, n := range c.Goroutines {
		if n < 1 || n > MaxGoroutines {
			return fmt.Errorf("%d goroutines; allowed are 1 to %d", n, MaxGoroutines)
		}
		if least := g.spec.Kind.MinGoroutines(); n < least {
			return fmt.Errorf("%d goroutines for workload %s, where one flushes and the others look up; allowed are %d to %d", n, g.spec.Kind, least, MaxGoroutines)
		}
		if g.spec.Divided() && n > g.spec.Sessions {
			return fmt.Errorf("%d goroutines that divide the sessions of workload %s (disjoint keys) need as many sessions, there are %d", n, g.spec.Kind, g.spec.Sessions)
		}
	}
	for _, name := range c.Targets {
		t, err := c.target(name)
		if err != nil {
			return err
		}
		if err := t.Supports(g.spec.Kind); err != nil {
			return err
		}
	}
	return nil
}

func unique[T comparable](what string, values []T) error {
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			return fmt.Errorf("%s %v is given twice", what, v)
		}
	}
	return nil
}

// profile returns the file for a target's profile.
func (c *Config) profile(name, target string, g group) string {
	if name == "" {
		return ""
	}
	var parts []string
	if len(c.Targets) > 1 {
		parts = append(parts, target)
	}
	if len(c.Workloads) > 1 || len(c.Sessions) > 1 {
		parts = append(parts, string(g.spec.Kind), fmt.Sprint(g.spec.Sessions))
	}
	if len(parts) == 0 {
		return name
	}
	return beforeExtension(name, parts...)
}

// beforeExtension puts parts into a file's name.
func beforeExtension(name string, parts ...string) string {
	extension := filepath.Ext(name)
	return strings.TrimSuffix(name, extension) + "-" + strings.Join(parts, "-") + extension
}
