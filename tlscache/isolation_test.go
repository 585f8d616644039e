package tlscache

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"sync"
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

// naive is the cache one writes after reading the documentation of UnwrapSession:
// a map from random ids to sessions, one for all configs.
type naive struct{ sessions sync.Map }

func (n *naive) install(config *tls.Config) *tls.Config {
	config.WrapSession = func(_ tls.ConnectionState, ss *tls.SessionState) ([]byte, error) {
		var id [32]byte
		rand.Read(id[:])
		b, err := ss.Bytes()
		n.sessions.Store(id, b)
		return id[:], err
	}
	config.UnwrapSession = func(identity []byte, _ tls.ConnectionState) (*tls.SessionState, error) {
		if len(identity) != 32 {
			return nil, nil
		}
		b, ok := n.sessions.Load([32]byte(identity))
		if !ok {
			return nil, nil
		}
		return tls.ParseSessionState(b.([]byte))
	}
	return config
}

// crossing is an attack: a session made under one config is offered to another.
type crossing struct {
	name         string
	before       func(version uint16) *tls.Config
	after        func(version uint16) *tls.Config
	beforeName   string // the server names that the client asks for
	afterName    string
	naiveResumes bool // the naive cache lets it through
}

// atName leads the connections for a name to a config.
func atName(name string, config, others *tls.Config) *tls.Config {
	front := others.Clone()
	front.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if hello.ServerName == name {
			return config, nil
		}
		return others, nil
	}
	return front
}

// withClients returns a config that asks for client certificates.
func withClients(config *tls.Config, policy tls.ClientAuthType, pool *x509.CertPool) *tls.Config {
	config.ClientAuth, config.ClientCAs = policy, pool
	return config
}

func crossings(t *testing.T) []crossing {
	site := theSite()
	other := newAuthority(t, "others")
	both := x509.NewCertPool() // another pool that has the client's authority too
	both.AddCert(site.ca.certificate)
	both.AddCert(other.certificate)
	protected := func(policy tls.ClientAuthType, pool *x509.CertPool) func(uint16) *tls.Config {
		return func(version uint16) *tls.Config { return withClients(serverConfig(version), policy, pool) }
	}
	return []crossing{
		{
			// Two server blocks ask for client certificates; the session of a
			// client that only the first should let in is offered to the second.
			name:       "CVE-2025-23419",
			before:     protected(tls.RequireAnyClientCert, nil),
			after:      protected(tls.RequireAnyClientCert, nil),
			beforeName: "a.example", afterName: "b.example",
			naiveResumes: true,
		},
		{
			// ClientCAs have changed; crypto/tls verifies the chain again since
			// the fix, but not where the policy is that of the application.
			name:       "CVE-2025-68121",
			before:     protected(tls.RequireAnyClientCert, site.ca.pool),
			after:      protected(tls.RequireAnyClientCert, other.pool),
			beforeName: "a.example", afterName: "a.example",
			naiveResumes: true,
		},
		{
			name:       "CVE-2025-68121, the new pool has the client's authority too",
			before:     protected(tls.RequireAndVerifyClientCert, site.ca.pool),
			after:      protected(tls.RequireAndVerifyClientCert, both),
			beforeName: "a.example", afterName: "a.example",
			naiveResumes: true,
		},
		{
			// Two TLS options by server name: one takes any certificate, the
			// other wants to verify it by itself.
			name: "GHSA-gv8r-9rw9-9697",
			before: func(v uint16) *tls.Config {
				return atName("a.example", protected(tls.RequestClientCert, nil)(v), protected(tls.RequireAnyClientCert, nil)(v))
			},
			after: func(v uint16) *tls.Config {
				return atName("a.example", protected(tls.RequestClientCert, nil)(v), protected(tls.RequireAnyClientCert, nil)(v))
			},
			beforeName: "a.example", afterName: "b.example",
			naiveResumes: true,
		},
		{
			name:       "another policy for the same name",
			before:     protected(tls.RequestClientCert, nil),
			after:      protected(tls.RequireAnyClientCert, nil),
			beforeName: "a.example", afterName: "a.example",
			naiveResumes: true,
		},
		{
			name:   "another certificate for the same name",
			before: serverConfig,
			after: func(v uint16) *tls.Config {
				c := serverConfig(v)
				c.Certificates = []tls.Certificate{other.issue(t, 1<<40, "a.example")}
				return c
			},
			beforeName: "a.example", afterName: "a.example",
			naiveResumes: true,
		},
		{
			name:   "other protocols",
			before: serverConfig,
			after: func(v uint16) *tls.Config {
				c := serverConfig(v)
				c.NextProtos = []string{"h2", "smtp"}
				return c
			},
			beforeName: "a.example", afterName: "a.example",
			naiveResumes: true,
		},
		{
			name:   "RFC 6066, section 3: another server name",
			before: serverConfig, after: serverConfig,
			beforeName: "a.example", afterName: "b.example",
			naiveResumes: true,
		},
	}
}

func certified(box *ticketBox, name string) *tls.Config {
	c := client(box, name)
	// Also to servers that name other authorities.
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		certificate := theSite().client
		return &certificate, nil
	}
	return c
}

