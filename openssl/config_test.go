package openssl

import (
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

// ssl.h.in:713-723.
func TestFlagsHaveOpenSSLsValues(t *testing.T) {
	for name, v := range map[string][2]int{
		"OFF":                {SESS_CACHE_OFF, 0x0},
		"CLIENT":             {SESS_CACHE_CLIENT, 0x1},
		"SERVER":             {SESS_CACHE_SERVER, 0x2},
		"BOTH":               {SESS_CACHE_BOTH, 0x3},
		"NO_AUTO_CLEAR":      {SESS_CACHE_NO_AUTO_CLEAR, 0x80},
		"NO_INTERNAL_LOOKUP": {SESS_CACHE_NO_INTERNAL_LOOKUP, 0x100},
		"NO_INTERNAL_STORE":  {SESS_CACHE_NO_INTERNAL_STORE, 0x200},
		"NO_INTERNAL":        {SESS_CACHE_NO_INTERNAL, 0x300},
		"UPDATE_TIME":        {SESS_CACHE_UPDATE_TIME, 0x400},
	} {
		want(t, "SESS_CACHE_"+name, v[0], v[1])
	}
}

// Section 1, "Defaults".
func TestDefaults(t *testing.T) {
	ctx := CTXNew()
	defer CTXFree(ctx)
	want(t, "SSL_CTX_get_session_cache_mode", CTXGetSessionCacheMode(ctx), SESS_CACHE_SERVER)
	want(t, "SSL_CTX_sess_get_cache_size", CTXSessGetCacheSize(ctx), 1024*20)
	want(t, "SSL_CTX_get_timeout", CTXGetTimeout(ctx), 7200)
	want(t, "SSL_CTX_sess_number", CTXSessNumber(ctx), 0)
}

func TestCTXNewWithConfigRefuses(t *testing.T) {
	if _, err := CTXNewWithConfig(engine.Config{Capacity: -1}); err == nil {
		t.Error("a negative capacity is accepted")
	}
	c := engine.Defaults()
	c.Callbacks.New = func(*engine.Session) {}
	if _, err := CTXNewWithConfig(c); err == nil {
		t.Error("callbacks of the engine are accepted")
	}
}

// SSL_CTX_set_session_cache_mode, section 2.2: it overwrites and returns what
// was there.
func TestSetSessionCacheMode(t *testing.T) {
	ctx := newCTX(t, 10)
	previous := SESS_CACHE_SERVER
	for _, mode := range []int{
		SESS_CACHE_BOTH | SESS_CACHE_NO_INTERNAL, SESS_CACHE_OFF, SESS_CACHE_UPDATE_TIME, 0x7fffffff, SESS_CACHE_CLIENT,
	} {
		want(t, "the previous mode", CTXSetSessionCacheMode(ctx.CTX, mode), previous)
		want(t, "SSL_CTX_get_session_cache_mode", CTXGetSessionCacheMode(ctx.CTX), mode)
		previous = mode
	}
}

// SSL_CTX_sess_set_cache_size, section 2.2: it returns the previous size; a
// negative one returns 0 and changes nothing. Shrinking evicts at once, a
// deliberate difference.
func TestSetCacheSize(t *testing.T) {
	ctx := newCTX(t, 10)
	for _, n := range letters(8) {
		CTXAddSession(ctx.CTX, newSession(t, n, 100))
	}
	for _, c := range []struct{ size, returns, now, number, full int }{
		{20, 10, 20, 8, 0},
		{-1, 0, 20, 8, 0},
		{3, 20, 3, 3, 5},
		{0, 3, 0, 3, 5},
		{engine.MaxCapacity + 1, 0, engine.MaxCapacity, 3, 5},
		{3, engine.MaxCapacity, 3, 3, 5},
	} {
		want(t, "SSL_CTX_sess_set_cache_size", CTXSessSetCacheSize(ctx.CTX, c.size), c.returns)
		want(t, "SSL_CTX_sess_get_cache_size", CTXSessGetCacheSize(ctx.CTX), c.now)
		want(t, "SSL_CTX_sess_number", CTXSessNumber(ctx.CTX), c.number)
		want(t, "SSL_CTX_sess_cache_full", CTXSessCacheFull(ctx.CTX), c.full)
	}
	wantNames(t, ctx.CTX, letters(8)[5:]...)
}

// SSL_CTX_set_timeout, section 2.2: it returns the previous value, 0 for NULL,
// and reaches only sessions made later by handshakes; 0 means 7200 s there.
// That a negative one is refused is a deliberate difference.
func TestSetTimeout(t *testing.T) {
	ctx := newCTX(t, 10)
	made := ctx.NewSession(paddedID("a"), nil)
	previous := int64(7200)
	for _, timeout := range []int64{60, 1 << 62, 1} {
		want(t, "SSL_CTX_set_timeout", CTXSetTimeout(ctx.CTX, timeout), previous)
		want(t, "SSL_CTX_get_timeout", CTXGetTimeout(ctx.CTX), timeout)
		want(t, "the timeout of a new session", SESSIONGetTimeout(ctx.NewSession(paddedID("b"), nil)), timeout)
		previous = timeout
	}
	want(t, "SSL_CTX_set_timeout(-5)", CTXSetTimeout(ctx.CTX, -5), 0)
	want(t, "SSL_CTX_get_timeout", CTXGetTimeout(ctx.CTX), 1)
	want(t, "SSL_CTX_set_timeout(0)", CTXSetTimeout(ctx.CTX, 0), 1)
	want(t, "the timeout of a new session", SESSIONGetTimeout(ctx.NewSession(paddedID("c"), nil)), 7200)
	want(t, "the timeout of an older session", SESSIONGetTimeout(made), 7200)
	want(t, "SSL_CTX_set_timeout(NULL)", CTXSetTimeout(nil, 5), 0)
	want(t, "SSL_CTX_get_timeout(NULL)", CTXGetTimeout(nil), 0)
}

// SSL_CTX_set_session_id_context, sections 2.2 and 7: at most 32 bytes; a
// session of another context is treated as a miss, stays, and changes no
// counter of OpenSSL's. BoringSSL, ssl_test.cc, SessionIDContext.
func TestSetSessionIDContext(t *testing.T) {
	ctx := newCTX(t, 10)
	want(t, "33 bytes", CTXSetSessionIDContext(ctx.CTX, make([]byte, 33)), 0)
	want(t, "one", CTXSetSessionIDContext(ctx.CTX, []byte("one")), 1)
	s := ctx.NewSession(paddedID("a"), []byte("state"))
	want(t, "the session's context", string(SESSIONGet0IDContext(s)), "one")
	want(t, "the session's time", SESSIONGetTime(s), start)
	CTXAddSession(ctx.CTX, s)
	want(t, "resuming in the same context", resumes(ctx.CTX, s), 1)
	for _, other := range []string{"two", "on", "one\x00", ""} {
		want(t, "SSL_CTX_set_session_id_context", CTXSetSessionIDContext(ctx.CTX, []byte(other)), 1)
		want(t, "resuming in another context", resumes(ctx.CTX, s), 0)
	}
	wantNames(t, ctx.CTX, "a")
	want(t, "sess_hits", CTXSessHits(ctx.CTX), 1)
	want(t, "sess_misses", CTXSessMisses(ctx.CTX), 0)
	want(t, "ScopeMismatches", ctx.Cache().Stats().ScopeMismatches, 4)
	CTXSetSessionIDContext(ctx.CTX, []byte("one"))
	want(t, "resuming in the same context again", resumes(ctx.CTX, s), 1)
	if ctx.NewSession(nil, nil) != nil {
		t.Error("an empty id is accepted")
	}
}
