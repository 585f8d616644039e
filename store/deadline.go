package store

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// Bounds and defaults of DeadlineOptions.
const (
	DefaultDeadline    = engine.DefaultStoreDeadline // of what a handshake waits for
	DefaultSetDeadline = time.Second                 // of what nobody waits for
	MinDeadline        = time.Millisecond
	MaxDeadline        = time.Minute
)

// DeadlineOptions say how long calls may take: MinDeadline to MaxDeadline; 0
// stands for DefaultSetDeadline in Set, and DefaultDeadline in the others.
type DeadlineOptions struct {
	Get    time.Duration
	Set    time.Duration
	Delete time.Duration
	Claim  time.Duration // Claim and Unclaim
}

func (o *DeadlineOptions) complete() error {
	for _, check := range []option[time.Duration]{
		{"DeadlineOptions.Get", &o.Get, DefaultDeadline, MinDeadline, MaxDeadline},
		{"DeadlineOptions.Set", &o.Set, DefaultSetDeadline, MinDeadline, MaxDeadline},
		{"DeadlineOptions.Delete", &o.Delete, DefaultDeadline, MinDeadline, MaxDeadline},
		{"DeadlineOptions.Claim", &o.Claim, DefaultDeadline, MinDeadline, MaxDeadline},
	} {
		if err := check.complete(); err != nil {
			return err
		}
	}
	return nil
}

// Deadline is a store whose calls get a context that ends after a time of
// their own, or earlier if the caller's does. The store below must heed its
// context; no goroutine is started to outrun one that does not.
type Deadline struct {
	next     engine.Store
	o        DeadlineOptions
	exceeded atomic.Uint64
}

var _ engine.Store = (*Deadline)(nil)

// NewDeadline puts a Deadline over next. Its errors wrap [ErrConfig].
func NewDeadline(next engine.Store, o DeadlineOptions) (*Deadline, error) {
	if err := checkNext("the store below Deadline", next != nil); err != nil {
		return nil, err
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	return &Deadline{next: next, o: o}, nil
}

// Get is next's within DeadlineOptions.Get.
func (d *Deadline) Get(ctx context.Context, id []byte) (value []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.o.Get)
	defer cancel()
	value, err = d.next.Get(ctx, id)
	return value, d.count(ctx, err)
}

// Set is next's within DeadlineOptions.Set.
func (d *Deadline) Set(ctx context.Context, id, value []byte, ttl time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d.o.Set)
	defer cancel()
	return d.count(ctx, d.next.Set(ctx, id, value, ttl))
}

// Delete is next's within DeadlineOptions.Delete.
func (d *Deadline) Delete(ctx context.Context, id []byte) error {
	ctx, cancel := context.WithTimeout(ctx, d.o.Delete)
	defer cancel()
	return d.count(ctx, d.next.Delete(ctx, id))
}

// Claim is next's within DeadlineOptions.Claim.
func (d *Deadline) Claim(ctx context.Context, id []byte, ttl time.Duration) (granted bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.o.Claim)
	defer cancel()
	granted, err = d.next.Claim(ctx, id, ttl)
	return granted, d.count(ctx, err)
}

// Unclaim is next's within DeadlineOptions.Claim.
func (d *Deadline) Unclaim(ctx context.Context, id []byte) error {
	ctx, cancel := context.WithTimeout(ctx, d.o.Claim)
	defer cancel()
	return d.count(ctx, d.next.Unclaim(ctx, id))
}

// count counts calls that failed when their time was over. A caller who gave
// up is none of them.
func (d *Deadline) count(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, engine.ErrNotFound) || errors.Is(ctx.Err(), context.Canceled) {
		return err
	}
	// A socket whose deadline is the context's may be the first to notice.
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		d.exceeded.Add(1)
	}
	return err
}

// DeadlineStats counts calls that took too long.
type DeadlineStats struct {
	Exceeded uint64 // calls that failed and whose time was over
}

// Stats returns a snapshot of the counter.
func (d *Deadline) Stats() DeadlineStats { return DeadlineStats{Exceeded: d.exceeded.Load()} }
