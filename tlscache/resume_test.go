package tlscache

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"testing"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/race"
)

func TestSessionsResume(t *testing.T) {
	for _, kind := range []engine.TableKind{engine.LockFree, engine.XSync} {
		forVersions(t, func(t *testing.T, version uint16) {
			f := newFixture(t, func(g *engine.Config, _ *Options) { g.Table = kind })
			config := f.install(t, serverConfig(version))
			box := &ticketBox{}
			resumes(t, "the first", config, client(box, "a.example"), false)
			if n := len(box.ticket(t)); n != handleLength {
				t.Errorf("the ticket has %d bytes, want %d", n, handleLength)
			}
			resumes(t, "the second", config, client(box, "a.example"), true)
			resumes(t, "the third", config, client(box, "a.example"), true)
			s := f.Stats()
			got := s.TLS12
			if version == tls.VersionTLS13 {
				got = s.TLS13
			}
			if got != (Handshakes{Full: 1, Resumed: 2}) || s.Lookups != (Lookups{Hit: 2}) {
				t.Errorf("counted %+v, %+v", got, s.Lookups)
			}
			if e := f.cache.Stats(); e.Accept != 3 || e.AcceptGood != 3 || e.Hits != 2 {
				t.Errorf("the cache counted %d accepts, %d good, %d hits", e.Accept, e.AcceptGood, e.Hits)
			}
		})
	}
}

func TestTLS12ResumedAThousandTimesIsOneEntry(t *testing.T) {
	f := newFixture(t, nil)
	config := f.install(t, serverConfig(tls.VersionTLS12))
	box := &ticketBox{}
	resumes(t, "the first", config, client(box, "a.example"), false)
	first := box.ticket(t)
	times := 1000
	if race.Enabled {
		times = 200
	}
	for range times {
		resumes(t, "again", config, client(box, "a.example"), true)
	}
	if n := f.cache.Len(); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
	if !bytes.Equal(first, box.ticket(t)) {
		t.Error("the handle has changed")
	}
	if s := f.Stats(); s.Tickets != (Tickets{Stored: 1, Renewed: uint64(times)}) {
		t.Errorf("counted %+v", s.Tickets)
	}
}

// In TLS 1.2 the ticket is issued again before the client has finished: what was
// removed in between must stay removed.
func TestTLS12RenewalDoesNotBringARemovedSessionBack(t *testing.T) {
	f := newFixture(t, nil)
	config := f.install(t, serverConfig(tls.VersionTLS12))
	box := &ticketBox{}
	resumes(t, "the first", config, client(box, "a.example"), false)
	inner := serverConfig(tls.VersionTLS12)
	inner.VerifyConnection = func(cs tls.ConnectionState) error {
		if cs.DidResume {
			f.cache.RemoveID(box.ticket(t)) // between Unwrap and Wrap
		}
		return nil
	}
	config = f.install(t, inner)
	resumes(t, "one that is under way", config, client(box, "a.example"), true)
	resumes(t, "the next", config, client(box, "a.example"), false)
}

func TestPromotionPassesOn(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		f := newFixture(t, nil)
		config := f.install(t, serverConfig(version))
		box := &ticketBox{}
		resumes(t, "the first", config, client(box, "a.example"), false)
		if f.session(t, box).Promoted() {
			t.Error("a session of a full handshake is not on probation")
		}
		resumes(t, "the second", config, client(box, "a.example"), true)
		if !f.session(t, box).Promoted() {
			t.Error("what the client has after resuming is on probation")
		}
	})
}

// Unwrap is called in every TLS 1.2 handshake, and for whatever clients send.
func TestWhatIsNoHandleCostsNothing(t *testing.T) {
	store := newMemoryStore()
	f := newFixture(t, func(g *engine.Config, _ *Options) { g.Store = store })
	config := f.install(t, serverConfig(0))
	gets, lookups := store.called("Get"), f.cache.Stats().Misses
	h := hooks(t, config, "a.example")
	forged := make([]byte, handleLength)
	rand.Read(forged)
	identities := [][]byte{nil, {}, {1}, forged, forged[:31], append(forged, 1), make([]byte, 70000)}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, identity := range identities {
			if ss, err := h.UnwrapSession(identity, tls.ConnectionState{Version: version}); ss != nil || err != nil {
				t.Errorf("%d bytes: %v, %v, want nil and nil", len(identity), ss, err)
			}
		}
	}
	if n := store.called("Get") - gets; n != 0 {
		t.Errorf("the store was asked %d times", n)
	}
	if n := f.cache.Stats().Misses - lookups; n != 0 {
		t.Errorf("the table was searched %d times", n)
	}
	if s := f.Stats().Lookups; s != (Lookups{Malformed: 10}) {
		t.Errorf("counted %+v", s)
	}
	empty := testing.AllocsPerRun(100, func() { h.UnwrapSession(nil, tls.ConnectionState{}) })
	if empty != 0 {
		t.Errorf("an empty ticket allocates %v times", empty)
	}
}

