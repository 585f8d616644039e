package scenario

import (
	"math"
	"time"

	"github.com/reprise-tls/reprise/internal/exact"
	"github.com/reprise-tls/reprise/internal/workload"
)

// A session's number has the population, the client and how many the client
// was given before, in as many bits as ids are different for.
const (
	sequenceBits = 28
	clientBits   = 28
)

// A Connection is one handshake of a client.
type Connection struct {
	At       time.Duration // of the clock
	Offers   bool          // the client has a session to resume, number Offered
	Offered  uint64
	New      uint64 // number of the session that a full handshake makes, and one of TLS 1.3 in any case
	State    workload.StateKind
	Lifetime int64 // of the new session, in seconds
	Aborted  bool
	Roaming  bool // what is offered comes from another node, and is not there
	Renews   bool // a resumption makes a new session too: TLS 1.3
	Single   bool // a session that was resumed is removed
}

// A Kept is a session that a client has from before the beginning.
type Kept struct {
	Number   uint64
	Created  time.Duration // of the clock, not above 0
	Lifetime int64
	State    workload.StateKind
}

// Clients are the clients of all populations, or one goroutine's share of
// them: client number c of each is goroutine c mod parts's. What a client does
// follows from the seed and its number, whoever plays it. One goroutine at a
// time may use them.
type Clients struct {
	scenario *Scenario
	part     uint64
	parts    uint64
	clients  []client
	free     []uint32
	held     [][]uint32 // numbers of sessions by client, the newest last
	queue    queue
	newcomer []newcomers
	visit    visit
}

type client struct {
	random     random
	number     uint32
	sequence   uint32
	left       uint32 // visits after the next; forever: no end
	population uint8
	state      workload.StateKind
}

const forever = math.MaxUint32

// newcomers are the clients of a population that are still to come.
type newcomers struct {
	schedule *Schedule
	number   uint64 // of the one that comes next
	at       time.Duration
}

// visit is the visit that is under way.
type visit struct {
	at      time.Duration
	index   uint32
	left    int // connections
	roaming bool
	offers  []uint32
	issued  []uint32
	current Connection
	offered uint32 // the number in the client of what current offers
	fresh   uint32 // and of its new session
}

// NewClients returns the share of goroutine part of parts.
func NewClients(s *Scenario, part, parts int) *Clients {
	c := &Clients{scenario: s, part: uint64(part), parts: uint64(parts)}
	for i, p := range s.Populations {
		for number := part; number < p.Clients; number += parts {
			c.begin(uint8(i), uint32(number))
		}
		n := newcomers{number: uint64(p.Clients), at: math.MaxInt64}
		if p.Rate > 0 {
			n.schedule = NewSchedule(p.Arrivals, p.Rate, s.Seed+uint64(i)*gamma, 0, 1)
			n.at = n.schedule.Next()
		}
		c.newcomer = append(c.newcomer, n)
		c.skip(i)
	}
	return c
}

// skip goes to the next newcomer that is this share's.
func (c *Clients) skip(population int) {
	n := &c.newcomer[population]
	for n.schedule != nil && n.number%c.parts != c.part {
		n.number++
		n.at = n.schedule.Next()
	}
}

