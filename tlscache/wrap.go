package tlscache

import (
	"context"
	"crypto/tls"
	"log/slog"

	"github.com/reprise-tls/reprise/engine"
)

// wrap is the WrapSession hook: it returns the ticket that the client gets. An
// error would fail the handshake, so there is never one.
//
// crypto/tls calls it once a connection: in TLS 1.2 after a full handshake, and
// in each resumed one; in TLS 1.3 in the server's first flight, before the
// client has finished, unless a client certificate was asked for; with QUIC when
// the application sends a ticket.
func (h *handshake) wrap(cs tls.ConnectionState, ss *tls.SessionState) ([]byte, error) {
	s := h.server
	if cs.DidResume {
		if !h.confirm() {
			s.counters.tickets[ticketDead].Add(1)
			return deadTicket(), nil // verifyConnection will fail it
		}
		if cs.Version < tls.VersionTLS13 && h.resumed.session != nil {
			s.counters.tickets[ticketRenewed].Add(1)
			return h.renew(), nil
		}
	}
	if ss.EarlyData && !s.options.EarlyData {
		ss.EarlyData = false
		s.counters.tickets[ticketEarlyDataRefused].Add(1)
	}
	label, kind := h.issue(cs, ss)
	s.counters.tickets[kind].Add(1)
	return label, nil
}

// renew returns the handle of the TLS 1.2 session that was resumed. It has the
// same secret and the same time as before, so there is nothing to store, and
// nothing that was removed meanwhile comes back.
func (h *handshake) renew() []byte {
	s := h.server
	if s.cache.Mode()&engine.UpdateTime != 0 {
		h.reschedule(func(session *engine.Session, now int64) bool {
			session.SetCreated(now)
			return session.SetTimeout(max(min(session.Timeout(), h.resumed.firstAuth+s.absolute-now), 1)) == nil
		})
	}
	return append([]byte(nil), h.resumed.id[:]...)
}

// reschedule changes the times of the session that was resumed, if it is still
// there.
func (h *handshake) reschedule(change func(session *engine.Session, now int64) bool) {
	session := h.resumed.session
	if session == nil || !session.Acquire() {
		return
	}
	defer session.Release()
	if change(session, h.server.cache.Now()) {
		h.server.cache.Reschedule(session)
	}
}

// issue makes a new session, and returns the ticket for it.
func (h *handshake) issue(cs tls.ConnectionState, ss *tls.SessionState) ([]byte, ticket) {
	s := h.server
	now := s.cache.Now()
	firstAuth := now
	if cs.DidResume {
		if !h.resumed.ok {
			return deadTicket(), ticketDead // resumed by nothing of ours
		}
		firstAuth = min(h.resumed.firstAuth, now) // the clock may have gone back
	}
	timeout := s.timeoutOf(&cs, firstAuth, now)
	if timeout <= 0 {
		return deadTicket(), ticketDead
	}
	state, err := ss.Bytes()
	if err != nil || len(state) > s.options.MaxStateBytes {
		s.events.write(eventDead, slog.LevelWarn, "a session is too large to be kept; see Options.MaxStateBytes", "bytes", len(state), "error", err)
		return deadTicket(), ticketDead
	}
	id, stored := h.store(cs, state, firstAuth, now, timeout)
	clear(state)
	switch {
	case stored:
		h.supersede(cs.Version)
		return id[:], ticketStored
	case s.options.StoreFailure == StatelessTicket:
		return h.sealStateless(cs, ss, firstAuth, now+timeout)
	}
	return deadTicket(), ticketDead
}

// timeoutOf returns for how many seconds a session may be resumed.
func (s *Server) timeoutOf(cs *tls.ConnectionState, firstAuth, now int64) int64 {
	timeout := min(s.lifetime, firstAuth+s.absolute-now)
	if len(cs.PeerCertificates) > 0 {
		timeout = min(timeout, cs.PeerCertificates[0].NotAfter.Unix()-now)
	}
	return timeout
}

// store puts a new session into the cache, and reports whether it is there.
func (h *handshake) store(cs tls.ConnectionState, state []byte, firstAuth, now, timeout int64) (handle, bool) {
	s := h.server
	record := appendRecord(make([]byte, 0, recordHeader+len(state)), firstAuth, state)
	defer clear(record)
	id := s.keys.random()
	session, err := engine.NewSession(id[:], record, engine.SessionOptions{
		Scope:    h.scopeFor(cs.Version),
		Created:  now,
		Timeout:  timeout,
		Promoted: cs.DidResume, // its client has come back before
	})
	if err != nil {
		return id, false // the lengths are checked; a refusal costs a full handshake
	}
	defer session.Release()
	// A client that hangs up must not keep the store from learning of it, and
	// QUIC sends its ticket when the handshake's context has ended.
	return id, s.cache.Issued(context.WithoutCancel(h.ctx), engine.RoleServer, session)
}

// supersede ends the life of a TLS 1.3 session that has a successor after the
// reuse window. In the cache it is then the first of its class to make room.
func (h *handshake) supersede(version uint16) {
	s := h.server
	if version < tls.VersionTLS13 || s.options.SingleUse || s.reuse >= s.lifetime {
		return
	}
	h.reschedule(func(session *engine.Session, now int64) bool {
		if session.Expiry(s.cache.Timeout()) <= now+s.reuse {
			return false
		}
		// 0 would stand for the cache's timeout.
		return session.SetTimeout(max(now+s.reuse-session.Created(), 1)) == nil
	})
}
