package openssl

import (
	"math"
	"slices"
	"testing"
)

// test_session_timeout: times are set after adding, flushing removes what is
// expired, what was flushed can be added again, and 0 removes everything.
func TestSessionTimeout(t *testing.T) {
	const timeout = 10
	ctx := newCTX(t, 10)
	early, middle, late := newSession(t, "early", 100), newSession(t, "middle", 100), newSession(t, "late", 100)
	all := []*SESSION{early, middle, late}
	for _, s := range all {
		want(t, "add", CTXAddSession(ctx.CTX, s), 1)
	}
	for i, s := range all {
		at := int64(start + 10*(i-1))
		want(t, "SSL_SESSION_set_time", SESSIONSetTime(s, at), at)
		want(t, "SSL_SESSION_set_timeout", SESSIONSetTimeout(s, timeout), 1)
	}
	CTXFlushSessions(ctx.CTX, start+timeout-1)
	wantNames(t, ctx.CTX, "middle", "late")
	CTXFlushSessions(ctx.CTX, start+timeout+1)
	wantNames(t, ctx.CTX, "late")
	CTXFlushSessions(ctx.CTX, start+timeout+11)
	wantNames(t, ctx.CTX)
	for _, s := range all {
		want(t, "adding what was flushed", CTXAddSession(ctx.CTX, s), 1)
	}
	CTXFlushSessions(ctx.CTX, 0)
	wantNames(t, ctx.CTX)

	CTXSetSessionCacheMode(ctx.CTX, SESS_CACHE_BOTH|SESS_CACHE_UPDATE_TIME)
	SESSIONSetTime(early, start-10)
	want(t, "adding under UPDATE_TIME", CTXAddSession(ctx.CTX, early), 1)
	want(t, "SSL_SESSION_get_time", SESSIONGetTime(early), start)
}

// Section 5: expired iff t > time + timeout, strictly; every removed session
// is marked and given to the callback, earliest expiry first; sess_timeouts
// and sess_cache_full do not count them.
func TestFlushSessions(t *testing.T) {
	for _, c := range []struct {
		at   int64
		gone []string
	}{
		{start + 99, nil},
		{start + 100, nil},
		{start + 101, []string{"a"}},
		{start + 301, []string{"a", "b", "c"}},
		{-1, nil}, // up to 3.1
		{math.MinInt64, nil},
		{math.MaxInt64, []string{"a", "b", "c"}}, // not the one that never expires
	} {
		ctx := newCTX(t, 10)
		told := removed(ctx.CTX)
		never := newSession(t, "never", 1<<62)
		SESSIONSetTime(never, 1<<62)
		want(t, "add", CTXAddSession(ctx.CTX, never), 1)
		c3, a, b := newSession(t, "c", 300), newSession(t, "a", 100), newSession(t, "b", 200)
		for _, s := range []*SESSION{c3, a, b} {
			CTXAddSession(ctx.CTX, s)
		}
		CTXFlushSessions(ctx.CTX, c.at)
		if !slices.Equal(*told, c.gone) {
			t.Errorf("flush at %d: removed %q, want %q", c.at, *told, c.gone)
		}
		want(t, "number", CTXSessNumber(ctx.CTX), 4-len(c.gone))
		want(t, "SSL_SESSION_is_resumable of a", SESSIONIsResumable(a), truth(len(c.gone) == 0))
		want(t, "sess_timeouts", CTXSessTimeouts(ctx.CTX), 0)
		want(t, "sess_cache_full", CTXSessCacheFull(ctx.CTX), 0)
	}
	CTXFlushSessions(nil, 0)
}

// SSL_CTX_free, section 5: it flushes everything, with the callback for each,
// earliest expiry first.
func TestCTXFree(t *testing.T) {
	ctx := newCTX(t, 10)
	told := removed(ctx.CTX)
	var sessions []*SESSION
	for i, n := range []string{"a", "b", "c"} {
		s := newSession(t, n, int64(100+i))
		CTXAddSession(ctx.CTX, s)
		sessions = append(sessions, s)
	}
	want(t, "SSL_CTX_up_ref", CTXUpRef(ctx.CTX), 1)
	CTXFree(ctx.CTX)
	wantNames(t, ctx.CTX, "a", "b", "c")
	CTXFree(ctx.CTX)
	if !slices.Equal(*told, []string{"a", "b", "c"}) {
		t.Errorf("the remove callback was told of %q", *told)
	}
	for _, s := range sessions {
		want(t, "references", s.References(), 1)
	}
	want(t, "SSL_CTX_up_ref after the last free", CTXUpRef(ctx.CTX), 0)
	CTXFree(ctx.CTX)
	CTXFree(nil)
	want(t, "resuming after the last free", resumes(ctx.CTX, sessions[0]), 0)
}

// test_remove_session_cb_not_under_lock: a remove callback that flushes does
// not deadlock, with one-byte ids.
func TestRemoveCallbackMayFlush(t *testing.T) {
	ctx := newCTX(t, 1)
	calls := 0
	CTXSessSetRemoveCB(ctx.CTX, func(c *CTX, _ *SESSION) {
		calls++
		CTXFlushSessions(c, 1)
	})
	want(t, "adding A", CTXAddSession(ctx.CTX, SESSIONNew([]byte("A"), nil)), 1)
	want(t, "adding B", CTXAddSession(ctx.CTX, SESSIONNew([]byte("B"), nil)), 1)
	want(t, "calls", calls, 1)
	want(t, "number", CTXSessNumber(ctx.CTX), 1)
}
