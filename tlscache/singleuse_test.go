package tlscache

import (
	"context"
	"crypto/tls"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/race"
)

func singleUse(_ *engine.Config, o *Options) { o.SingleUse = true }

func raceRounds() int {
	if race.Enabled {
		return 2
	}
	return 5
}

// raceOneTicket offers one session 64 times at once, to each of the configs in turn.
func raceOneTicket(t *testing.T, box *ticketBox, configs ...*tls.Config) (resumed, full int64) {
	t.Helper()
	const racers = 64
	start := make(chan struct{})
	var group sync.WaitGroup
	var yes, no atomic.Int64
	for i := range racers {
		mine, config := box.copied(t, false), configs[i%len(configs)]
		group.Go(func() {
			<-start
			o := connect(config, client(mine, "a.example"))
			switch {
			case o.clientError != nil || o.serverErr != nil:
				t.Errorf("client: %v, server: %v", o.clientError, o.serverErr)
			case o.resumed:
				yes.Add(1)
			default:
				no.Add(1)
			}
		})
	}
	close(start)
	group.Wait()
	return yes.Load(), no.Load()
}

func TestSingleUseRace(t *testing.T) {
	f := newFixture(t, singleUse)
	config := f.install(t, serverConfig(tls.VersionTLS13))
	rounds := raceRounds()
	for range rounds {
		box := &ticketBox{}
		resumes(t, "made", config, client(box, "a.example"), false)
		if resumed, full := raceOneTicket(t, box, config); resumed != 1 || full != 63 {
			t.Fatalf("%d resumed, %d did not; want 1 and 63", resumed, full)
		}
	}
	f.idle(t)
	if s := f.Stats().SingleUse; s.Confirmed != uint64(rounds) || s.Reserved != s.Confirmed+s.Released {
		t.Errorf("counted %+v", s)
	}
}

// idle waits until no handshake holds a reservation.
func (f *fixture) idle(t *testing.T) {
	t.Helper()
	waitFor(t, "reservations are given back", func() bool {
		n := 0
		f.reserved.Range(func(any, any) bool { n++; return true })
		return n == 0
	})
}

func TestSingleUseRaceAcrossProcesses(t *testing.T) {
	store := newMemoryStore()
	shared := func(g *engine.Config, o *Options) { g.Store, o.SingleUse = store, true }
	one, two := newFixture(t, shared), newFixture(t, shared)
	first := one.install(t, serverConfig(tls.VersionTLS13))
	second := two.install(t, serverConfig(tls.VersionTLS13))
	for range raceRounds() {
		box := &ticketBox{}
		resumes(t, "made", first, client(box, "a.example"), false)
		if resumed, full := raceOneTicket(t, box, first, second); resumed != 1 || full != 63 {
			t.Fatalf("%d resumed, %d did not; want 1 and 63", resumed, full)
		}
		// Also where it is in memory still.
		resumes(t, "afterwards", first, client(box.copied(t, false), "a.example"), false)
		resumes(t, "afterwards", second, client(box.copied(t, false), "a.example"), false)
	}
	one.idle(t)
	two.idle(t)
}

// Who knows the handle only, from the wire, cannot use the session up.
func TestForgedBindersBurnNothing(t *testing.T) {
	store := newMemoryStore()
	for name, change := range map[string]func(*engine.Config, *Options){
		"one process":  singleUse,
		"with a store": func(g *engine.Config, o *Options) { g.Store, o.SingleUse = store, true },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, change)
			config := f.install(t, serverConfig(tls.VersionTLS13))
			box := &ticketBox{}
			resumes(t, "made", config, client(box, "a.example"), false)
			for range 20 {
				if o := connect(config, client(box.copied(t, true), "a.example")); o.serverErr == nil {
					t.Fatal("a forged binder was accepted")
				}
				f.idle(t) // the context's end gives the session back
			}
			resumes(t, "the owner", config, client(box.copied(t, false), "a.example"), true)
			resumes(t, "the owner again", config, client(box.copied(t, false), "a.example"), false)
			if s := f.Stats().SingleUse; s != (SingleUse{Reserved: 21, Confirmed: 1, Released: 20}) && s != (SingleUse{Reserved: 22, Confirmed: 1, Released: 21}) {
				t.Errorf("counted %+v", s)
			}
		})
	}
}

