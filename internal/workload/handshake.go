package workload

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/reprise-tls/reprise/internal/authority"
)

// parties are a server, with its certificate, and the authority that clients
// have theirs from.
type parties struct {
	authority *authority.Authority
	server    tls.Certificate
	clients   int // that have got a certificate
}

const serverName = "sessions.example"

func newParties() (*parties, error) {
	a, err := authority.New()
	if err != nil {
		return nil, err
	}
	server, err := a.Issue(serverName, x509.ExtKeyUsageServerAuth)
	return &parties{authority: a, server: server}, err
}

// handshakeTimeout bounds a handshake over a pipe, which takes a millisecond.
const handshakeTimeout = 10 * time.Second

// handshake makes one full handshake, client and server verifying each other's
// certificates as they would on a network, and returns the state that the
// server's crypto/tls hands out to be kept.
func (p *parties) handshake(version uint16, mutual bool) ([]byte, error) {
	var state []byte
	server := &tls.Config{
		Certificates: []tls.Certificate{p.server},
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
		RootCAs:            p.authority.Pool(),
		ServerName:         serverName,
		MinVersion:         version,
		ClientSessionCache: tls.NewLRUClientSessionCache(1), // makes it ask for a ticket
	}
	if mutual {
		p.clients++
		own, err := p.authority.Issue(fmt.Sprintf("client%d.example", p.clients), x509.ExtKeyUsageClientAuth)
		if err != nil {
			return nil, err
		}
		client.Certificates = []tls.Certificate{own}
		server.ClientAuth = tls.RequireAndVerifyClientCert
		server.ClientCAs = p.authority.Pool()
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
