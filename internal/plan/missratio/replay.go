package missratio

import (
	"errors"
	"fmt"
	"time"

	"github.com/reprise-tls/reprise/internal/trace"
)

// Resumption says what a hit does to the session it finds.
type Resumption string

const (
	// Reuse keeps the session and its id, with the lifetime it has from its
	// creation: TLS 1.2.
	Reuse Resumption = "reuse"

	// Renew gives the client a new session with an id and a lifetime of its
	// own and leaves the old one in the cache, where it is of no further use:
	// TLS 1.3 (RFC 8446, section 4.6.1), where each handshake issues tickets.
	Renew Resumption = "renew"

	// SingleUse is Renew, but the session that was resumed is taken out of
	// the cache: RFC 8446, section 8.1.
	SingleUse Resumption = "single-use"
)

// ParseResumption reads the name of a Resumption.
func ParseResumption(s string) (Resumption, error) {
	switch r := Resumption(s); r {
	case Reuse, Renew, SingleUse:
		return r, nil
	}
	return "", fmt.Errorf("resumption %q is not known; allowed are reuse, renew and single-use", s)
}

// MaxSize bounds the size of a cache in sessions.
const MaxSize = 1 << 30

// MaxLifetime is the longest lifetime a session may have: RFC 8446, section
// 4.6.1, seven days.
const MaxLifetime = 7 * 24 * time.Hour

// ErrInput is wrapped by the errors about what is out of range.
var ErrInput = errors.New("out of range")

// A Replay is a trace and what it is replayed into.
type Replay struct {
	Trace *trace.Trace

	// Sizes of caches, in sessions, 1 to MaxSize.
	Sizes []int

	// Lifetime of a session from its creation; 0: none. A session is expired
	// once more than that has gone by. With a lifetime the trace must have
	// times.
	Lifetime time.Duration

	Resumption Resumption // "" is Reuse
	Seed       uint64     // of Random
}

// A Point is what a cache of one size did.
type Point struct {
	Policy   string `json:"policy"`
	Size     int    `json:"size"`
	Requests uint64 `json:"requests"`
	Misses   uint64 `json:"misses"`
}

// MissRatio returns the share of requests that missed.
func (p Point) MissRatio() float64 { return float64(p.Misses) / float64(p.Requests) }

// Check reports what is out of range.
func (r Replay) Check() error {
	switch {
	case r.Trace == nil || len(r.Trace.IDs) == 0:
		return fmt.Errorf("%w: a trace of no requests; at least one is needed", ErrInput)
	case len(r.Sizes) == 0:
		return fmt.Errorf("%w: no size; at least one is needed", ErrInput)
	case r.Lifetime < 0 || r.Lifetime > MaxLifetime:
		return fmt.Errorf("%w: lifetime %v; allowed are 0 (none) to %v, RFC 8446's seven days", ErrInput, r.Lifetime, MaxLifetime)
	case r.Lifetime > 0 && r.Trace.Times == nil:
		return fmt.Errorf("%w: lifetime %v, but the trace has no times; allowed is 0", ErrInput, r.Lifetime)
	}
	if _, err := ParseResumption(string(r.resumption())); err != nil {
		return fmt.Errorf("%w: %w", ErrInput, err)
	}
	for _, n := range r.Sizes {
		if n < 1 || n > MaxSize {
			return fmt.Errorf("%w: size %d; allowed are 1 to %d sessions", ErrInput, n, MaxSize)
		}
	}
	return nil
}

func (r Replay) resumption() Resumption {
	if r.Resumption == "" {
		return Reuse
	}
	return r.Resumption
}

// time returns when request i is made, 0 where nothing expires.
func (r Replay) time(i int) time.Duration {
	if r.Lifetime == 0 {
		return 0
	}
	return r.Trace.Times[i]
}

// points makes the points of misses by size.
func (r Replay) points(policy string, misses func(size int) uint64) []Point {
	points := make([]Point, len(r.Sizes))
	for i, n := range r.Sizes {
		points[i] = Point{Policy: policy, Size: n, Requests: uint64(len(r.Trace.IDs)), Misses: misses(n)}
	}
	return points
}