// add makes a client that has no session yet.
func (c *Clients) add(population uint8, number uint32) uint32 {
	p := &c.scenario.Populations[population]
	k := client{
		random: newRandom(c.scenario.Seed, purposeClients+uint64(population)<<32, uint64(number)),
		number: number, population: population, left: forever,
	}
	tls12, mutual := k.random.chance(p.TLS12), k.random.chance(p.MutualTLS)
	k.state = [...]workload.StateKind{workload.StateTLS13, workload.StateTLS12, workload.StateMutualTLS13, workload.StateMutualTLS12}[bit(tls12)+2*bit(mutual)]
	if p.Visits > 0 {
		k.left = geometric(&k.random, p.Visits)
	}
	if n := len(c.free); n > 0 {
		index := c.free[n-1]
		c.free = c.free[:n-1]
		c.clients[index] = k
		c.held[index] = c.held[index][:0]
		return index
	}
	c.clients = append(c.clients, k)
	c.held = append(c.held, make([]uint32, 0, p.Sessions))
	return uint32(len(c.clients) - 1)
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// geometric returns how many visits follow the first, mean - 1 on average.
func geometric(r *random, mean float64) uint32 {
	x := r.exponential()
	if mean <= 1 {
		return 0
	}
	return uint32(min(math.Floor(x/-exact.Log(1-1/mean)), forever-1))
}

// begin makes a client of the beginning: it is somewhere between two visits,
// with a session from the earlier one.
func (c *Clients) begin(population uint8, number uint32) {
	index := c.add(population, number)
	k := &c.clients[index]
	k.sequence = 1
	c.held[index] = append(c.held[index], 0)
	_, due := c.between(k)
	c.queue.push(event{due, population, number, index})
}

// between draws the visit before the beginning and the one after it. It does
// not use up the client's numbers.
func (c *Clients) between(k *client) (before, after time.Duration) {
	r := k.random
	gap := c.scenario.Populations[k.population].Gap.draw(&r)
	after = time.Duration(r.float64() * float64(gap))
	return after - gap, after
}

// Kept calls yield for the sessions that the clients of the beginning have and
// that have not expired, in the order of their clients.
func (c *Clients) Kept(yield func(Kept)) {
	for i := range c.clients {
		k := &c.clients[i]
		before, _ := c.between(k)
		session := Kept{Number: k.session(0), Created: before, Lifetime: c.scenario.LifetimeOf(k.session(0)), State: k.state}
		if float64(session.Lifetime)*1e9 > float64(-before) {
			yield(session)
		}
	}
}

func (k *client) session(sequence uint32) uint64 {
	return uint64(k.population)<<(sequenceBits+clientBits) | uint64(k.number)<<sequenceBits | uint64(sequence&(1<<sequenceBits-1))
}

// seconds rounds up, to 1 at least.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// Due returns when the next connection is due, by the clock, false if none
// ever is.
func (c *Clients) Due() (time.Duration, bool) {
	if c.visit.left > 0 {
		return c.visit.at, true
	}
	at, _ := c.first()
	return at, at < math.MaxInt64
}

// Backlog returns how many connections are due before a time.
func (c *Clients) Backlog(before time.Duration) (n uint64) {
	if c.visit.left > 0 && c.visit.at < before {
		n = uint64(c.visit.left)
	}
	return n + c.queue.countBefore(before, func(e event) uint64 {
		return uint64(c.scenario.Populations[e.population].Connections)
	})
}

// first returns who is next: a newcomer of the population returned, or with -1
// who is first in the queue.
func (c *Clients) first() (at time.Duration, population int) {
	at, population = math.MaxInt64, -1
	if len(c.queue) > 0 {
		at = c.queue[0].due
	}
	for i, n := range c.newcomer {
		if n.at < at {
			at, population = n.at, i
		}
	}
	return at, population
}

// Next returns the next connection. [Clients.Due] has said that there is one,
// and after it comes [Clients.Done].
func (c *Clients) Next() *Connection {
	if c.visit.left == 0 {
		c.nextVisit()
	}
	v := &c.visit
	k := &c.clients[v.index]
	p := &c.scenario.Populations[k.population]
	v.left--
	v.fresh = k.sequence
	k.sequence++
	n := Connection{
		At: v.at, New: k.session(v.fresh), State: k.state, Aborted: k.random.chance(p.Aborted),
		Renews: k.state == workload.StateTLS13 || k.state == workload.StateMutualTLS13, Single: p.SingleUse,
	}
	n.Lifetime = c.scenario.LifetimeOf(n.New)
	if last := len(v.offers) - 1; last >= 0 {
		v.offered = v.offers[last]
		n.Offers, n.Offered, n.Roaming = true, k.session(v.offered), v.roaming
		// RFC 8446, section C.4: a client should not use a ticket twice. Of TLS
		// 1.2 all connections offer the same session.
		if n.Renews {
			v.offers = v.offers[:last]
		}
	}
	v.current = n
	return &v.current
}

// nextVisit begins the visit of who is first.
func (c *Clients) nextVisit() {
	at, population := c.first()
	var index uint32
	if population >= 0 {
		n := &c.newcomer[population]
		index = c.add(uint8(population), uint32(n.number))
		n.number++
		n.at = n.schedule.Next()
		c.skip(population)
	} else {
		index = c.queue.pop().index
	}
	v := &c.visit
	k := &c.clients[index]
	p := &c.scenario.Populations[k.population]
	v.at, v.index, v.left = at, index, p.Connections
	v.roaming = k.random.chance(p.Roaming) && len(c.held[index]) > 0
	if v.roaming {
		// What it has now, another node has given it.
		for i := range c.held[index] {
			c.held[index][i] = k.sequence
			k.sequence++
		}
	}
	v.offers = append(v.offers[:0], c.held[index]...)
	v.issued = v.issued[:0]
}

// Done says whether the last connection's new session was issued to the client.
// What was offered in vain, or in a handshake that was aborted, it offers no
// more in this visit, but keeps what it did not offer.
func (c *Clients) Done(issued bool) {
	v := &c.visit
	if issued {
		v.issued = append(v.issued, v.fresh)
	} else if v.current.Aborted && v.current.Offers && v.current.Renews {
		v.issued = append(v.issued, v.offered) // not used up
	}
	if v.left > 0 {
		return
	}
	k := &c.clients[v.index]
	p := &c.scenario.Populations[k.population]
	held := c.held[v.index][:0]
	if v.current.Renews || len(v.issued) == 0 {
		v.offers = append(v.offers, v.issued...)
	} else {
		v.offers = append(v.offers[:0], v.issued...) // new sessions took the place of the old one
	}
	held = append(held, v.offers[max(0, len(v.offers)-p.Sessions):]...)
	c.held[v.index] = held
	switch k.left {
	case 0:
		c.free = append(c.free, v.index)
		return
	case forever:
	default:
		k.left--
	}
	due := v.at + p.Gap.draw(&k.random)
	c.queue.push(event{due, k.population, k.number, v.index})
}

// Storm has a share of the clients come back at random times from now on,
// within a while, instead of when they were to come.
func (c *Clients) Storm(now time.Duration, share Share, within time.Duration) {
	for i, e := range c.queue {
		k := &c.clients[e.index]
		if k.random.chance(share) {
			c.queue[i].due = now + time.Duration(k.random.float64()*float64(within))
		}
	}
	c.queue.order()
}

// LifetimeOf returns the lifetime of a session, in seconds of the clock: its
// number's, so that it is the same whoever asks.
func (s *Scenario) LifetimeOf(session uint64) int64 {
	r := newRandom(s.Seed, purposeLifetimes, session)
	return seconds(s.Lifetime.draw(&r))
}
