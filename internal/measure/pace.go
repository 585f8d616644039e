package measure

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/workload"
)

// A ticker tells a stage's running time, which stands still between intervals.
// Tests have one of their own.
type ticker interface {
	now() time.Duration

	// wait returns at the given time, or a little after it, or soon after stop
	// was set.
	wait(until time.Duration, stop *atomic.Bool)
}

// monotonic is the ticker of an interval that began at a running time.
type monotonic struct {
	clock latency.Clock
	base  time.Duration
}

func newMonotonic(base time.Duration) monotonic {
	return monotonic{clock: latency.NewClock(), base: base}
}

func (m monotonic) now() time.Duration { return m.base + time.Duration(m.clock.Now()) }

// Sleeping is only as exact as the poller of Go's scheduler, a millisecond; the
// rest of a wait is spent asking the clock, which lets others run.
const (
	coarseness = 1200 * time.Microsecond
	longestNap = 50 * time.Millisecond // between two looks at stop
)

func (m monotonic) wait(until time.Duration, stop *atomic.Bool) {
	for {
		left := until - m.now()
		switch {
		case left <= 0 || stop.Load():
			return
		case left > coarseness:
			time.Sleep(min(left-coarseness, longestNap))
		default:
			runtime.Gosched()
		}
	}
}

// traffic is one goroutine's share of the requests of a scenario. For each
// request due, prepare and play are called in this order.
type traffic interface {
	// due returns when the next request is to begin, by the running time, false
	// if there is none any more. In a closed loop that is at once.
	due() (time.Duration, bool)

	// prepare does what the generator has to do for the request before its
	// time counts.
	prepare() error

	// play makes the calls and returns how long the generator held them up.
	play(t ticker) (pause time.Duration, err error)

	// backlog returns how many requests are due before a time and were not
	// begun, 0 in a closed loop; drop forgets them.
	backlog(before time.Duration) uint64
	drop(before time.Duration) uint64

	// counts returns what was done since it was last called.
	counts() (workload.Counts, Handshakes)
}

// atOnce is when requests of a closed loop are due.
const atOnce = time.Duration(-1)

// actor is a goroutine of a stage and what it has measured in the interval.
type actor struct {
	traffic  traffic
	deadline time.Duration
	unpaced  bool

	service, intended, wake *latency.Recorder
	requests, missed        uint64
	busy                    time.Duration
	over                    bool // there are no requests any more
	err                     error

	_ [128]byte // no two actors share a cache line
}

func newActor(t traffic, deadline time.Duration) *actor {
	return &actor{
		traffic: t, deadline: deadline,
		service: latency.NewRecorder(), intended: latency.NewRecorder(), wake: latency.NewRecorder(),
	}
}

func (a *actor) reset() {
	a.service.Reset()
	a.intended.Reset()
	a.wake.Reset()
	a.requests, a.missed, a.busy = 0, 0, 0
}

// run plays what is due before the end of the interval. A request that a slow
// one before it has delayed keeps the time at which it was to begin, so that
// its latency includes the wait: there is no coordinated omission. What is due
// but was not begun by the end stays for the next interval.
func (a *actor) run(t ticker, end time.Duration, stop *atomic.Bool) {
	now := t.now()
	for !stop.Load() {
		due, ok := a.traffic.due()
		if !ok {
			a.over = true
			return
		}
		paced := due != atOnce && !a.unpaced
		if paced && due >= end {
			t.wait(end, stop)
			return
		}
		if now >= end {
			return
		}
		if a.err = a.traffic.prepare(); a.err != nil {
			return
		}
		began := t.now()
		if paced && began < due {
			t.wait(due, stop)
			began = t.now()
			if began < due {
				return // stopped
			}
			a.wake.Record(int64(began - due))
		}
		pause, err := a.traffic.play(t)
		if err != nil {
			a.err = err
			return
		}
		now = t.now()
		a.requests++
		took := now - began - pause
		a.busy += took
		a.service.Record(int64(took))
		if !paced {
			continue
		}
		late := now - due - pause
		a.intended.Record(int64(late))
		if late > a.deadline {
			a.missed++
		}
	}
}
