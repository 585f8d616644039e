// Package site is the HTTPS server that the tests of real clients talk to.
package site

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/tlscache"
)

// Name is the server's name, which every machine resolves to itself.
const Name = "localhost"

// Patience bounds what a client may take. It is for a busy machine, and no
// measure of anything.
const Patience = 2 * time.Minute

// Certificate makes a certificate for [Name] that is its own authority, and
// writes it to a file in PEM.
func Certificate(t testing.TB) (certificate tls.Certificate, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: Name},
		DNSNames: []string{Name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, file
}

// Site is a server of HTTP/1.1 whose sessions are in a cache.
type Site struct {
	Address   string // Name:port
	URL       string // without a path
	Authority string // file in PEM with the server's certificate
	Pool      *x509.CertPool
	KeyPin    string // SHA-256 of the certificate's public key, in base64

	Cache  *engine.Cache
	Server *tlscache.Server
}

// New starts a site that speaks only the given version of TLS. Its connections
// end with each response, so that every request needs a handshake.
func New(t testing.TB, version uint16, handler http.Handler, o tlscache.Options) *Site {
	t.Helper()
	cache, err := engine.New(engine.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Close)
	s := &Site{Cache: cache}
	if s.Server, err = tlscache.NewServer(cache, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Server.Close)
	certificate, file := Certificate(t)
	s.Authority, s.Pool = file, x509.NewCertPool()
	s.Pool.AddCert(certificate.Leaf)
	pin := sha256.Sum256(certificate.Leaf.RawSubjectPublicKeyInfo)
	s.KeyPin = base64.StdEncoding.EncodeToString(pin[:])
	config, err := s.Server.Install(&tls.Config{
		Certificates: []tls.Certificate{certificate},
		NextProtos:   []string{"http/1.1"},
		MinVersion:   version, MaxVersion: version,
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	s.Address = fmt.Sprintf("%s:%d", Name, listener.Addr().(*net.TCPAddr).Port)
	s.URL = "https://" + s.Address
	server := &http.Server{Handler: handler, ReadHeaderTimeout: Patience}
	server.SetKeepAlivesEnabled(false)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return s
}

// Resumed answers with whether the connection was resumed.
func Resumed(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "resumed=%t\n", r.TLS.DidResume) //nolint:gosec // true and false are no HTML
}

// Handshakes returns the handshakes of a version so far.
func (s *Site) Handshakes(version uint16) tlscache.Handshakes {
	if version == tls.VersionTLS12 {
		return s.Server.Stats().TLS12
	}
	return s.Server.Stats().TLS13
}

// Command is a command that ends with the test's context, or after [Patience],
// with all processes that it started.
func Command(t testing.TB, name string, arguments ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, arguments...)
	endGroup(cmd)
	return cmd
}
