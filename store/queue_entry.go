package store

import (
	"time"
)

// entry is what a queue knows of an id: what waits for it, and who is at work
// on it. Everything is guarded by the queue's lock.
//
// One at a time works on an id in the store below, the one who set busy, and
// in the order in which they come: that is all the ordering there is.
type entry struct {
	id      []byte
	key     string
	busy    bool          // somebody works on the id
	done    chan struct{} // closed when busy ends, if anybody waits for that
	waiters int           // Deletes that wait; they go before what waits
	ready   bool          // in the queue's list

	waits   bool // a value waits
	value   []byte
	expires time.Time // of the value

	writing        []byte    // the value that is being written, nil if none
	writingExpires time.Time // its expiry
	writingDeletes int       // deletes when its write began

	// A Delete that failed is tried again until giveUp, unless that is zero.
	giveUp  time.Time
	timer   *time.Timer
	deletes int // Deletes that failed
}

// pending reports whether a Delete failed and is to be repeated.
func (e *entry) pending() bool { return !e.giveUp.IsZero() }

// answer returns the value that a Get finds without asking the store, or that
// there is none, if that is known.
func (e *entry) answer(now time.Time) (value []byte, known bool) {
	switch {
	case e.waits:
		return unexpired(e.value, e.expires, now), true
	case e.writing != nil && e.deletes == e.writingDeletes: // no Delete came after it
		return unexpired(e.writing, e.writingExpires, now), true
	}
	return nil, e.pending()
}

func unexpired(value []byte, expires, now time.Time) []byte {
	if !now.Before(expires) {
		return nil
	}
	return copyOf(value)
}

// idle reports whether the entry says nothing any more.
func (e *entry) idle() bool {
	return !e.busy && !e.waits && !e.pending() && e.waiters == 0 && !e.ready
}

// enter makes an entry for an id that has none.
func (q *Queue) enter(id []byte) *entry {
	e := &entry{id: id, key: string(id)}
	q.entries[e.key] = e
	return e
}

// leave removes an entry that says nothing any more.
func (q *Queue) leave(e *entry) {
	if e.idle() {
		delete(q.entries, e.key)
	}
}

// schedule hands the entry to a worker, unless somebody works on it, who will.
func (q *Queue) schedule(e *entry) {
	if e.busy || e.waiters > 0 || e.ready {
		return
	}
	e.ready = true
	q.ready.push(e)
	q.more.Signal()
}

// begin takes the right to work on an entry that nobody works on.
func (q *Queue) begin(e *entry) { e.busy = true }

// end gives the right up, and passes it on if there is more to do.
func (q *Queue) end(e *entry) {
	e.busy = false
	if e.done != nil {
		close(e.done)
		e.done = nil
	}
	q.proceed(e)
	if q.closed {
		q.more.Broadcast() // it may have been the last
	}
}

// proceed sees to it that what waits gets its turn.
func (q *Queue) proceed(e *entry) {
	if e.waits {
		q.schedule(e)
	}
	q.leave(e)
}

// drop forgets the value that waits.
func (q *Queue) drop(e *entry) {
	q.n.Waiting--
	q.n.Bytes -= int64(len(e.value))
	clear(e.value)
	e.waits, e.value = false, nil
}

// fifo is a first-in-first-out list of entries.
type fifo struct {
	in, out []*entry // pushed to in; popped from the end of out
}

func (f *fifo) empty() bool { return len(f.in)+len(f.out) == 0 }

func (f *fifo) push(e *entry) { f.in = append(f.in, e) }

func (f *fifo) pop() *entry {
	if len(f.out) == 0 {
		for i := len(f.in) - 1; i >= 0; i-- {
			f.out = append(f.out, f.in[i])
		}
		clear(f.in)
		f.in = f.in[:0]
	}
	e := f.out[len(f.out)-1]
	f.out[len(f.out)-1] = nil
	f.out = f.out[:len(f.out)-1]
	return e
}
