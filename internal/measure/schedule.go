package measure

import (
	"time"

	"github.com/reprise-tls/reprise/internal/scenario"
)

// schedule says when a goroutine's requests of a phase begin. The zero schedule
// is a closed loop's: at once.
type schedule struct {
	times *scenario.Schedule
	start time.Duration // of the phase, by the running time
	next  time.Duration
	begun uint64

	// due counts by a copy of the times how many are due, since those that were
	// not begun are still to be drawn.
	ahead     *scenario.Schedule
	aheadNext time.Duration
	due       uint64
}

// newSchedule begins the schedule of a phase, one of a closed loop if the phase
// has no rate.
func newSchedule(p scenario.Phase, seed uint64, part, parts int, start time.Duration) *schedule {
	if p.Rate == 0 {
		return &schedule{}
	}
	s := &schedule{
		times: scenario.NewSchedule(p.Arrivals, p.Rate, seed, part, parts),
		ahead: scenario.NewSchedule(p.Arrivals, p.Rate, seed, part, parts),
		start: start,
	}
	s.next, s.aheadNext = start+s.times.Next(), start+s.ahead.Next()
	return s
}

// at returns when the next request is to begin.
func (s *schedule) at() time.Duration {
	if s.times == nil {
		return atOnce
	}
	return s.next
}

// step goes on to the request after the next.
func (s *schedule) step() {
	if s.times == nil {
		return
	}
	s.begun++
	s.next = s.start + s.times.Next()
}

func (s *schedule) backlog(before time.Duration) uint64 {
	if s.times == nil {
		return 0
	}
	for s.aheadNext < before {
		s.due++
		s.aheadNext = s.start + s.ahead.Next()
	}
	// An unpaced goroutine is ahead of its schedule.
	return s.due - min(s.due, s.begun)
}

func (s *schedule) drop(before time.Duration) (n uint64) {
	for s.times != nil && s.next < before {
		s.step()
		n++
	}
	return n
}
