package handshake

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// server answers handshakes on two addresses, one of which asks for client
// certificates.
type server struct {
	keeper        keeper
	plain, mutual net.Listener
	timeout       time.Duration // of a connection

	accepting sync.WaitGroup
	active    *gauge // connections
	counters  serverCounters
	failure   atomic.Pointer[error] // of accepting
}

// serverCounters are what the server knows of its handshakes.
type serverCounters struct{ full, resumed, broken atomic.Uint64 }

// newServer listens on two free ports of the loopback interface.
func newServer(t Target, capacity int, by identity, timeout time.Duration) (*server, error) {
	certificate, pool, err := by.parse()
	if err != nil {
		return nil, err
	}
	s := &server{timeout: timeout, active: newGauge()}
	if s.keeper, err = t.open(capacity); err != nil {
		return nil, fmt.Errorf("target %s: %w", t.Name, err)
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{certificate},
		NextProtos:   []string{"h2", "http/1.1"},
		MinVersion:   tls.VersionTLS12,
	}
	asking := config.Clone()
	asking.ClientAuth, asking.ClientCAs = tls.RequireAndVerifyClientCert, pool
	s.plain, err = s.listen(config)
	if err == nil {
		s.mutual, err = s.listen(asking)
	}
	if err != nil {
		return nil, errors.Join(err, errors.Join(s.closeListeners()...))
	}
	return s, nil
}

// listen begins to accept connections for a config.
func (s *server) listen(config *tls.Config) (net.Listener, error) {
	config, err := s.keeper.install(config)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.accepting.Go(func() {
		for {
			raw, err := l.Accept()
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					s.failure.Store(&err)
				}
				return
			}
			s.active.add(1)
			go func() {
				defer s.active.add(-1)
				s.serve(raw, config)
			}()
		}
	})
	return l, nil
}

// serve makes one handshake, and waits for the client's end before it closes,
// so that what was sent arrives: a socket that is closed with something unread
// is reset.
func (s *server) serve(raw net.Conn, config *tls.Config) {
	// Errors of a connection end it, and are the client's to tell.
	defer func() { _ = raw.Close() }()
	if raw.SetDeadline(time.Now().Add(s.timeout)) != nil {
		return
	}
	c := tls.Server(raw, config)
	if c.Handshake() != nil {
		s.counters.broken.Add(1)
		return
	}
	if c.ConnectionState().DidResume {
		s.counters.resumed.Add(1)
	} else {
		s.counters.full.Add(1)
	}
	_, _ = io.Copy(io.Discard, c)
	_ = c.Close()
}

// settle waits until no connection is open. Nobody may connect meanwhile.
func (s *server) settle() error {
	s.active.waitForNone()
	if err := s.failure.Load(); err != nil {
		return fmt.Errorf("accepting connections: %w", *err)
	}
	return nil
}

func (s *server) closeListeners() (errs []error) {
	for _, l := range []net.Listener{s.plain, s.mutual} {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	s.accepting.Wait()
	return errs
}

// close ends the server and reports what is wrong, one line each.
func (s *server) close() (wrong []string) {
	if err := errors.Join(s.closeListeners()...); err != nil {
		wrong = append(wrong, fmt.Sprintf("closing: %v", err))
	}
	if err := s.settle(); err != nil {
		wrong = append(wrong, err.Error())
	}
	return append(wrong, s.keeper.close()...)
}

// A gauge counts what is there. Unlike with a WaitGroup, more may come while
// somebody waits.
type gauge struct {
	mu   sync.Mutex
	n    int
	none *sync.Cond
}

func newGauge() *gauge {
	g := new(gauge)
	g.none = sync.NewCond(&g.mu)
	return g
}

func (g *gauge) add(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n += n; g.n == 0 {
		g.none.Broadcast()
	}
}

func (g *gauge) waitForNone() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.n > 0 {
		g.none.Wait()
	}
}
