package openssl

import (
	"testing"
)

// The manual page's table: returns and reference counts of adding and removing.
func TestAddRemoveReturnsAndReferences(t *testing.T) {
	for _, f := range []struct {
		name        string
		add, remove func(*CTX, *SESSION) int
	}{
		{"SSL_CTX_add_session", CTXAddSession, CTXRemoveSession},
		{"SSL_add_session, 0.9.8 to 1.0.2", AddSession, RemoveSession},
	} {
		t.Run(f.name, func(t *testing.T) {
			ctx := newCTX(t, 10)
			s := newSession(t, "a", 100)
			for _, step := range []struct {
				what       string
				do         func() int
				returns    int
				references int
				number     int
			}{
				{"remove before it was added", func() int { return f.remove(ctx.CTX, s) }, 0, 1, 0},
				{"add", func() int { return f.add(ctx.CTX, s) }, 1, 2, 1},
				{"add the same object", func() int { return f.add(ctx.CTX, s) }, 0, 2, 1},
				{"remove", func() int { return f.remove(ctx.CTX, s) }, 1, 1, 0},
				{"remove again", func() int { return f.remove(ctx.CTX, s) }, 0, 1, 0},
				{"add what was removed", func() int { return f.add(ctx.CTX, s) }, 1, 2, 1},
			} {
				want(t, step.what, step.do(), step.returns)
				want(t, step.what+": references", s.References(), step.references)
				want(t, step.what+": number", CTXSessNumber(ctx.CTX), step.number)
			}
			SESSIONFree(s)
		})
	}
}

func TestAddRefuses(t *testing.T) {
	ctx := newCTX(t, 10)
	gone := newSession(t, "gone", 100)
	SESSIONFree(gone)
	closed := newCTX(t, 10)
	CTXFree(closed.CTX)
	s := newSession(t, "a", 100)
	want(t, "adding a session without a reference", CTXAddSession(ctx.CTX, gone), 0)
	want(t, "adding nil", CTXAddSession(ctx.CTX, nil), 0)
	want(t, "adding to nil", CTXAddSession(nil, s), 0)
	want(t, "adding to a freed context", CTXAddSession(closed.CTX, s), 0)
	want(t, "removing nil (section 4)", CTXRemoveSession(ctx.CTX, nil), 0)
	want(t, "removing from nil", CTXRemoveSession(nil, s), 0)
	want(t, "references", s.References(), 1)
	wantNames(t, ctx.CTX)
}

// Section 3, step 4: another object with the same id takes the place of the
// first. It returns 1; the first is released, but the remove callback is not
// called, the first stays resumable, and sess_cache_full does not count it.
func TestAddReplaces(t *testing.T) {
	ctx := newCTX(t, 10)
	told := removed(ctx.CTX)
	first, second := newSession(t, "a", 100), newSession(t, "a", 100)
	want(t, "adding the first", CTXAddSession(ctx.CTX, first), 1)
	want(t, "adding the second", CTXAddSession(ctx.CTX, second), 1)
	want(t, "references on the first", first.References(), 1)
	want(t, "references on the second", second.References(), 2)
	want(t, "SSL_SESSION_is_resumable of the first", SESSIONIsResumable(first), 1)
	want(t, "calls of the remove callback", len(*told), 0)
	want(t, "sess_cache_full", CTXSessCacheFull(ctx.CTX), 0)
	wantNames(t, ctx.CTX, "a")
	// Section 4, 0.9.8 to 1.0.2: a copy does not remove the other.
	want(t, "removing the first", CTXRemoveSession(ctx.CTX, first), 0)
	want(t, "removing the second", CTXRemoveSession(ctx.CTX, second), 1)
}