func TestOneStoreLookupAClientHello(t *testing.T) {
	store := newMemoryStore()
	f := newFixture(t, func(g *engine.Config, _ *Options) { g.Store = store })
	config := f.install(t, serverConfig(tls.VersionTLS13))
	cs := tls.ConnectionState{Version: tls.VersionTLS13, ServerName: "a.example"}
	kept, err := hooks(t, config, "a.example").WrapSession(cs, someState(t, tls.VersionTLS13))
	if err != nil {
		t.Fatal(err)
	}
	gets := store.called("Get")
	h := hooks(t, config, "a.example")
	for range 4 {
		unknown := f.keys.random() // a genuine handle whose session is gone
		if ss, err := h.UnwrapSession(unknown[:], cs); ss != nil || err != nil {
			t.Errorf("%v, %v, want nil and nil", ss, err)
		}
	}
	if ss, err := h.UnwrapSession(kept, cs); ss == nil || err != nil {
		t.Errorf("the fifth identity, which is in memory: %v, %v", ss, err)
	}
	if n := store.called("Get") - gets; n != 1 {
		t.Errorf("the store was asked %d times, want once", n)
	}
	if s := f.Stats().Lookups; s != (Lookups{Hit: 1, Miss: 1, Unasked: 3}) {
		t.Errorf("counted %+v", s)
	}
}

// Whatever keeps a session from being stored, the handshake goes on.
func TestTicketsOfSessionsThatCannotBeStored(t *testing.T) {
	for name, prepare := range map[string]func(f *fixture){
		"closed":       func(f *fixture) { f.cache.Close() },
		"no mode":      func(f *fixture) { f.cache.SetMode(engine.Off) },
		"too large":    func(f *fixture) { f.options.MaxStateBytes = 10 },
		"clock at end": func(f *fixture) { f.time.Store(1 << 62) },
	} {
		t.Run(name, func(t *testing.T) {
			forVersions(t, func(t *testing.T, version uint16) {
				f := newFixture(t, nil)
				config := f.install(t, serverConfig(version))
				prepare(f)
				box := &ticketBox{}
				resumes(t, "the first", config, client(box, "a.example"), false)
				if name == "clock at end" {
					return // its sessions are as good as any
				}
				resumes(t, "the second", config, client(box, "a.example"), false)
				if s := f.Stats(); s.Tickets != (Tickets{Dead: 2}) || s.Lookups != (Lookups{Malformed: 1}) {
					t.Errorf("counted %+v, %+v", s.Tickets, s.Lookups)
				}
			})
		})
	}
}

// Every use of a session has a SessionState of its own: QUIC changes them.
func TestEachUseHasItsOwnSessionState(t *testing.T) {
	f := newFixture(t, nil)
	config := f.install(t, serverConfig(tls.VersionTLS13))
	cs := tls.ConnectionState{Version: tls.VersionTLS13, ServerName: "a.example"}
	state := someState(t, tls.VersionTLS13)
	state.Extra = [][]byte{[]byte("of another layer")}
	id, err := hooks(t, config, "a.example").WrapSession(cs, state)
	if err != nil {
		t.Fatal(err)
	}
	var uses [2]*tls.SessionState
	for i := range uses {
		if uses[i], err = hooks(t, config, "a.example").UnwrapSession(id, cs); err != nil || uses[i] == nil {
			t.Fatalf("use %d: %v, %v", i, uses[i], err)
		}
		if len(uses[i].Extra) != 1 || string(uses[i].Extra[0]) != "of another layer" {
			t.Fatalf("use %d: Extra is %q", i, uses[i].Extra)
		}
		clear(uses[i].Extra[0])
		uses[i].EarlyData = true
	}
	if uses[0] == uses[1] || &uses[0].Extra[0][0] == &uses[1].Extra[0][0] {
		t.Error("two uses share memory")
	}
}

// Without single use no early data is promised or accepted, whatever is asked for.
func TestEarlyDataNeedsTheOption(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		f := newFixture(t, func(_ *engine.Config, o *Options) { o.EarlyData, o.SingleUse = allowed, allowed })
		config := f.install(t, serverConfig(tls.VersionTLS13))
		cs := tls.ConnectionState{Version: tls.VersionTLS13, ServerName: "a.example"}
		state := someState(t, tls.VersionTLS13)
		state.EarlyData = true
		id, err := hooks(t, config, "a.example").WrapSession(cs, state)
		if err != nil {
			t.Fatal(err)
		}
		if state.EarlyData != allowed {
			t.Errorf("allowed %v: the session has EarlyData %v", allowed, state.EarlyData)
		}
		ss, err := hooks(t, config, "a.example").UnwrapSession(id, cs)
		if err != nil || ss == nil || ss.EarlyData != allowed {
			t.Errorf("allowed %v: unwrapped %v, %v", allowed, ss, err)
		}
	}
}
