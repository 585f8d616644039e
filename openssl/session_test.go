package openssl

import (
	"bytes"
	"math"
	"runtime"
	"sync"
	"testing"
	"time"
	"weak"

	"github.com/reprise-tls/reprise/engine"
)

// SSL_SESSION_new, section 1: time now, timeout 304 s. Ids and contexts have
// at most 32 bytes; an empty id is refused, a deliberate difference.
func TestSESSIONNew(t *testing.T) {
	before := time.Now().Unix()
	s := SESSIONNewInContext([]byte("id"), []byte("state"), []byte("context"))
	after := time.Now().Unix()
	want(t, "SSL_SESSION_get_timeout", SESSIONGetTimeout(s), 304)
	if at := SESSIONGetTime(s); at < before || at > after {
		t.Errorf("SSL_SESSION_get_time is %d, want %d to %d", at, before, after)
	}
	want(t, "SSL_SESSION_get_id", string(SESSIONGetID(s)), "id")
	want(t, "SSL_SESSION_get0_id_context", string(SESSIONGet0IDContext(s)), "context")
	want(t, "SSL_SESSION_is_resumable", SESSIONIsResumable(s), 1)
	want(t, "references", s.References(), 1)
	SESSIONGetID(s)[0] = 'X' // a copy
	want(t, "SSL_SESSION_get_id", string(SESSIONGetID(s)), "id")

	for what, s := range map[string]*SESSION{
		"an empty id":           SESSIONNew(nil, nil),
		"an id of 33 bytes":     SESSIONNew(make([]byte, 33), nil),
		"a context of 33 bytes": SESSIONNewInContext([]byte("id"), nil, make([]byte, 33)),
	} {
		if s != nil {
			t.Errorf("%s is accepted", what)
		}
	}
}

// SSL_SESSION_up_ref and SSL_SESSION_free, section 2.1: NULL is a no-op; at 0
// the key is cleansed; a count of 0 stays there.
func TestSESSIONUpRefAndFree(t *testing.T) {
	s := SESSIONNew([]byte("id"), []byte("secret"))
	want(t, "SSL_SESSION_up_ref", SESSIONUpRef(s), 1)
	want(t, "references", s.References(), 2)
	SESSIONFree(s)
	want(t, "the state", string(s.AppendState(nil)), "secret")
	SESSIONFree(s)
	if state := s.AppendState(nil); !bytes.Equal(state, make([]byte, 6)) {
		t.Error("the state was not zeroed")
	}
	want(t, "SSL_SESSION_up_ref after the last free", SESSIONUpRef(s), 0)
	SESSIONFree(nil)
	want(t, "SSL_SESSION_up_ref(NULL)", SESSIONUpRef(nil), 0)
	want(t, "SSL_SESSION_is_resumable(NULL)", SESSIONIsResumable(nil), 0)
}

// SSL_SESSION_dup, section 2.1 and execute_test_session, fact 10: a deep copy
// with one reference and no owner; not_resumable is copied; removing the
// original later does not touch the copy.
func TestSESSIONDup(t *testing.T) {
	ctx := newCTX(t, 10)
	s := SESSIONNewInContext([]byte("id"), []byte("state"), []byte("context"))
	SESSIONSetTime(s, start)
	SESSIONSetTimeout(s, 50)
	SESSIONSetExData(s, "mine")
	CTXAddSession(ctx.CTX, s)

	d := SESSIONDup(s)
	want(t, "references on the copy", d.References(), 1)
	want(t, "references on the original", s.References(), 2)
	want(t, "id", string(SESSIONGetID(d)), "id")
	want(t, "state", string(d.AppendState(nil)), "state")
	want(t, "id context", string(SESSIONGet0IDContext(d)), "context")
	want(t, "time", SESSIONGetTime(d), start)
	want(t, "timeout", SESSIONGetTimeout(d), 50)
	want(t, "ex_data", SESSIONGetExData(d), any("mine"))

	// The copy has no owner: its time does not concern the context.
	SESSIONSetTimeout(d, 1000)
	CTXFlushSessions(ctx.CTX, start+51)
	want(t, "number", CTXSessNumber(ctx.CTX), 0)

	want(t, "SSL_SESSION_is_resumable of the original", SESSIONIsResumable(s), 0)
	want(t, "SSL_SESSION_is_resumable of the earlier copy", SESSIONIsResumable(d), 1)
	later := SESSIONDup(s)
	want(t, "SSL_SESSION_is_resumable of a later copy", SESSIONIsResumable(later), 0)
	want(t, "references on the later copy", later.References(), 1)
	if SESSIONDup(nil) != nil {
		t.Error("a copy of nil")
	}
}

