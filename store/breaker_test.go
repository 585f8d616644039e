package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/store/storetest"
)

func TestABreakerOpensAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failure error
		calls := 0
		c := failing(new(storetest.Memory), func(string) error { calls++; return failure })
		var changes []string
		b := newBreaker(t, c, BreakerOptions{Failures: 3, Open: time.Second, Probes: 2, OnChange: func(s string) { changes = append(changes, s) }})
		ctx := context.Background()
		id := randomBytes(32)
		get := func() error { _, err := b.Get(ctx, id); return err }

		failure = errDown
		for range 3 {
			wantError(t, "closed", get(), errDown)
		}
		equal(t, "the state", b.Stats().State, "open")
		granted, claimErr := b.Claim(ctx, id, time.Minute)
		for method, err := range map[string]error{
			"Get":     get(),
			"Set":     b.Set(ctx, id, []byte("value"), time.Minute),
			"Delete":  b.Delete(ctx, id),
			"Claim":   claimErr,
			"Unclaim": b.Unclaim(ctx, id),
		} {
			wantError(t, method, err, ErrOpen)
			wantError(t, method, err, gobreaker.ErrOpenState)
			if errors.Is(err, engine.ErrNotFound) {
				t.Errorf("%s says that there is nothing", method)
			}
		}
		equal(t, "granted", granted, false)
		equal(t, "calls of the store", calls, 3)
		equal(t, "Rejected", b.Stats().Rejected, 5)

		time.Sleep(time.Second + 1)
		equal(t, "the state after a second", b.Stats().State, "half-open")
		wantError(t, "a probe", get(), errDown)
		equal(t, "the state after a failed probe", b.Stats().State, "open")
		equal(t, "Opened", b.Stats().Opened, 2)

		failure = nil
		time.Sleep(time.Second + 1)
		for range 2 {
			wantError(t, "a good probe", get(), engine.ErrNotFound)
		}
		equal(t, "the state after two good probes", b.Stats().State, "closed")
		if err := b.Set(ctx, id, []byte("value"), time.Minute); err != nil {
			t.Error(err)
		}
		equal(t, "changes", strings.Join(changes, " "), "open half-open open half-open closed")
	})
}

// A half-open breaker lets few through at a time.
func TestProbesAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failure error
		hold := make(chan struct{})
		c := failing(new(storetest.Memory), func(string) error {
			if failure == nil {
				<-hold
			}
			return failure
		})
		b := newBreaker(t, c, BreakerOptions{Failures: 1})
		failure = errDown
		b.Delete(context.Background(), []byte("id"))
		time.Sleep(2 * time.Second)
		failure = nil
		errs := make(chan error, 10)
		for range 10 {
			go func() { errs <- b.Delete(context.Background(), []byte("id")) }()
		}
		synctest.Wait()
		equal(t, "calls that were rejected", len(errs), 9)
		for range 9 {
			err := <-errs
			wantError(t, "a call beside the probe", err, ErrOpen)
			wantError(t, "a call beside the probe", err, gobreaker.ErrTooManyRequests)
		}
		close(hold)
		if err := <-errs; err != nil {
			t.Error(err)
		}
		equal(t, "the state", b.Stats().State, "closed")
	})
}

func TestWhatABreakerCounts(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	for name, test := range map[string]struct {
		ctx     context.Context
		failure error
		opens   bool
	}{
		"an answer":                       {context.Background(), nil, false},
		"nothing found":                   {context.Background(), engine.ErrNotFound, false},
		"nothing found, wrapped":          {context.Background(), fmt.Errorf("get: %w", engine.ErrNotFound), false},
		"the caller gave up":              {cancelled, context.Canceled, false},
		"the caller gave up, by a socket": {cancelled, errors.New("use of closed connection"), false},
		"the value is too large":          {context.Background(), fmt.Errorf("%w: 2 MiB", ErrTooLarge), false},
		"down":                            {context.Background(), errDown, true},
		"a deadline":                      {late, context.DeadlineExceeded, true},
		"the store's own deadline":        {context.Background(), context.DeadlineExceeded, true},
		"the store cancelled":             {context.Background(), context.Canceled, true},
	} {
		b := newBreaker(t, failing(new(storetest.Memory), func(string) error { return test.failure }), BreakerOptions{Failures: 2})
		for range 10 {
			b.Delete(test.ctx, []byte("id"))
		}
		equal(t, name+": opened", b.Stats().State == "open", test.opens)
	}
}

// Failures must be in a row, and an excluded call does not break the row.
func TestFailuresInARow(t *testing.T) {
	var failure error
	b := newBreaker(t, failing(new(storetest.Memory), func(string) error { return failure }), BreakerOptions{Failures: 3})
	do := func(err error) { failure = err; b.Delete(context.Background(), []byte("id")) }
	for range 5 {
		do(errDown)
		do(errDown)
		do(nil)
	}
	equal(t, "the state", b.Stats().State, "closed")
	do(errDown)
	do(errDown)
	do(ErrTooLarge)
	do(errDown)
	equal(t, "the state", b.Stats().State, "open")
}

// A panic is a failure, and a probe that panics does not leave the breaker half
// open for ever.
func TestABreakerSurvivesPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := true
		b := newBreaker(t, failing(new(storetest.Memory), func(string) error {
			if panics {
				panic("a store's bug")
			}
			return nil
		}), BreakerOptions{Failures: 2})
		del := func() (recovered any) {
			defer func() { recovered = recover() }()
			b.Delete(context.Background(), []byte("id"))
			return nil
		}
		for range 2 {
			equal(t, "what was recovered", del(), any("a store's bug"))
		}
		equal(t, "the state", b.Stats().State, "open")
		time.Sleep(2 * time.Second)
		equal(t, "what the probe left", del(), any("a store's bug"))
		equal(t, "the state", b.Stats().State, "open")
		time.Sleep(2 * time.Second)
		panics = false
		equal(t, "what the next probe left", del(), nil)
		equal(t, "the state", b.Stats().State, "closed")
	})
}
