package tlscache

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

func TestNewServerRefuses(t *testing.T) {
	keep := func(*engine.Config) {}
	for name, test := range map[string]struct {
		cache   func(*engine.Config)
		options Options
		field   string
	}{
		"lifetime too long":        {keep, Options{Lifetime: 200 * time.Hour}, "Options.Lifetime"},
		"lifetime negative":        {keep, Options{Lifetime: -time.Second}, "Options.Lifetime"},
		"lifetime not whole":       {keep, Options{Lifetime: 1500 * time.Millisecond}, "Options.Lifetime"},
		"cache's timeout too long": {func(g *engine.Config) { g.Timeout = 1 << 40 }, Options{}, "Options.Lifetime"},
		"absolute too long":        {keep, Options{AbsoluteLifetime: 169 * time.Hour}, "Options.AbsoluteLifetime"},
		"reuse negative":           {keep, Options{ReuseWindow: -1}, "Options.ReuseWindow"},
		"state":                    {keep, Options{MaxStateBytes: -1}, "Options.MaxStateBytes"},
		"scopes":                   {keep, Options{MaxScopes: 1<<20 + 1}, "Options.MaxScopes"},
		"interval":                 {keep, Options{EpochInterval: time.Millisecond}, "Options.EpochInterval"},
		"policy":                   {keep, Options{StoreFailure: 7}, "Options.StoreFailure"},
		"key":                      {keep, Options{HandleKeys: [][]byte{make([]byte, 16)}}, "Options.HandleKeys[0]"},
		"mode":                     {func(g *engine.Config) { g.Mode = engine.Client }, Options{}, "engine.Config.Mode"},
		"store without scope":      {func(g *engine.Config) { g.Store = newMemoryStore() }, Options{HandleKeys: testKeys()}, "Options.Scope"},
		"store without keys":       {func(g *engine.Config) { g.Store = newMemoryStore() }, Options{Scope: FixedScope("x")}, "Options.HandleKeys"},
		"get callback without scope": {func(g *engine.Config) {
			g.Callbacks.Get = func(context.Context, []byte) *engine.Session { return nil }
		}, Options{}, "Options.Scope"},
		"single use with a get callback": {func(g *engine.Config) {
			g.Callbacks.Get = func(context.Context, []byte) *engine.Session { return nil }
		}, Options{Scope: FixedScope("x"), SingleUse: true}, "Options.SingleUse"},
		"shared names of named scopes":  {keep, Options{ShareNames: true, Scope: FixedScope("x")}, "Options.ShareNames"},
		"early data without single use": {keep, Options{EarlyData: true}, "Options.EarlyData"},
		"stateless single use":          {keep, Options{SingleUse: true, StoreFailure: StatelessTicket}, "Options.StoreFailure"},
		"reuse window with single use":  {keep, Options{SingleUse: true, ReuseWindow: time.Minute}, "Options.ReuseWindow"},
	} {
		t.Run(name, func(t *testing.T) {
			g := engine.Defaults()
			test.cache(&g)
			cache, err := engine.New(g)
			if err != nil {
				t.Fatal(err)
			}
			defer cache.Close()
			_, err = NewServer(cache, test.options)
			expectRefusal(t, err, test.field)
		})
	}
	_, err := NewServer(nil, Options{})
	expectRefusal(t, err, "cache")
}

// expectRefusal wants an error that names the field, its value and what is allowed.
func expectRefusal(t *testing.T, err error, field string) {
	t.Helper()
	var refused *ConfigError
	if !errors.As(err, &refused) || !errors.Is(err, ErrConfig) {
		t.Fatalf("got %v, want a refusal of %s", err, field)
	}
	if refused.Field != field || refused.Value == "" || refused.Allowed == "" || !strings.HasPrefix(err.Error(), "tlscache: "+field) {
		t.Errorf("refused %q, want %q: %v", refused.Field, field, err)
	}
}

func TestInstallRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		change  func(*tls.Config)
		field   string
	}{
		"tickets disabled": {Options{}, func(c *tls.Config) { c.SessionTicketsDisabled = true }, "tls.Config.SessionTicketsDisabled"},
		"no protocols":     {Options{}, func(c *tls.Config) { c.NextProtos = nil }, "tls.Config.NextProtos"},
		"no certificates":  {Options{}, func(c *tls.Config) { c.Certificates = nil }, "tls.Config.Certificates"},
		"hooks": {Options{}, func(c *tls.Config) {
			c.UnwrapSession = func([]byte, tls.ConnectionState) (*tls.SessionState, error) { return nil, nil }
		}, "tls.Config.UnwrapSession and WrapSession"},
		"VerifyPeerCertificate": {Options{}, func(c *tls.Config) {
			c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return nil }
		}, "tls.Config.VerifyPeerCertificate"},
		"single use": {Options{SingleUse: true}, func(*tls.Config) {}, "tls.Config.MinVersion"},
		"shared names": {Options{ShareNames: true}, func(c *tls.Config) {
			c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, nil }
		}, "tls.Config.GetCertificate"},
		"client auth": {Options{}, func(c *tls.Config) { c.ClientAuth = 9 }, "tls.Config.ClientAuth"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, func(_ *engine.Config, o *Options) {
				test.options.Logger = o.Logger
				*o = test.options
			})
			config := serverConfig(0)
			test.change(config)
			_, err := f.Install(config)
			expectRefusal(t, err, test.field)
		})
	}
	_, err := newFixture(t, nil).Install(nil)
	expectRefusal(t, err, "tls.Config")
}

func TestInstallTakes(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		change  func(*tls.Config)
	}{
		"no protocols where they are not wanted": {Options{WithoutALPN: true}, func(c *tls.Config) { c.NextProtos = nil }},
		"VerifyPeerCertificate in a named scope": {Options{Scope: FixedScope("x")}, func(c *tls.Config) {
			c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return nil }
		}},
		"single use with TLS 1.3": {Options{SingleUse: true}, func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }},
		"certificates by callback": {Options{}, func(c *tls.Config) {
			certificate := c.Certificates[0]
			c.Certificates = nil
			c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &certificate, nil }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, func(_ *engine.Config, o *Options) {
				test.options.Logger = o.Logger
				*o = test.options
			})
			config := serverConfig(0)
			test.change(config)
			installed := f.install(t, config)
			box := &ticketBox{}
			resumes(t, "the first", installed, client(box, "a.example"), false)
			resumes(t, "the second", installed, client(box, "a.example"), true)
		})
	}
}

// A config that GetConfigForClient returns and Install would refuse fails no
// handshake.
func TestDynamicConfigsTurnTicketsOff(t *testing.T) {
	for name, test := range map[string]struct {
		options Options
		change  func(*tls.Config)
		want    TicketsOff
	}{
		"disabled": {Options{}, func(c *tls.Config) { c.SessionTicketsDisabled = true }, TicketsOff{Disabled: 2}},
		"hooks": {Options{}, func(c *tls.Config) {
			c.WrapSession = func(tls.ConnectionState, *tls.SessionState) ([]byte, error) { return []byte{1}, nil }
		}, TicketsOff{OwnHooks: 2}},
		"VerifyPeerCertificate": {Options{}, func(c *tls.Config) {
			c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return nil }
		}, TicketsOff{VerifyPeerCertificate: 2}},
		"single use": {Options{SingleUse: true}, func(c *tls.Config) { c.MinVersion = tls.VersionTLS12 }, TicketsOff{SingleUse: 2}},
		"shared names": {Options{ShareNames: true}, func(c *tls.Config) {
			certificate := c.Certificates[0]
			c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &certificate, nil }
		}, TicketsOff{NoCertificates: 2}},
		"no scope":       {Options{Scope: FixedScope("")}, func(*tls.Config) {}, TicketsOff{NoScope: 2}},
		"scope too long": {Options{Scope: FixedScope(strings.Repeat("x", 256))}, func(*tls.Config) {}, TicketsOff{NoScope: 2}},
		"scope panics": {Options{Scope: func(*tls.ClientHelloInfo, *tls.Config) string { panic("no scope") }},
			func(*tls.Config) {}, TicketsOff{NoScope: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, func(_ *engine.Config, o *Options) {
				test.options.Logger = o.Logger
				*o = test.options
			})
			config := serverConfig(0)
			test.change(config)
			front := serverConfig(tls.VersionTLS13)
			front.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return config, nil }
			installed := f.install(t, front)
			box := &ticketBox{}
			resumes(t, "the first", installed, client(box, "a.example"), false)
			resumes(t, "the second", installed, client(box, "a.example"), false)
			s := f.Stats()
			if s.TicketsOff != test.want || s.Tickets != (Tickets{}) || s.TLS13.Full != 2 {
				t.Errorf("counted %+v, %+v, %+v", s.TicketsOff, s.Tickets, s.TLS13)
			}
			if name == "scope panics" && s.ScopePanics != 2 {
				t.Errorf("%d panics counted", s.ScopePanics)
			}
		})
	}
}

