package handshake

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

// ownName is what targets of this package are called.
const ownName = "target.example"

// certificates are those of a run with targets of its own: made for it, good
// for a day, and never written anywhere. Keys are P-256, what most certificates
// on the web use.
type certificates struct {
	root   *x509.Certificate
	server tls.Certificate
	client tls.Certificate
}

func newCertificates() (*certificates, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := certificate(1, "Reprise")
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	c := new(certificates)
	if c.root, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	if c.server, err = issue(c.root, key, 2, ownName, x509.ExtKeyUsageServerAuth); err != nil {
		return nil, err
	}
	c.client, err = issue(c.root, key, 3, "client.example", x509.ExtKeyUsageClientAuth)
	return c, err
}

func (c *certificates) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.root)
	return pool
}

func certificate(serial int64, name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{Organization: []string{"Reprise"}, CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(24 * time.Hour),
	}
}

func issue(root *x509.Certificate, by *ecdsa.PrivateKey, serial int64, name string, usage x509.ExtKeyUsage) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := certificate(serial, name)
	template.DNSNames = []string{name}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{usage}
	der, err := x509.CreateCertificate(rand.Reader, template, root, &key.PublicKey, by)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// identity is a certificate, its key and the root, as they go to the process of
// a target. (encoding/json writes bytes in base64.)
type identity struct{ Root, Certificate, Key []byte }

func (c *certificates) identity() (identity, error) {
	key, err := x509.MarshalPKCS8PrivateKey(c.server.PrivateKey)
	return identity{c.root.Raw, c.server.Certificate[0], key}, err
}

// parse returns the certificate and a pool of the root.
func (i identity) parse() (tls.Certificate, *x509.CertPool, error) {
	root, err := x509.ParseCertificate(i.Root)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("handshake: root certificate: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(i.Key)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("handshake: key of the certificate: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return tls.Certificate{Certificate: [][]byte{i.Certificate}, PrivateKey: key}, pool, nil
}
