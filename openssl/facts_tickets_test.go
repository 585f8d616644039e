package openssl

import (
	"context"
	"fmt"
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

// test/sslapitest.c, test_stateful_tickets: n tickets are n calls of the new
// callback; a new context resumes none of them and issues n again; the one
// that issued them resumes each, also those of a post-handshake
// authentication, and issues one more.
func TestOpenSSLStatefulTickets(t *testing.T) {
	for n := range 3 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			server, issued := newTicketServer(t, n)
			SESSIONFree(server.full(t.Context()))
			want(t, "new_called", server.newCalled, n)

			other, _ := newTicketServer(t, n)
			for _, s := range *issued {
				other.resetCounts()
				_, reused := other.resume(t.Context(), s)
				want(t, "reused by another context", reused, false)
				want(t, "new_called", other.newCalled, n)
			}

			SESSIONFree(server.issue(t.Context(), n)) // post-handshake authentication
			want(t, "new_called", server.newCalled, 2*n)
			for _, s := range (*issued)[:2*n] {
				server.resetCounts()
				_, reused := server.resume(t.Context(), s)
				want(t, "reused", reused, true)
				want(t, "new_called", server.newCalled, 1)
				server.resetCounts()
				SESSIONFree(server.issue(t.Context(), 1)) // another one
				want(t, "new_called", server.newCalled, 1)
			}
		})
	}
}

// newTicketServer returns a server of TLS 1.3 that issues n tickets, and the
// sessions of those that it has issued, kept by the new callback.
func newTicketServer(t *testing.T, n int) (*endpoint, *[]*SESSION) {
	t.Helper()
	server := newEndpoint(t, engine.RoleServer, true, 100)
	server.tickets = n
	var issued []*SESSION
	CTXSessSetNewCB(server.CTX, func(_ *CTX, s *SESSION) int {
		server.newCalled++
		issued = append(issued, s)
		return 1
	})
	return server, &issued
}

// test/sslapitest.c, test_early_data_replay: a ticket that was used up is not
// resumed when it is offered again; with SSL_OP_NO_ANTI_REPLAY it is.
func TestOpenSSLEarlyDataReplay(t *testing.T) {
	for _, antiReplay := range []bool{true, false} {
		t.Run(fmt.Sprintf("anti-replay %v", antiReplay), func(t *testing.T) {
			s := newEndpoint(t, engine.RoleServer, true, 100)
			sess := s.full(t.Context())
			use := func() bool {
				found := s.Resume(t.Context(), SESSIONGetID(sess))
				defer SESSIONFree(found)
				return found != nil && (!antiReplay || CTXRemoveSession(s.CTX, found) == 1)
			}
			want(t, "the first use", use(), true)
			want(t, "the second", use(), !antiReplay)
		})
	}
}

// test/sslapitest.c, test_ticket_lifetime: SSL_CTX_set_timeout returns what was
// set before, at first the default.
func TestOpenSSLTicketLifetime(t *testing.T) {
	const twoWeeks = 14 * 24 * 3600
	ctx := CTXNew()
	defer CTXFree(ctx)
	before := CTXGetTimeout(ctx)
	want(t, "SSL_CTX_set_timeout", CTXSetTimeout(ctx, twoWeeks), before)
	want(t, "SSL_CTX_set_timeout", CTXSetTimeout(ctx, before), twoWeeks)
}

// test/tls12psk.c and test/dtls12psk.c (2026): the get callback returns a
// session with an id that is not the one offered; the handshake succeeds, and
// does not resume.
func TestOpenSSLTLS12PSK(t *testing.T) {
	s := newEndpoint(t, engine.RoleServer, false, 100)
	s.countCallbacks()
	s.reply = newSession(t, "another", 1000)
	offered := newSession(t, "offered", 1000)
	sess, reused := s.resume(t.Context(), offered)
	want(t, "reused", reused, false)
	want(t, "get_called", s.getCalled, 1)
	want(t, "the session is that of a full handshake", s.has(sess), true)
	want(t, "what the callback returned was kept", s.has(s.reply), false)
	want(t, "references on it", s.reply.References(), 1)
}

// test/tls13tickettest.c, test_tls13_ticket_disable_server and
// test_tls13_ticket_initial_set_num_tickets_zero: with SSL_OP_NO_TICKET and the
// cache off, and with no tickets, nothing is there to be resumed.
func TestOpenSSLTLS13TicketDisabled(t *testing.T) {
	for _, c := range []struct {
		name    string
		mode    int
		tickets int
	}{
		{"test_tls13_ticket_disable_server", SESS_CACHE_OFF, 2},
		{"test_tls13_ticket_initial_set_num_tickets_zero", SESS_CACHE_SERVER, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newEndpoint(t, engine.RoleServer, true, 100)
			s.countCallbacks()
			s.tickets = c.tickets
			CTXSetSessionCacheMode(s.CTX, c.mode)
			sess := s.full(t.Context())
			if sess == nil {
				sess = newSession(t, "none", 1000)
			}
			want(t, "new_called", s.newCalled, 0)
			want(t, "sess_number", CTXSessNumber(s.CTX), 0)
			_, reused := s.resume(context.Background(), sess)
			want(t, "reused", reused, false)
			want(t, "new_called", s.newCalled, 0)
		})
	}
}
