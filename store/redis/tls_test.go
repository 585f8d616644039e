//go:build unix

package redis

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/server"
	"github.com/reprise-tls/reprise/store/storetest"
)

// certificate writes a certificate for 127.0.0.1 and its key to files, and
// returns a pool that trusts it.
func certificate(t testing.TB) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "redis of a test"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", pkcs8), roots
}

func TestTLS(t *testing.T) {
	t.Parallel()
	cert, key, roots := certificate(t)
	s := server.Start(t, "redis-server", "redis-server", func(port int) []string {
		return []string{"--port", "0", "--tls-port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "",
			"--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no", "--requirepass", "a password"}
	})
	secure := func(o *Options) {
		o.Client.TLSConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		o.Client.Password = "a password"
	}
	t.Run("Contract", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) (a, b engine.Store) {
			return newStore(t, secure, s.Addr), newStore(t, secure, s.Addr)
		})
	})
	t.Run("Unknown certificate", func(t *testing.T) {
		st, err := New(Options{Client: rueidis.ClientOption{
			InitAddress: []string{s.Addr},
			TLSConfig:   &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12},
			Password:    "a password",
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		defer cancel()
		if err := st.Ping(ctx); err == nil {
			t.Error("connected to a server that nobody vouches for")
		}
	})
}