// Section 4: what removal does to the session, and what it leaves alone.
func TestRemoveEffects(t *testing.T) {
	ctx := newCTX(t, 10)
	told := removed(ctx.CTX)
	s := newSession(t, "a", 100)
	CTXAddSession(ctx.CTX, s)
	CTXRemoveSession(ctx.CTX, s)
	want(t, "SSL_SESSION_is_resumable", SESSIONIsResumable(s), 0)
	want(t, "calls of the remove callback", len(*told), 1)
	// Up to 1.0.2 the callback is told only of what was removed (1.1.0 and
	// later: always; execute_test_session, fact 6).
	want(t, "removing it again", CTXRemoveSession(ctx.CTX, s), 0)
	want(t, "calls of the remove callback after that", len(*told), 1)
	// A removed session can be added again; it stays marked, but the server's
	// lookup never checks that.
	want(t, "adding it again", CTXAddSession(ctx.CTX, s), 1)
	want(t, "SSL_SESSION_is_resumable after that", SESSIONIsResumable(s), 0)
	want(t, "resuming it", resumes(ctx.CTX, s), 1)
}

// Section 3, "Eviction": a cache of size N keeps N (OpenSSL up to 3.0.5,
// BoringSSL; N-1 from 3.0.6 on), 0 is unlimited; sess_cache_full counts.
func TestCacheSizeKeepsN(t *testing.T) {
	for _, c := range []struct{ size, adds, kept int }{
		{1, 10, 1}, {2, 10, 2}, {3, 10, 3}, {5, 10, 5}, {10, 10, 10}, {0, 1000, 1000},
	} {
		ctx := newCTX(t, c.size)
		for _, n := range letters(c.adds) {
			s := newSession(t, n, 100)
			want(t, "add", CTXAddSession(ctx.CTX, s), 1)
			SESSIONFree(s)
		}
		// Equal expiry: first in, first out.
		wantNames(t, ctx.CTX, letters(c.adds)[c.adds-c.kept:]...)
		want(t, "sess_cache_full", CTXSessCacheFull(ctx.CTX), c.adds-c.kept)
	}
}

// Section 3: the victim is the earliest to expire; it is marked, given to the
// callback and released.
func TestEvictionTakesTheEarliestToExpire(t *testing.T) {
	ctx := newCTX(t, 3)
	told := removed(ctx.CTX)
	sessions := map[string]*SESSION{}
	for n, timeout := range map[string]int64{"late": 300, "early": 100, "middle": 200} {
		sessions[n] = newSession(t, n, timeout)
		CTXAddSession(ctx.CTX, sessions[n])
	}
	CTXAddSession(ctx.CTX, newSession(t, "new", 50))
	wantNames(t, ctx.CTX, "late", "middle", "new")
	early := sessions["early"]
	want(t, "SSL_SESSION_is_resumable of the victim", SESSIONIsResumable(early), 0)
	want(t, "references on the victim", early.References(), 1)
	want(t, "calls of the remove callback", len(*told), 1)
	want(t, "sess_cache_full", CTXSessCacheFull(ctx.CTX), 1)
}

// OpenSSL has no probation: sessions that were resumed are evicted like the
// others, in the order of their expiry.
func TestEvictionIgnoresResumption(t *testing.T) {
	ctx := CTXNew()
	defer CTXFree(ctx)
	size := CTXSessGetCacheSize(ctx)
	add := func(name string, timeout int64, promoted bool) {
		s := SESSIONNew(paddedID(name), nil)
		SESSIONSetTimeout(s, timeout)
		if promoted {
			ctx.Cache().Promote(s)
		}
		CTXAddSession(ctx, s)
		SESSIONFree(s)
	}
	for i, n := range letters(size) {
		add(n, int64(5000+i), i%2 == 0)
	}
	full, resumed := CTXSessCacheFull(ctx), 0
	CTXSessSetRemoveCB(ctx, func(_ *CTX, s *SESSION) { resumed += truth(s.Promoted()) })
	for _, n := range letters(1000) {
		add("new"+n, 9000, false)
	}
	CTXSessSetRemoveCB(ctx, nil)
	if evicted := CTXSessCacheFull(ctx) - full; evicted < 900 || resumed < evicted*4/10 || resumed > evicted*6/10 {
		t.Errorf("%d sessions were evicted, %d of them had been resumed, want half", evicted, resumed)
	}
}

// execute_test_session, fact 12: the newcomer stays, though it is the first to
// expire.
func TestNewcomerIsNeverTheVictim(t *testing.T) {
	ctx := newCTX(t, 1)
	first, second := newSession(t, "first", 10), newSession(t, "second", 20)
	want(t, "adding first", CTXAddSession(ctx.CTX, first), 1)
	want(t, "adding second", CTXAddSession(ctx.CTX, second), 1)
	want(t, "adding first again", CTXAddSession(ctx.CTX, first), 1)
	wantNames(t, ctx.CTX, "first")
	want(t, "references on second", second.References(), 1)
}

