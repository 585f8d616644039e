package handshake

import (
	"errors"
	"net"
	"os"
	"time"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
)

// Counts are connections by what came of them: Full + Resumed + Aborted +
// Failed = Started.
type Counts struct {
	Started uint64 `json:"started"`
	Full    uint64 `json:"full"`    // full handshakes that were finished
	Resumed uint64 `json:"resumed"` // resumed ones
	Aborted uint64 `json:"aborted"` // given up by the client, as planned, before its second flight
	Failed  uint64 `json:"failed"`  // for other reasons

	Offered  uint64 `json:"offered"`  // of those started, the client offered a session
	Kept     uint64 `json:"kept"`     // of those full or resumed, the client got a new ticket
	Unclosed uint64 `json:"unclosed"` // of those full or resumed, the server did not close in time

	// Kinds are those started by kind: tls13, tls12, mtls13, mtls12.
	Kinds [kindCount]uint64 `json:"kinds"`
}

// Done returns the handshakes that were finished.
func (c Counts) Done() uint64 { return c.Full + c.Resumed }

// Plus returns the sum of both.
func (c Counts) Plus(o Counts) Counts {
	c.Started += o.Started
	c.Full += o.Full
	c.Resumed += o.Resumed
	c.Aborted += o.Aborted
	c.Failed += o.Failed
	c.Offered += o.Offered
	c.Kept += o.Kept
	c.Unclosed += o.Unclosed
	for k, n := range o.Kinds {
		c.Kinds[k] += n
	}
	return c
}

func (c *Counts) count(kind Kind, r result) {
	c.Started++
	c.Kinds[kind]++
	if r.offered {
		c.Offered++
	}
	if r.unclosed {
		c.Unclosed++
	}
	switch r.outcome {
	case full:
		c.Full++
	case resumed:
		c.Resumed++
	case aborted:
		c.Aborted++
	default:
		c.Failed++
	}
}

// A Sample is what one slice measured. Durations are in nanoseconds.
type Sample struct {
	// Round is the number of the round, from 0; within a round every target is
	// measured once for each number of goroutines. Slot is the position in the
	// round.
	Round int `json:"round"`
	Slot  int `json:"slot"`

	// Elapsed is the time from the release of the goroutines until the last
	// was done.
	Elapsed time.Duration `json:"elapsedNs"`
	Counts  Counts        `json:"counts"`

	// Errors are why connections failed, and how often.
	Errors map[string]uint64 `json:"errors,omitempty"`

	// Full and Resumed are how long handshakes took, from before the connection
	// was made; nil: there was none.
	Full    *latency.Summary `json:"full,omitempty"`
	Resumed *latency.Summary `json:"resumed,omitempty"`

	// Arrivals say how the schedule of an open loop was kept, nil in a closed
	// one. Their latencies are of full and resumed handshakes together.
	Arrivals *measure.Arrivals `json:"arrivals,omitempty"`

	// Client is the processor time that the clients' process used, 0 if the
	// system does not tell.
	Client time.Duration `json:"clientProcessorNs"`

	// Server is what is known of the server, nil for one elsewhere.
	Server *Server `json:"server,omitempty"`
}

// Server is what a target's process did in a slice.
type Server struct {
	Processor time.Duration `json:"processorNs"` // time used, 0 if the system does not tell
	Full      uint64        `json:"full"`
	Resumed   uint64        `json:"resumed"`
	Broken    uint64        `json:"broken"` // handshakes that were not finished
	Mallocs   uint64        `json:"mallocs"`
	Allocated uint64        `json:"allocatedBytes"`
	Heap      uint64        `json:"heapBytes"` // in use at the end

	// Sessions is how many were kept at the end, Evicted how many were evicted;
	// nil: the target keeps none itself.
	Sessions *int    `json:"sessions,omitempty"`
	Evicted  *uint64 `json:"evicted,omitempty"`
}

func (before reading) until(after reading) *Server {
	s := &Server{
		Processor: after.Processor - before.Processor,
		Full:      after.Full - before.Full, Resumed: after.Resumed - before.Resumed, Broken: after.Broken - before.Broken,
		Mallocs: after.Mallocs - before.Mallocs, Allocated: after.Allocated - before.Allocated, Heap: after.Heap,
	}
	if after.Keeps {
		evicted := after.Evicted - before.Evicted
		s.Sessions, s.Evicted = &after.Sessions, &evicted
	}
	return s
}

// Rate returns the handshakes that were finished a second.
func (s Sample) Rate() float64 { return float64(s.Counts.Done()) / s.Elapsed.Seconds() }

// ResumedShare returns the share of the finished handshakes that were resumed,
// NaN if there was none.
func (s Sample) ResumedShare() float64 { return float64(s.Counts.Resumed) / float64(s.Counts.Done()) }

// Each returns a time divided by the handshakes that were finished, in
// nanoseconds.
func (s Sample) Each(d time.Duration) float64 { return float64(d) / float64(s.Counts.Done()) }

// mostReasons bounds how many different reasons of failures are told apart.
const mostReasons = 16

// otherReasons is what the rest counts as.
const otherReasons = "other reasons"

func countReason(reasons map[string]uint64, reason string, n uint64) {
	if _, known := reasons[reason]; !known && len(reasons) >= mostReasons {
		reason = otherReasons
	}
	reasons[reason] += n
}

// reason returns why a connection failed without what differs from one to the
// next, its ports.
func reason(err error) string {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return "timeout"
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err.Error() // "connect: connection refused"
	}
	return err.Error()
}
