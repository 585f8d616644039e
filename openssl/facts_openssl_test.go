package openssl

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

// test/sslapitest.c, execute_test_session: run by
// test_session_with_only_int_cache, test_session_with_only_ext_cache and
// test_session_with_both_cache, for TLS 1.2 and 1.3.
func TestOpenSSLExecuteTestSession(t *testing.T) {
	for _, tls13 := range []bool{false, true} {
		for _, c := range []struct {
			name               string
			internal, external bool
		}{
			{"test_session_with_only_int_cache", true, false},
			{"test_session_with_only_ext_cache", false, true},
			{"test_session_with_both_cache", true, true},
		} {
			t.Run(fmt.Sprintf("%s/tls13=%v", c.name, tls13), func(t *testing.T) {
				executeTestSessionClient(t, tls13, c.internal, c.external)
				executeTestSessionServer(t, tls13, c.internal, c.external)
			})
		}
	}
}

func executeTestSessionClient(t *testing.T, tls13, internal, external bool) {
	c := newEndpoint(t, engine.RoleClient, tls13, 100)
	mode := SESS_CACHE_CLIENT
	if !internal {
		mode |= SESS_CACHE_NO_INTERNAL_STORE
	}
	CTXSetSessionCacheMode(c.CTX, mode)
	if external {
		c.countCallbacks()
	}
	called := func(what string, wantNew, wantRemove int) {
		t.Helper()
		want(t, what+": new_called", c.newCalled, wantNew*truth(external))
		want(t, what+": remove_called", c.removeCalled, wantRemove*truth(external))
		c.resetCounts()
	}
	tickets := 1
	if tls13 {
		tickets = 2
	}
	// OpenSSL calls back also where the session was in no internal cache
	// (since 1.1.0): remove_called is 1 in each of these places. That ours
	// does not is a deliberate difference.
	whatWas := truth(internal)

	sess1 := c.full(t.Context())
	if internal {
		want(t, "adding the session of a handshake", CTXAddSession(c.CTX, sess1), 0)
	}
	called("after a full handshake", tickets, 0)

	old := sess1
	sess1, _ = c.resume(t.Context(), old)
	if tls13 {
		called("after a resumption", 1, whatWas)
	} else {
		called("after a resumption", 0, 0)
	}
	SESSIONFree(old)

	sess2 := c.full(t.Context())
	called("after another full handshake", tickets, 0)

	// SSL_set_session on the open connection removes its session.
	want(t, "removing it", CTXRemoveSession(c.CTX, sess2), whatWas)
	called("after SSL_set_session", 0, whatWas)
	if internal {
		want(t, "adding what was removed", CTXAddSession(c.CTX, sess2), 1)
		want(t, "removing it", CTXRemoveSession(c.CTX, sess2), 1)
		c.resetCounts()
	}
	want(t, "removing it again", CTXRemoveSession(c.CTX, sess2), 0)
	called("after it was removed again", 0, 0) // OpenSSL: remove_called 1

	// A handshake that offers sess1 fails by an alert.
	want(t, "removing sess1", CTXRemoveSession(c.CTX, sess1), whatWas)
	called("after a failed handshake", 0, whatWas)
	if internal {
		want(t, "adding sess2", CTXAddSession(c.CTX, sess2), 1)
	}
	want(t, "references on sess1", sess1.References(), 1)
	want(t, "references on sess2", sess2.References(), 1+whatWas)
}

