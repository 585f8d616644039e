package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// ticketBox is a ClientSessionCache with one session. A frozen one keeps what
// it has.
type ticketBox struct {
	mu     sync.Mutex
	latest *tls.ClientSessionState
	frozen bool
	puts   int
}

func (b *ticketBox) Get(string) (*tls.ClientSessionState, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.latest, b.latest != nil
}

func (b *ticketBox) Put(_ string, s *tls.ClientSessionState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s != nil && !b.frozen {
		b.latest = s
		b.puts++
	}
}

func (b *ticketBox) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.puts
}

// copied returns a frozen copy.
func (b *ticketBox) copied(t *testing.T) *ticketBox {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	ticket, state, err := b.latest.ResumptionState()
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := state.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := tls.ParseSessionState(encoded)
	if err != nil {
		t.Fatal(err)
	}
	session, err := tls.NewResumptionState(bytes.Clone(ticket), parsed)
	if err != nil {
		t.Fatal(err)
	}
	return &ticketBox{latest: session, frozen: true}
}

// kind is a way to talk to an edge.
type kind struct {
	name    string
	version uint16
	h2, h3  bool
}

var kinds = []kind{
	{name: "HTTP/1.1 over TLS 1.2", version: tls.VersionTLS12},
	{name: "HTTP/1.1 over TLS 1.3", version: tls.VersionTLS13},
	{name: "HTTP/2", version: tls.VersionTLS13, h2: true},
	{name: "HTTP/3", version: tls.VersionTLS13, h3: true},
}

func (k kind) transport(box *ticketBox) http.RoundTripper {
	config := &tls.Config{
		InsecureSkipVerify: true, // the edge's certificate is self-signed, and new each time
		ServerName:         "localhost",
		ClientSessionCache: box,
		MinVersion:         k.version, MaxVersion: k.version,
	}
	if k.h3 {
		return &http3.Transport{TLSClientConfig: config, QUICConfig: &quic.Config{HandshakeIdleTimeout: patience}}
	}
	return &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: k.h2}
}

// get makes one request over a connection of its own, and reports whether that
// was resumed, according to the edge.
func (k kind) get(address string, box *ticketBox) (resumed bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/", http.NoBody)
	if err != nil {
		return false, err
	}
	transport, before := k.transport(box), box.count()
	answer, err := transport.RoundTrip(request)
	if errors.Is(err, quic.Err0RTTRejected) {
		// The client's settings went early, under a session that the edge did
		// not resume. A browser would go on; this client leaves it to us.
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return false, err
	}
	if answer.StatusCode != http.StatusOK || !strings.Contains(string(body), "resumed: ") {
		return false, errors.New(answer.Status + ": " + string(body))
	}
	if k.h3 { // where tickets come when they come
		for box.count() == before && !box.frozen && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		err = errors.Join(ctx.Err(), transport.(*http3.Transport).Close())
	} else {
		transport.(*http.Transport).CloseIdleConnections()
	}
	return strings.Contains(string(body), "resumed: true"), err
}

// wantResumed makes a request and compares.
func (k kind) wantResumed(t *testing.T, address string, box *ticketBox, want bool) {
	t.Helper()
	got, err := k.get(address, box)
	if err != nil {
		t.Fatalf("%s: %v", k.name, err)
	}
	if got != want {
		t.Errorf("%s: resumed=%t, want %t", k.name, got, want)
	}
}
