package libssl

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"math/big"
	"time"

	"github.com/reprise-tls/reprise/internal/workload"
)

// statesPerKind is as many as package workload makes handshakes of each kind.
const statesPerKind = 8

// lifetime is OpenSSL's for every TLS method, in seconds.
const lifetime = 7200

// session is the ASN.1 form of a session (ssl/ssl_asn1.c), as far as sessions
// of a server without session id context, early data, ALPN and server names
// have it.
type session struct {
	Format       int // 1
	Version      int
	CipherSuite  []byte
	ID           []byte
	MasterSecret []byte
	Time         int64         `asn1:"explicit,tag:1"`
	Timeout      int64         `asn1:"explicit,tag:2"`
	Peer         asn1.RawValue `asn1:"optional"` // explicit, tag 3
	Context      []byte        `asn1:"explicit,tag:4"`
}

// states are sessions in their ASN.1 form, by kind. Their ids are empty.
type states [4][][]byte

// newStates makes the kinds that the mix asks for. Suites are those that
// package workload's handshakes agree on.
func newStates(m workload.StateMix, created int64) (states, error) {
	var all states
	for kind, share := range [...]int{m.TLS13, m.TLS12, m.MutualTLS13, m.MutualTLS12} {
		if share == 0 {
			continue
		}
		for range statesPerKind {
			der, err := newState(workload.StateKind(kind), created)
			if err != nil {
				return states{}, err
			}
			all[kind] = append(all[kind], der)
		}
	}
	return all, nil
}

func newState(kind workload.StateKind, created int64) ([]byte, error) {
	s := session{Format: 1, Version: int(version(kind)), ID: []byte{}, Context: []byte{}, Time: created, Timeout: lifetime}
	suite, secret := tls.TLS_AES_128_GCM_SHA256, 32
	if s.Version == tls.VersionTLS12 {
		suite, secret = tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 48
	}
	s.CipherSuite = binary.BigEndian.AppendUint16(nil, suite)
	s.MasterSecret = make([]byte, secret)
	rand.Read(s.MasterSecret)
	if kind == workload.StateMutualTLS13 || kind == workload.StateMutualTLS12 {
		certificate, err := newCertificate()
		if err != nil {
			return nil, fmt.Errorf("libssl: client certificate: %w", err)
		}
		s.Peer = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 3, IsCompound: true, Bytes: certificate}
	}
	return asn1.Marshal(s)
}

// version returns the protocol version of a kind.
func version(kind workload.StateKind) uint16 {
	if kind == workload.StateTLS12 || kind == workload.StateMutualTLS12 {
		return tls.VersionTLS12
	}
	return tls.VersionTLS13
}

// newCertificate makes a client's certificate, as large as those of package
// workload's handshakes. Nobody verifies it.
func newCertificate() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	name := fmt.Sprintf("client%d.example", serial.Int64()%1000)
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"Reprise"}, CommonName: name},
		DNSNames:     []string{name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	return x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
}