func executeTestSessionServer(t *testing.T, tls13, internal, external bool) {
	s := newEndpoint(t, engine.RoleServer, tls13, 100)
	if !internal {
		CTXSetSessionCacheMode(s.CTX, SESS_CACHE_SERVER|SESS_CACHE_NO_INTERNAL_STORE)
	}
	tickets := 1
	if tls13 {
		tickets = 2
	}
	if external {
		s.countCallbacks()
	}
	var sess2 *SESSION
	if tls13 && internal && !external {
		// Stateless tickets: the state machine has nothing to cache.
		sess2 = s.make()
		want(t, "removing what was never cached", CTXRemoveSession(s.CTX, sess2), 0)
	} else {
		sess2 = s.full(t.Context())
		if internal {
			want(t, "adding the session of a handshake", CTXAddSession(s.CTX, sess2), 0)
		}
	}
	if external {
		want(t, "new_called", s.newCalled, tickets)
		want(t, "remove_called", s.removeCalled, 0)
		want(t, "get_called", s.getCalled, 0)
		if internal && !tls13 {
			copied := SESSIONDup(sess2)
			want(t, "sess2 has an owner", s.has(sess2), true)
			want(t, "its copy has one", s.has(copied), false)
			want(t, "removing sess2", CTXRemoveSession(s.CTX, sess2), 1)
			want(t, "the copy is resumable", SESSIONIsResumable(copied), 1)
			SESSIONFree(sess2)
			sess2 = copied
		}
		s.resetCounts()
		s.reply = sess2
		if !tls13 { // stateless tickets are not looked up
			_, reused := s.resume(t.Context(), sess2)
			want(t, "reused", reused, true)
			want(t, "new_called", s.newCalled, 0)
			want(t, "remove_called", s.removeCalled, 0)
			want(t, "get_called", s.getCalled, 1)
		}
	}
	// TLS 1.2: the client's session has the same id; 1.3: another.
	id := SESSIONGetID(sess2)
	if tls13 {
		id = paddedID("another")
	}
	executeTestSessionEviction(t, s, SESSIONNew(id, nil), sess2)
}

// The last part: a cache for one session, sess1 expires before sess2.
func executeTestSessionEviction(t *testing.T, s *endpoint, sess1, sess2 *SESSION) {
	s.clock.Store(1500) // ours would sweep out what is expired
	SESSIONSetTime(sess1, 1000)
	SESSIONSetTimeout(sess1, 1000)
	SESSIONSetTime(sess2, 2000)
	SESSIONSetTimeout(sess2, 2000)
	if CTXSessSetCacheSize(s.CTX, 1) == 0 {
		t.Error("SSL_CTX_sess_set_cache_size returned 0")
	}
	CTXAddSession(s.CTX, sess1)
	CTXAddSession(s.CTX, sess2)
	want(t, "adding sess1", CTXAddSession(s.CTX, sess1), 1)
	want(t, "sess1 has an owner", s.has(sess1), true)
	want(t, "sess2 has one", s.has(sess2), false)
	want(t, "sess_number", CTXSessNumber(s.CTX), 1)
}

// test/sslapitest.c, test_session_timeout: the order of sessions and their
// timeouts.
func TestOpenSSLSessionTimeout(t *testing.T) {
	const timeout = 10
	ctx := newCTX(t, 100)
	now := ctx.clock.Load()
	sessions := map[string]*SESSION{}
	for i, n := range []string{"early", "middle", "late"} {
		sessions[n] = newSession(t, n, 304)
		want(t, "adding "+n, CTXAddSession(ctx.CTX, sessions[n]), 1)
		at := now + int64(i-1)*10
		want(t, "SSL_SESSION_set_time", SESSIONSetTime(sessions[n], at), at)
		want(t, "SSL_SESSION_set_timeout", SESSIONSetTimeout(sessions[n], timeout), 1)
	}
	wantNames(t, ctx.CTX, "early", "middle", "late")
	gone := removed(ctx.CTX)
	for _, c := range []struct {
		at   int64
		gone string
	}{
		{now + timeout - 1, "early"}, {now + timeout + 1, "middle"}, {now + timeout + 11, "late"},
	} {
		*gone = nil
		CTXFlushSessions(ctx.CTX, c.at)
		if !slices.Equal(*gone, []string{c.gone}) {
			t.Errorf("a flush at now%+d removed %q, want %q", c.at-now, *gone, c.gone)
		}
	}
	for n, s := range sessions {
		want(t, "adding "+n+" again", CTXAddSession(ctx.CTX, s), 1)
	}
	// They are in the expected order: late before middle before early.
	if order := evictionOrder(ctx.CTX); !slices.Equal(order, []string{"early", "middle", "late"}) {
		t.Errorf("order of eviction: %q", order)
	}
	wantNames(t, ctx.CTX)

	CTXSetSessionCacheMode(ctx.CTX, SESS_CACHE_UPDATE_TIME|CTXGetSessionCacheMode(ctx.CTX))
	early := sessions["early"]
	SESSIONSetTime(early, now-10)
	want(t, "adding under UPDATE_TIME", CTXAddSession(ctx.CTX, early), 1)
	want(t, "SSL_SESSION_get_time", SESSIONGetTime(early), now)
}

