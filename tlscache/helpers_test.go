package tlscache

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// authority issues certificates for tests.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pool        *x509.CertPool
}

func newAuthority(t testing.TB, name string) *authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(30 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	return &authority{certificate, key, pool}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var serial atomic.Int64

// issue makes a certificate for the names, good for servers and clients.
func (a *authority) issue(t testing.TB, life time.Duration, names ...string) tls.Certificate {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1) + 1), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(life),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// site is what most tests need: an authority, a certificate for three names, a
// client certificate.
type site struct {
	ca     *authority
	server tls.Certificate
	client tls.Certificate
}

var theSite = sync.OnceValue(func() site {
	t := new(testing.T) // newAuthority fails only without randomness
	ca := newAuthority(t, "clients")
	return site{ca: ca, server: ca.issue(t, 24*time.Hour, "a.example", "b.example", "c.example"), client: ca.issue(t, 24*time.Hour, "client")}
})

// serverConfig returns a config for a version, 0 for TLS 1.2 and 1.3.
func serverConfig(version uint16) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{theSite().server},
		NextProtos:   []string{"h2", "http/1.1"},
		MinVersion:   version, MaxVersion: version,
	}
}

// ticketBox is a ClientSessionCache that keeps the latest session.
type ticketBox struct {
	mu     sync.Mutex
	latest *tls.ClientSessionState
	frozen bool // offer the same one each time
	puts   int
}

func (b *ticketBox) Get(string) (*tls.ClientSessionState, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.latest, b.latest != nil
}

func (b *ticketBox) Put(_ string, s *tls.ClientSessionState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s != nil && !b.frozen {
		b.latest = s
		b.puts++
	}
}

// copied returns a box with a session of its own, made from the same bytes,
// whose secret is wrong if spoilt.
func (b *ticketBox) copied(t testing.TB, spoilt bool) *ticketBox {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	ticket, state, err := b.latest.ResumptionState()
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := state.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if spoilt {
		encoded[20] ^= 1 // in the secret
	}
	parsed, err := tls.ParseSessionState(encoded)
	if err != nil {
		t.Fatal(err)
	}
	session, err := tls.NewResumptionState(bytes.Clone(ticket), parsed)
	if err != nil {
		t.Fatal(err)
	}
	return &ticketBox{latest: session, frozen: true}
}

// ticket returns what the client offers.
func (b *ticketBox) ticket(t testing.TB) []byte {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	ticket, _, err := b.latest.ResumptionState()
	if err != nil || ticket == nil {
		t.Fatal("the client has no ticket: ", err)
	}
	return bytes.Clone(ticket)
}

// client returns a config of a client that trusts anybody.
func client(box *ticketBox, name string) *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, ServerName: name, ClientSessionCache: box, NextProtos: []string{"h2"}}
}

// outcome is that of one connection.
type outcome struct {
	resumed                bool
	clientError, serverErr error
	state                  tls.ConnectionState // the server's
}

// connect lets a client talk to a server once, until it has the server's ticket.
func connect(server, client *tls.Config) outcome {
	a, b := newPipe()
	defer a.Close()
	defer b.Close()
	var o outcome
	done := make(chan struct{})
	conn := tls.Server(a, server)
	go func() {
		defer close(done)
		if o.serverErr = conn.Handshake(); o.serverErr == nil {
			_, o.serverErr = conn.Write([]byte("x"))
		}
		if o.serverErr != nil {
			a.Close()
		}
	}()
	c := tls.Client(b, client)
	var buf [1]byte
	if _, o.clientError = io.ReadFull(c, buf[:]); o.clientError != nil {
		b.Close()
	}
	<-done
	o.resumed = c.ConnectionState().DidResume
	o.state = conn.ConnectionState()
	return o
}

// resumes connects and fails the test if the handshake fails or resumes other than
// wanted.
func resumes(t testing.TB, what string, server, client *tls.Config, want bool) outcome {
	t.Helper()
	o := connect(server, client)
	if o.clientError != nil || o.serverErr != nil {
		t.Fatalf("%s: client: %v, server: %v", what, o.clientError, o.serverErr)
	}
	if o.resumed != want || o.state.DidResume != want {
		t.Fatalf("%s: resumed %v (server: %v), want %v", what, o.resumed, o.state.DidResume, want)
	}
	return o
}