func TestSessionsDoNotCrossScopes(t *testing.T) {
	for _, x := range crossings(t) {
		t.Run(x.name, func(t *testing.T) {
			forVersions(t, func(t *testing.T, version uint16) {
				cache, box := &naive{}, &ticketBox{}
				install := func(config *tls.Config) *tls.Config {
					if choose := config.GetConfigForClient; choose != nil {
						config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
							chosen, err := choose(hello)
							return cache.install(chosen), err
						}
					}
					return cache.install(config)
				}
				resumes(t, "naive, made", install(x.before(version)), certified(box, x.beforeName), false)
				// The client keeps its session by server name; an attacker does not.
				resumes(t, "naive, offered elsewhere", install(x.after(version)), certified(box, x.afterName), x.naiveResumes)

				f := newFixture(t, nil)
				box = &ticketBox{}
				before, after := f.install(t, x.before(version)), f.install(t, x.after(version))
				resumes(t, "made", before, certified(box, x.beforeName), false)
				mine := box.copied(t, false)
				resumes(t, "offered elsewhere", after, certified(box, x.afterName), false)
				if n := f.Stats().Lookups.OtherScope; n != 1 {
					t.Errorf("%d scope mismatches counted, want 1", n)
				}
				resumes(t, "offered where it was made", before, certified(mine, x.beforeName), true)
			})
		})
	}
}

// What must not separate sessions: an equal config, an equal pool, another case
// of the name.
func TestSessionsResumeUnderAnEqualConfig(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		f := newFixture(t, nil)
		site := theSite()
		config := func() *tls.Config {
			return withClients(serverConfig(version), tls.RequireAndVerifyClientCert, site.ca.pool.Clone())
		}
		box := &ticketBox{}
		resumes(t, "made", f.install(t, config()), certified(box, "a.example"), false)
		resumes(t, "offered to an equal config", f.install(t, config()), certified(box, "a.example"), true)
		resumes(t, "offered in capitals", f.install(t, config()), certified(box, "A.Example"), true)
	})
}

func TestShareNames(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		f := newFixture(t, func(_ *engine.Config, o *Options) { o.ShareNames = true })
		config := f.install(t, serverConfig(version))
		box := &ticketBox{}
		resumes(t, "made", config, client(box, "a.example"), false)
		resumes(t, "offered under another name", config, client(box, "b.example"), version == tls.VersionTLS13)
	})
}

// A scope name that comes to stand for other ClientCAs is noticed.
func TestScopeNameWithOtherClientCAs(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		f := newFixture(t, func(_ *engine.Config, o *Options) { o.Scope = FixedScope("admin") })
		old := f.install(t, withClients(serverConfig(version), tls.RequireAnyClientCert, theSite().ca.pool))
		changed := f.install(t, withClients(serverConfig(version), tls.RequireAnyClientCert, newAuthority(t, "others").pool))
		box := &ticketBox{}
		resumes(t, "made", old, certified(box, "a.example"), false)
		resumes(t, "offered after ClientCAs have changed", changed, certified(box, "a.example"), false)
		if n := f.Stats().TicketsOff; n != (TicketsOff{ScopeConflict: 1}) {
			t.Errorf("counted %+v", n)
		}
		resumes(t, "the old config still resumes", old, certified(box, "a.example"), true)
		if err := f.Revoke(t.Context(), "admin"); err != nil {
			t.Fatal(err)
		}
		resumes(t, "offered after the name was revoked", changed, certified(box, "a.example"), false)
		resumes(t, "made under the new ClientCAs", changed, certified(box, "a.example"), true)
		resumes(t, "offered to the old config", old, certified(box, "a.example"), false)
	})
}

// Scopes derived by one server mean nothing to another, even on the same cache
// with the same keys: its numbers of pools are others.
func TestDerivedScopesAreOneServers(t *testing.T) {
	f := newFixture(t, func(_ *engine.Config, o *Options) { o.HandleKeys = testKeys() })
	second, err := NewServer(f.cache, Options{HandleKeys: testKeys(), Logger: quietly})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	other, err := second.Install(serverConfig(0))
	if err != nil {
		t.Fatal(err)
	}
	box := &ticketBox{}
	resumes(t, "made at one", f.install(t, serverConfig(0)), client(box, "a.example"), false)
	resumes(t, "offered to the other", other, client(box, "a.example"), false)
}

func TestPoolsAreBounded(t *testing.T) {
	f := newFixture(t, nil)
	config := serverConfig(0)
	front := serverConfig(0)
	front.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return config, nil }
	installed := f.install(t, front)
	for range maxPools {
		number, ok := f.pools.number(newAuthority(t, "one of many").pool)
		if again, _ := f.pools.number(f.pools.known[number-1].Clone()); !ok || again != number {
			t.Fatalf("number %d, %v, then %d", number, ok, again)
		}
	}
	config = withClients(serverConfig(0), tls.RequestClientCert, newAuthority(t, "one too many").pool)
	resumes(t, "one too many", installed, client(&ticketBox{}, "a.example"), false)
	if n := f.Stats().TicketsOff; n != (TicketsOff{TooManyPools: 1}) {
		t.Errorf("counted %+v", n)
	}
	if _, err := f.Install(config); err == nil {
		t.Error("Install took one too many")
	}
}