// Many copies of one removed session at once: each is marked, none keeps a
// reference too many.
func TestSESSIONDupOfARemovedOneInParallel(t *testing.T) {
	ctx := newCTX(t, 10)
	s := newSession(t, "a", 100)
	CTXAddSession(ctx.CTX, s)
	CTXRemoveSession(ctx.CTX, s)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				d := SESSIONDup(s)
				if SESSIONIsResumable(d) != 0 || d.References() != 1 {
					t.Errorf("a copy is resumable: %d, with %d references", SESSIONIsResumable(d), d.References())
				}
			}
		})
	}
	wg.Wait()
}

// SSL_SESSION_set_time and _timeout, sections 2.1 and 2.2: set_time returns
// its argument, set_timeout 1, or 0 for a negative one (3.0 and later); 0 for
// NULL everywhere.
func TestSESSIONTimeAndTimeout(t *testing.T) {
	s := SESSIONNew([]byte("id"), nil)
	for _, at := range []int64{0, 1, -1, start, math.MaxInt64} {
		want(t, "SSL_SESSION_set_time", SESSIONSetTime(s, at), at)
		want(t, "SSL_SESSION_get_time", SESSIONGetTime(s), at)
	}
	for _, timeout := range []int64{1, 304, 1 << 62, math.MaxInt64} {
		want(t, "SSL_SESSION_set_timeout", SESSIONSetTimeout(s, timeout), 1)
		want(t, "SSL_SESSION_get_timeout", SESSIONGetTimeout(s), timeout)
	}
	want(t, "SSL_SESSION_set_timeout(-1)", SESSIONSetTimeout(s, -1), 0)
	want(t, "SSL_SESSION_get_timeout", SESSIONGetTimeout(s), math.MaxInt64)

	want(t, "SSL_SESSION_set_time(NULL)", SESSIONSetTime(nil, 5), 0)
	want(t, "SSL_SESSION_get_time(NULL)", SESSIONGetTime(nil), 0)
	want(t, "SSL_SESSION_set_timeout(NULL)", SESSIONSetTimeout(nil, 5), 0)
	want(t, "SSL_SESSION_get_timeout(NULL)", SESSIONGetTimeout(nil), 0)
}

// SSL_SESSION_set_time of a cached session moves it, section 2.1: the order of
// eviction and expiry at lookup follow.
func TestSetTimeRepositions(t *testing.T) {
	for _, c := range []struct {
		what string
		set  func(*SESSION)
	}{
		{"SSL_SESSION_set_time", func(s *SESSION) { SESSIONSetTime(s, start+50) }},
		{"SSL_SESSION_set_timeout", func(s *SESSION) { SESSIONSetTimeout(s, 150) }},
	} {
		t.Run(c.what, func(t *testing.T) {
			ctx := newCTX(t, 2)
			a, b := newSession(t, "a", 100), newSession(t, "b", 120)
			CTXAddSession(ctx.CTX, a)
			CTXAddSession(ctx.CTX, b)
			c.set(a) // now expires after b
			CTXAddSession(ctx.CTX, newSession(t, "c", 200))
			wantNames(t, ctx.CTX, "a", "c")
			ctx.clock.Store(start + 150)
			want(t, "resuming a in its last second", resumes(ctx.CTX, a), 1)
			ctx.clock.Add(1)
			want(t, "resuming a after it", resumes(ctx.CTX, a), 0)
			want(t, "sess_timeouts", CTXSessTimeouts(ctx.CTX), 1)
		})
	}
}

