package seal

import (
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"time"
)

// Bounds and defaults of a Schedule.
const (
	MinSecretSize  = 32                  // bytes of a secret that keys are derived from
	MinPeriod      = time.Minute         // of Schedule.Period
	MaxPeriod      = 28 * 24 * time.Hour // of Schedule.Period
	DefaultPeriod  = 24 * time.Hour      // of Schedule.Period
	DefaultSkew    = time.Minute         // of Schedule.Skew, or half the period if that is less
	maxSecretBytes = 1 << 16
)

// Schedule changes keys by time, in step on all nodes that have the same
// secret and period. Time is divided into epochs of one period each, counted
// from the Unix epoch; the key of an epoch is derived from the secret. In its
// epoch a key seals; it opens from Skew before that until Overlap and Skew
// after.
//
// A key lives for Period + Overlap, and what it seals should be valid for no
// longer than Overlap. That this is at most half of the key's life (RFC 9325,
// section 3.4) is why Overlap may not exceed Period.
//
// Keys change when the ring is used; no goroutine waits for it. Whoever has a
// secret has the keys of all epochs, so change it, too, as Secrets says.
type Schedule struct {
	// Secrets are what keys are derived from, each 32 bytes or more of a
	// random source: those of the first seal, those of the others open. To
	// change a secret, append the new one on all nodes, then make it the first
	// on all nodes, then remove the old one after Overlap. They are copied.
	Secrets [][]byte

	// Period is how long a key seals, in whole seconds, MinPeriod to
	// MaxPeriod. 0 stands for DefaultPeriod. All nodes need the same.
	Period time.Duration

	// Overlap is how long after its epoch a key still opens: as long as the
	// sealed sessions live, up to Period. 0 stands for Period.
	Overlap time.Duration

	// Skew is how far the clocks of the nodes may differ: up to half of
	// Period. 0 stands for DefaultSkew, or half of Period if that is less.
	Skew time.Duration

	// Clock returns the time. It is called by any number of goroutines and
	// must not use the ring. nil stands for time.Now.
	Clock func() time.Time
}

// NewScheduledRing makes a ring whose keys change by time.
func NewScheduledRing(s Schedule) (*Ring, error) {
	if err := s.complete(); err != nil {
		return nil, err
	}
	inner := &schedule{Schedule: s}
	inner.Secrets = nil
	for _, secret := range s.Secrets {
		b, err := hkdf.Extract(sha256.New, secret, []byte("reprise seal v1 schedule"))
		if err != nil {
			return nil, fmt.Errorf("seal: deriving from a secret: %w", err)
		}
		inner.secrets = append(inner.secrets, b)
	}
	r := &Ring{schedule: inner, keys: map[KeyID]*ringKey{}}
	r.rlock()()
	return r, nil
}

// complete puts in the defaults and returns the first fault, as a
// *ConfigError.
func (s *Schedule) complete() error {
	if len(s.Secrets) == 0 {
		return &ConfigError{Field: "Schedule.Secrets", Value: "empty", Allowed: "1 secret or more"}
	}
	for i, secret := range s.Secrets {
		if err := checkSecret(fmt.Sprintf("Schedule.Secrets[%d]", i), secret); err != nil {
			return err
		}
		for _, before := range s.Secrets[:i] {
			if string(before) == string(secret) {
				return &ConfigError{Field: fmt.Sprintf("Schedule.Secrets[%d]", i), Value: "a secret given before", Allowed: "each secret once"}
			}
		}
	}
	if s.Period == 0 {
		s.Period = DefaultPeriod
	}
	if s.Period < MinPeriod || s.Period > MaxPeriod || s.Period%time.Second != 0 {
		return &ConfigError{Field: "Schedule.Period", Value: s.Period.String(), Allowed: fmt.Sprintf("whole seconds from %v to %v", MinPeriod, MaxPeriod)}
	}
	if s.Overlap == 0 {
		s.Overlap = s.Period
	}
	if s.Overlap < 0 || s.Overlap > s.Period {
		return &ConfigError{Field: "Schedule.Overlap", Value: s.Overlap.String(), Allowed: fmt.Sprintf("0 (the period) to the period, %v", s.Period)}
	}
	if s.Skew == 0 {
		s.Skew = min(DefaultSkew, s.Period/2)
	}
	if s.Skew < 0 || s.Skew > s.Period/2 {
		return &ConfigError{Field: "Schedule.Skew", Value: s.Skew.String(), Allowed: fmt.Sprintf("0 (default) to half of the period, %v", s.Period/2)}
	}
	if s.Clock == nil {
		s.Clock = time.Now
	}
	return nil
}