// test/sslapitest.c, test_remove_session_cb_not_under_lock (2026): with a cache
// for one session, a remove callback that flushes does not deadlock.
func TestOpenSSLRemoveSessionCBNotUnderLock(t *testing.T) {
	ctx := newCTX(t, 1)
	calls := 0
	CTXSessSetRemoveCB(ctx.CTX, func(ctx *CTX, _ *SESSION) {
		calls++
		CTXFlushSessions(ctx, 1)
	})
	sess1, sess2 := SESSIONNew([]byte{1}, nil), SESSIONNew([]byte{2}, nil)
	want(t, "adding the first", CTXAddSession(ctx.CTX, sess1), 1)
	want(t, "adding the second", CTXAddSession(ctx.CTX, sess2), 1)
	want(t, "calls", calls, 1)
	want(t, "the second is there", hasSession(ctx.CTX, sess2), true)
}

// test/sslapitest.c, test_session_cache_overflow: a cache for one session that
// has one, which expires sooner or later than the next; that one can be
// resumed, and is in the external cache too.
func TestOpenSSLSessionCacheOverflow(t *testing.T) {
	for idx, c := range []struct{ tls13, forever bool }{{true, false}, {false, false}, {true, true}, {false, true}} {
		t.Run(fmt.Sprint(idx), func(t *testing.T) {
			s := newEndpoint(t, engine.RoleServer, c.tls13, 1)
			CTXSessSetGetCB(s.CTX, func(context.Context, *CTX, []byte, *int) *SESSION { return s.reply })
			first := s.full(t.Context())
			if c.forever {
				want(t, "SSL_SESSION_set_timeout", SESSIONSetTimeout(first, math.MaxInt64), 1)
			}
			full := CTXSessCacheFull(s.CTX)
			second := s.full(t.Context())
			if CTXSessCacheFull(s.CTX) == full {
				t.Error("nothing was evicted")
			}
			s.reply = second
			_, reused := s.resume(t.Context(), second)
			want(t, "reused", reused, true)
			want(t, "sess_number", CTXSessNumber(s.CTX), 1)
		})
	}
}

// test/sslapitest.c, test_multi_resume: thirty handshakes, each third of them
// full, followed by two resumptions, and a cache for five sessions, which are
// never exceeded.
func TestOpenSSLMultiResume(t *testing.T) {
	for idx, c := range []struct {
		name       string
		tls13      bool
		antiReplay bool // removing the session is what permits early data
		nested     bool // while one is resumed another is, and fails
	}{
		{"max_early_data", true, true, false},
		{"SSL_OP_NO_TICKET", true, false, false},
		{"both", true, true, false},
		{"simultaneous resumes", true, false, true},
		{"TLS 1.2", false, false, false},
	} {
		t.Run(fmt.Sprintf("%d %s", idx, c.name), func(t *testing.T) {
			s := newEndpoint(t, engine.RoleServer, c.tls13, 5)
			var sess *SESSION
			for i := range 30 {
				if sess == nil {
					sess = s.full(t.Context())
				} else {
					sess = multiResume(t, s, sess, c.antiReplay, c.nested && i%3 == 1)
				}
				if n := CTXSessNumber(s.CTX); n > 5 {
					t.Fatalf("handshake %d: %d sessions", i, n)
				}
				if i%3 == 2 {
					SESSIONFree(sess)
					sess = nil
				}
			}
			CTXFlushSessions(s.CTX, 0)
			want(t, "sess_number after a flush of everything", CTXSessNumber(s.CTX), 0)
		})
	}
}

func multiResume(t *testing.T, s *endpoint, sess *SESSION, antiReplay, nested bool) *SESSION {
	t.Helper()
	defer SESSIONFree(sess)
	found := s.Resume(t.Context(), SESSIONGetID(sess))
	if found == nil {
		t.Fatal("not reused")
	}
	if antiReplay {
		want(t, "removing the session of a ticket", CTXRemoveSession(s.CTX, found), 1)
	}
	if nested {
		inner := s.Resume(t.Context(), SESSIONGetID(sess))
		if inner == nil {
			t.Fatal("the same session is not resumed at once")
		}
		CTXRemoveSession(s.CTX, inner) // the alert by which it fails
		SESSIONFree(inner)
		want(t, "SSL_SESSION_is_resumable", SESSIONIsResumable(found), 0)
	}
	return s.resumed(t.Context(), found)
}
