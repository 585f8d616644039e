package main

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
)

// handshakes knows which TLS handshakes are under way, so that a reload can
// hand the sessions over when nobody uses them any more. Its methods may be
// called by any number of goroutines.
type handshakes struct {
	mu       sync.Mutex
	underWay map[*net.Conn]struct{}
	ended    bool          // no more may use the sessions
	idle     chan struct{} // closed when ended and none is under way
}

func newHandshakes() *handshakes {
	return &handshakes{underWay: map[*net.Conn]struct{}{}, idle: make(chan struct{})}
}

// count returns a config under which handshakes are counted. After end they get
// a copy of it that neither resumes sessions nor issues tickets: those would be
// unknown to the next process, or be used in both.
func (h *handshakes) count(config *tls.Config) *tls.Config {
	without := config.Clone()
	without.SessionTicketsDisabled = true
	counted := config.Clone()
	counted.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if !h.begin(hello.Context(), hello.Conn) {
			return without, nil
		}
		return nil, nil
	}
	return counted
}

// begin counts a handshake until its context ends, which is when it is over. It
// returns false after end.
func (h *handshakes) begin(ctx context.Context, conn net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return false
	}
	entry := &conn
	h.underWay[entry] = struct{}{}
	context.AfterFunc(ctx, func() { h.done(entry) })
	return true
}

func (h *handshakes) done(entry *net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.underWay, entry)
	if h.ended && len(h.underWay) == 0 {
		close(h.idle)
	}
}

// end lets no further handshake use the sessions, and waits for those that do.
// Those that are not over when ctx ends lose their connections; it returns how
// many. Calls after the first do nothing.
func (h *handshakes) end(ctx context.Context) (broken int) {
	h.mu.Lock()
	if h.ended {
		h.mu.Unlock()
		return 0
	}
	h.ended = true
	if len(h.underWay) == 0 {
		close(h.idle)
	}
	h.mu.Unlock()
	select {
	case <-h.idle:
		return 0
	case <-ctx.Done():
	}
	h.mu.Lock()
	for entry := range h.underWay {
		if err := (*entry).Close(); err == nil {
			broken++
		}
	}
	h.mu.Unlock()
	<-h.idle
	return broken
}
