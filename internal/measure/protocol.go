package measure

import (
	"errors"
	"time"

	"github.com/reprise-tls/reprise/internal/scenario"
	"github.com/reprise-tls/reprise/internal/workload"
)

// A request is what the program asks of a copy of itself. Exactly one field is
// set.
type request struct {
	Prepare *prepare `json:",omitempty"`
	Slice   *slice   `json:",omitempty"`
	Block   *block   `json:",omitempty"`
	Stop    bool     `json:",omitempty"` // ends the slice that is running; has no reply
	Finish  *finish  `json:",omitempty"`
}

// prepare makes the copy ready for slices of one workload.
type prepare struct {
	Target     string
	Spec       workload.Spec
	Options    Options
	CPUProfile string // a file, empty for none

	// Scenario is played instead of slices of Spec, nil: none. Capture is the
	// file for the ids it meets, empty for none.
	Scenario *scenario.Scenario `json:",omitempty"`
	Capture  string             `json:",omitempty"`
}

// block is a turn in a phase of a scenario. It is answered by its intervals,
// and then by its end.
type block struct {
	Phase   int           // its number in the scenario
	Number  int           // of the block in the phase, from 0
	Length  time.Duration // 0: until all is done, for a fill
	Last    bool          // of the phase: what was not begun in time is dropped
	Unpaced bool          // requests begin as soon as they can, whenever they are due
}

// ended ends the intervals of a block.
type ended struct {
	Over bool // the traffic has come to its end: a trace
}

// slice measures once.
type slice struct {
	Goroutines int
	Duration   time.Duration
	Collect    bool // garbage before it begins
}

// finish ends the run of the workload.
type finish struct {
	MemoryProfile string // a file, empty for none
}

// A reply answers a request.
type reply struct {
	Error    string       `json:",omitempty"` // the request failed for this reason
	Prepared *Description `json:",omitempty"`
	Sample   *Sample      `json:",omitempty"`
	Interval *Interval    `json:",omitempty"`
	Ended    *ended       `json:",omitempty"`
	Finished *Finding     `json:",omitempty"`
}

// error returns why the request failed, nil if it did not.
func (r reply) error() error {
	if r.Error != "" {
		return errors.New(r.Error)
	}
	return nil
}