func checkSecret(field string, secret []byte) error {
	if len(secret) < MinSecretSize || len(secret) > maxSecretBytes {
		return &ConfigError{Field: field, Value: fmt.Sprintf("%d bytes", len(secret)), Allowed: fmt.Sprintf("%d to %d bytes", MinSecretSize, maxSecretBytes)}
	}
	if uniform(secret) {
		return &ConfigError{Field: field, Value: fmt.Sprintf("one byte %d times", len(secret)), Allowed: "random bytes"}
	}
	return nil
}

// schedule is a complete Schedule with what its secrets were made into.
type schedule struct {
	Schedule
	secrets [][]byte // extracted, 32 bytes each
}

// window is a span of time in which the keys of a schedule stay as they are.
type window struct{ from, until time.Time }

func (w window) contains(t time.Time) bool { return !t.Before(w.from) && t.Before(w.until) }

// epoch returns the number of the epoch at t.
func (s *schedule) epoch(t time.Time) int64 {
	period := int64(s.Period / time.Second)
	seconds := t.Unix()
	n := seconds / period
	if seconds%period < 0 {
		n--
	}
	return n
}

// begin returns when an epoch begins.
func (s *schedule) begin(epoch int64) time.Time {
	return time.Unix(epoch*int64(s.Period/time.Second), 0)
}

// opening returns the epochs whose keys open at t, and how long that is so.
func (s *schedule) opening(t time.Time) (first, last int64, valid window) {
	// A key opens until Overlap + Skew after its epoch, from Skew before it.
	first = s.epoch(t.Add(-s.Overlap - s.Skew))
	last = s.epoch(t.Add(s.Skew))
	current := s.epoch(t)
	valid.from, valid.until = s.begin(current), s.begin(current+1) // the key that seals
	narrow := func(from, until time.Time) {
		if from.After(valid.from) {
			valid.from = from
		}
		if until.Before(valid.until) {
			valid.until = until
		}
	}
	narrow(s.begin(first).Add(s.Overlap+s.Skew), s.begin(first+1).Add(s.Overlap+s.Skew))
	narrow(s.begin(last).Add(-s.Skew), s.begin(last+1).Add(-s.Skew))
	return first, last, valid
}

// follow makes the ring's keys those of the given time. The caller has the
// lock.
func (r *Ring) follow(now time.Time) {
	s := r.schedule
	first, last, valid := s.opening(now)
	for _, k := range r.keys {
		if k.scheduled && (k.epoch < first || k.epoch > last) {
			r.forget(k)
		}
	}
	current := s.epoch(now)
	for i, secret := range s.secrets {
		for epoch := first; epoch <= last; epoch++ {
			k := s.key(secret, epoch)
			if have := r.keys[k.id]; have != nil {
				k.wipe()
				k = have
			}
			r.keys[k.id] = k
			if i == 0 && epoch == current {
				r.active = k
			}
		}
	}
	r.valid = valid
}

// key derives the key of an epoch.
func (s *schedule) key(secret []byte, epoch int64) *ringKey {
	var k Key
	move(k.secret[:], expand(secret, fmt.Sprintf("epoch %d of %d s", epoch, s.Period/time.Second), KeySize))
	defer k.Wipe()
	made := newRingKey(&k)
	made.epoch, made.scheduled = epoch, true
	return made
}

func (s *schedule) wipe() {
	for _, secret := range s.secrets {
		clear(secret)
	}
}
