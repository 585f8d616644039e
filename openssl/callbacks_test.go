package openssl

import (
	"context"
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

func TestCallbackGetters(t *testing.T) {
	ctx := newCTX(t, 10)
	if CTXSessGetNewCB(ctx.CTX) != nil || CTXSessGetRemoveCB(ctx.CTX) != nil || CTXSessGetGetCB(ctx.CTX) != nil {
		t.Error("a new context has callbacks")
	}
	var called []string
	CTXSessSetNewCB(ctx.CTX, func(*CTX, *SESSION) int { called = append(called, "new"); return 0 })
	CTXSessSetRemoveCB(ctx.CTX, func(*CTX, *SESSION) { called = append(called, "remove") })
	CTXSessSetGetCB(ctx.CTX, func(context.Context, *CTX, []byte, *int) *SESSION { called = append(called, "get"); return nil })
	CTXSessGetNewCB(ctx.CTX)(ctx.CTX, nil)
	CTXSessGetRemoveCB(ctx.CTX)(ctx.CTX, nil)
	CTXSessGetGetCB(ctx.CTX)(context.Background(), ctx.CTX, nil, nil)
	want(t, "calls", len(called), 3)
	CTXSessSetNewCB(ctx.CTX, nil)
	CTXSessSetGetCB(ctx.CTX, nil)
	if CTXSessGetNewCB(ctx.CTX) != nil || CTXSessGetRemoveCB(ctx.CTX) == nil || CTXSessGetGetCB(ctx.CTX) != nil {
		t.Error("taking callbacks away left one, or took another")
	}
}

// new_session_cb, section 7: called after the internal store; returning 0
// drops only the reference it was given, the session stays cached; returning 1
// keeps the reference. A panic drops it too.
func TestNewCallbackReference(t *testing.T) {
	for _, c := range []struct {
		what       string
		callback   func() int
		references int
	}{
		{"returns 0", func() int { return 0 }, 2},
		{"returns 1", func() int { return 1 }, 3},
		{"panics", func() int { panic("on purpose") }, 2},
	} {
		t.Run(c.what, func(t *testing.T) {
			panics := 0
			config := engine.Defaults()
			config.OnPanic = func(string, any, []byte) { panics++ }
			ctx, err := CTXNewWithConfig(config)
			if err != nil {
				t.Fatal(err)
			}
			defer CTXFree(ctx)
			calls := 0
			CTXSessSetNewCB(ctx, func(_ *CTX, s *SESSION) int {
				calls++
				want(t, "number in the callback", CTXSessNumber(ctx), 1)
				want(t, "references in the callback", s.References(), 3)
				return c.callback()
			})
			s := ctx.NewSession(paddedID("a"), []byte("state"))
			ctx.Cache().HandshakeFinished(t.Context(), engine.RoleServer, s, false)
			want(t, "calls", calls, 1)
			want(t, "references", s.References(), c.references)
			want(t, "number", CTXSessNumber(ctx), 1)
			want(t, "panics", panics, truth(c.what == "panics"))
		})
	}
}

// new_session_cb, sections 2.3 and 7 (BoringSSL, ClientSessionCacheMode): only
// for the roles of the mode, not on resumption, with NO_INTERNAL_STORE too, and
// not by SSL_CTX_add_session.
func TestNewCallbackIsCalled(t *testing.T) {
	for _, c := range []struct {
		what          string
		mode          int
		role          engine.Role
		resumed       bool
		calls, number int
	}{
		{"server, full handshake", SESS_CACHE_SERVER, engine.RoleServer, false, 1, 1},
		{"server, resumption", SESS_CACHE_SERVER, engine.RoleServer, true, 0, 0},
		{"server, no internal store", SESS_CACHE_SERVER | SESS_CACHE_NO_INTERNAL_STORE, engine.RoleServer, false, 1, 0},
		{"server, mode client", SESS_CACHE_CLIENT, engine.RoleServer, false, 0, 0},
		{"server, mode off", SESS_CACHE_OFF, engine.RoleServer, false, 0, 0},
		{"client, mode client", SESS_CACHE_CLIENT, engine.RoleClient, false, 1, 1},
		{"client, mode both", SESS_CACHE_BOTH, engine.RoleClient, false, 1, 1},
		{"client, mode server", SESS_CACHE_SERVER, engine.RoleClient, false, 0, 0},
		{"client, mode off", SESS_CACHE_OFF, engine.RoleClient, false, 0, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			ctx := newCTX(t, 10)
			CTXSetSessionCacheMode(ctx.CTX, c.mode)
			calls := 0
			CTXSessSetNewCB(ctx.CTX, func(*CTX, *SESSION) int { calls++; return 0 })
			ctx.Cache().HandshakeFinished(t.Context(), c.role, newSession(t, "a", 100), c.resumed)
			want(t, "calls", calls, c.calls)
			want(t, "number", CTXSessNumber(ctx.CTX), c.number)
			CTXAddSession(ctx.CTX, newSession(t, "b", 100))
			want(t, "calls after SSL_CTX_add_session", calls, c.calls)
		})
	}
}

