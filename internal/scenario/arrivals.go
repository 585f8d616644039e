package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxBurst is the most requests that arrive at once.
const MaxBurst = 1_000_000

// Arrivals is the process by which requests or clients arrive. The zero value
// is Poisson's.
type Arrivals struct {
	uniform bool
	burst   int // requests at once; 0: no bursts
}

// ParseArrivals reads "poisson", exponential gaps; "uniform", equal gaps; or
// "bursts:N", N at once and equal gaps between bursts.
func ParseArrivals(s string) (Arrivals, error) {
	switch s {
	case "poisson":
		return Arrivals{}, nil
	case "uniform":
		return Arrivals{uniform: true}, nil
	}
	number, ok := strings.CutPrefix(s, "bursts:")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 || n > MaxBurst {
		return Arrivals{}, fmt.Errorf("%q is not allowed; allowed are poisson, uniform and bursts:N, N from 1 to %d", s, MaxBurst)
	}
	return Arrivals{burst: n}, nil
}

// String returns the process as [ParseArrivals] reads it.
func (a Arrivals) String() string {
	switch {
	case a.burst > 0:
		return fmt.Sprintf("bursts:%d", a.burst)
	case a.uniform:
		return "uniform"
	}
	return "poisson"
}

// MarshalText implements encoding.TextMarshaler.
func (a Arrivals) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Arrivals) UnmarshalText(text []byte) error {
	process, err := ParseArrivals(string(text))
	if err == nil {
		*a = process
	}
	return err
}

// A Schedule is the times at which requests are to begin, since its own
// beginning, for one of several goroutines that share them.
type Schedule struct {
	arrivals Arrivals
	period   float64 // nanoseconds between two requests of all goroutines
	random   random
	part     uint64
	parts    uint64
	n        uint64  // drawn
	at       float64 // the last time drawn, of Poisson's process
}

// NewSchedule returns the schedule of goroutine part of parts. All of them
// together have the rate, in requests a second; the sum of independent Poisson
// processes is one, and the others take turns.
func NewSchedule(a Arrivals, rate float64, seed uint64, part, parts int) *Schedule {
	return &Schedule{
		arrivals: a, period: float64(time.Second) / rate, random: newRandom(seed, purposeArrivals, uint64(part)),
		part: uint64(part), parts: uint64(parts),
	}
}

// Next returns the next time, never earlier than the last.
func (s *Schedule) Next() time.Duration {
	number := s.n*s.parts + s.part
	s.n++
	switch {
	case s.arrivals.burst > 0:
		burst := uint64(s.arrivals.burst)
		return time.Duration(float64(number/burst*burst) * s.period)
	case s.arrivals.uniform:
		return time.Duration(float64(number) * s.period)
	}
	s.at += float64(float64(s.random.exponential()*s.period) * float64(s.parts))
	return time.Duration(s.at)
}
