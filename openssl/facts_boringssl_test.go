package openssl

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

// ssl/ssl_test.cc, InternalSessionCache. There the list begins with what was
// added last; here it is read from the order of eviction, which empties the
// cache, so that all steps are made again for each list.
func TestBoringSSLInternalSessionCacheOrder(t *testing.T) {
	type world struct {
		ctx       testCTX
		sessions  [10]*SESSION
		collision *SESSION
	}
	add := func(w *world, s *SESSION) int { return CTXAddSession(w.ctx.CTX, s) }
	remove := func(w *world, s *SESSION) int { return CTXRemoveSession(w.ctx.CTX, s) }
	steps := []struct {
		what    string
		do      func(*world) int
		returns int
		list    []string
	}{
		{"after ten adds", func(*world) int { return 1 }, 1, []string{"9", "8", "7", "6", "5"}},
		{"adding 7 again", func(w *world) int { return add(w, w.sessions[7]) }, 0, []string{"9", "8", "7", "6", "5"}},
		{"adding another 7", func(w *world) int { return add(w, w.collision) }, 1, []string{"7", "9", "8", "6", "5"}},
		{"removing 6", func(w *world) int { return remove(w, w.sessions[6]) }, 1, []string{"7", "9", "8", "5"}},
		{"removing 0, which was evicted", func(w *world) int { return remove(w, w.sessions[0]) }, 0, []string{"7", "9", "8", "5"}},
		{"removing the old 7", func(w *world) int { return remove(w, w.sessions[7]) }, 0, []string{"7", "9", "8", "5"}},
	}
	for last := range steps {
		w := &world{ctx: newCTX(t, 5), collision: newSession(t, "7", 304)}
		for i := range w.sessions {
			w.sessions[i] = newSession(t, fmt.Sprint(i), 304)
			want(t, "add", add(w, w.sessions[i]), 1)
		}
		for _, s := range steps[:last+1] {
			want(t, s.what, s.do(w), s.returns)
		}
		want(t, "the other 7 is there", hasSession(w.ctx.CTX, w.collision), last >= 2)
		list := evictionOrder(w.ctx.CTX)
		slices.Reverse(list)
		if s := steps[last]; !slices.Equal(list, s.list) {
			t.Errorf("%s: the list is %q, want %q", s.what, list, s.list)
		}
	}
}

// ssl/ssl_test.cc, SessionCrossContextCache: BoringSSL refuses to add a session
// that is in another context. Here it is allowed, and each context has it by
// itself.
func TestBoringSSLSessionCrossContextCache(t *testing.T) {
	a, b := newCTX(t, 10), newCTX(t, 10)
	s := SESSIONNew(make([]byte, 32), nil)
	want(t, "adding to the first", CTXAddSession(a.CTX, s), 1)
	want(t, "adding to the second", CTXAddSession(b.CTX, s), 1) // BoringSSL: 0
	want(t, "references", s.References(), 3)
	CTXFree(a.CTX)
	want(t, "the second has it", hasSession(b.CTX, s), true)
	want(t, "references", s.References(), 2)
}

// ssl/ssl_test.cc, SessionCacheThreads, the first part: sessions are resumed in
// parallel with full handshakes; then, in a cache that two more would fill,
// four threads make one more each, and none of them ever sees more than the
// limit, which is reached.
func TestBoringSSLSessionCacheThreads(t *testing.T) {
	for range 20 {
		s := newEndpoint(t, engine.RoleServer, false, SESSION_CACHE_MAX_SIZE_DEFAULT)
		CTXSetSessionCacheMode(s.CTX, SESS_CACHE_BOTH)
		session1, session2 := s.full(t.Context()), s.full(t.Context())
		inParallel(
			func() { s.full(t.Context()) },
			func() { s.full(t.Context()) },
			func() { s.mustResume(t, session1) },
			func() { s.mustResume(t, session1) },
			func() { s.mustResume(t, session2) },
			func() { s.mustResume(t, session2) },
		)
		want(t, "sess_hits", CTXSessHits(s.CTX), 4)
		limit := CTXSessNumber(s.CTX) + 2
		CTXSessSetCacheSize(s.CTX, limit)
		once := func() {
			s.full(t.Context())
			if n := CTXSessNumber(s.CTX); n > limit {
				t.Errorf("%d sessions, the limit is %d", n, limit)
			}
		}
		inParallel(once, once, once, once)
		want(t, "sess_number", CTXSessNumber(s.CTX), limit)
		want(t, "sess_cache_full", CTXSessCacheFull(s.CTX), 2)
	}
}

