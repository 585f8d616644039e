package measure

import (
	"time"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/workload"
)

// IntervalLength is how long an interval is, but for the last of a block.
const IntervalLength = time.Second

// An Interval is what one target did in about one second of a scenario: the
// unit of the live view, of the CSV file and of the series in a report.
// Times are in nanoseconds.
type Interval struct {
	Target string `json:"target"`

	// Phase is the name of the phase, Block the number of the target's turn in
	// it, from 0. Measured says that the phase is one whose intervals count as
	// samples; others fill, warm up or drain.
	Phase    string `json:"phase"`
	Block    int    `json:"block"`
	Measured bool   `json:"measured"`

	// Start is when the interval began, since the run did, and Elapsed its
	// length. Clock is what the target's own clock showed at its end, since the
	// scenario began: it stands still while others have their turn, and runs
	// faster than time by the scenario's speed-up.
	Start   time.Duration `json:"startNs"`
	Elapsed time.Duration `json:"elapsedNs"`
	Clock   time.Duration `json:"clockNs"`

	// Counts are the calls of the cache, Requests what they were made for: an
	// operation of a stream, a connection of a population, a line of a trace.
	// Latencies are those of requests.
	Counts   workload.Counts `json:"counts"`
	Requests uint64          `json:"requests"`

	// Handshakes say what came of a population's connections, nil for other
	// traffic.
	Handshakes *Handshakes `json:"handshakes,omitempty"`

	// Arrivals say how the schedule of an open loop was kept, nil in a closed
	// one.
	Arrivals *Arrivals `json:"arrivals,omitempty"`

	// Service is how long requests took from when they were begun; nil: none
	// was timed.
	Service *latency.Summary `json:"service,omitempty"`

	// Sessions is how many the cache had at the end; Evicted how many it
	// evicted, nil if it does not tell.
	Sessions int     `json:"sessions"`
	Evicted  *uint64 `json:"evicted,omitempty"`

	// Collector is the garbage collector's share of the time of all processors
	// that the process may use; Steal the share of all processors' time that
	// the machine's host gave to others, nil if the system does not tell. Both
	// 0 to 1.
	Collector float64  `json:"collectorCPUShare"`
	Steal     *float64 `json:"stealShare,omitempty"`

	// What the process did to its memory, as in a [Sample].
	Mallocs     uint64        `json:"mallocs"`
	Allocated   uint64        `json:"allocatedBytes"`
	Collections uint32        `json:"collections"`
	Paused      time.Duration `json:"pausedNs"`
	Heap        uint64        `json:"heapBytes"`
	RSS         uint64        `json:"rssBytes"`
	Retries     *uint64       `json:"retries,omitempty"`
}

// Handshakes are connections of clients by what came of them.
type Handshakes struct {
	Connections uint64 `json:"connections"`
	Offered     uint64 `json:"offered"`   // the client had a session to resume
	Resumed     uint64 `json:"resumed"`   // which was found
	Full        uint64 `json:"full"`      // full handshakes that were finished
	Aborted     uint64 `json:"aborted"`   // given up before the end, found or not
	Elsewhere   uint64 `json:"elsewhere"` // what was offered came from another node
}

// Plus returns the sum of both.
func (h Handshakes) Plus(o Handshakes) Handshakes {
	return Handshakes{
		Connections: h.Connections + o.Connections, Offered: h.Offered + o.Offered, Resumed: h.Resumed + o.Resumed,
		Full: h.Full + o.Full, Aborted: h.Aborted + o.Aborted, Elsewhere: h.Elsewhere + o.Elsewhere,
	}
}

// Arrivals tell of an open loop's schedule.
type Arrivals struct {
	// Due is how many requests were to begin in the interval, by the schedule.
	Due uint64 `json:"due"`

	// Missed is how many ended later after their intended start than the
	// deadline allows, those that were dropped among them. Dropped had not even
	// begun when their phase ended.
	Missed  uint64 `json:"missedDeadlines"`
	Dropped uint64 `json:"dropped"`

	// Behind is how far the schedule was ahead of the slowest goroutine at the
	// end.
	Behind time.Duration `json:"behindNs"`

	// Latency is how long requests took from when they were to begin, waiting
	// included: what a client sees, without coordinated omission.
	Latency *latency.Summary `json:"latency,omitempty"`

	// Wake is how late the generator itself began requests that found their
	// goroutine idle: its own share of Latency.
	Wake *latency.Summary `json:"generatorLate,omitempty"`

	// Busy is the share, 0 to 1, of the goroutines' time that the target's
	// calls took. A generator that is behind while this is well below 1 is the
	// bottleneck itself.
	Busy float64 `json:"busyShare"`
}

// HitShare returns the share of the lookups that found a session, NaN where
// there was none.
func (i Interval) HitShare() float64 { return float64(i.Counts.Hits) / float64(i.Counts.Gets) }

// Rate returns requests a second.
func (i Interval) Rate() float64 { return float64(i.Requests) / i.Elapsed.Seconds() }

// sample returns the interval as a sample, so that whatever reads slices can
// read it.
func (i Interval) sample(round, slot int) Sample {
	return Sample{
		Round: round, Slot: slot, Elapsed: i.Elapsed, Counts: i.Counts,
		Mallocs: i.Mallocs, Allocated: i.Allocated, Collections: i.Collections, Paused: i.Paused,
		Latency: i.Service, Heap: i.Heap, RSS: i.RSS, Collector: i.Collector, Retries: i.Retries,
		Arrivals: i.Arrivals,
	}
}
