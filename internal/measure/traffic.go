package measure

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/internal/scenario"
	"github.com/reprise-tls/reprise/internal/trace"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// operationTraffic plays operations over a pool of sessions.
type operationTraffic struct {
	*schedule
	stage  *Stage
	player *workload.Player
	next   workload.Operation
	ready  bool
}

func (o *operationTraffic) due() (time.Duration, bool) { return o.at(), true }

func (o *operationTraffic) prepare() error {
	if !o.ready {
		o.next, o.ready = o.player.Next(), true
	}
	return nil
}

func (o *operationTraffic) play(t ticker) (time.Duration, error) {
	o.stage.advance(o.stage.clockAt(t.now()))
	o.stage.capture.id(uint64(o.next.Key()))
	o.player.PlayOne(o.next)
	o.ready = false
	o.step()
	return 0, nil
}

func (o *operationTraffic) counts() (workload.Counts, Handshakes) {
	return o.player.Take(), Handshakes{}
}

// resumption is what traces and populations have in common: a lookup of an id,
// and an add of a new session.
type resumption struct {
	stage      *Stage
	promoter   workload.Promoter
	id         [shards.MaxIDLength]byte
	total      workload.Counts
	handshakes Handshakes
}

// get looks up the session of a number. The caller releases what is returned.
func (r *resumption) get(number uint64) (*shards.Session, bool) {
	r.stage.capture.id(number)
	r.stage.ids.Put(&r.id, number)
	r.total.Gets++
	s, ok := r.stage.cache.Get(r.id[:])
	if !ok {
		return nil, false
	}
	r.total.Hits++
	return s, true
}

// promote tells the cache that a session belongs to a client that comes back.
// That is the session that was resumed where it will be offered again, and with
// TLS 1.3 the one that took its place.
func (r *resumption) promote(s *shards.Session) {
	if r.promoter != nil {
		r.promoter.Promote(s)
	}
}

func (r *resumption) remove(s *shards.Session) {
	r.total.Removes++
	if r.stage.cache.Remove(s) {
		r.total.Removed++
	}
}

// make makes the session of a number.
func (r *resumption) make(number uint64, kind workload.StateKind, created, lifetime int64) (*shards.Session, error) {
	r.stage.ids.Put(&r.id, number)
	s, err := shards.NewSession(r.id[:], r.stage.states.Pick(kind, number), shards.SessionOptions{Created: created, Timeout: lifetime})
	if err != nil {
		return nil, fmt.Errorf("session of a scenario: %w", err)
	}
	return s, nil
}

// add adds a session, which renews one that was resumed or does not, and drops
// its maker's reference.
func (r *resumption) add(s *shards.Session, renews bool) {
	r.total.Adds++
	if r.stage.cache.Add(s) {
		r.total.Added++
		if renews {
			r.promote(s)
		}
	}
	s.Release()
}

func (r *resumption) counts() (c workload.Counts, h Handshakes) {
	c, h = r.total, r.handshakes
	r.total, r.handshakes = workload.Counts{}, Handshakes{}
	return c, h
}

// clientTraffic plays the connections of clients. Its schedule is theirs.
type clientTraffic struct {
	resumption
	clients *scenario.Clients
	next    *scenario.Connection // nil: not drawn yet
	fresh   *shards.Session      // its new session, nil: not made yet
}

func (c *clientTraffic) due() (time.Duration, bool) {
	if c.next != nil {
		return c.stage.runningAt(c.next.At), true
	}
	at, ok := c.clients.Due()
	return c.stage.runningAt(at), ok
}

func (c *clientTraffic) prepare() (err error) {
	if c.next != nil {
		return nil
	}
	c.next = c.clients.Next()
	if (c.next.Renews || !c.next.Offers) && !c.next.Aborted {
		c.fresh, err = c.makeFresh()
	}
	return err
}

func (c *clientTraffic) makeFresh() (*shards.Session, error) {
	return c.make(c.next.New, c.next.State, c.stage.unix(c.next.At), c.next.Lifetime)
}

