package measure

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/scenario"
	"github.com/reprise-tls/reprise/internal/workload"
)

// fakeTicker is a ticker whose time passes when somebody says so.
type fakeTicker struct {
	at        time.Duration
	oversleep time.Duration
}

func (f *fakeTicker) now() time.Duration { return f.at }

func (f *fakeTicker) wait(until time.Duration, _ *atomic.Bool) {
	f.at = max(f.at, until+f.oversleep)
}

// stalling is traffic of a target that takes a while for each request, and very
// long for one.
type stalling struct {
	*schedule
	ticker    *fakeTicker
	takes     time.Duration
	stalls    map[uint64]time.Duration
	done      uint64
	pause     time.Duration
	preparing time.Duration
	err       error
}

func (s *stalling) due() (time.Duration, bool) { return s.at(), true }

func (s *stalling) prepare() error {
	s.ticker.at += s.preparing
	return s.err
}

func (s *stalling) play(ticker) (time.Duration, error) {
	s.ticker.at += s.takes + s.stalls[s.done] + s.pause
	s.done++
	s.step()
	return s.pause, nil
}

func (s *stalling) counts() (workload.Counts, Handshakes) { return workload.Counts{}, Handshakes{} }

// everyMillisecond is a rate of a thousand a second, without randomness.
func everyMillisecond(t *testing.T) *schedule {
	t.Helper()
	arrivals, err := scenario.ParseArrivals("uniform")
	if err != nil {
		t.Fatal(err)
	}
	return newSchedule(scenario.Phase{Rate: 1_000, Arrivals: arrivals}, 1, 0, 1, 0)
}

// A target that stalls for half a second keeps 500 clients waiting. Latencies
// from the real start show one slow request; those from the intended start show
// all of them.
func TestThereIsNoCoordinatedOmission(t *testing.T) {
	const takes, stall = 100 * time.Microsecond, 500 * time.Millisecond
	clock := &fakeTicker{}
	s := &stalling{schedule: everyMillisecond(t), ticker: clock, takes: takes, stalls: map[uint64]time.Duration{100: stall}}
	a := newActor(s, time.Millisecond)
	a.run(clock, 2*time.Second, new(atomic.Bool))

	// What must come out, worked out without the code under test.
	var free, missed, above, n time.Duration
	for due := time.Duration(0); due < 2*time.Second; due += time.Millisecond {
		begin := max(due, free)
		free = begin + takes
		if due == 100*time.Millisecond {
			free += stall
		}
		if free-due > time.Millisecond {
			missed++
		}
		if free-due > 100*time.Millisecond {
			above++
		}
		n++
	}
	if a.requests != uint64(n) || a.missed != uint64(missed) {
		t.Errorf("%d requests, %d missed; want %d and %d", a.requests, a.missed, n, missed)
	}
	service, intended := a.service.Summary(), a.intended.Summary()
	if service.P99 > int64(takes)*102/100 || service.Max != int64(takes+stall) {
		t.Errorf("from the real start p99 is %v and the longest %v", time.Duration(service.P99), time.Duration(service.Max))
	}
	// 450 of 2000 wait longer than 100 ms, so 80 % of the times lie below.
	if above < 400 || intended.P99 < int64(450*time.Millisecond) || intended.Max != int64(takes+stall) {
		t.Errorf("from the intended start p99 is %v and the longest %v; %d must wait longer than 100ms", time.Duration(intended.P99), time.Duration(intended.Max), above)
	}
	if intended.P50 > int64(takes)*102/100 {
		t.Errorf("from the intended start the median is %v", time.Duration(intended.P50))
	}
	if a.busy != n*takes+stall {
		t.Errorf("the target was busy for %v", a.busy)
	}
}

