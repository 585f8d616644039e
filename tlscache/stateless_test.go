package tlscache

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// stateless makes servers whose cache takes nothing.
func stateless(t *testing.T, change func(*engine.Config, *Options)) *fixture {
	f := newFixture(t, func(g *engine.Config, o *Options) {
		o.StoreFailure = StatelessTicket
		if change != nil {
			change(g, o)
		}
	})
	f.cache.SetMode(engine.Off)
	return f
}

func TestStatelessTickets(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		f := stateless(t, nil)
		config := f.install(t, withClients(serverConfig(version), tls.RequireAndVerifyClientCert, theSite().ca.pool))
		box := &ticketBox{}
		resumes(t, "made", config, certified(box, "a.example"), false)
		o := resumes(t, "resumed", config, certified(box, "a.example"), true)
		if len(o.state.PeerCertificates) != 1 {
			t.Error("the client's certificate is lost")
		}
		resumes(t, "resumed again", config, certified(box, "a.example"), true)
		if s := f.Stats(); s.Tickets != (Tickets{Stateless: 3}) || s.Lookups != (Lookups{Hit: 2}) {
			t.Errorf("counted %+v, %+v", s.Tickets, s.Lookups)
		}
		// The cache works again: from here on sessions are stored.
		f.cache.SetMode(engine.Server)
		resumes(t, "resumed into the cache", config, certified(box, "a.example"), true)
		resumes(t, "resumed from the cache", config, certified(box, "a.example"), true)
		if s := f.Stats(); s.Tickets.Stateless != 3 || s.Tickets.Stored == 0 {
			t.Errorf("counted %+v", s.Tickets)
		}
	})
}

func TestStatelessTicketsAreChecked(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		f := stateless(t, func(_ *engine.Config, o *Options) { o.Lifetime, o.AbsoluteLifetime = time.Hour, 90*time.Minute })
		config := f.install(t, serverConfig(version))
		made := func() *ticketBox {
			box := &ticketBox{}
			resumes(t, "made", config, client(box, "a.example"), false)
			return box
		}
		box := made()
		resumes(t, "under another name", config, client(box.copied(t, false), "b.example"), false)
		if n := f.Stats().Lookups.OtherScope; n != 1 {
			t.Errorf("%d scope mismatches counted", n)
		}
		f.time.Add(3600)
		resumes(t, "in its last second", config, client(box, "a.example"), true)
		f.time.Add(3600)
		resumes(t, "past its lifetime, or the cap over its renewal", config, client(box.copied(t, false), "a.example"), false)
		if n := f.Stats().Lookups; n.Expired+n.OverCap != 1 {
			t.Errorf("counted %+v", n)
		}
		box = made()
		if err := f.RevokeAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		resumes(t, "revoked", config, client(box, "a.example"), false)

		// A ticket that crypto/tls made with the same keys, by itself.
		foreign, err := config.EncryptTicket(tls.ConnectionState{}, someState(t, version))
		if err != nil {
			t.Fatal(err)
		}
		before := f.Stats().Lookups.Malformed
		for _, identity := range [][]byte{foreign, foreign[:len(foreign)-1], make([]byte, 200)} {
			ss, err := hooks(t, config, "a.example").UnwrapSession(identity, tls.ConnectionState{Version: version})
			if ss != nil || err != nil {
				t.Errorf("a foreign ticket: %v, %v", ss, err)
			}
		}
		if n := f.Stats().Lookups.Malformed - before; n != 3 {
			t.Errorf("%d malformed counted, want 3", n)
		}
	})
}

// Under DeadTicket a stateless one of before is nothing.
func TestStatelessTicketsOfAnotherPolicy(t *testing.T) {
	f := stateless(t, nil)
	config := f.install(t, serverConfig(0))
	box := &ticketBox{}
	resumes(t, "made", config, client(box, "a.example"), false)
	f.options.StoreFailure = DeadTicket
	resumes(t, "offered", config, client(box, "a.example"), false)
}