func (c *clientTraffic) play(t ticker) (pause time.Duration, err error) {
	n, h := c.next, &c.handshakes
	c.stage.advance(n.At)
	h.Connections++
	resumed := false
	if n.Offers {
		resumed = c.offer(n)
	}
	switch {
	case n.Aborted:
		h.Aborted++
	case resumed:
		h.Resumed++
	default:
		h.Full++
	}
	issued := !n.Aborted && (n.Renews || !resumed)
	if issued && c.fresh == nil { // TLS 1.2, whose session was not found
		began := t.now()
		if c.fresh, err = c.makeFresh(); err != nil {
			return 0, err
		}
		pause = t.now() - began
	}
	if issued {
		if !n.Offers {
			c.stage.capture.id(n.New)
		}
		c.add(c.fresh, resumed)
	}
	c.fresh, c.next = nil, nil
	c.clients.Done(issued)
	return pause, nil
}

// offer looks up what the client offers and reports whether it can be resumed.
func (c *clientTraffic) offer(n *scenario.Connection) bool {
	c.handshakes.Offered++
	if n.Roaming {
		c.handshakes.Elsewhere++
	}
	s, ok := c.get(n.Offered)
	if !ok {
		return false
	}
	switch {
	case n.Aborted:
	case n.Single:
		c.remove(s)
	case !n.Renews:
		c.promote(s)
	}
	s.Release()
	return true
}

func (c *clientTraffic) backlog(before time.Duration) uint64 {
	n := c.clients.Backlog(c.stage.clockAt(before))
	if c.next != nil && c.stage.runningAt(c.next.At) < before {
		n++
	}
	return n
}

// drop forgets nothing: a client that could not be served yet still comes.
func (c *clientTraffic) drop(time.Duration) uint64 { return 0 }

// traceTraffic plays a trace, which all goroutines share: whoever is free takes
// the next request.
type traceTraffic struct {
	*schedule
	resumption
	trace  *trace.Trace
	setup  *scenario.Trace
	cursor *atomic.Uint64
	number uint64 // of the request that was taken
	taken  bool
	first  bool // the goroutine that counts what nobody has taken
}

func (r *traceTraffic) due() (time.Duration, bool) {
	if !r.taken {
		r.number, r.taken = r.cursor.Add(1)-1, true
	}
	if r.isOver(r.number) {
		return 0, false
	}
	if r.setup.Times {
		return r.stage.runningAt(r.time(r.number)), true
	}
	return r.schedule.at(), true
}

// time returns when a request is to begin, by the clock. A pass begins one mean
// gap after the one before it has ended.
func (r *traceTraffic) time(request uint64) time.Duration {
	times := r.trace.Times
	n := uint64(len(times))
	span := times[n-1] - times[0]
	span += span / time.Duration(n)
	return time.Duration(request/n)*span + times[request%n] - times[0]
}

func (r *traceTraffic) prepare() error { return nil }

func (r *traceTraffic) play(t ticker) (time.Duration, error) {
	now := r.stage.clockAt(t.now())
	if r.setup.Times {
		now = r.time(r.number)
	}
	r.stage.advance(now)
	number := uint64(r.trace.IDs[r.number%uint64(len(r.trace.IDs))])
	r.taken = false
	r.step()
	if s, ok := r.get(number); ok {
		r.promote(s)
		s.Release()
		return 0, nil
	}
	began := t.now()
	kind := r.stage.kinds[number%uint64(len(r.stage.kinds))]
	fresh, err := r.make(number, kind, r.stage.unix(now), r.stage.scenario.LifetimeOf(number))
	if err != nil {
		return 0, err
	}
	pause := t.now() - began
	r.add(fresh, false)
	return pause, nil
}

func (r *traceTraffic) backlog(before time.Duration) (n uint64) {
	if !r.setup.Times {
		return r.schedule.backlog(before)
	}
	if r.taken && r.isDue(r.number, before) {
		n = 1
	}
	for k := r.cursor.Load(); r.first && r.isDue(k, before); k++ {
		n++
	}
	return n
}

// isDue tells whether there is a request of a number, and it is to begin before
// a time.
func (r *traceTraffic) isDue(number uint64, before time.Duration) bool {
	return !r.isOver(number) && r.stage.runningAt(r.time(number)) < before
}

// isOver tells whether the trace has ended before the request of a number.
func (r *traceTraffic) isOver(number uint64) bool {
	return r.setup.Passes > 0 && number >= uint64(r.setup.Passes)*uint64(len(r.trace.IDs))
}
