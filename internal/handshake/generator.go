package handshake

import (
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/scenario"
)

// A generator is one goroutine that makes connections, and what it has measured
// in the slice. It has clients of its own.
type generator struct {
	dialers [kindCount]*dialer
	clients [kindCount][]*client
	plan    *plan
	random  *rand.Rand

	// open is the connection that an interrupt closes.
	open atomic.Pointer[net.Conn]

	counts  Counts
	reasons map[string]uint64

	full, resumed, intended, wake *latency.Recorder

	due, missed, dropped uint64
	busy, behind         time.Duration

	_ [128]byte // no two generators share a cache line
}

// A plan is what generators draw from.
type plan struct {
	mix            Mix
	resumed, abort float64 // percent
	limits         limits
	rate           float64 // connections a second of all generators; 0: a closed loop
	arrivals       scenario.Arrivals
	late           time.Duration
	seed           uint64
	generators     int
	slice          int // its number, which draws other arrivals for each
}

func newGenerator(seed, number uint64) *generator {
	return &generator{
		random: rand.New(rand.NewPCG(seed, number)),
		full:   latency.NewRecorder(), resumed: latency.NewRecorder(), intended: latency.NewRecorder(), wake: latency.NewRecorder(),
	}
}

func (g *generator) reset(p *plan) {
	g.plan = p
	g.counts, g.reasons = Counts{}, make(map[string]uint64)
	for _, r := range []*latency.Recorder{g.full, g.resumed, g.intended, g.wake} {
		r.Reset()
	}
	g.due, g.missed, g.dropped, g.busy, g.behind = 0, 0, 0, 0, 0
}

// closed makes connections one after the other, until the time is over or stop
// is set. What is begun is finished.
func (g *generator) closed(clock latency.Clock, length time.Duration, stop *atomic.Bool) {
	for now := time.Duration(0); now < length && !stop.Load(); now = elapsed(clock) {
		g.connection(clock, now, -1, stop)
	}
}

// paced makes connections when they are due. One that a slow one before it has
// delayed keeps the time at which it was to begin, so that its latency includes
// the wait: there is no coordinated omission. What was not begun at the end is
// dropped.
func (g *generator) paced(clock latency.Clock, length time.Duration, part int, stop *atomic.Bool) {
	p := g.plan
	schedule := scenario.NewSchedule(p.arrivals, p.rate, p.seed+uint64(p.slice), part, p.generators)
	for {
		due := schedule.Next()
		if due >= length {
			return
		}
		now := elapsed(clock)
		if now >= length || stop.Load() {
			g.drop(schedule, due, min(now, length))
			return
		}
		g.due++
		if now < due {
			if !sleep(clock, due, stop) {
				g.due-- // it never came to be due
				return
			}
			now = elapsed(clock)
			g.wake.Record(int64(now - due))
		}
		g.connection(clock, now, due, stop)
		g.busy += elapsed(clock) - now
	}
}

// drop counts what was due before the end and not begun.
func (g *generator) drop(schedule *scenario.Schedule, first, end time.Duration) {
	g.behind = max(0, end-first)
	for due := first; due < end; due = schedule.Next() {
		g.due++
		g.dropped++
		g.missed++
	}
}

func elapsed(c latency.Clock) time.Duration { return time.Duration(c.Now()) }

// nap is how long a generator sleeps between two looks at stop.
const nap = 50 * time.Millisecond

// sleep returns at the given time, or a millisecond after it; false: soon after
// stop was set. Waiting more exactly would take processors from the server.
func sleep(clock latency.Clock, until time.Duration, stop *atomic.Bool) bool {
	for {
		left := until - elapsed(clock)
		if left <= 0 {
			return true
		}
		if stop.Load() {
			return false
		}
		time.Sleep(min(left, nap))
	}
}

// connection makes one connection. Due is when it was to begin, -1 for as soon
// as possible.
func (g *generator) connection(clock latency.Clock, began, due time.Duration, stop *atomic.Bool) {
	p := g.plan
	kind := p.mix.draw(g.random.IntN(100))
	c := g.clients[kind][g.random.IntN(len(g.clients[kind]))]
	resume, abort := g.random.Float64()*100 < p.resumed, g.random.Float64()*100 < p.abort
	tickets := c.tickets
	r := c.connect(g.dialers[kind], p.limits, resume, abort, func() time.Duration { return elapsed(clock) }, g.opened)
	if r.outcome == failed && stop.Load() {
		return // the interrupt closed it
	}
	g.counts.count(kind, r)
	if c.tickets > tickets {
		g.counts.Kept++
	}
	switch r.outcome {
	case full:
		g.full.Record(int64(r.ended - began))
	case resumed:
		g.resumed.Record(int64(r.ended - began))
	case failed:
		countReason(g.reasons, reason(r.err), 1)
	}
	if due < 0 {
		return
	}
	late := elapsed(clock) - due
	if r.outcome == full || r.outcome == resumed {
		late = r.ended - due
		g.intended.Record(int64(late))
	}
	if late > p.late {
		g.missed++
	}
}

func (g *generator) opened(c net.Conn) {
	if c == nil {
		g.open.Store(nil)
		return
	}
	g.open.Store(&c)
}

// interrupt ends the connection that is open.
func (g *generator) interrupt() {
	if c := g.open.Load(); c != nil {
		// It fails for one that has ended.
		_ = (*c).Close()
	}
}

// sum adds up what generators have measured.
func sum(generators []*generator, open bool, length time.Duration) Sample {
	var s Sample
	all := newGenerator(0, 0)
	arrivals := new(measure.Arrivals)
	var busy time.Duration
	s.Errors = make(map[string]uint64)
	for _, g := range generators {
		s.Counts = s.Counts.Plus(g.counts)
		for reason, n := range g.reasons {
			countReason(s.Errors, reason, n)
		}
		all.full.Merge(g.full)
		all.resumed.Merge(g.resumed)
		all.intended.Merge(g.intended)
		all.wake.Merge(g.wake)
		arrivals.Due += g.due
		arrivals.Missed += g.missed
		arrivals.Dropped += g.dropped
		arrivals.Behind = max(arrivals.Behind, g.behind)
		busy += g.busy
	}
	s.Full, s.Resumed = all.full.Summary(), all.resumed.Summary()
	if open {
		arrivals.Latency, arrivals.Wake = all.intended.Summary(), all.wake.Summary()
		arrivals.Busy = busy.Seconds() / (length.Seconds() * float64(len(generators)))
		s.Arrivals = arrivals
	}
	return s
}
