package tlscache

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func TestLifetime(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		f := newFixture(t, func(_ *engine.Config, o *Options) { o.Lifetime, o.ReuseWindow = 100*time.Second, 100*time.Second })
		config := f.install(t, serverConfig(version))
		box := &ticketBox{}
		resumes(t, "made", config, client(box, "a.example"), false)
		first := box.copied(t, false)
		f.time.Add(100)
		resumes(t, "in its last second", config, client(box, "a.example"), true)
		renewed := version == tls.VersionTLS13 // a TLS 1.2 session keeps its time
		f.time.Add(1)
		resumes(t, "the first, a second later", config, client(first, "a.example"), false)
		resumes(t, "what was issued then", config, client(box, "a.example"), renewed)
	})
}

func TestUpdateTimeExtendsTLS12Sessions(t *testing.T) {
	f := newFixture(t, func(g *engine.Config, o *Options) {
		g.Mode |= engine.UpdateTime
		o.Lifetime, o.AbsoluteLifetime = 100*time.Second, 250*time.Second
	})
	config := f.install(t, serverConfig(tls.VersionTLS12))
	box := &ticketBox{}
	resumes(t, "made", config, client(box, "a.example"), false)
	for range 3 { // 80, 160, 240 s
		f.time.Add(80)
		resumes(t, "in time", config, client(box, "a.example"), true)
	}
	f.time.Add(11) // 251 s
	resumes(t, "past the absolute lifetime", config, client(box, "a.example"), false)
}

// The cap goes over all renewals, and a session says so before the lookup does.
func TestAbsoluteLifetime(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		f := newFixture(t, func(_ *engine.Config, o *Options) { o.Lifetime, o.AbsoluteLifetime = time.Hour, 150*time.Minute })
		config := f.install(t, serverConfig(version))
		box := &ticketBox{}
		resumes(t, "made", config, client(box, "a.example"), false)
		start := f.time.Load()
		if version == tls.VersionTLS13 {
			for f.time.Load() < start+seconds(2*time.Hour) {
				f.time.Add(seconds(30 * time.Minute))
				resumes(t, "renewed", config, client(box, "a.example"), true)
			}
			if s := f.session(t, box); s.Created()+s.Timeout() != start+seconds(150*time.Minute) {
				t.Errorf("the last session ends %d s after the first authentication", s.Created()+s.Timeout()-start)
			}
		}
		f.time.Store(start + seconds(150*time.Minute) + 1)
		resumes(t, "past the cap", config, client(box, "a.example"), false)
	})
}

// A cap that was lowered holds for sessions issued under the higher one.
func TestAbsoluteLifetimeIsCheckedAtLookup(t *testing.T) {
	f := newFixture(t, nil)
	config := f.install(t, serverConfig(0))
	box := &ticketBox{}
	resumes(t, "made", config, client(box, "a.example"), false)
	f.absolute = 10
	f.time.Add(11)
	resumes(t, "past the cap", config, client(box, "a.example"), false)
	if n := f.Stats().Lookups; n != (Lookups{OverCap: 1}) {
		t.Errorf("counted %+v", n)
	}
}

func TestSessionsEndWithTheClientsCertificate(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		f := newFixture(t, func(_ *engine.Config, o *Options) { o.AbsoluteLifetime = MaxLifetime })
		config := f.install(t, withClients(serverConfig(version), tls.RequireAndVerifyClientCert, theSite().ca.pool))
		box := &ticketBox{}
		short := client(box, "a.example")
		short.Certificates = []tls.Certificate{theSite().ca.issue(t, time.Hour, "client")}
		resumes(t, "made", config, short, false)
		s := f.session(t, box)
		if left := s.Created() + s.Timeout() - f.time.Load(); left > 3600 || left < 3500 {
			t.Errorf("the session ends in %d s, its certificate in an hour", left)
		}
		f.time.Add(3601) // the cache's clock only: crypto/tls would refuse it too
		resumes(t, "past the certificate's end", config, short, false)
	})
}

// A TLS 1.3 ticket that was resumed can be used again, for a while.
func TestReuseWindow(t *testing.T) {
	f := newFixture(t, func(_ *engine.Config, o *Options) { o.ReuseWindow = 10 * time.Second })
	config := f.install(t, serverConfig(tls.VersionTLS13))
	box := &ticketBox{}
	resumes(t, "made", config, client(box, "a.example"), false)
	first := box.copied(t, false)
	f.time.Add(100)
	resumes(t, "the first use", config, client(first, "a.example"), true)
	f.time.Add(6)
	resumes(t, "a second one in the window", config, client(first, "a.example"), true)
	f.time.Add(5)
	resumes(t, "one after the window, which the second has not moved", config, client(first, "a.example"), false)
	if n := f.Stats().Lookups.Expired; n != 1 {
		t.Errorf("%d expired, want 1", n)
	}
}

// The clock may jump: whatever it says, the handshake succeeds, and no session
// outlives its cap by it.
func TestClockJumps(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		f := newFixture(t, nil)
		config := f.install(t, serverConfig(version))
		start := f.time.Load()
		for _, now := range []int64{start, 0, -1 << 62, start + 1<<40, 1<<63 - 1, -1 << 63, start} {
			f.time.Store(now)
			box := &ticketBox{}
			resumes(t, "made", config, client(box, "a.example"), false)
			for _, then := range []int64{now, start - 5, start + 5, 1<<63 - 1, -1 << 63} {
				f.time.Store(then)
				if o := connect(config, client(box, "a.example")); o.clientError != nil || o.serverErr != nil {
					t.Fatalf("made at %d, offered at %d: client: %v, server: %v", now, then, o.clientError, o.serverErr)
				}
			}
		}
		f.time.Store(start)
		box := &ticketBox{}
		resumes(t, "made", config, client(box, "a.example"), false)
		f.time.Store(start - 1000) // back: the session is from the future, and good
		resumes(t, "back in time", config, client(box, "a.example"), true)
		f.time.Store(start + seconds(25*time.Hour))
		resumes(t, "a day later", config, client(box, "a.example"), false)
	})
}
