package workload

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"time"
)

// authority issues the certificates of the handshakes. Keys are P-256, what
// most certificates on the web use.
type authority struct {
	pool        *x509.CertPool
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	server      tls.Certificate
	serial      int64
}

const serverName = "sessions.example"

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := certificate(1, "Session Authority")
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	a := &authority{pool: x509.NewCertPool(), certificate: root, key: key, serial: 1}
	a.pool.AddCert(root)
	a.server, err = a.issue(serverName, x509.ExtKeyUsageServerAuth)
	return a, err
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

// issue makes a key and a certificate for it.
func (a *authority) issue(name string, usage x509.ExtKeyUsage) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	a.serial++
	template := certificate(a.serial, name)
	template.DNSNames = []string{name}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{usage}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// handshakeTimeout bounds a handshake over a pipe, which takes a millisecond.
const handshakeTimeout = 10 * time.Second

// handshake makes one full handshake, client and server verifying each other's
// certificates as they would on a network, and returns the state that the
// server's crypto/tls hands out to be kept.
func (a *authority) handshake(version uint16, mutual bool) ([]byte, error) {
	var state []byte
	server := &tls.Config{
		Certificates: []tls.Certificate{a.server},
		MinVersion:   version,
		MaxVersion:   version,
		WrapSession: func(_ tls.ConnectionState, s *tls.SessionState) (handle []byte, err error) {
			state, err = s.Bytes()
			// Any handle will do: nobody comes back with it.
			return make([]byte, 32), err
		},
		UnwrapSession: func([]byte, tls.ConnectionState) (*tls.SessionState, error) { return nil, nil },
	}
	client := &tls.Config{
		RootCAs:            a.pool,
		ServerName:         serverName,
		MinVersion:         version,
		ClientSessionCache: tls.NewLRUClientSessionCache(1), // makes it ask for a ticket
	}
	if mutual {
		own, err := a.issue(fmt.Sprintf("client%d.example", a.serial), x509.ExtKeyUsageClientAuth)
		if err != nil {
			return nil, err
		}
		client.Certificates = []tls.Certificate{own}
		server.ClientAuth = tls.RequireAndVerifyClientCert
		server.ClientCAs = a.pool
	}
	if err := shakeHands(server, client); err != nil {
		return nil, err
	}
	if len(state) == 0 {
		return nil, errors.New("the server kept no session")
	}
	return state, nil
}

// shakeHands connects a server and a client and returns when both have
// finished, the server after it has issued its ticket.
func shakeHands(server, client *tls.Config) error {
	a, b := net.Pipe()
	deadline := time.Now().Add(handshakeTimeout)
	if err := errors.Join(a.SetDeadline(deadline), b.SetDeadline(deadline)); err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() {
		// With TLS 1.3 the ticket is part of Handshake. The raw end is closed,
		// since a pipe has no buffer for a close_notify nobody reads.
		err := tls.Server(a, server).Handshake()
		served <- errors.Join(err, a.Close())
	}()
	c := tls.Client(b, client)
	err := c.Handshake()
	if err == nil {
		// Reading takes the ticket of TLS 1.3 off the pipe, up to its end.
		if _, err = io.Copy(io.Discard, c); errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = nil
		}
	}
	return errors.Join(err, b.Close(), <-served)
}
