package tlscache

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

const clientServerName = "upstream.example"

// clientAuthority is a self-signed certificate for clientServerName.
var clientAuthority = sync.OnceValues(func() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: clientServerName}, DNSNames: []string{clientServerName},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(30 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
})

// upstream is a server to shake hands with.
type upstream struct {
	t      testing.TB
	server *tls.Config
	roots  *x509.CertPool
}

func newUpstream(t testing.TB, version uint16) *upstream {
	t.Helper()
	certificate, err := clientAuthority()
	if err != nil {
		t.Fatal(err)
	}
	u := &upstream{t: t, roots: x509.NewCertPool()}
	u.roots.AddCert(certificate.Leaf)
	u.server = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: version, MaxVersion: version}
	return u
}

func (u *upstream) config(cache tls.ClientSessionCache) *tls.Config {
	return &tls.Config{RootCAs: u.roots, ServerName: clientServerName, ClientSessionCache: cache}
}

// shake makes one handshake and reads what the server sends, its tickets among
// it, until it closes.
func (u *upstream) shake(config *tls.Config) (resumed bool, err error) {
	a, b := net.Pipe()
	deadline := time.Now().Add(time.Minute)
	if err := errors.Join(a.SetDeadline(deadline), b.SetDeadline(deadline)); err != nil {
		return false, err
	}
	served := make(chan error, 1)
	go func() {
		err := tls.Server(a, u.server).Handshake()
		served <- errors.Join(err, a.Close())
	}()
	client := tls.Client(b, config)
	err = client.Handshake()
	if err == nil {
		// The server closes the raw end: a pipe has no buffer for a
		// close_notify that nobody reads.
		if _, err = io.Copy(io.Discard, client); errors.Is(err, io.ErrUnexpectedEOF) {
			err = nil
		}
	}
	resumed = client.ConnectionState().DidResume
	return resumed, errors.Join(err, b.Close(), <-served)
}

// mustShake wants a handshake that is resumed, or not.
func (u *upstream) mustShake(cache tls.ClientSessionCache, resumed bool) {
	u.t.Helper()
	got, err := u.shake(u.config(cache))
	if err != nil {
		u.t.Fatal(err)
	}
	if got != resumed {
		u.t.Errorf("the handshake was resumed: %v, want %v", got, resumed)
	}
}

// catcher keeps every ticket and offers none.
type catcher struct {
	mu     sync.Mutex
	states []*tls.ClientSessionState
}

func (k *catcher) Get(string) (*tls.ClientSessionState, bool) { return nil, false }

func (k *catcher) Put(_ string, cs *tls.ClientSessionState) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.states = append(k.states, cs)
}

// tickets makes n full handshakes of a version and returns their tickets.
func clientTickets(t testing.TB, version uint16, n int) []*tls.ClientSessionState {
	t.Helper()
	u, k := newUpstream(t, version), &catcher{}
	for range n {
		u.mustShake(k, false)
	}
	if len(k.states) != n {
		t.Fatalf("%d handshakes brought %d tickets", n, len(k.states))
	}
	return k.states
}

// clientTicketBytes returns the ticket itself, which tells one from another.
func clientTicketBytes(t testing.TB, cs *tls.ClientSessionState) string {
	t.Helper()
	ticket, _, err := cs.ResumptionState()
	if err != nil {
		t.Fatal(err)
	}
	return string(ticket)
}

// clientFixture is a client with a clock of its own. When the test ends nothing
// may be referenced any more, and the cache be in order.
type clientFixture struct {
	*Client
	t    testing.TB
	time atomic.Int64
}

// clientStart is where its clock begins: near the time of the handshakes, from
// which their tickets live for seven days.
var clientStart = time.Now().Unix()

func newClientFixture(t testing.TB, change func(*ClientOptions)) *clientFixture {
	t.Helper()
	f := &clientFixture{t: t}
	f.time.Store(clientStart)
	o := ClientOptions{Clock: f.time.Load}
	if change != nil {
		change(&o)
	}
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	f.Client = c
	t.Cleanup(func() {
		r, err := f.Cache().Audit()
		if err != nil {
			t.Error(err)
		}
		if r.Outstanding != 0 {
			t.Errorf("%d references outstanding", r.Outstanding)
		}
		f.Close()
	})
	return f
}

// wantStats compares all counters.
func (f *clientFixture) wantStats(want ClientStats) {
	f.t.Helper()
	if got := f.Stats(); got != want {
		f.t.Errorf("Stats are %+v, want %+v", got, want)
	}
}

// wantTicket wants Get to give this ticket, or none.
func wantClientTicket(t testing.TB, cache tls.ClientSessionCache, key string, want *tls.ClientSessionState) {
	t.Helper()
	got, ok := cache.Get(key)
	if ok != (want != nil) || ok != (got != nil) {
		t.Errorf("Get says %v, want %v", ok, want != nil)
		return
	}
	if ok && clientTicketBytes(t, got) != clientTicketBytes(t, want) {
		t.Error("Get gave another ticket")
	}
}

func forEachClientTable(t *testing.T, test func(t *testing.T, kind engine.TableKind)) {
	t.Helper()
	for _, kind := range []engine.TableKind{engine.LockFree, engine.XSync} {
		t.Run(kind.String(), func(t *testing.T) { test(t, kind) })
	}
}

var clientVersions = map[string]uint16{"TLS1.2": tls.VersionTLS12, "TLS1.3": tls.VersionTLS13}
