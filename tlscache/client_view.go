package tlscache

import (
	"crypto/sha256"
	"crypto/tls"

	"github.com/reprise-tls/reprise/engine"
)

// clientView is a client seen from one realm or endpoint.
type clientView struct {
	client *Client
	scope  engine.Scope
	prefix []byte // realm and endpoint, each with its length before it
}

var _ tls.ClientSessionCache = (*clientView)(nil)

// endpointID is the id of an endpoint's sessions, but for its last byte, which
// is the number of the place. It is a digest without a secret key: the names
// are the operator's, and the next process must find what it took over.
type endpointID [engine.MaxIDLength]byte

func (id endpointID) place(i int) []byte {
	id[len(id)-1] = byte(i)
	return id[:]
}

func (v *clientView) id(sessionKey string) endpointID {
	var buffer [256]byte
	b := append(buffer[:0], v.prefix...)
	return sha256.Sum256(append(b, sessionKey...))
}

// Get implements [tls.ClientSessionCache]: it returns the newest ticket of the
// endpoint whose time is not over. One of TLS 1.3 is the caller's alone.
func (v *clientView) Get(sessionKey string) (*tls.ClientSessionState, bool) {
	c, id, now := v.client, v.id(sessionKey), v.client.clock()
	for {
		s, f := v.newest(id, now)
		if s == nil {
			c.counters.missed.Add(1)
			return nil, false
		}
		cs := v.use(s, f)
		s.Release()
		if cs != nil {
			c.counters.offered.Add(1)
			return cs, true
		}
	}
}

// use returns what crypto/tls resumes from, nil if another has taken the ticket
// or it does not decode. Of all who try to remove a session one succeeds.
func (v *clientView) use(s *engine.Session, f clientFacts) *tls.ClientSessionState {
	c := v.client
	if !f.reusable && !c.cache.Remove(s) {
		return nil
	}
	cs, err := decodeClientTicket(s)
	if err != nil {
		c.cache.Remove(s)
		c.counters.unusable.Add(1)
		return nil
	}
	return cs
}

// newest returns the newest ticket, with a reference, or nil. All tickets of
// the endpoint count as used now.
func (v *clientView) newest(id endpointID, now int64) (newest *engine.Session, facts clientFacts) {
	for i := range v.client.places {
		s, f := v.look(id.place(i), now)
		switch {
		case s == nil:
		case newest != nil && f.order < facts.order:
			s.Release()
		default:
			if newest != nil {
				newest.Release()
			}
			newest, facts = s, f
		}
	}
	return newest, facts
}

// look returns the ticket with the id, with a reference, and makes it count as
// used now; nil if there is none. It removes one that is of no more use.
func (v *clientView) look(id []byte, now int64) (*engine.Session, clientFacts) {
	c := v.client
	if !c.cache.Contains(id) { // so that an empty place counts as no miss
		return nil, clientFacts{}
	}
	s, ok := c.cache.GetScoped(id, v.scope)
	if !ok {
		return nil, clientFacts{}
	}
	f, err := clientFactsOf(s)
	switch {
	case err != nil:
		if c.cache.Remove(s) {
			c.counters.unusable.Add(1)
		}
	case f.expired(now):
		if c.cache.Remove(s) {
			c.counters.expired.Add(1)
		}
	default:
		if s.Created() != now {
			s.SetCreated(now)
			c.cache.Reschedule(s)
		}
		return s, f
	}
	s.Release()
	return nil, clientFacts{}
}

// Put implements [tls.ClientSessionCache]: it keeps the ticket, or, if cs is
// nil, removes all tickets of the endpoint.
//
// crypto/tls calls it with nil when a handshake that offered a ticket has
// failed, whyever, or its server's certificate is no longer valid: a server
// that aborts because of one ticket is likely to abort because of the next.
// Without any tickets the call does nothing. (In crypto/tls's own cache it
// leaves an empty entry and drives out another server's, golang/go#79861.)
func (v *clientView) Put(sessionKey string, cs *tls.ClientSessionState) {
	c, id := v.client, v.id(sessionKey)
	if cs == nil {
		for i := range c.places {
			if c.cache.RemoveID(id.place(i)) {
				c.counters.dropped.Add(1)
			}
		}
		return
	}
	if !v.keep(id, cs) {
		c.counters.refused.Add(1)
	}
}

// keep puts a ticket into a place of its endpoint, and reports whether it did.
func (v *clientView) keep(id endpointID, cs *tls.ClientSessionState) bool {
	c, now := v.client, v.client.clock()
	f, ticket, state, ok := encodeClientTicket(cs, now, c.lifetime)
	if !ok {
		return false
	}
	defer clear(state)
	f.order = c.nextOrder(now)
	b := appendClientTicket(make([]byte, 0, clientTicketHeader+len(ticket)+len(state)), f, ticket, state)
	defer clear(b)

	place, displaces := v.placeFor(id, f, now)
	s, err := engine.NewSession(id.place(place), b, engine.SessionOptions{Scope: v.scope, Created: now, Timeout: c.lifetime, Promoted: true})
	if err != nil { // too long
		return false
	}
	defer s.Release()
	s.SetExtra(f)
	if !c.cache.Add(s) {
		return false
	}
	c.counters.stored.Add(1)
	if displaces {
		c.counters.displaced.Add(1)
	}
	return true
}

// placeFor chooses the place of a new ticket: that of the TLS 1.2 ticket which
// it renews, a free one, or the oldest ticket's, which it displaces.
//
// Puts at the same time begin their search in different places, so that they
// hardly choose the same free one; if they do, one of the tickets is lost.
func (v *clientView) placeFor(id endpointID, f clientFacts, now int64) (place int, displaces bool) {
	c := v.client
	renewed, free, oldest, least := -1, -1, -1, int64(0)
	turn := int(c.turn.Add(1) % uint64(c.places))
	for i := range c.places {
		i = (i + turn) % c.places
		s, found := v.look(id.place(i), now)
		if s == nil {
			if free < 0 {
				free = i
			}
			continue
		}
		if f.reusable && found.reusable {
			if renewed >= 0 {
				c.cache.Remove(s) // two Puts have met
			}
			renewed = i
		}
		if oldest < 0 || found.order < least {
			oldest, least = i, found.order
		}
		s.Release()
	}
	switch {
	case renewed >= 0:
		return renewed, false
	case free >= 0:
		return free, false
	}
	return oldest, true
}

// nextOrder returns the order of a ticket received now.
func (c *Client) nextOrder(now int64) int64 {
	for {
		last := c.latest.Load()
		next := max(last+1, now<<20)
		if c.latest.CompareAndSwap(last, next) {
			return next
		}
	}
}