// A session that a handshake of a context made and cached follows
// SSL_SESSION_set_time, though it was never given to CTXAddSession.
func TestHandshakeSessionIsOwned(t *testing.T) {
	ctx := newCTX(t, 10)
	s := ctx.NewSession(paddedID("a"), nil)
	ctx.Cache().HandshakeFinished(t.Context(), engine.RoleServer, s, false)
	SESSIONSetTimeout(s, 10)
	CTXFlushSessions(ctx.CTX, start+11)
	wantNames(t, ctx.CTX)
}

// So does one that the get callback brought in, from wherever.
func TestSessionFromOutsideIsOwned(t *testing.T) {
	ctx := newCTX(t, 10)
	CTXSessSetGetCB(ctx.CTX, func(_ context.Context, _ *CTX, _ []byte, copied *int) *SESSION {
		*copied = 0
		return newSession(t, "a", 1000)
	})
	s := ctx.Resume(t.Context(), paddedID("a"))
	wantNames(t, ctx.CTX, "a")
	SESSIONSetTimeout(s, 10)
	CTXFlushSessions(ctx.CTX, start+11)
	wantNames(t, ctx.CTX)
	want(t, "references", s.References(), 1)
}

// get_session_cb, section 7.
func TestGetCallback(t *testing.T) {
	for _, c := range []struct {
		what       string
		mode       int
		prepare    func(*testing.T, testCTX, *SESSION)
		copies     int
		resumed    int
		cbHits     int
		misses     int
		timeouts   int
		number     int
		references int // the test's own included; before what was found is freed
	}{
		{what: "copy 1: the cache takes references of its own", mode: SESS_CACHE_SERVER, copies: 1,
			resumed: 1, cbHits: 1, misses: 1, number: 1, references: 3},
		{what: "copy 0: the callback hands its reference over", mode: SESS_CACHE_SERVER, copies: 0,
			resumed: 1, cbHits: 1, misses: 1, number: 1, references: 2},
		{what: "no internal store", mode: SESS_CACHE_SERVER | SESS_CACHE_NO_INTERNAL_STORE, copies: 1,
			resumed: 1, cbHits: 1, misses: 1, references: 2},
		{what: "no internal lookup: never a miss", mode: SESS_CACHE_SERVER | SESS_CACHE_NO_INTERNAL, copies: 1,
			resumed: 1, cbHits: 1, references: 2},
		{what: "mode off: asked all the same", mode: SESS_CACHE_OFF | SESS_CACHE_NO_INTERNAL_STORE, copies: 1,
			resumed: 1, cbHits: 1, misses: 1, references: 2},
		{what: "expired: a callback hit and a timeout", mode: SESS_CACHE_SERVER, copies: 1,
			prepare: func(_ *testing.T, ctx testCTX, _ *SESSION) { ctx.clock.Add(101) },
			cbHits:  1, misses: 1, timeouts: 1, references: 1},
		{what: "another session id context", mode: SESS_CACHE_SERVER, copies: 1,
			prepare: func(_ *testing.T, ctx testCTX, _ *SESSION) { CTXSetSessionIDContext(ctx.CTX, []byte("x")) },
			cbHits:  1, misses: 1, references: 1},
		{what: "not resumable: ignored, not even a callback hit (since 3.0.14)", mode: SESS_CACHE_SERVER, copies: 1,
			prepare: func(t *testing.T, ctx testCTX, s *SESSION) {
				CTXAddSession(ctx.CTX, s)
				want(t, "remove", CTXRemoveSession(ctx.CTX, s), 1)
			},
			misses: 1, references: 1},
	} {
		t.Run(c.what, func(t *testing.T) {
			ctx := newCTX(t, 10)
			CTXSetSessionCacheMode(ctx.CTX, c.mode)
			s := newSession(t, "a", 100)
			if c.prepare != nil {
				c.prepare(t, ctx, s)
			}
			asked := 0
			CTXSessSetGetCB(ctx.CTX, func(_ context.Context, from *CTX, id []byte, copied *int) *SESSION {
				asked++
				want(t, "the context", from, ctx.CTX)
				want(t, "the id", string(id), string(paddedID("a")))
				want(t, "copy at first", *copied, 1)
				*copied = c.copies
				if c.copies == 0 {
					SESSIONUpRef(s)
					defer SESSIONFree(s) // so that the test's reference is the one handed over
				}
				return s
			})
			if c.copies == 0 {
				SESSIONUpRef(s) // the reference that the callback hands over
			}
			found := ctx.Resume(t.Context(), paddedID("a"))
			want(t, "resumed", truth(found == s), c.resumed)
			want(t, "calls", asked, 1)
			want(t, "references", s.References(), c.references+truth(c.copies == 0))
			want(t, "sess_hits", CTXSessHits(ctx.CTX), c.resumed)
			want(t, "sess_cb_hits", CTXSessCBHits(ctx.CTX), c.cbHits)
			want(t, "sess_misses", CTXSessMisses(ctx.CTX), c.misses)
			want(t, "sess_timeouts", CTXSessTimeouts(ctx.CTX), c.timeouts)
			want(t, "sess_number", CTXSessNumber(ctx.CTX), c.number)
		})
	}
}

