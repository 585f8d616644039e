package libssl

import (
	"slices"
	"testing"
)

const start = 1_000_000

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func newCache(t *testing.T) *Cache {
	t.Helper()
	SetTime(start)
	c, err := NewCache()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Free()
		SetTime(0)
		want(t, "sessions left", LiveSessions(), 0)
	})
	return c
}

// newSession makes a session that the test frees.
func newSession(t *testing.T, number int, id string) *Session {
	t.Helper()
	s := NewSession(number, []byte(id), nil)
	if s == nil {
		t.Fatal("libssl refuses a session")
	}
	return s
}

func TestClock(t *testing.T) {
	for _, at := range []int64{1, start, 1 << 33} {
		SetTime(at)
		s := newSession(t, 0, "a")
		want(t, "SSL_SESSION_get_time", s.Time(), at)
		s.Free()
	}
	SetTime(0)
	s := newSession(t, 0, "a")
	if s.Time() < 1_700_000_000 {
		t.Errorf("without a time that was set it is %d", s.Time())
	}
	s.Free()
}

func TestFreed(t *testing.T) {
	c := newCache(t)
	s := newSession(t, 7, "a")
	want(t, "SSL_CTX_add_session", c.Add(s), 1)
	copied := s.Dup(8)
	s.Free()
	want(t, "freed while the cache has it", s.Freed(), false)
	states := States(nil, []*Session{s, copied})
	want(t, "state", states[0], SessionState{Resumable: 1, Time: start, Timeout: 304})
	want(t, "state of the copy", states[1], states[0])
	want(t, "SSL_CTX_remove_session", c.Remove(s), 1)
	want(t, "freed", s.Freed(), true)
	want(t, "the copy is freed", copied.Freed(), false)
	copied.Free()
	want(t, "the copy is freed", copied.Freed(), true)
	want(t, "state", States(nil, []*Session{s})[0], SessionState{Freed: true})
	s.Forget()
	copied.Forget()
}

func TestStateAndEvents(t *testing.T) {
	c := newCache(t)
	c.SetCallbacks(true, true, true)
	a, b := newSession(t, 1, "a"), newSession(t, 2, "b")
	c.Add(a)
	c.Add(b)
	counters, present := c.State(nil)
	slices.Sort(present)
	want(t, "counters", counters, Counters{Number: 2})
	if !slices.Equal(present, []int{1, 2}) {
		t.Errorf("present are %v", present)
	}
	want(t, "SSL_has_matching_session_id", c.HasMatchingSessionID([]byte("b")), 1)
	want(t, "SSL_has_matching_session_id of another", c.HasMatchingSessionID([]byte("c")), 0)
	c.Flush(0)
	if e := c.TakeEvents(nil); !slices.Equal(e, []Event{{EventRemove, 1, 0}, {EventRemove, 2, 0}}) {
		t.Errorf("events are %v", e)
	}
	want(t, "events afterwards", len(c.TakeEvents(nil)), 0)
	a.Free()
	b.Free()
}

func TestAccept(t *testing.T) {
	c := newCache(t)
	c.SetCallbacks(true, true, true)
	h := mustShake(t)(c.Accept(nil, []byte("first")))
	first := h.Fresh(1)
	want(t, "resumed", h.Reused, false)
	want(t, "SSL_has_matching_session_id", c.HasMatchingSessionID([]byte("first")), 1)
	h = mustShake(t)(c.Accept([]byte("first"), []byte("unused")))
	want(t, "resumed", *h, Handshake{Finished: true, Reused: true, Number: 1})

	// One that was made up, and that the get callback returns.
	second := newSession(t, 2, "second")
	c.SetReply(second, true)
	h = mustShake(t)(c.Accept([]byte("second"), []byte("unused")))
	want(t, "resumed", *h, Handshake{Finished: true, Reused: true, Number: 2})
	counters, _ := c.State(nil)
	want(t, "counters", counters, Counters{Number: 2, Accept: 3, AcceptGood: 3, Hits: 2, Misses: 1, CBHits: 1})
	if e := c.TakeEvents(nil); !slices.Equal(e, []Event{{EventNew, Unknown, 1}, {EventGet, 2, 1}}) {
		t.Errorf("events are %v", e)
	}
	first.Free()
	second.Free()
	c.FreeCTX()
	want(t, "freed", first.Freed() && second.Freed(), true)
}

func TestConnect(t *testing.T) {
	c := newCache(t)
	c.SetMode(1) // client
	h := mustShake(t)(c.Connect(nil, false, []byte("first")))
	first := h.Fresh(1)
	h = mustShake(t)(c.Connect(first, true, []byte("unused")))
	want(t, "resumed", *h, Handshake{Finished: true, Reused: true, Number: 1})
	h = mustShake(t)(c.Connect(first, false, []byte("second")))
	want(t, "resumed", h.Reused, false)
	h.Drop()
	want(t, "SSL_has_matching_session_id", c.HasMatchingSessionID([]byte("second")), 1)
	counters, _ := c.State(nil)
	want(t, "counters", counters, Counters{Number: 2, Connect: 3, ConnectGood: 3, Hits: 1, Misses: 1})
	first.Free()
}

// mustShake ends the test if a handshake could not be made or did not finish.
func mustShake(t *testing.T) func(*Handshake, error) *Handshake {
	return func(h *Handshake, err error) *Handshake {
		t.Helper()
		if err != nil || !h.Finished {
			t.Fatal("the handshake failed", err)
		}
		return h
	}
}
