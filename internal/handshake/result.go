package handshake

import (
	"time"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/scenario"
)

// A Result is what a run found out.
type Result struct {
	Environment measure.Environment `json:"environment"`
	Settings    Settings            `json:"settings"`

	// Partial says that the run was interrupted: Done of Planned slices were
	// measured to their end. One that was cut short is among the samples.
	Partial bool `json:"partial"`
	Done    int  `json:"slicesDone"`
	Planned int  `json:"slicesPlanned"`

	// Cells are the measurements, those of one mix and number of goroutines next
	// to each other, in the order of the targets in the settings. A target that
	// failed has the samples it gave before.
	Cells []*Cell `json:"cells"`

	// Failures are the targets that could not be measured to the end,
	// Violations those with which something was wrong.
	Failures   []Failure   `json:"failures"`
	Violations []Violation `json:"violations"`
}

// Settings are what a run was asked for.
type Settings struct {
	Targets  []string          `json:"targets"`
	Remote   string            `json:"remote,omitempty"` // the one among them that is elsewhere
	Clients  int               `json:"clients"`          // of each kind
	Resumed  float64           `json:"resumedPercent"`
	Aborted  float64           `json:"abortedPercent"`
	Capacity int               `json:"capacity"`
	Rate     float64           `json:"ratePerSecond,omitempty"`
	Arrivals scenario.Arrivals `json:"arrivals"`
	Late     time.Duration     `json:"lateNs"`
	Seed     uint64            `json:"seed"`
	Duration time.Duration     `json:"sliceNs"`
	WarmUp   time.Duration     `json:"warmUpNs"`
	Count    int               `json:"count"`
	Collect  bool              `json:"collectBeforeSlice"`
	Timeout  time.Duration     `json:"timeoutNs"`
	Closing  time.Duration     `json:"closingNs"`
}

// A Place is where in a run something was measured or went wrong.
type Place struct {
	Target string `json:"target"`
	Mix    Mix    `json:"mix"`
}

// A Cell is all samples of one combination.
type Cell struct {
	Place
	Goroutines int      `json:"goroutines"`
	Samples    []Sample `json:"samples"`
}

// A Failure is a target that could not be measured to the end.
type Failure struct {
	Place
	Error string `json:"error"`
}

// A Violation is a target with which something was wrong: what it counted
// differs from what the clients did, or what it keeps sessions in is damaged.
type Violation struct {
	Place
	What []string `json:"what"`
}

// Counts returns the connections of a cell by what came of them.
func (c *Cell) Counts() (all Counts) {
	for _, s := range c.Samples {
		all = all.Plus(s.Counts)
	}
	return all
}

// Errors returns why connections of a cell failed, and how often.
func (c *Cell) Errors() map[string]uint64 {
	all := make(map[string]uint64)
	for _, s := range c.Samples {
		for reason, n := range s.Errors {
			countReason(all, reason, n)
		}
	}
	return all
}

// OK reports whether all targets were measured, all checks passed, and no more
// than the given percentage of the connections of any cell failed.
func (r *Result) OK(allowedFailures float64) bool {
	for _, c := range r.Cells {
		if n := c.Counts(); float64(n.Failed)*100 > allowedFailures*float64(n.Started) {
			return false
		}
	}
	return len(r.Failures) == 0 && len(r.Violations) == 0
}

func settings(c Config) Settings {
	s := Settings{
		Targets: c.Targets, Clients: c.Clients, Resumed: c.Resumed, Aborted: c.Aborted, Capacity: c.Capacity,
		Rate: c.Rate, Arrivals: c.Arrivals, Late: c.Late, Seed: c.Seed, Duration: c.Duration, WarmUp: c.WarmUp, Count: c.Count,
		Collect: c.Collect, Timeout: c.Timeout, Closing: c.Closing,
	}
	if c.Remote != nil {
		s.Remote = c.Remote.Target
		s.Targets = append(append([]string(nil), c.Targets...), c.Remote.Target)
	}
	return s
}