// test/tls12psk.c: a session whose id is not the one offered is not resumed.
func TestGetCallbackWithAnotherID(t *testing.T) {
	ctx := newCTX(t, 10)
	other := newSession(t, "other", 100)
	CTXSessSetGetCB(ctx.CTX, func(context.Context, *CTX, []byte, *int) *SESSION { return other })
	want(t, "resumed", truth(ctx.Resume(t.Context(), paddedID("a")) != nil), 0)
	want(t, "references", other.References(), 1)
	want(t, "sess_hits", CTXSessHits(ctx.CTX), 0)
	wantNames(t, ctx.CTX)
}

// Section 2.4: after an internal hit, expired or not, the callback is not
// asked.
func TestGetCallbackIsNotAskedAfterInternalHit(t *testing.T) {
	ctx := newCTX(t, 10)
	told := removed(ctx.CTX)
	asked := 0
	CTXSessSetGetCB(ctx.CTX, func(context.Context, *CTX, []byte, *int) *SESSION { asked++; return nil })
	s := newSession(t, "a", 100)
	CTXAddSession(ctx.CTX, s)
	want(t, "resuming", resumes(ctx.CTX, s), 1)
	ctx.clock.Add(101)
	want(t, "resuming when it is expired", resumes(ctx.CTX, s), 0)
	want(t, "calls", asked, 0)
	want(t, "sess_timeouts", CTXSessTimeouts(ctx.CTX), 1)
	want(t, "sess_misses", CTXSessMisses(ctx.CTX), 0)
	want(t, "sess_number", CTXSessNumber(ctx.CTX), 0)
	want(t, "calls of the remove callback", len(*told), 1)
}