// The second part: of two expired sessions one is only reached by the flush
// that BoringSSL does in every 256th connection, the other by lookups; four
// threads connect 256 times each. Here adds sweep instead.
func TestBoringSSLSessionCacheThreadsExpiry(t *testing.T) {
	const connections = 256
	s := newEndpoint(t, engine.RoleServer, false, 2000)
	CTXSetSessionCacheMode(s.CTX, SESS_CACHE_BOTH)
	expired1, expired2 := s.full(t.Context()), s.full(t.Context())
	s.clock.Add(100 * 7200)
	session1 := s.full(t.Context())
	many := func(connect func()) func() {
		return func() {
			for range connections {
				connect()
			}
		}
	}
	inParallel(
		many(func() { s.full(t.Context()) }),
		many(func() { s.full(t.Context()) }),
		many(func() {
			if _, reused := s.resume(t.Context(), expired1); reused {
				t.Error("an expired session was reused")
			}
		}),
		many(func() { s.mustResume(t, session1) }),
	)
	want(t, "sess_hits", CTXSessHits(s.CTX), connections)
	if n := CTXSessTimeouts(s.CTX); n > 1 {
		t.Errorf("sess_timeouts is %d", n)
	}
	want(t, "the expired session that was looked up is there", s.has(expired1), false)
	// A few rounds of sweeping, whoever swept where so far.
	other := newSession(t, "other", 1<<40)
	for range 20_000 {
		CTXAddSession(s.CTX, other)
		CTXRemoveSession(s.CTX, other)
	}
	want(t, "the one that was not is there", s.has(expired2), false)
	want(t, "references on it", expired2.References(), 1)
	want(t, "sess_number", CTXSessNumber(s.CTX), 1+3*connections)
}

func (e *endpoint) mustResume(t *testing.T, s *SESSION) {
	t.Helper()
	found, reused := e.resume(t.Context(), s)
	want(t, "reused", reused, true)
	want(t, "the session", found, s)
	SESSIONFree(found)
}

// inParallel runs all functions at once and waits for them.
func inParallel(all ...func()) {
	var wg sync.WaitGroup
	for _, f := range all {
		wg.Go(f)
	}
	wg.Wait()
}

// ssl/ssl_test.cc, SessionPropertiesThreads: several connections read the
// properties of the session that they share.
func TestBoringSSLSessionPropertiesThreads(t *testing.T) {
	s := newEndpoint(t, engine.RoleServer, false, 100)
	session := s.full(t.Context())
	read := func() {
		found, _ := s.resume(t.Context(), session)
		defer SESSIONFree(found)
		want(t, "state", string(found.AppendState(nil)), "state")
		want(t, "id", string(SESSIONGetID(found)), string(SESSIONGetID(session)))
		want(t, "time", SESSIONGetTime(found), start)
		want(t, "timeout", SESSIONGetTimeout(found), 7200)
		want(t, "resumable", SESSIONIsResumable(found), 1)
	}
	inParallel(read, read, read, read)
	want(t, "references", session.References(), 2)
}

// ssl/ssl_test.cc, SessionIDContext: reused under the context it was made in,
// not under another.
func TestBoringSSLSessionIDContext(t *testing.T) {
	s := newEndpoint(t, engine.RoleServer, false, 100)
	CTXSetSessionIDContext(s.CTX, []byte{1})
	session := s.full(t.Context())
	for _, c := range []struct {
		sidCtx byte
		reused bool
	}{{1, true}, {2, false}, {1, true}, {3, false}} {
		want(t, "SSL_CTX_set_session_id_context", CTXSetSessionIDContext(s.CTX, []byte{c.sidCtx}), 1)
		_, reused := s.resume(t.Context(), session)
		want(t, fmt.Sprintf("reused under context %d", c.sidCtx), reused, c.reused)
	}
}

// ssl/ssl_test.cc, SessionTimeout: reused one second before the timeout. At the
// timeout itself BoringSSL's is expired, OpenSSL's and ours is not; before the
// session was made BoringSSL's is refused, OpenSSL's and ours is not. A session
// that is made later counts from then.
func TestBoringSSLSessionTimeout(t *testing.T) {
	const timeout = 7200
	s := newEndpoint(t, engine.RoleServer, false, 100)
	session := s.full(t.Context())
	for _, c := range []struct {
		at     int64
		reused bool
	}{
		{start + timeout - 1, true},
		{start + timeout, true}, // BoringSSL: false
		{start - 1, true},       // BoringSSL: false
		{start + timeout + 1, false},
		{start, false}, // it was removed
	} {
		s.clock.Store(c.at)
		_, reused := s.resume(t.Context(), session)
		want(t, fmt.Sprintf("reused at start%+d", c.at-start), reused, c.reused)
	}
	s.clock.Store(start + timeout - 10)
	renewed := s.full(t.Context())
	want(t, "the time of a new session", SESSIONGetTime(renewed), s.clock.Load())
	s.clock.Store(start + timeout + 1)
	_, reused := s.resume(t.Context(), renewed)
	want(t, "the new one is reused", reused, true)
}

// ssl/ssl_test.cc, ClientSessionCacheMode: a client gets sessions in mode
// CLIENT, not in the modes OFF and SERVER. The test there takes them from the
// new callback.
func TestBoringSSLClientSessionCacheMode(t *testing.T) {
	for _, tls13 := range []bool{false, true} {
		for mode, calls := range map[int]int{SESS_CACHE_OFF: 0, SESS_CACHE_CLIENT: 1, SESS_CACHE_SERVER: 0} {
			c := newEndpoint(t, engine.RoleClient, tls13, 100)
			c.tickets = 1
			c.countCallbacks()
			CTXSetSessionCacheMode(c.CTX, mode)
			SESSIONFree(c.full(t.Context()))
			want(t, fmt.Sprintf("new_called in mode %d", mode), c.newCalled, calls)
			want(t, fmt.Sprintf("sess_number in mode %d", mode), CTXSessNumber(c.CTX), calls)
		}
	}
}