// Section 3: adding the same object does not move it (1.x, and since 2026).
func TestAddingTheSameKeepsItsPlace(t *testing.T) {
	ctx := newCTX(t, 2)
	a, b := newSession(t, "a", 100), newSession(t, "b", 100)
	CTXAddSession(ctx.CTX, a)
	CTXAddSession(ctx.CTX, b)
	want(t, "adding a again", CTXAddSession(ctx.CTX, a), 0)
	CTXAddSession(ctx.CTX, newSession(t, "c", 100))
	wantNames(t, ctx.CTX, "b", "c")
}

// BoringSSL, ssl_test.cc, InternalSessionCache.
func TestBoringSSLInternalSessionCache(t *testing.T) {
	ctx := newCTX(t, 5)
	s := map[string]*SESSION{}
	for _, n := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		s[n] = newSession(t, n, 100)
		want(t, "adding "+n, CTXAddSession(ctx.CTX, s[n]), 1)
	}
	wantNames(t, ctx.CTX, "5", "6", "7", "8", "9")
	want(t, "adding 7 again", CTXAddSession(ctx.CTX, s["7"]), 0)
	want(t, "adding another 7", CTXAddSession(ctx.CTX, newSession(t, "7", 100)), 1)
	wantNames(t, ctx.CTX, "5", "6", "7", "8", "9")
	CTXAddSession(ctx.CTX, newSession(t, "10", 100))
	wantNames(t, ctx.CTX, "6", "7", "8", "9", "10")
	want(t, "removing 6", CTXRemoveSession(ctx.CTX, s["6"]), 1)
	want(t, "removing 0, which was evicted", CTXRemoveSession(ctx.CTX, s["0"]), 0)
	want(t, "removing the old 7", CTXRemoveSession(ctx.CTX, s["7"]), 0)
	wantNames(t, ctx.CTX, "7", "8", "9", "10")
}

// SSL_has_matching_session_id, section 2.1: the internal table only, whatever
// the expiry and the mode; an id over 32 bytes is no error.
func TestHasMatchingSessionID(t *testing.T) {
	ctx := newCTX(t, 10)
	CTXAddSession(ctx.CTX, newSession(t, "a", 10))
	CTXSetSessionCacheMode(ctx.CTX, SESS_CACHE_NO_INTERNAL)
	CTXSetSessionIDContext(ctx.CTX, []byte("another"))
	ctx.clock.Add(1000)
	want(t, "the id of an expired session", HasMatchingSessionID(ctx.CTX, paddedID("a")), 1)
	want(t, "another id", HasMatchingSessionID(ctx.CTX, paddedID("b")), 0)
	want(t, "a prefix of the id", HasMatchingSessionID(ctx.CTX, []byte("a")), 0)
	want(t, "no id", HasMatchingSessionID(ctx.CTX, nil), 0)
	want(t, "33 bytes", HasMatchingSessionID(ctx.CTX, append(paddedID("a"), 0)), 0)
	want(t, "sess_hits", CTXSessHits(ctx.CTX), 0)
	want(t, "sess_misses", CTXSessMisses(ctx.CTX), 0)
}

// Unlike OpenSSL, which corrupts its list, and BoringSSL, which refuses
// (SessionCrossContextCache), a session may be in two contexts.
func TestSessionInTwoContexts(t *testing.T) {
	a, b := newCTX(t, 10), newCTX(t, 10)
	s := newSession(t, "s", 10)
	want(t, "adding to the first", CTXAddSession(a.CTX, s), 1)
	want(t, "adding to the second", CTXAddSession(b.CTX, s), 1)
	want(t, "references", s.References(), 3)
	SESSIONSetTimeout(s, 1000) // reaches both
	for _, ctx := range []testCTX{a, b} {
		CTXFlushSessions(ctx.CTX, start+500)
		wantNames(t, ctx.CTX, "s")
	}
	want(t, "removing from the first", CTXRemoveSession(a.CTX, s), 1)
	wantNames(t, b.CTX, "s")
}
