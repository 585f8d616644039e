package store

import (
	"context"
	"fmt"
	"time"
)

// work is a worker: it carries out what waits until the queue is closed and
// nothing does.
func (q *Queue) work() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		for q.ready.empty() {
			// A value may wait for a Delete of its id without being ready.
			if q.closed && q.n.Waiting == 0 && q.n.PendingDeletes == 0 {
				q.more.Broadcast() // the others may end, too
				return
			}
			q.more.Wait()
		}
		e := q.ready.pop()
		e.ready = false
		switch {
		case e.busy || e.waiters > 0:
			// Whoever works on it, or is next, sees to what waits.
		case e.waits:
			q.write(e)
		case e.pending():
			q.repeat(e)
		default:
			q.leave(e)
		}
	}
}

// write writes the value that waits. It is called with the lock and gives it
// up meanwhile.
func (q *Queue) write(e *entry) {
	q.begin(e)
	e.writing, e.writingExpires, e.writingDeletes = copyOf(e.value), e.expires, e.deletes
	value := e.value // passes to the store
	q.n.Waiting--
	q.n.Bytes -= int64(len(value))
	e.waits, e.value = false, nil
	ttl := time.Until(e.writingExpires)
	if ttl <= 0 {
		q.n.Expired++
		clear(value)
	} else {
		err := q.unlocked("Set", func(ctx context.Context) error { return q.next.Set(ctx, e.id, value, ttl) })
		if err == nil {
			q.n.Written++
			if e.deletes == e.writingDeletes { // what was to be deleted has been overwritten
				q.forgive(e)
			}
		} else {
			q.n.Failed++
		}
	}
	clear(e.writing)
	e.writing = nil
	if e.pending() && !e.waits {
		q.again(e)
	}
	q.end(e)
}

// unlocked makes a call of the store below without the lock.
func (q *Queue) unlocked(method string, call func(context.Context) error) error {
	q.mu.Unlock()
	defer q.mu.Lock()
	ctx, cancel := context.WithTimeout(q.ctx, q.o.Timeout)
	defer cancel()
	err := recovered(ctx, call)
	if err != nil && q.o.OnError != nil {
		q.o.OnError(method, err)
	}
	return err
}

// recovered makes a panic an error. In a handshake the engine sees to those;
// here one would take the process down.
func recovered(ctx context.Context, call func(context.Context) error) (err error) {
	defer func() {
		// The value could contain a part of an id.
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: %T", errPanic, v)
		}
	}()
	return call(ctx)
}

// Delete drops what waits for the id, waits for what is under way, and deletes
// in the store below. That there is nothing to delete is no error. If it fails
// it is tried again in the background.
func (q *Queue) Delete(ctx context.Context, id []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := q.entries[string(id)]
	if e == nil {
		e = q.enter(id)
	}
	if e.waits {
		q.drop(e)
		q.n.Deleted++
	}
	if err := q.turn(ctx, e); err != nil {
		q.remember(e)
		q.proceed(e)
		return err
	}
	q.begin(e)
	failed := true
	defer func() { // also if the store panics: the engine sees to the rest
		if failed {
			q.remember(e)
		} else {
			q.forgive(e)
		}
		q.end(e)
	}()
	err := q.deleteBelow(ctx, id)
	failed = err != nil
	return err
}

func (q *Queue) deleteBelow(ctx context.Context, id []byte) error {
	q.mu.Unlock()
	defer q.mu.Lock()
	return q.next.Delete(ctx, id)
}

// turn waits until nobody works on the entry.
func (q *Queue) turn(ctx context.Context, e *entry) error {
	e.waiters++
	defer func() { e.waiters-- }()
	for e.busy {
		if e.done == nil {
			e.done = make(chan struct{})
		}
		done := e.done
		q.mu.Unlock()
		var err error
		select {
		case <-done:
		case <-ctx.Done():
			err = ctx.Err()
		}
		q.mu.Lock()
		if err != nil {
			return err
		}
	}
	return nil
}

// remember keeps a failed Delete in mind and sets the time for the next try.
func (q *Queue) remember(e *entry) {
	e.deletes++
	if !e.pending() {
		if q.closed || q.n.PendingDeletes >= q.o.Capacity {
			q.n.DeletesLost++
			return
		}
		q.n.PendingDeletes++
		e.giveUp = time.Now().Add(q.o.RetryFor)
	}
	q.again(e)
}

// forgive ends what remember began.
func (q *Queue) forgive(e *entry) {
	if !e.pending() {
		return
	}
	q.n.PendingDeletes--
	e.giveUp = time.Time{}
	if e.timer != nil {
		e.timer.Stop()
	}
}

// again sets the time for the next try of a pending Delete.
func (q *Queue) again(e *entry) {
	if q.closed || !time.Now().Before(e.giveUp) {
		q.forgive(e)
		q.n.DeletesLost++
		return
	}
	if e.timer != nil {
		e.timer.Stop()
	}
	e.timer = time.AfterFunc(q.o.RetryEvery, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if e.pending() {
			q.schedule(e)
		}
	})
}

// repeat tries a pending Delete again. It is called with the lock and gives it
// up meanwhile.
func (q *Queue) repeat(e *entry) {
	q.begin(e)
	q.n.DeletesRetried++
	err := q.unlocked("Delete", func(ctx context.Context) error { return q.next.Delete(ctx, e.id) })
	switch {
	case err == nil:
		q.forgive(e)
	case e.pending():
		q.again(e)
	}
	q.end(e)
}
