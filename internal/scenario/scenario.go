package scenario

import (
	"time"

	"github.com/reprise-tls/reprise/internal/trace"
	"github.com/reprise-tls/reprise/internal/workload"
)

// Limits.
const (
	MaxPopulations = 64
	MaxClients     = 100_000_000 // of a population
	MaxConnections = 64          // of a visit
	MaxHeld        = 64          // sessions a client keeps
	MaxSpeedup     = 1_000_000
	MaxRate        = 1e9 // requests a second
	MaxPhases      = 100
	MaxPhaseTime   = 7 * 24 * time.Hour
)

// A Share is a part of a whole, 0 to 1.
type Share float64

// A Scenario is phases of one traffic on one cache. Exactly one of Operations,
// Populations and Trace is there.
type Scenario struct {
	Name       string        `json:"name"`
	Seed       uint64        `json:"seed"`
	Goroutines int           `json:"goroutines"`
	Capacity   int           `json:"capacity"` // of the cache, in sessions
	Lifetime   Times         `json:"lifetime"` // of sessions, in whole seconds of the clock
	Speedup    float64       `json:"speedup"`  // seconds of the clock a second
	Deadline   time.Duration `json:"deadlineNs"`
	Block      time.Duration `json:"blockNs"` // of a target's turn
	Sample     int           `json:"timedOneIn"`

	States      workload.StateMix `json:"states"` // of operations and traces
	Operations  *Operations       `json:"operations,omitempty"`
	Populations []Population      `json:"populations,omitempty"`
	Trace       *Trace            `json:"trace,omitempty"`

	Phases []Phase `json:"phases"`
}

// Operations are drawn by laws, over a number of session ids.
type Operations struct {
	Sessions int          `json:"sessions"`
	Keys     workload.Law `json:"keys"`
	Mix      workload.Mix `json:"mix"`
}

// A Trace is a file of ids that were looked up one after the other, in one of
// package trace's formats.
type Trace struct {
	File       string       `json:"file"`
	Format     trace.Format `json:"format"`
	IDColumn   string       `json:"idColumn,omitempty"`
	TimeColumn string       `json:"timeColumn,omitempty"`
	Times      bool         `json:"times"`  // requests begin at the trace's times, by the clock
	Passes     int          `json:"passes"` // from its beginning to its end; 0: as many as there is time for
}

// A Population is clients of one sort. Each owns its sessions, visits, stays
// away and visits again.
type Population struct {
	Name        string   `json:"name"`
	Clients     int      `json:"clients"`     // at the beginning, each with a session
	Rate        float64  `json:"rate"`        // of new clients, a second of the clock
	Arrivals    Arrivals `json:"arrivals"`    // of new clients
	Visits      float64  `json:"visits"`      // of a client on average, geometrically distributed; 0: for ever
	Connections int      `json:"connections"` // at once, a visit
	Sessions    int      `json:"sessions"`    // a client keeps, the newest
	Gap         Times    `json:"gap"`         // from a visit to the next
	TLS12       Share    `json:"tls12"`       // of the clients; the others speak TLS 1.3
	MutualTLS   Share    `json:"mtls"`        // of the clients: they show certificates
	Aborted     Share    `json:"aborted"`     // of the handshakes
	Roaming     Share    `json:"roaming"`     // of the returns: they come from another node
	SingleUse   bool     `json:"singleUse"`   // a session that was resumed is removed
}

// A PhaseKind says what a phase is for.
type PhaseKind string

// The kinds of phases.
const (
	// Fill puts sessions into the cache as fast as it takes them, while the
	// clock stands: of operations, those of all ids; of populations, what their
	// clients have from before.
	Fill PhaseKind = "fill"

	// WarmUp plays the traffic until hit rate and occupancy are steady.
	WarmUp PhaseKind = "warm-up"

	// Measure plays the traffic; its intervals are samples.
	Measure PhaseKind = "measure"

	// Storm is like Measure, but clients come back all at once, or at a rate of
	// its own.
	Storm PhaseKind = "storm"

	// Drain offers nothing: the clock runs on and what expires is flushed.
	Drain PhaseKind = "drain"
)

// A Phase is a part of a scenario.
type Phase struct {
	Kind PhaseKind     `json:"phase"`
	Name string        `json:"name"`
	For  time.Duration `json:"forNs"` // of warm-up: at most

	// Rate of requests, a second; 0 closes the loop: the next request begins
	// when the last one is done.
	Rate     float64  `json:"rate,omitempty"`
	Arrivals Arrivals `json:"arrivals"`

	// Steady is how much of a warm-up's hit rate and of the cache's occupancy
	// may still change within [SteadyIntervals] intervals.
	Steady Share `json:"steady,omitempty"`

	// Returning is the share of a population's clients that come back within
	// the time Within of the clock, whenever they were to come.
	Returning Share         `json:"returning,omitempty"`
	Within    time.Duration `json:"withinNs,omitempty"`
}

// SteadyIntervals is over how many intervals a warm-up looks back.
const SteadyIntervals = 4

// Measured tells whether the intervals of the phase are samples.
func (p Phase) Measured() bool { return p.Kind == Measure || p.Kind == Storm }

// Ids of what random numbers are drawn for.
const (
	purposeClients uint64 = iota + 1
	purposeArrivals
	purposeLifetimes
)