// The next identity gives the one before back, and so does a full handshake.
func TestWhatReleases(t *testing.T) {
	f := newFixture(t, singleUse)
	config := f.install(t, serverConfig(tls.VersionTLS13))
	cs := tls.ConnectionState{Version: tls.VersionTLS13, ServerName: "a.example"}
	var ids [2][]byte
	for i := range ids {
		var err error
		if ids[i], err = hooks(t, config, "a.example").WrapSession(cs, someState(t, tls.VersionTLS13)); err != nil {
			t.Fatal(err)
		}
	}
	unwraps := func(what string, h *tls.Config, id []byte, want bool) {
		t.Helper()
		if ss, err := h.UnwrapSession(id, cs); (ss != nil) != want || err != nil {
			t.Errorf("%s: %v, %v", what, ss, err)
		}
	}
	one, two := hooks(t, config, "a.example"), hooks(t, config, "a.example")
	unwraps("reserved by one", one, ids[0], true)
	unwraps("asked for by two", two, ids[0], false)
	unwraps("one goes on to the next", one, ids[1], true)
	unwraps("two gets the first", two, ids[0], true)
	if err := two.VerifyConnection(cs); err != nil { // not resumed
		t.Error(err)
	}
	unwraps("one gets the first again", one, ids[0], true)
	cs.DidResume = true
	if err := one.VerifyConnection(cs); err != nil {
		t.Error(err)
	}
	unwraps("used up", two, ids[0], false)
	unwraps("never used", two, ids[1], true)
}

// A handshake whose context ended while it was about to use a session has lost it.
func TestTheContextsEndReleases(t *testing.T) {
	f := newFixture(t, singleUse)
	config := f.install(t, serverConfig(tls.VersionTLS13))
	box := &ticketBox{}
	resumes(t, "made", config, client(box, "a.example"), false)
	cs := tls.ConnectionState{Version: tls.VersionTLS13, ServerName: "a.example"}

	ctx, cancel := context.WithCancel(t.Context())
	h := &handshake{server: f.Server, ctx: ctx}
	n, refused := f.nameScope(&tls.ClientHelloInfo{ServerName: "a.example"}, serverConfig(tls.VersionTLS13), f.newProfile(serverConfig(tls.VersionTLS13)))
	if refused != accepted {
		t.Fatal(refused)
	}
	h.naming = n
	if ss, _ := h.unwrap(box.ticket(t), cs); ss == nil {
		t.Fatal("no session")
	}
	cancel()
	f.idle(t)
	cs.DidResume = true
	if err := h.verifyConnection(cs); !errors.Is(err, errEnded) {
		t.Errorf("the handshake went on: %v", err)
	}
	resumes(t, "somebody else", config, client(box, "a.example"), true)
}

// A store that cannot say whose a session is gives it to nobody.
func TestSingleUseWithAStoreThatFails(t *testing.T) {
	for name, before := range map[string]func(ctx context.Context, method string) error{
		"claim fails": func(_ context.Context, method string) error {
			if method == "Claim" {
				return errors.New("down")
			}
			return nil
		},
		"claim panics": func(_ context.Context, method string) error {
			if method == "Claim" {
				panic("down")
			}
			return nil
		},
		"all fails": func(context.Context, string) error { return errors.New("down") },
	} {
		t.Run(name, func(t *testing.T) {
			store := newMemoryStore()
			f := newFixture(t, func(g *engine.Config, o *Options) { g.Store, o.SingleUse = store, true })
			config := f.install(t, serverConfig(tls.VersionTLS13))
			box := &ticketBox{}
			resumes(t, "made", config, client(box, "a.example"), false)
			store.misbehave(before, nil)
			resumes(t, "offered meanwhile", config, client(box.copied(t, false), "a.example"), false)
			f.idle(t)
			store.misbehave(nil, nil)
			resumes(t, "offered when it is back", config, client(box.copied(t, false), "a.example"), true)
		})
	}
}
