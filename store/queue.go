package store

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// Bounds and defaults of QueueOptions.
const (
	DefaultQueueCapacity = 4096
	DefaultQueueBytes    = 16 << 20
	DefaultQueueWorkers  = 16
	DefaultRetryEvery    = time.Second
	DefaultRetryFor      = 2 * time.Hour
	MaxQueueCapacity     = 1 << 24
	MaxQueueBytes        = 1 << 40
	MaxQueueWorkers      = 1 << 10
	MaxRetry             = 7 * 24 * time.Hour
)

// QueueOptions say how much may wait, and for how long.
type QueueOptions struct {
	// Capacity is how many values may wait, and how many failed Deletes are
	// remembered: 1 to MaxQueueCapacity; 0 stands for DefaultQueueCapacity.
	Capacity int

	// Bytes is how many bytes of values may wait, 1 to MaxQueueBytes; 0
	// stands for DefaultQueueBytes.
	Bytes int64

	// Workers is how many writes are under way at a time, 1 to
	// MaxQueueWorkers; 0 stands for DefaultQueueWorkers. A client that
	// pipelines, as rueidis does, puts what is under way into few packets.
	Workers int

	// Timeout bounds each write and each repeated Delete, MinDeadline to
	// MaxDeadline; 0 stands for DefaultSetDeadline.
	Timeout time.Duration

	// RetryEvery is how long after a Delete failed it is tried again, and
	// RetryFor for how long this goes on: as long as the value may live in the
	// store. MinDeadline to MaxRetry; 0 stands for DefaultRetryEvery and
	// DefaultRetryFor.
	RetryEvery, RetryFor time.Duration

	// OnError is told of every write and repeated Delete that failed in the
	// background: "Set" or "Delete", and the error. It is called by any number
	// of goroutines at once, each of which waits for it. It may be nil.
	OnError func(method string, err error)
}

func (o *QueueOptions) complete() error {
	for _, check := range []interface{ complete() error }{
		option[int]{"QueueOptions.Capacity", &o.Capacity, DefaultQueueCapacity, 1, MaxQueueCapacity},
		option[int64]{"QueueOptions.Bytes", &o.Bytes, DefaultQueueBytes, 1, MaxQueueBytes},
		option[int]{"QueueOptions.Workers", &o.Workers, DefaultQueueWorkers, 1, MaxQueueWorkers},
		option[time.Duration]{"QueueOptions.Timeout", &o.Timeout, DefaultSetDeadline, MinDeadline, MaxDeadline},
		option[time.Duration]{"QueueOptions.RetryEvery", &o.RetryEvery, DefaultRetryEvery, MinDeadline, MaxRetry},
		option[time.Duration]{"QueueOptions.RetryFor", &o.RetryFor, DefaultRetryFor, MinDeadline, MaxRetry},
	} {
		if err := check.complete(); err != nil {
			return err
		}
	}
	return nil
}

// Queue is a store whose Sets return before they are carried out, so that no
// handshake waits for them. All other methods are synchronous.
//
// For one id, what was begun after something else had returned is carried out
// after it; of values that wait only the latest is written. A Get finds a value
// that waits. A value that does not fit is dropped, and Set returns
// [ErrQueueFull]; one whose write fails is dropped and counted.
//
// A Delete drops what waits, waits for a Set of its id that is under way, and
// deletes in the store before it returns, so that a Get that begins afterwards
// does not find the value, here or on any other node. If it fails it returns
// the error, and the queue goes on trying in the background, through outages,
// until a Delete or Set of the id succeeds; meanwhile Gets here find nothing.
//
// A Delete knows nothing of values that wait at other nodes, nor can it undo a
// write that failed here but reaches the store late, out of a socket's buffer.
type Queue struct {
	next engine.Store
	o    QueueOptions
	ctx  context.Context // of writes; ends when Close gives up
	stop context.CancelFunc
	done sync.WaitGroup // workers

	mu      sync.Mutex
	more    sync.Cond // something is ready, or the queue is closed
	entries map[string]*entry
	ready   fifo
	closed  bool
	n       QueueStats // Waiting, Bytes and PendingDeletes are what bounds go by
}

var _ engine.Store = (*Queue)(nil)

// NewQueue puts a Queue over next and starts its goroutines, which Close ends.
// Its errors wrap [ErrConfig].
func NewQueue(next engine.Store, o QueueOptions) (*Queue, error) {
	q := new(Queue)
	if err := q.start(next, o); err != nil {
		return nil, err
	}
	return q, nil
}

