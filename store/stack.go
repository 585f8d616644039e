package store

import (
	"context"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// Options are those of the decorators. Only Seal has fields that must be set.
type Options struct {
	Seal     SealOptions
	Queue    QueueOptions
	Breaker  BreakerOptions
	Deadline DeadlineOptions
}

// Stack is a store with all decorators on it, made by [New].
type Stack struct {
	sealed   *Sealed
	queue    *Queue
	breaker  *Breaker
	deadline *Deadline
}

var _ engine.Store = (*Stack)(nil)

// New puts all decorators on a store. Close ends the goroutines of the queue;
// the backend and the ring stay the caller's, who closes them after the stack
// and the stack after the engine's cache. Its errors wrap [ErrConfig] or
// seal.ErrConfig.
func New(backend engine.Store, o Options) (*Stack, error) {
	if err := checkNext("the backend", backend != nil); err != nil {
		return nil, err
	}
	s := new(Stack)
	var err error
	if s.deadline, err = NewDeadline(backend, o.Deadline); err != nil {
		return nil, err
	}
	if s.breaker, err = NewBreaker(s.deadline, o.Breaker); err != nil {
		return nil, err
	}
	queue := &Queue{}
	if s.sealed, err = NewSealed(queue, o.Seal); err != nil {
		return nil, err
	}
	// Last, since from here on there are goroutines.
	if err := queue.start(s.breaker, o.Queue); err != nil {
		return nil, err
	}
	s.queue = queue
	return s, nil
}

// Get returns the value of the id.
func (s *Stack) Get(ctx context.Context, id []byte) ([]byte, error) { return s.sealed.Get(ctx, id) }

// Set seals the value and queues it.
func (s *Stack) Set(ctx context.Context, id, value []byte, ttl time.Duration) error {
	return s.sealed.Set(ctx, id, value, ttl)
}

// Delete deletes the value, also if it waits in the queue.
func (s *Stack) Delete(ctx context.Context, id []byte) error { return s.sealed.Delete(ctx, id) }

// Claim claims the id in the whole fleet.
func (s *Stack) Claim(ctx context.Context, id []byte, ttl time.Duration) (bool, error) {
	return s.sealed.Claim(ctx, id, ttl)
}

// Unclaim ends a claim.
func (s *Stack) Unclaim(ctx context.Context, id []byte) error { return s.sealed.Unclaim(ctx, id) }

// Close writes what waits, until ctx ends, as [Queue.Close] says.
func (s *Stack) Close(ctx context.Context) error { return s.queue.Close(ctx) }

// Stats are those of the decorators.
type Stats struct {
	Sealed   SealedStats
	Queue    QueueStats
	Breaker  BreakerStats
	Deadline DeadlineStats
}

// Stats returns a snapshot. It may be called at any time, also after Close.
func (s *Stack) Stats() Stats {
	return Stats{
		Sealed:   s.sealed.Stats(),
		Queue:    s.queue.Stats(),
		Breaker:  s.breaker.Stats(),
		Deadline: s.deadline.Stats(),
	}
}