// Sessions that the engine made, or that carry the application's own Extra,
// can be added too; the latter are not repositioned.
func TestSessionsFromElsewhere(t *testing.T) {
	ctx := newCTX(t, 10)
	plain, err := engine.NewSession([]byte("plain"), nil, engine.SessionOptions{Created: start, Timeout: 10})
	if err != nil {
		t.Fatal(err)
	}
	own, err := engine.NewSession([]byte("own"), nil, engine.SessionOptions{Created: start, Timeout: 10})
	if err != nil {
		t.Fatal(err)
	}
	own.SetExtra("the application's")
	for _, s := range []*SESSION{plain, own} {
		want(t, "add", CTXAddSession(ctx.CTX, s), 1)
		SESSIONSetTimeout(s, 1000)
	}
	CTXFlushSessions(ctx.CTX, start+11)
	wantNames(t, ctx.CTX, "plain")
	want(t, "Extra", own.Extra(), any("the application's"))
	want(t, "SSL_SESSION_set_ex_data", SESSIONSetExData(own, 1), 0)
	want(t, "SSL_SESSION_get_ex_data", SESSIONGetExData(own), nil)
}

func TestExData(t *testing.T) {
	s := SESSIONNew([]byte("id"), nil)
	want(t, "SSL_SESSION_get_ex_data of a new session", SESSIONGetExData(s), nil)
	want(t, "SSL_SESSION_set_ex_data", SESSIONSetExData(s, 7), 1)
	want(t, "SSL_SESSION_get_ex_data", SESSIONGetExData(s), any(7))
	want(t, "SSL_SESSION_set_ex_data(NULL)", SESSIONSetExData(nil, 7), 0)
	want(t, "SSL_SESSION_get_ex_data(NULL)", SESSIONGetExData(nil), nil)
}

// A timeout that is set while the session is being added counts, here from the
// remove callback of the session that makes way.
func TestSetTimeoutDuringAdd(t *testing.T) {
	ctx := newCTX(t, 1)
	CTXAddSession(ctx.CTX, newSession(t, "old", 10))
	s := newSession(t, "new", 10)
	CTXSessSetRemoveCB(ctx.CTX, func(*CTX, *SESSION) { SESSIONSetTimeout(s, 1000) })
	want(t, "add", CTXAddSession(ctx.CTX, s), 1)
	CTXFlushSessions(ctx.CTX, start+500)
	wantNames(t, ctx.CTX, "new")
}

// The same from another goroutine.
func TestSetTimeoutRacesWithAdd(t *testing.T) {
	ctx := newCTX(t, 10)
	for range 5000 {
		s := newSession(t, "a", 10)
		ready := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() { <-ready; SESSIONSetTimeout(s, 1000) })
		close(ready)
		CTXAddSession(ctx.CTX, s)
		wg.Wait()
		CTXFlushSessions(ctx.CTX, start+500)
		want(t, "removing", CTXRemoveSession(ctx.CTX, s), 1)
		SESSIONFree(s)
	}
}

// A session that outlives a context does not keep it in memory.
func TestSessionDoesNotKeepContext(t *testing.T) {
	s := newSession(t, "a", 10)
	gone := func() weak.Pointer[CTX] {
		ctx := CTXNew()
		defer CTXFree(ctx)
		CTXAddSession(ctx, s)
		return weak.Make(ctx)
	}()
	for range 100 {
		runtime.GC()
		if gone.Value() == nil {
			break
		}
	}
	if gone.Value() != nil {
		t.Error("the context is still there")
	}
	SESSIONSetTime(s, start)
	runtime.KeepAlive(s)
}
