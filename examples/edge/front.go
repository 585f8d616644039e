package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/cloudflare/tableflip"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// Limits of the front's connections.
const (
	// headerTimeout bounds TLS handshakes, too.
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute

	// quicGrace is how long HTTP/3 requests under way may take at a reload.
	// The two processes cannot both read the socket, so what the old one still
	// has to do there keeps new QUIC connections waiting.
	quicGrace = time.Second

	// freshPatience is how long connections that were accepted before the end
	// have for their first request.
	freshPatience = 3 * time.Second
)

// sockets are what an edge listens on.
type sockets struct {
	tcp   net.Listener
	udp   net.PacketConn // nil without HTTP/3
	admin net.Listener   // nil without --admin
}

// openSockets takes the sockets over from the parent process, or opens them.
func openSockets(o *options, upg *tableflip.Upgrader) (*sockets, error) {
	s := new(sockets)
	var err error
	if s.tcp, err = listen(upg, "listen", o.Listen); err != nil {
		return nil, err
	}
	if o.HTTP3 {
		// The port of the TCP socket, also where the flag says 0.
		if s.udp, err = upg.ListenPacket("udp", s.tcp.Addr().String()); err != nil {
			return nil, errors.Join(fmt.Errorf("--listen %s, for HTTP/3: %w", o.Listen, err), s.close())
		}
	}
	if o.Admin != "off" {
		if s.admin, err = listen(upg, "admin", o.Admin); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

// listen takes a listener over from the parent process, or opens it. tableflip
// tells them apart by their addresses as they were asked for, and two flags may
// both say port 0; so the flag is part of the name.
func listen(upg *tableflip.Upgrader, flag, address string) (net.Listener, error) {
	l, err := upg.ListenWithCallback("tcp", flag+" "+address, func(string, string) (net.Listener, error) {
		return net.Listen("tcp", address)
	})
	if err != nil {
		return nil, fmt.Errorf("--%s %s: %w", flag, address, err)
	}
	return l, nil
}

// close closes this process's descriptors. Another process's stay open, and
// with them the sockets.
func (s *sockets) close() error {
	var errs []error
	for _, c := range []interface{ Close() error }{s.tcp, s.udp, s.admin} {
		switch c := c.(type) {
		case net.Listener:
			errs = append(errs, ignoreClosed(c.Close()))
		case net.PacketConn:
			errs = append(errs, ignoreClosed(c.Close()))
		}
	}
	return errors.Join(errs...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// front is the HTTP servers that clients see.
type front struct {
	sockets *sockets
	config  *tls.Config // of TCP, installed
	http    *http.Server
	fresh   freshConns    // of http
	http3   *http3.Server // nil without HTTP/3
	errs    chan error
}

// newFront makes servers that serve nothing yet. install puts the sessions into
// a config. That is done once for TCP and once for QUIC, since the two offer
// different protocols, and they must be set before.
func newFront(o *options, s *sockets, config *tls.Config, install func(*tls.Config) (*tls.Config, error), handler http.Handler, log *slog.Logger) (*front, error) {
	f := &front{sockets: s, errs: make(chan error, 2)}
	overTCP := config.Clone()
	overTCP.NextProtos = []string{"h2", "http/1.1"}
	var err error
	if f.config, err = install(overTCP); err != nil {
		return nil, err
	}
	if s.udp != nil {
		overQUIC := config.Clone()
		overQUIC.NextProtos = []string{http3.NextProtoH3}
		overQUIC.MinVersion = tls.VersionTLS13
		if overQUIC, err = install(overQUIC); err != nil {
			return nil, err
		}
		f.http3 = &http3.Server{
			TLSConfig:   overQUIC,
			QUICConfig:  &quic.Config{Allow0RTT: o.EarlyData},
			Handler:     handler,
			IdleTimeout: idleTimeout,
		}
	}
	f.http = &http.Server{
		Handler:           f.announce(handler),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	f.fresh.watch(f.http)
	return f, nil
}

// announce tells clients of HTTP/3 (RFC 9114, section 3.1.1).
func (f *front) announce(next http.Handler) http.Handler {
	if f.http3 == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// It fails while nothing serves HTTP/3: then there is nothing to tell.
		_ = f.http3.SetQUICHeaders(w.Header())
		next.ServeHTTP(w, r)
	})
}

// serve begins to accept connections. What ends it comes from errs.
func (f *front) serve() {
	go func() { f.errs <- f.http.Serve(tls.NewListener(f.sockets.tcp, f.config)) }()
	if f.http3 != nil {
		go func() { f.errs <- f.http3.Serve(f.sockets.udp) }()
	}
}

// endQUIC tells HTTP/3 clients to go, waits for their requests for a while, and
// stops reading the UDP socket.
func (f *front) endQUIC(ctx context.Context, grace time.Duration) error {
	if f.http3 == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	err := f.http3.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil // some clients had to be cut off
	}
	return errors.Join(err, ignoreClosed(f.sockets.udp.Close()))
}

// drain stops accepting connections and waits for the requests under way. What
// is left when ctx ends is cut off.
func (f *front) drain(ctx context.Context) error {
	err := ignoreClosed(f.sockets.tcp.Close())
	asking, cancel := context.WithTimeout(ctx, freshPatience)
	defer cancel()
	f.fresh.wait(asking)
	// Unless Serve has noticed by now, the server closes the listener again.
	shut := ignoreClosed(f.http.Shutdown(ctx))
	if shut != nil && ctx.Err() != nil {
		shut = ignoreClosed(f.http.Close())
	}
	return errors.Join(err, shut)
}
