package handshake

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"time"
)

const serverName = "server.example"

// certificates are those of one server and one client, issued by one root.
// Keys are P-256, what most certificates on the web have.
type certificates struct {
	roots          *x509.CertPool
	server, client tls.Certificate
}

func newCertificates() (*certificates, error) {
	now := time.Now()
	template := func(serial int64, name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
			NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		}
	}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	root := template(1, "root.example")
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		return nil, err
	}
	if root, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	c := &certificates{roots: x509.NewCertPool()}
	c.roots.AddCert(root)
	issue := func(leaf *x509.Certificate, usage x509.ExtKeyUsage) (tls.Certificate, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return tls.Certificate{}, err
		}
		leaf.ExtKeyUsage = []x509.ExtKeyUsage{usage}
		der, err := x509.CreateCertificate(rand.Reader, leaf, root, key.Public(), rootKey)
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
	}
	if c.server, err = issue(template(2, serverName), x509.ExtKeyUsageServerAuth); err != nil {
		return nil, err
	}
	c.client, err = issue(template(3, "client.example"), x509.ExtKeyUsageClientAuth)
	return c, err
}
