package openssl

import (
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

// Section 2.4: what each counter counts.
func TestCounters(t *testing.T) {
	ctx := newCTX(t, 2)
	cache := ctx.Cache()

	// Two handshakes as a server, one of them finished and then resumed.
	cache.HandshakeStarted(engine.RoleServer)
	cache.HandshakeStarted(engine.RoleServer)
	a := ctx.NewSession(paddedID("a"), []byte("state"))
	cache.HandshakeFinished(t.Context(), engine.RoleServer, a, false)
	cache.HandshakeStarted(engine.RoleServer)
	want(t, "resuming", resumes(ctx.CTX, a), 1)
	cache.HandshakeFinished(t.Context(), engine.RoleServer, a, true)

	// One as a client, resumed: it counts as a hit when it is finished.
	cache.HandshakeStarted(engine.RoleClient)
	cache.HandshakeFinished(t.Context(), engine.RoleClient, a, true)

	// A miss, an eviction, a timeout.
	want(t, "resuming an unknown id", truth(ctx.Resume(t.Context(), paddedID("b")) != nil), 0)
	for _, n := range []string{"c", "d"} {
		CTXAddSession(ctx.CTX, newSession(t, n, 9000))
	}
	ctx.clock.Add(9001)
	want(t, "resuming an expired session", truth(ctx.Resume(t.Context(), paddedID("d")) != nil), 0)

	for _, c := range []struct {
		what      string
		got, want int
	}{
		{"sess_accept", CTXSessAccept(ctx.CTX), 3},
		{"sess_accept_good", CTXSessAcceptGood(ctx.CTX), 2},
		{"sess_connect", CTXSessConnect(ctx.CTX), 1},
		{"sess_connect_good", CTXSessConnectGood(ctx.CTX), 1},
		{"sess_hits", CTXSessHits(ctx.CTX), 2},
		{"sess_misses", CTXSessMisses(ctx.CTX), 1},
		{"sess_timeouts", CTXSessTimeouts(ctx.CTX), 1},
		{"sess_cache_full", CTXSessCacheFull(ctx.CTX), 1},
		{"sess_cb_hits", CTXSessCBHits(ctx.CTX), 0},
		{"sess_number", CTXSessNumber(ctx.CTX), 1},
	} {
		want(t, c.what, c.got, c.want)
	}
}

// Section 2.3: with mode OFF lookups still happen; NO_INTERNAL_LOOKUP ends
// them, and then nothing counts as a miss; NO_INTERNAL_STORE does not keep the
// application from adding (the manual page's second note).
func TestModesAndLookups(t *testing.T) {
	for _, c := range []struct {
		what            string
		mode            int
		resumed, misses int
	}{
		{"server", SESS_CACHE_SERVER, 1, 1},
		{"off", SESS_CACHE_OFF, 1, 1},
		{"client", SESS_CACHE_CLIENT, 1, 1},
		{"no internal store", SESS_CACHE_SERVER | SESS_CACHE_NO_INTERNAL_STORE, 1, 1},
		{"no internal lookup", SESS_CACHE_SERVER | SESS_CACHE_NO_INTERNAL_LOOKUP, 0, 0},
		{"no internal", SESS_CACHE_SERVER | SESS_CACHE_NO_INTERNAL, 0, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			ctx := newCTX(t, 10)
			CTXSetSessionCacheMode(ctx.CTX, c.mode)
			s := newSession(t, "a", 100)
			want(t, "adding by hand", CTXAddSession(ctx.CTX, s), 1)
			want(t, "resuming", resumes(ctx.CTX, s), c.resumed)
			want(t, "resuming an unknown id", truth(ctx.Resume(t.Context(), paddedID("b")) != nil), 0)
			want(t, "sess_hits", CTXSessHits(ctx.CTX), c.resumed)
			want(t, "sess_misses", CTXSessMisses(ctx.CTX), c.misses)
		})
	}
}

// UPDATE_TIME, section 2.3: only SSL_CTX_add_session refreshes, also for the
// same object, which it still answers with 0; a resumption does not.
func TestUpdateTime(t *testing.T) {
	ctx := newCTX(t, 10)
	s := newSession(t, "a", 100)
	CTXAddSession(ctx.CTX, s)
	ctx.clock.Add(50)
	want(t, "adding the same without UPDATE_TIME", CTXAddSession(ctx.CTX, s), 0)
	want(t, "SSL_SESSION_get_time", SESSIONGetTime(s), start)

	CTXSetSessionCacheMode(ctx.CTX, SESS_CACHE_SERVER|SESS_CACHE_UPDATE_TIME)
	want(t, "resuming", resumes(ctx.CTX, s), 1)
	want(t, "SSL_SESSION_get_time after a resumption", SESSIONGetTime(s), start)
	want(t, "adding the same", CTXAddSession(ctx.CTX, s), 0)
	want(t, "SSL_SESSION_get_time", SESSIONGetTime(s), start+50)
	ctx.clock.Add(100)
	want(t, "resuming in its last second", resumes(ctx.CTX, s), 1)
	ctx.clock.Add(1)
	want(t, "resuming after it", resumes(ctx.CTX, s), 0)
}

// NO_AUTO_CLEAR, section 5: without it, adding removes expired sessions sooner
// or later; with it, never.
func TestNoAutoClear(t *testing.T) {
	for _, c := range []struct {
		what string
		mode int
		left int
	}{
		{"auto clear", SESS_CACHE_SERVER, 1},
		{"no auto clear", SESS_CACHE_SERVER | SESS_CACHE_NO_AUTO_CLEAR, 11},
	} {
		t.Run(c.what, func(t *testing.T) {
			ctx := newCTX(t, 0)
			CTXSetSessionCacheMode(ctx.CTX, c.mode)
			for _, n := range letters(10) {
				CTXAddSession(ctx.CTX, newSession(t, n, 100))
			}
			ctx.clock.Add(101)
			for range 20_000 {
				s := newSession(t, "new", 1000)
				CTXAddSession(ctx.CTX, s)
				SESSIONFree(s)
			}
			want(t, "sess_number", CTXSessNumber(ctx.CTX), c.left)
			want(t, "sess_timeouts", CTXSessTimeouts(ctx.CTX), 0)
		})
	}
}
