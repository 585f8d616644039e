package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/reprise-tls/reprise/engine"
)

// Bounds and defaults of BreakerOptions.
const (
	DefaultBreakerFailures = 5
	DefaultBreakerOpen     = time.Second
	DefaultBreakerProbes   = 1
	MaxBreakerFailures     = 1 << 20
	MinBreakerOpen         = 10 * time.Millisecond
	MaxBreakerOpen         = time.Hour
	MaxBreakerProbes       = 1 << 10
)

// BreakerOptions say when a breaker opens and closes.
type BreakerOptions struct {
	// Failures is how many calls in a row must fail for the breaker to open, 1
	// to MaxBreakerFailures; 0 stands for DefaultBreakerFailures.
	Failures uint32

	// Open is how long an open breaker lets nothing through, MinBreakerOpen
	// to MaxBreakerOpen; 0 stands for DefaultBreakerOpen. Then it is half
	// open: calls go through as probes, one failure opens it again.
	Open time.Duration

	// Probes is how many calls a half-open breaker lets through at a time, and
	// how many of them in a row must succeed for it to close, 1 to
	// MaxBreakerProbes; 0 stands for DefaultBreakerProbes.
	Probes uint32

	// OnChange is told the new state: "closed", "half-open" or "open". It is
	// called with the breaker locked, so it must be fast and not use the
	// store. It may be nil.
	OnChange func(state string)
}

// Breaker is a store that stops asking the one below once that keeps failing,
// so that handshakes do not wait for a deadline each. While it is open every
// method fails at once with an error that wraps [ErrOpen]: a lookup becomes a
// miss, and nothing can be claimed, so single use fails to the safe side, a
// full handshake.
//
// Failures are errors and panics, with these exceptions: ErrNotFound is an
// answer, hence a success; that the caller's context was cancelled, and
// [ErrTooLarge], say nothing about the store and count as neither. A deadline
// that passed is a failure.
type Breaker struct {
	next    engine.Store
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]

	opened, rejected atomic.Uint64
}

var _ engine.Store = (*Breaker)(nil)

// NewBreaker puts a Breaker over next. Its errors wrap [ErrConfig].
func NewBreaker(next engine.Store, o BreakerOptions) (*Breaker, error) {
	if err := checkNext("the store below Breaker", next != nil); err != nil {
		return nil, err
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	b := &Breaker{next: next}
	b.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:  o.Probes,
		Timeout:      o.Open,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= o.Failures },
		IsSuccessful: func(err error) bool { return err == nil || errors.Is(err, engine.ErrNotFound) },
		IsExcluded: func(err error) bool {
			return errors.Is(err, errGivenUp) || errors.Is(err, ErrTooLarge)
		},
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				b.opened.Add(1)
			}
			if o.OnChange != nil {
				o.OnChange(to.String())
			}
		},
	})
	return b, nil
}

func (o *BreakerOptions) complete() error {
	for _, check := range []option[uint32]{
		{"BreakerOptions.Failures", &o.Failures, DefaultBreakerFailures, 1, MaxBreakerFailures},
		{"BreakerOptions.Probes", &o.Probes, DefaultBreakerProbes, 1, MaxBreakerProbes},
	} {
		if err := check.complete(); err != nil {
			return err
		}
	}
	return option[time.Duration]{"BreakerOptions.Open", &o.Open, DefaultBreakerOpen, MinBreakerOpen, MaxBreakerOpen}.complete()
}

var (
	// errGivenUp stands for the error of a call whose caller gave up.
	errGivenUp = errors.New("store: the caller gave up")
	// errPanic stands for a call that did not return.
	errPanic = errors.New("store: panic in the store")
)

// call calls the store below if the breaker lets it. The breaker learns how it
// ended even if it panics: a probe without an end would leave it half open for
// ever.
func (b *Breaker) call(ctx context.Context, call func() error) (err error) {
	done, err := b.breaker.Allow()
	if err != nil {
		b.rejected.Add(1)
		return fmt.Errorf("%w: %w", ErrOpen, err)
	}
	outcome := errPanic
	defer func() { done(outcome) }()
	err = call()
	outcome = err
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		outcome = errGivenUp
	}
	return err
}

// Get is next's, if the breaker is not open.
func (b *Breaker) Get(ctx context.Context, id []byte) (value []byte, err error) {
	err = b.call(ctx, func() (err error) {
		value, err = b.next.Get(ctx, id)
		return err
	})
	return value, err
}

// Set is next's, if the breaker is not open.
func (b *Breaker) Set(ctx context.Context, id, value []byte, ttl time.Duration) error {
	return b.call(ctx, func() error { return b.next.Set(ctx, id, value, ttl) })
}

// Delete is next's, if the breaker is not open. If it is the value stays where
// it is, and the error says so; a [Queue] above tries again.
func (b *Breaker) Delete(ctx context.Context, id []byte) error {
	return b.call(ctx, func() error { return b.next.Delete(ctx, id) })
}

// Claim is next's, if the breaker is not open. If it is nothing is granted.
func (b *Breaker) Claim(ctx context.Context, id []byte, ttl time.Duration) (granted bool, err error) {
	err = b.call(ctx, func() (err error) {
		granted, err = b.next.Claim(ctx, id, ttl)
		return err
	})
	return granted, err
}

// Unclaim is next's, if the breaker is not open. If it is the claim ends with
// its time to live.
func (b *Breaker) Unclaim(ctx context.Context, id []byte) error {
	return b.call(ctx, func() error { return b.next.Unclaim(ctx, id) })
}

// BreakerStats tells what a breaker does.
type BreakerStats struct {
	State    string // "closed", "half-open" or "open"
	Opened   uint64 // how often it opened, also from half open
	Rejected uint64 // calls that it did not let through
}

// Stats returns a snapshot.
func (b *Breaker) Stats() BreakerStats {
	return BreakerStats{
		State:    b.breaker.State().String(),
		Opened:   b.opened.Load(),
		Rejected: b.rejected.Load(),
	}
}
