package handshake

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"time"
)

// A Cost is what one handshake costs the server, in seconds of one core: the
// median of those made, and the quartiles around it. It is the time the server
// was not waiting for its client, so time that other programs took from this
// one is in it; the median leaves out the few handshakes that were hit.
type Cost struct {
	Median float64 `json:"seconds"`
	Low    float64 `json:"lowerQuartile"`
	High   float64 `json:"upperQuartile"`
	Count  int     `json:"handshakes"` // 0: given, not measured
}

// Costs are those of one kind.
type Costs struct {
	Full    Cost `json:"full"`
	Resumed Cost `json:"resumed"`

	// State is a state of a session that the server kept.
	State []byte `json:"-"`
}

// MinCount and MaxCount bound how many handshakes are made.
const (
	MinCount = 20
	MaxCount = 100_000
)

// Measure makes count full and as many resumed handshakes, in turn. States are
// kept in a map here, so that the costs contain no cache's.
func Measure(k Kind, count int) (Costs, error) {
	if count < MinCount || count > MaxCount {
		return Costs{}, fmt.Errorf("%d handshakes; allowed are %d to %d", count, MinCount, MaxCount)
	}
	if k.String() == "" || k.String() == "m" {
		return Costs{}, fmt.Errorf("TLS version %#x; allowed are 1.2 and 1.3", k.Version)
	}
	c, err := newCertificates()
	if err != nil {
		return Costs{}, fmt.Errorf("certificates for the handshakes: %w", err)
	}
	m := &measurement{kind: k, certificates: c, states: make(map[string][]byte)}
	m.configure()
	var full, resumed []float64
	for i := range count + warmUp {
		// Another cache knows no session: the handshake is full.
		m.client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		a, err := m.handshake(false)
		if err != nil {
			return Costs{}, fmt.Errorf("full handshake of %s: %w", k, err)
		}
		b, err := m.handshake(true)
		if err != nil {
			return Costs{}, fmt.Errorf("resumed handshake of %s: %w", k, err)
		}
		if i >= warmUp {
			full, resumed = append(full, a.Seconds()), append(resumed, b.Seconds())
		}
		clear(m.states)
	}
	return Costs{Full: cost(full), Resumed: cost(resumed), State: m.state}, nil
}

// warmUp is how many handshakes of each sort are made before those that count.
const warmUp = 5

func cost(seconds []float64) Cost {
	slices.Sort(seconds)
	n := len(seconds)
	return Cost{Median: seconds[n/2], Low: seconds[n/4], High: seconds[3*n/4], Count: n}
}

// measurement has the two sides and what the server keeps.
type measurement struct {
	kind           Kind
	certificates   *certificates
	server, client *tls.Config
	states         map[string][]byte // by handle; only the server's goroutine uses it during a handshake
	state          []byte            // of the latest session
	handles        int
}

func (m *measurement) configure() {
	m.server = &tls.Config{
		Certificates: []tls.Certificate{m.certificates.server}, MinVersion: m.kind.Version, MaxVersion: m.kind.Version,
		WrapSession: func(_ tls.ConnectionState, s *tls.SessionState) ([]byte, error) {
			state, err := s.Bytes()
			m.handles++
			handle := []byte(fmt.Sprintf("%032s", strconv.Itoa(m.handles)))
			m.states[string(handle)], m.state = state, state
			return handle, err
		},
		UnwrapSession: func(handle []byte, _ tls.ConnectionState) (*tls.SessionState, error) {
			state, known := m.states[string(handle)]
			if !known {
				return nil, nil
			}
			return tls.ParseSessionState(state)
		},
	}
	m.client = &tls.Config{RootCAs: m.certificates.roots, ServerName: serverName, MinVersion: m.kind.Version}
	if m.kind.Mutual {
		m.server.ClientAuth, m.server.ClientCAs = tls.RequireAndVerifyClientCert, m.certificates.roots
		m.client.Certificates = []tls.Certificate{m.certificates.client}
	}
}

// timeout bounds a handshake, which takes a millisecond.
const timeout = 30 * time.Second

// handshake makes one and returns how long the server worked. It fails if it
// was not resumed as expected.
func (m *measurement) handshake(resumed bool) (time.Duration, error) {
	a, b := net.Pipe()
	deadline := time.Now().Add(timeout)
	if err := errors.Join(a.SetDeadline(deadline), b.SetDeadline(deadline)); err != nil {
		return 0, err
	}
	type result struct {
		worked time.Duration
		err    error
	}
	served := make(chan result, 1)
	go func() {
		waiting := &waitingConn{Conn: a}
		begun := time.Now()
		s := tls.Server(waiting, m.server)
		err := s.Handshake()
		worked := time.Since(begun) - waiting.waited
		if state := s.ConnectionState(); err == nil && state.DidResume != resumed {
			err = fmt.Errorf("resumed: %v, expected: %v", state.DidResume, resumed)
		}
		served <- result{worked, errors.Join(err, a.Close())}
	}()
	client := tls.Client(b, m.client)
	err := client.Handshake()
	if err == nil {
		// Reading takes the ticket of TLS 1.3 off the pipe, up to its end.
		if _, err = io.Copy(io.Discard, client); errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			err = nil
		}
	}
	err = errors.Join(err, b.Close())
	r := <-served
	return r.worked, errors.Join(r.err, err)
}

// waitingConn counts the time spent waiting for the other side.
type waitingConn struct {
	net.Conn
	waited time.Duration
}

// Read implements net.Conn.
func (c *waitingConn) Read(b []byte) (int, error) {
	begun := time.Now()
	defer func() { c.waited += time.Since(begun) }()
	return c.Conn.Read(b)
}

// Write implements net.Conn.
func (c *waitingConn) Write(b []byte) (int, error) {
	begun := time.Now()
	defer func() { c.waited += time.Since(begun) }()
	return c.Conn.Write(b)
}
