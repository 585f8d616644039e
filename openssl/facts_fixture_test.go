package openssl

import (
	"context"
	"encoding/binary"
	"sync/atomic"
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

// The tests in the files facts_*_test.go state what tests of OpenSSL and
// BoringSSL assert of the session cache, each under the name of the test it
// comes from. Their handshakes are here the calls that a state machine makes of
// its cache; what they assert of TLS itself is not.

// endpoint is one side of handshakes, with a context and with counts of its
// callbacks, which OpenSSL's tests call new_called, remove_called, get_called.
type endpoint struct {
	testCTX
	role    engine.Role
	tls13   bool
	tickets int // sessions that a full handshake of TLS 1.3 makes

	reply                              *SESSION // get_sess_val
	newCalled, removeCalled, getCalled int
}

// made counts the sessions that endpoints have made: their ids.
var made atomic.Uint32

func newEndpoint(t *testing.T, role engine.Role, tls13 bool, size int) *endpoint {
	t.Helper()
	return &endpoint{testCTX: newCTX(t, size), role: role, tls13: tls13, tickets: 2}
}

// countCallbacks sets all callbacks.
func (e *endpoint) countCallbacks() {
	CTXSessSetNewCB(e.CTX, func(*CTX, *SESSION) int { e.newCalled++; return 0 })
	CTXSessSetRemoveCB(e.CTX, func(*CTX, *SESSION) { e.removeCalled++ })
	CTXSessSetGetCB(e.CTX, func(context.Context, *CTX, []byte, *int) *SESSION { e.getCalled++; return e.reply })
}

func (e *endpoint) resetCounts() { e.newCalled, e.removeCalled, e.getCalled = 0, 0, 0 }

// make makes the session of a handshake. Ids differ, as random ones do.
func (e *endpoint) make() *SESSION {
	id := make([]byte, MAX_SSL_SESSION_ID_LENGTH)
	binary.BigEndian.PutUint32(id, made.Add(1))
	return e.NewSession(id, []byte("state"))
}

// full is a full handshake. It returns the session that SSL_get1_session
// would: with TLS 1.3 that of the last ticket.
func (e *endpoint) full(ctx context.Context) *SESSION {
	e.cache.HandshakeStarted(e.role)
	if !e.tls13 {
		s := e.make()
		e.cache.HandshakeFinished(ctx, e.role, s, false)
		return s
	}
	e.cache.HandshakeFinished(ctx, e.role, nil, false)
	return e.issue(ctx, e.tickets)
}

// issue sends, or receives, tickets of TLS 1.3.
func (e *endpoint) issue(ctx context.Context, n int) (last *SESSION) {
	for range n {
		SESSIONFree(last)
		last = e.make()
		e.cache.Issued(ctx, e.role, last)
	}
	return last
}

// resume is a handshake in which a client offers s. A server looks it up and
// falls back to a full handshake. It returns the session of the connection,
// and whether s was resumed.
func (e *endpoint) resume(ctx context.Context, s *SESSION) (*SESSION, bool) {
	if e.role == engine.RoleServer {
		found := e.Resume(ctx, SESSIONGetID(s))
		if found == nil {
			return e.full(ctx), false
		}
		return e.resumed(ctx, found), true
	}
	SESSIONUpRef(s)
	return e.resumed(ctx, s), true
}

// resumed finishes a handshake that resumes s, and takes the reference on it.
func (e *endpoint) resumed(ctx context.Context, s *SESSION) *SESSION {
	e.cache.HandshakeStarted(e.role)
	e.cache.HandshakeFinished(ctx, e.role, s, true)
	if !e.tls13 {
		return s
	}
	if e.role == engine.RoleClient { // "We encourage applications to only use TLSv1.3 tickets once"
		CTXRemoveSession(e.CTX, s)
	}
	SESSIONFree(s)
	return e.issue(ctx, 1)
}

// has reports whether s itself is in the context: what OpenSSL's tests read
// from its owner or prev.
func (e *endpoint) has(s *SESSION) bool { return hasSession(e.CTX, s) }

func hasSession(ctx *CTX, s *SESSION) bool {
	for x := range CTXSessions(ctx) {
		if x == s {
			return true
		}
	}
	return false
}

// evictionOrder empties the context and returns the names of its sessions,
// the first to be evicted first.
func evictionOrder(ctx *CTX) []string {
	gone := removed(ctx)
	for n := CTXSessNumber(ctx) - 1; n > 0; n-- {
		CTXSessSetCacheSize(ctx, n)
	}
	CTXFlushSessions(ctx, 0)
	return *gone
}