// The application's callbacks are called as without the server.
func TestCallbacksOfTheConfig(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		f := newFixture(t, nil)
		config := serverConfig(version)
		var verified []bool
		refuse := false
		config.VerifyConnection = func(cs tls.ConnectionState) error {
			verified = append(verified, cs.DidResume)
			if refuse {
				return errors.New("refused")
			}
			return nil
		}
		var names []string
		choice := error(nil)
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			names = append(names, hello.ServerName)
			return nil, choice // the config itself
		}
		installed := f.install(t, config)
		box := &ticketBox{}
		resumes(t, "the first", installed, client(box, "a.example"), false)
		resumes(t, "the second", installed, client(box, "a.example"), true)
		refuse = true
		if o := connect(installed, client(box, "a.example")); o.serverErr == nil || o.serverErr.Error() != "refused" {
			t.Errorf("VerifyConnection's error became %v", o.serverErr)
		}
		choice = errors.New("no config")
		if o := connect(installed, client(box, "a.example")); o.serverErr == nil || o.serverErr.Error() != "no config" {
			t.Errorf("GetConfigForClient's error became %v", o.serverErr)
		}
		if len(verified) != 3 || verified[0] || !verified[1] || !verified[2] || len(names) != 4 {
			t.Errorf("VerifyConnection was called for %v, GetConfigForClient for %v", verified, names)
		}
		if s := f.Stats(); s.TLS12.Full+s.TLS13.Full != 1 || s.TLS12.Resumed+s.TLS13.Resumed != 1 {
			t.Errorf("counted %+v, %+v", s.TLS12, s.TLS13)
		}
	})
}

// http.Server works on a copy of its config: HTTP/2 must survive that.
func TestHTTPServer(t *testing.T) {
	f := newFixture(t, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		TLSConfig:         f.install(t, serverConfig(0)),
		ErrorLog:          log.New(io.Discard, "", 0),
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.TLS.DidResume {
				w.Header().Set("Resumed", "yes")
			}
		}),
	}
	done := make(chan error)
	go func() { done <- server.ServeTLS(listener, "", "") }()
	box := &ticketBox{}
	for i, want := range []string{"", "yes"} {
		transport := &http.Transport{TLSClientConfig: client(box, "a.example"), ForceAttemptHTTP2: true}
		response, err := (&http.Client{Transport: transport}).Get("https://" + listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if got := response.Header.Get("Resumed"); response.ProtoMajor != 2 || got != want {
			t.Errorf("request %d: HTTP/%d, resumed %q, want HTTP/2 and %q", i, response.ProtoMajor, got, want)
		}
		transport.CloseIdleConnections()
	}
	server.Close()
	<-done
}

// A config made for every connection leaves nothing behind, and resumes.
func TestAConfigForEachConnection(t *testing.T) {
	f := newFixture(t, nil)
	front := serverConfig(0)
	front.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return serverConfig(0), nil }
	installed := f.install(t, front)
	for range maxProfiles + 10 {
		hooks(t, installed, "a.example")
	}
	box := &ticketBox{}
	resumes(t, "the first", installed, client(box, "a.example"), false)
	resumes(t, "the second", installed, client(box, "a.example"), true)
}