func (q *Queue) start(next engine.Store, o QueueOptions) error {
	if err := checkNext("the store below Queue", next != nil); err != nil {
		return err
	}
	if err := o.complete(); err != nil {
		return err
	}
	q.next, q.o = next, o
	q.entries = map[string]*entry{}
	q.more.L = &q.mu
	q.ctx, q.stop = context.WithCancel(context.Background())
	for range o.Workers {
		q.done.Go(q.work)
	}
	return nil
}

// Get returns a value that waits, or what the store below has.
func (q *Queue) Get(ctx context.Context, id []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	q.mu.Lock()
	e := q.entries[string(id)]
	if e == nil {
		q.mu.Unlock()
		return q.next.Get(ctx, id)
	}
	value, known := e.answer(time.Now())
	q.mu.Unlock()
	switch {
	case value != nil:
		return value, nil
	case known:
		return nil, engine.ErrNotFound
	}
	return q.next.Get(ctx, id)
}

// Set queues the value. It fails with [ErrQueueFull], [ErrClosed], or the
// error of a context that has ended.
func (q *Queue) Set(ctx context.Context, id, value []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		clear(value)
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		clear(value)
		return ErrClosed
	}
	e := q.entries[string(id)]
	if !q.fits(e, value) {
		q.n.Dropped++
		clear(value)
		return ErrQueueFull
	}
	if e == nil {
		e = q.enter(id)
	}
	if e.waits {
		q.drop(e)
		q.n.Coalesced++
	}
	e.waits, e.value, e.expires = true, value, time.Now().Add(ttl)
	q.n.Waiting++
	q.n.Bytes += int64(len(value))
	q.n.Queued++
	q.schedule(e)
	return nil
}

// fits reports whether the value may wait, in the place of what waits already.
func (q *Queue) fits(e *entry, value []byte) bool {
	waiting, size := q.n.Waiting+1, q.n.Bytes+int64(len(value))
	if e != nil && e.waits {
		waiting, size = waiting-1, size-int64(len(e.value))
	}
	return waiting <= q.o.Capacity && size <= q.o.Bytes
}

// Claim is next's.
func (q *Queue) Claim(ctx context.Context, id []byte, ttl time.Duration) (bool, error) {
	return q.next.Claim(ctx, id, ttl)
}

// Unclaim is next's.
func (q *Queue) Unclaim(ctx context.Context, id []byte) error { return q.next.Unclaim(ctx, id) }

// Close takes no more values, writes those that wait, tries failed Deletes once
// more, and ends the queue's goroutines. What is not done when ctx ends is
// dropped, and Close returns an error that says how much, and wraps ctx's. The
// other methods work after Close, but for Set. A second call does nothing.
func (q *Queue) Close(ctx context.Context) error {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return nil
	}
	q.closed = true
	for _, e := range q.entries {
		if e.pending() {
			e.timer.Stop()
			q.schedule(e)
		}
	}
	q.more.Broadcast()
	q.mu.Unlock()

	drained := make(chan struct{})
	go func() {
		q.done.Wait()
		close(drained)
	}()
	var gaveUp error
	select {
	case <-drained:
	case <-ctx.Done():
		gaveUp = ctx.Err()
	}
	writes, deletes := q.abandon()
	q.stop()
	<-drained
	if writes+deletes > 0 && gaveUp != nil {
		return fmt.Errorf("store: %d writes and %d deletes were not carried out: %w", writes, deletes, gaveUp)
	}
	return gaveUp
}

// abandon drops what waits, and returns how many values and Deletes that was.
func (q *Queue) abandon() (writes, deletes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range q.entries {
		if e.waits {
			q.drop(e)
			q.n.Dropped++
			writes++
		}
		if e.pending() {
			q.forgive(e)
			q.n.DeletesLost++
			deletes++
		}
		e.ready = false
		q.leave(e)
	}
	q.ready = fifo{}
	q.more.Broadcast()
	return writes, deletes
}

// QueueStats tells what waits in a queue and what became of what did.
type QueueStats struct {
	Waiting        int   // values that wait
	Bytes          int64 // their bytes
	PendingDeletes int   // Deletes that failed and are tried again

	Queued    uint64 // values that Set took
	Coalesced uint64 // of those, not written since a later one for the id came
	Deleted   uint64 // of those, not written since a Delete of the id came
	Written   uint64 // of those, written
	Expired   uint64 // of those, not written since their time was over
	Failed    uint64 // of those, whose write failed
	Dropped   uint64 // values that Set refused since too many waited, or that waited when Close gave up

	DeletesRetried uint64 // repeated Deletes
	DeletesLost    uint64 // failed Deletes that are not tried again: too many, too long, or closed
}

// Stats returns a snapshot of the counters.
func (q *Queue) Stats() QueueStats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.n
}

// copyOf returns a copy that is never nil.
func copyOf(b []byte) []byte {
	if len(b) == 0 {
		return []byte{}
	}
	return bytes.Clone(b)
}