// How late an idle generator wakes up is its own, and told apart.
func TestTheGeneratorsOwnLatenessIsMeasured(t *testing.T) {
	clock := &fakeTicker{oversleep: 300 * time.Microsecond}
	s := &stalling{schedule: everyMillisecond(t), ticker: clock, takes: 10 * time.Microsecond, pause: 20 * time.Microsecond}
	a := newActor(s, time.Millisecond)
	a.run(clock, time.Second, new(atomic.Bool))
	wake, intended, service := a.wake.Summary(), a.intended.Summary(), a.service.Summary()
	// The first is due at once and waits for nothing.
	if wake.Count != 999 || wake.Max != int64(300*time.Microsecond) {
		t.Errorf("%d wakes, at most %v late", wake.Count, time.Duration(wake.Max))
	}
	if intended.Max != int64(310*time.Microsecond) || service.Max != int64(10*time.Microsecond) {
		t.Errorf("from the intended start at most %v, from the real one %v", time.Duration(intended.Max), time.Duration(service.Max))
	}
	if a.missed != 0 {
		t.Errorf("%d missed a deadline that none can miss", a.missed)
	}
}

// A generator that takes longer to prepare than there is time falls behind, and
// the target is not to blame.
func TestASlowGeneratorFallsBehind(t *testing.T) {
	clock := &fakeTicker{}
	s := &stalling{schedule: everyMillisecond(t), ticker: clock, takes: 10 * time.Microsecond, preparing: 2 * time.Millisecond}
	a := newActor(s, time.Millisecond)
	a.run(clock, time.Second, new(atomic.Bool))
	if a.requests > 501 || a.missed != a.requests {
		t.Errorf("%d requests, %d missed", a.requests, a.missed)
	}
	waiting := s.backlog(time.Second)
	if waiting != 1000-a.requests {
		t.Errorf("%d wait, want %d", waiting, 1000-a.requests)
	}
	if share := a.busy.Seconds(); share > 0.01 {
		t.Errorf("the target was busy for %v of a second", share)
	}
	if n := s.drop(time.Second); n != waiting || s.backlog(time.Second) != 0 {
		t.Errorf("%d were dropped of %d, and %d are left", n, waiting, s.backlog(time.Second))
	}
}

func TestAClosedLoopWaitsForNothing(t *testing.T) {
	clock := &fakeTicker{}
	s := &stalling{schedule: &schedule{}, ticker: clock, takes: time.Millisecond}
	a := newActor(s, time.Microsecond)
	a.run(clock, time.Second, new(atomic.Bool))
	if a.requests != 1000 || a.missed != 0 || a.intended.Count() != 0 || s.backlog(time.Second) != 0 || s.drop(time.Second) != 0 {
		t.Errorf("%d requests, %d missed, %d intended", a.requests, a.missed, a.intended.Count())
	}
}

func TestActorsStop(t *testing.T) {
	clock := &fakeTicker{}
	stop := new(atomic.Bool)
	s := &stalling{schedule: everyMillisecond(t), ticker: clock}
	a := newActor(s, time.Millisecond)
	stop.Store(true)
	a.run(clock, time.Second, stop)
	if a.requests != 0 {
		t.Errorf("%d requests after the stop", a.requests)
	}
	stop.Store(false)
	s.err = errors.New("broken")
	a.run(clock, time.Second, stop)
	if !errors.Is(a.err, s.err) || a.requests != 0 {
		t.Errorf("%d requests, error %v", a.requests, a.err)
	}
}

func TestMonotonicWaits(t *testing.T) {
	m := newMonotonic(time.Hour)
	until := m.now() + 3*time.Millisecond
	m.wait(until, new(atomic.Bool))
	if now := m.now(); now < until || now < time.Hour {
		t.Errorf("the wait for %v ended at %v", until, now)
	}
	stop := new(atomic.Bool)
	stop.Store(true)
	m.wait(1000*time.Hour, stop) // returns
}

func TestStealTicks(t *testing.T) {
	steal, all := stealTicks("cpu  100 1 50 800 9 3 7 30 40 0")
	if steal != 30 || all != 1000 {
		t.Errorf("%v of %v", steal, all)
	}
	for _, line := range []string{"", "cpu 1 2 3", "intr 1 2 3 4 5 6 7 8 9", "cpu a 2 3 4 5 6 7 8"} {
		if _, all := stealTicks(line); all != 0 {
			t.Errorf("%q: %v ticks", line, all)
		}
	}
}
