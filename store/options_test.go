package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/seal"
	"github.com/reprise-tls/reprise/store/storetest"
)

func TestOptionsAreChecked(t *testing.T) {
	for complaint, change := range map[string]func(*Options){
		"SealOptions.Ring is nil":                                                    func(o *Options) { o.Seal.Ring = nil },
		"SealOptions.NameSecret: seal: secret of names is 31":                        func(o *Options) { o.Seal.NameSecret = secret[1:] },
		"SealOptions.Scope is 65536 bytes":                                           func(o *Options) { o.Seal.Scope = make([]byte, 1<<16) },
		"QueueOptions.Capacity is -1; allowed are 0":                                 func(o *Options) { o.Queue.Capacity = -1 },
		"QueueOptions.Bytes is -1":                                                   func(o *Options) { o.Queue.Bytes = -1 },
		"QueueOptions.Workers is 1025":                                               func(o *Options) { o.Queue.Workers = 1025 },
		"QueueOptions.Timeout is 1h0m0s":                                             func(o *Options) { o.Queue.Timeout = time.Hour },
		"QueueOptions.RetryEvery is 1µs":                                             func(o *Options) { o.Queue.RetryEvery = time.Microsecond },
		"QueueOptions.RetryFor is -1s":                                               func(o *Options) { o.Queue.RetryFor = -time.Second },
		"BreakerOptions.Failures is 1048577":                                         func(o *Options) { o.Breaker.Failures = 1<<20 + 1 },
		"BreakerOptions.Probes is 1025":                                              func(o *Options) { o.Breaker.Probes = 1025 },
		"BreakerOptions.Open is 1ms; allowed are 0 (default, 1s) and 10ms to 1h0m0s": func(o *Options) { o.Breaker.Open = time.Millisecond },
		"DeadlineOptions.Get is -1ns":                                                func(o *Options) { o.Deadline.Get = -1 },
		"DeadlineOptions.Set is 2m0s":                                                func(o *Options) { o.Deadline.Set = 2 * time.Minute },
		"DeadlineOptions.Delete is 1µs":                                              func(o *Options) { o.Deadline.Delete = time.Microsecond },
		"DeadlineOptions.Claim is 2m0s":                                              func(o *Options) { o.Deadline.Claim = 2 * time.Minute },
	} {
		o := Options{Seal: sealOptions(t)}
		change(&o)
		_, err := New(new(storetest.Memory).Client(), o)
		if err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("error %v, want %q in it", err, complaint)
		}
		if !errors.Is(err, ErrConfig) && !errors.Is(err, seal.ErrConfig) {
			t.Errorf("error %v wraps neither ErrConfig", err)
		}
	}
	_, newErr := New(nil, Options{Seal: sealOptions(t)})
	_, sealedErr := NewSealed(nil, sealOptions(t))
	_, queueErr := NewQueue(nil, QueueOptions{})
	_, breakerErr := NewBreaker(nil, BreakerOptions{})
	_, deadlineErr := NewDeadline(nil, DeadlineOptions{})
	for _, err := range []error{newErr, sealedErr, queueErr, breakerErr, deadlineErr} {
		wantError(t, "without a store", err, ErrConfig)
	}
}
