package tlscache

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"sync"

	"github.com/reprise-tls/reprise/engine"
)

// handshake is what the hooks of one connection share. crypto/tls calls them one
// after the other; only the end of the handshake's context may come at any time.
type handshake struct {
	server  *Server
	keys    *tls.Config // whose session ticket keys encrypt stateless tickets
	ctx     context.Context
	verify  func(tls.ConnectionState) error // the config's
	naming  naming
	scope   engine.Scope // once scoped
	scoped  bool
	asked   bool // the store, or the Get callback
	resumed resumed
	once    reservation
}

// resumed is what UnwrapSession returned last. crypto/tls asks for the next
// identity if it turns one down, so if a handshake resumes, it resumes this.
type resumed struct {
	session   *engine.Session // without a reference, nil for a stateless ticket
	id        handle
	firstAuth int64 // Unix seconds
	ok        bool
}

// begin returns the config for one connection.
func (in *installation) begin(hello *tls.ClientHelloInfo, config *tls.Config, p *profile) *tls.Config {
	s := in.server
	h := &handshake{server: s, keys: in.installed, ctx: hello.Context(), verify: config.VerifyConnection}
	if h.ctx == nil {
		h.ctx = context.Background() // a ClientHelloInfo that was not made by crypto/tls
	}
	clone := config.Clone()
	clone.VerifyConnection = h.verifyConnection
	refused := p.refusal
	if refused == accepted {
		h.naming, refused = s.nameScope(hello, config, p)
	}
	if refused != accepted {
		s.counters.ticketsOff[refused].Add(1)
		if refused != refusedDisabled {
			s.events.write(eventTicketsOff, slog.LevelWarn, "session tickets turned off for a connection", "reason", refused.String())
		}
		clone.SessionTicketsDisabled = true
		return clone
	}
	clone.UnwrapSession, clone.WrapSession = h.unwrap, h.wrap
	return clone
}

// scopeFor returns the scope of this connection.
func (h *handshake) scopeFor(version uint16) engine.Scope {
	if !h.scoped {
		h.scope, h.scoped = h.naming.scope(version), true
	}
	return h.scope
}

// verifyConnection is the VerifyConnection hook. crypto/tls calls it in every
// handshake. With TLS 1.3, a resuming client has proven by then that it knows the
// session's secret.
func (h *handshake) verifyConnection(cs tls.ConnectionState) error {
	switch {
	case !cs.DidResume:
		h.release()
		h.resumed = resumed{}
	case !h.confirm():
		return errEnded
	}
	if h.verify != nil {
		if err := h.verify(cs); err != nil {
			return err
		}
	}
	h.finished(cs)
	return nil
}

// errEnded fails a handshake that has failed already: its context ended while it
// was about to use a session that can be used once, and which another handshake
// may have by now.
var errEnded = errors.New("tlscache: the handshake's context has ended")

// finished counts a handshake, and takes the session it resumed out of probation.
func (h *handshake) finished(cs tls.ConnectionState) {
	s := h.server
	version := 0
	if cs.Version >= tls.VersionTLS13 {
		version = 1
	}
	s.counters.handshakes[version].count(cs.DidResume)
	if h.naming.named != nil {
		h.naming.named.handshakes.count(cs.DidResume)
	}
	session := h.resumed.session
	if session != nil && !session.Acquire() {
		session = nil // it has left the cache
	}
	s.cache.HandshakeFinished(h.ctx, engine.RoleServer, session, cs.DidResume)
	if session != nil {
		session.Release()
	}
}

// reservation is a session of which single use let this handshake have the only
// use, unless it does not come to that.
type reservation struct {
	mu      sync.Mutex
	id      handle
	held    bool // in this process
	claimed bool // in the store

	// Only the hooks use these.
	asked     bool // the store, for a claim
	confirmed bool
	stop      func() bool // keeps the end of the context from releasing
}