// fixture is a server on a cache with a clock of its own.
type fixture struct {
	*Server
	cache *engine.Cache
	time  *atomic.Int64
}

// quietly discards what servers log.
var quietly = slog.New(slog.DiscardHandler)

func testKeys() [][]byte { return [][]byte{bytes.Repeat([]byte{7}, HandleKeyLength)} }

func newFixture(t testing.TB, change func(*engine.Config, *Options)) *fixture {
	t.Helper()
	f := &fixture{time: new(atomic.Int64)}
	f.time.Store(time.Now().Unix())
	g := engine.Defaults()
	g.Clock = f.time.Load
	g.StoreDeadline = time.Hour // no test depends on how fast the machine is
	g.OnPanic = func(string, any, []byte) {}
	o := Options{Logger: quietly, EpochInterval: time.Hour}
	if change != nil {
		change(&g, &o)
	}
	if g.Store != nil {
		if o.Scope == nil {
			o.Scope = FixedScope("edge")
		}
		if o.HandleKeys == nil {
			o.HandleKeys = testKeys()
		}
	}
	cache, err := engine.New(g)
	if err != nil {
		t.Fatal(err)
	}
	f.cache = cache
	f.Server, err = NewServer(cache, o)
	if err != nil {
		t.Fatal(err)
	}
	if g.Store != nil {
		// A store may be down from the start; then the epochs are provisional.
		if err := f.Sync(context.Background(), "edge"); err != nil {
			t.Log(err)
		}
	}
	t.Cleanup(func() {
		f.Server.Close()
		if _, err := cache.Audit(); err != nil {
			t.Error(err)
		}
		for s := range cache.All() {
			if n := s.References(); n != 2 { // the table's and the loop's
				t.Errorf("a session has %d references left", n)
			}
		}
		cache.Close()
		if n := cache.Stats().OverReleased; n != 0 {
			t.Errorf("%d references were released too often", n)
		}
	})
	return f
}

func (f *fixture) install(t testing.TB, config *tls.Config) *tls.Config {
	t.Helper()
	installed, err := f.Install(config)
	if err != nil {
		t.Fatal(err)
	}
	return installed
}

// session returns the session that the client would resume. The test may look at
// it as long as it is in the cache.
func (f *fixture) session(t testing.TB, box *ticketBox) *engine.Session {
	t.Helper()
	id := box.ticket(t)
	for s := range f.cache.All() {
		if s.HasID(id) {
			return s
		}
	}
	t.Fatal("the client's session is not in the cache")
	return nil
}

// stateBytes are those of a session of a full handshake, by version.
var stateBytes = map[uint16]func() []byte{
	tls.VersionTLS12: sync.OnceValue(func() []byte { return makeState(tls.VersionTLS12) }),
	tls.VersionTLS13: sync.OnceValue(func() []byte { return makeState(tls.VersionTLS13) }),
}

func makeState(version uint16) (state []byte) {
	config := serverConfig(version)
	config.WrapSession = func(_ tls.ConnectionState, ss *tls.SessionState) (_ []byte, err error) {
		state, err = ss.Bytes()
		return make([]byte, handleLength), err
	}
	connect(config, client(&ticketBox{}, "a.example"))
	return state
}

// someState returns a session of a full handshake, without client certificates.
func someState(t testing.TB, version uint16) *tls.SessionState {
	t.Helper()
	ss, err := tls.ParseSessionState(bytes.Clone(stateBytes[version]()))
	if err != nil {
		t.Fatal(err)
	}
	return ss
}

// hooks returns the config that serves one connection, to call its hooks by hand.
func hooks(t testing.TB, installed *tls.Config, name string) *tls.Config {
	t.Helper()
	config, err := installed.GetConfigForClient(&tls.ClientHelloInfo{ServerName: name})
	if err != nil || config == nil {
		t.Fatalf("GetConfigForClient: %v, %v", config, err)
	}
	return config
}

// forVersions runs a test with TLS 1.2 and with TLS 1.3.
func forVersions(t *testing.T, test func(t *testing.T, version uint16)) {
	t.Helper()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) { test(t, version) })
	}
}

// waitFor waits until a condition holds.
func waitFor(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); {
		if time.Now().After(deadline) {
			t.Fatal("still waiting: " + what)
		}
		time.Sleep(time.Millisecond)
	}
}
