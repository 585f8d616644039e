package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

// maxScope bounds --scope: a name of tlscache has 255 bytes at most, and a
// digest is appended.
const maxScope = 200

// selfSignedLife is how long a self-signed certificate is valid.
const selfSignedLife = 90 * 24 * time.Hour

// identity is who the edge is and whom it lets in.
type identity struct {
	config *tls.Config
	scope  string
}

// loadIdentity makes the TLS configuration of the flags. selfSigned is the
// certificate to use if they name none.
func loadIdentity(o *options, selfSigned tls.Certificate) (*identity, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.MinVersion == "1.3" || o.SingleUse {
		config.MinVersion = tls.VersionTLS13
	}
	for i := range o.Cert {
		pair, err := tls.LoadX509KeyPair(o.Cert[i], o.Key[i])
		if err != nil {
			return nil, fmt.Errorf("--cert %s, --key %s: %w", o.Cert[i], o.Key[i], err)
		}
		config.Certificates = append(config.Certificates, pair)
	}
	if len(o.Cert) == 0 {
		config.Certificates = []tls.Certificate{selfSigned}
	}
	id := &identity{config: config, scope: o.Scope}
	if o.ClientCA != "" {
		if err := id.requireClients(o.ClientCA); err != nil {
			return nil, err
		}
	}
	return id, nil
}

// requireClients lets in only clients with a certificate of the authorities in
// a file. The scope tells other authorities apart: a client that was let in
// under those of yesterday's file does not resume under today's
// (CVE-2025-68121).
func (id *identity) requireClients(path string) error {
	pem, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("--client-ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("--client-ca %s has no certificate; allowed are certificates in PEM", path)
	}
	id.config.ClientAuth, id.config.ClientCAs = tls.RequireAndVerifyClientCert, pool
	sum := sha256.Sum256(pem)
	id.scope += "/" + hex.EncodeToString(sum[:8])
	return nil
}

// selfSign makes a certificate for this machine's loopback names.
func selfSign() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(selfSignedLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
