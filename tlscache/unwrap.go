package tlscache

import (
	"crypto/tls"

	"github.com/reprise-tls/reprise/engine"
)

// unwrap is the UnwrapSession hook. crypto/tls calls it with what the client
// offers, before the client has proven anything: once in TLS 1.2, also with an
// empty ticket, and for up to five identities in TLS 1.3. An error would fail the
// handshake, so there is never one.
func (h *handshake) unwrap(identity []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
	if len(identity) == 0 {
		return nil, nil
	}
	h.release() // the identity before was turned down
	h.resumed = resumed{}
	ss, result := h.lookup(identity, cs)
	h.server.counters.lookups[result].Add(1)
	return ss, nil
}

func (h *handshake) lookup(identity []byte, cs tls.ConnectionState) (*tls.SessionState, lookup) {
	s := h.server
	if len(identity) != handleLength {
		if s.options.StoreFailure == StatelessTicket {
			return h.openStateless(identity, cs)
		}
		return nil, lookupMalformed
	}
	h.resumed.id = handle(identity)
	if !s.keys.genuine(&h.resumed.id) {
		return nil, lookupMalformed
	}
	if s.options.SingleUse && !h.reserve(h.resumed.id) {
		return nil, lookupReserved
	}
	ss, result := h.open(cs.Version)
	if result != lookupHit {
		h.release()
	}
	return ss, result
}

// open finds the session of h.resumed.id and makes a SessionState from it.
func (h *handshake) open(version uint16) (*tls.SessionState, lookup) {
	s := h.server
	session, result := h.find(version)
	if result != lookupHit {
		return nil, result
	}
	defer session.Release()
	ss, firstAuth, ok := readRecord(session)
	if !ok || firstAuth > session.Created() {
		return nil, lookupRejected
	}
	now := s.cache.Now()
	if firstAuth < now-s.absolute {
		return nil, lookupOverCap
	}
	if s.options.SingleUse && s.cache.HasStore() {
		if session.Expiry(s.cache.Timeout())-now > s.lifetime {
			return nil, lookupRejected // it would outlive the claim
		}
		if !h.claim() {
			return nil, lookupReserved
		}
	}
	if !s.options.EarlyData {
		ss.EarlyData = false
	}
	h.resumed.session, h.resumed.firstAuth, h.resumed.ok = session, firstAuth, true
	return ss, lookupHit
}

var lookupOf = [...]lookup{
	engine.Found:      lookupHit,
	engine.Missed:     lookupMiss,
	engine.Expired:    lookupExpired,
	engine.OtherScope: lookupOtherScope,
	engine.Rejected:   lookupRejected,
}

// find looks the handle up: in memory each one, in the store at most one a
// handshake, lest a ClientHello of a few hundred bytes cost five round trips.
func (h *handshake) find(version uint16) (*engine.Session, lookup) {
	cache, id, scope := h.server.cache, h.resumed.id[:], h.scopeFor(version)
	session, r := cache.ResumeInternal(id, scope)
	if r != engine.Missed {
		return session, lookupOf[r]
	}
	if !cache.HasStore() && cache.Callbacks().Get == nil {
		return nil, lookupMiss
	}
	if h.asked {
		return nil, lookupUnasked
	}
	h.asked = true
	session, r = cache.ResumeExternal(h.ctx, id, scope)
	return session, lookupOf[r]
}
