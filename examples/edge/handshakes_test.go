package main

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"testing"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/tlscache"
)

// end waits for the handshakes under way, and lets no other one begin.
func TestEndWaits(t *testing.T) {
	h := newHandshakes()
	first, firstDone := context.WithCancel(t.Context())
	second, secondDone := context.WithCancel(t.Context())
	if !h.begin(first, nil) || !h.begin(second, nil) {
		t.Fatal("a handshake was not let in")
	}
	firstDone()
	ended := make(chan int)
	go func() { ended <- h.end(t.Context()) }()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for h.begin(over, nil) { // until end has begun
		runtime.Gosched()
	}
	select {
	case <-ended:
		t.Fatal("end did not wait")
	default:
	}
	secondDone()
	if broken := <-ended; broken != 0 {
		t.Errorf("%d connections were cut off", broken)
	}
	if broken := h.end(t.Context()); broken != 0 {
		t.Errorf("the second end: %d", broken)
	}
}

// A handshake that stalls loses its connection, and one that comes after the
// end is a full one without a ticket.
func TestStalledAndLateHandshakes(t *testing.T) {
	cache, err := engine.New(engine.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Close)
	server, err := tlscache.NewServer(cache, tlscache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	pair, err := selfSign()
	if err != nil {
		t.Fatal(err)
	}
	h := newHandshakes()
	config, err := server.Install(h.count(&tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}, MaxVersion: tls.VersionTLS12}))
	if err != nil {
		t.Fatal(err)
	}
	box := new(ticketBox)
	client := &tls.Config{InsecureSkipVerify: true, ServerName: "localhost", ClientSessionCache: box}
	if state := handshake(t, config, client); state.DidResume || box.count() != 1 {
		t.Errorf("the first handshake: %+v, %d tickets", state.DidResume, box.count())
	}
	if state := handshake(t, config, client); !state.DidResume {
		t.Error("the second handshake did not resume")
	}

	// A client that says hello, and then nothing.
	underWay(h, 0)
	here, there := net.Pipe()
	failed := make(chan error, 1)
	go func() { failed <- tls.Server(there, config).Handshake() }()
	go tls.Client(&silent{Conn: here}, client).Handshake()
	underWay(h, 1)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if broken := h.end(over); broken != 1 {
		t.Errorf("%d connections were cut off, want 1", broken)
	}
	if err := <-failed; err == nil {
		t.Error("the stalled handshake succeeded")
	}
	here.Close()

	before := box.count()
	if state := handshake(t, config, client); state.DidResume || box.count() != before {
		t.Errorf("after the end: resumed=%t, %d tickets", state.DidResume, box.count()-before)
	}
}

// underWay waits until n handshakes are. The end of one is told of a moment after.
func underWay(h *handshakes, n int) {
	for {
		h.mu.Lock()
		now := len(h.underWay)
		h.mu.Unlock()
		if now == n {
			return
		}
		runtime.Gosched()
	}
}

// silent is a connection that reads nothing.
type silent struct{ net.Conn }

func (s *silent) Read([]byte) (int, error) {
	var b [1]byte
	for {
		if _, err := s.Conn.Read(b[:]); err != nil {
			return 0, err
		}
	}
}

// handshake makes a handshake and returns what the client knows of it.
func handshake(t *testing.T, server, client *tls.Config) tls.ConnectionState {
	t.Helper()
	here, there := net.Pipe()
	defer here.Close()
	ended := make(chan error, 1)
	go func() {
		s := tls.Server(there, server)
		err := s.Handshake()
		s.Close()
		ended <- err
	}()
	c := tls.Client(here, client)
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(c); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return c.ConnectionState()
}
