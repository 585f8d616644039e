package measure

import (
	"slices"
	"time"

	"github.com/reprise-tls/reprise/internal/scenario"
	"github.com/reprise-tls/reprise/internal/workload"
)

// A Result is what a run found out.
type Result struct {
	Environment Environment `json:"environment"`
	Settings    Settings    `json:"settings"`

	// Partial says that the run was interrupted: Done of Planned slices were
	// measured.
	Partial bool `json:"partial"`
	Done    int  `json:"slicesDone"`
	Planned int  `json:"slicesPlanned"`

	// Cells are the measurements, those of one workload, number of sessions
	// and number of goroutines next to each other, in the order of the targets
	// in the settings. A target that failed has the samples it gave before.
	Cells []*Cell `json:"cells"`

	// Scenario is what was played, nil: slices.
	Scenario *scenario.Scenario `json:"scenario,omitempty"`

	// Intervals are the series of a scenario, of all targets but the null
	// target, in the order of time; empty for slices. Those of measured phases
	// are the samples of cells too, one cell for each target and phase, whose
	// workload is the scenario's name and the phase's.
	Intervals []Interval `json:"intervals,omitempty"`

	// Generator are the measurements of the null target: what the load
	// generator itself costs.
	Generator []*Cell `json:"generator"`

	// Failures are the targets that failed, Violations those whose final check
	// found something wrong.
	Failures   []Failure   `json:"failures"`
	Violations []Violation `json:"violations"`

	// Losses are what targets that may lose sessions have lost.
	Losses []Loss `json:"losses,omitempty"`
}

// Settings are what a run was asked for and what it made of it.
type Settings struct {
	Targets  []string          `json:"targets"`
	Floor    string            `json:"floor,omitempty"` // the name of the floor among the targets
	Disjoint bool              `json:"disjointKeys"`
	Mix      workload.Mix      `json:"mix"`
	Objects  int               `json:"objectsPerID"` // of workload replace
	Flood    int               `json:"floodPerGet"`  // of workload scan
	States   workload.StateMix `json:"states"`
	Sizes    string            `json:"stateSizes"`
	Notes    []string          `json:"notes,omitempty"` // what targets say of themselves, their names before it
	Seed     uint64            `json:"seed"`
	Duration time.Duration     `json:"sliceNs"`
	WarmUp   time.Duration     `json:"warmUpNs"`
	Count    int               `json:"count"`
	Collect  bool              `json:"collectBeforeSlice"`

	// Every says that one operation in so many was timed, 0 that none was;
	// Clock is what one reading of the clock takes, in nanoseconds.
	Every int     `json:"timedOneIn"`
	Clock float64 `json:"clockNs"`
}

// A Place is where in a run something was measured or went wrong.
type Place struct {
	Target   string        `json:"target"`
	Workload workload.Kind `json:"workload"`
	Sessions int           `json:"sessions"`
}

// A Cell is all samples of one combination.
type Cell struct {
	Place
	Goroutines int          `json:"goroutines"`
	Keys       workload.Law `json:"keys"`

	// Memory and Kept are the target's for this workload and number of
	// sessions, whatever the number of goroutines; nil: not measured.
	Memory *Memory  `json:"memory,omitempty"`
	Kept   *float64 `json:"kept,omitempty"`

	Samples []Sample `json:"samples"`
}

// A Failure is a target that could not be measured to the end.
type Failure struct {
	Place
	Hung  bool   `json:"hung"`
	Error string `json:"error"`
}

// A Violation is a target whose final check found something wrong.
type Violation struct {
	Place
	What []string `json:"what"`
}

// A Loss is a target that loses sessions, or references, as was to be expected:
// why, and what it has lost.
type Loss struct {
	Place
	Why  string   `json:"why"`
	What []string `json:"what"`
}

// OK reports whether all targets were measured and all checks passed.
func (r *Result) OK() bool { return len(r.Failures) == 0 && len(r.Violations) == 0 }

// GeneratorCost returns the median nanoseconds an operation costs the
// generator in the given cell, all goroutines together, 0 if it was not
// measured.
func (r *Result) GeneratorCost(c *Cell) float64 {
	for _, g := range r.Generator {
		if g.Workload == c.Workload && g.Sessions == c.Sessions && g.Goroutines == c.Goroutines {
			return g.Each()
		}
	}
	return 0
}

// FloorRatio returns how many times the floor's time an operation in the given
// cell takes, by medians, 0 if the floor was not measured there.
func (r *Result) FloorRatio(c *Cell) float64 {
	for _, f := range r.Cells {
		if f.Target == r.Settings.Floor && f.Workload == c.Workload && f.Sessions == c.Sessions && f.Goroutines == c.Goroutines {
			if least := f.Each(); least > 0 {
				return c.Each() / least
			}
		}
	}
	return 0
}

// Each returns the median of the samples' nanoseconds an operation, 0 if there
// are none.
func (c *Cell) Each() float64 {
	each := make([]float64, len(c.Samples))
	for i, s := range c.Samples {
		each[i] = s.Each()
	}
	return median(each)
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}
