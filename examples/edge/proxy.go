package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"time"

	"github.com/reprise-tls/reprise/tlscache"
)

// Headers that tell the upstream about the client's connection. What clients
// send under these names is overwritten.
const (
	versionHeader = "X-Tls-Version" // "TLS 1.2", "TLS 1.3"
	resumedHeader = "X-Tls-Resumed" // "true", "false"
	earlyHeader   = "Early-Data"    // RFC 8470, section 5.1
)

// proxy is the handler of the edge and what it needs.
type proxy struct {
	http.Handler
	tickets *tlscache.Client // of an https upstream
	builtin *http.Server     // the upstream, if there is no other
}

// newProxy returns a proxy to the upstream, or to a server of its own where
// upstream is empty.
func newProxy(upstream string, log *slog.Logger) (*proxy, error) {
	p := new(proxy)
	if upstream == "" {
		address, err := p.startBuiltin(log)
		if err != nil {
			return nil, err
		}
		upstream = "http://" + address
	}
	target, err := url.Parse(upstream)
	if err != nil {
		return nil, err
	}
	// Connections to the upstream resume too.
	if p.tickets, err = tlscache.NewClient(tlscache.ClientOptions{}); err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{ClientSessionCache: p.tickets.Realm(target.Host), MinVersion: tls.VersionTLS12}
	p.Handler = refuseEarly(&httputil.ReverseProxy{
		Transport: transport,
		ErrorLog:  slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.SetXForwarded()
			describe(r.Out.Header, r.In.TLS)
		},
	})
	return p, nil
}

// describe says in headers how the client is connected.
func describe(h http.Header, state *tls.ConnectionState) {
	for _, name := range []string{versionHeader, resumedHeader} {
		h.Del(name)
	}
	if state == nil {
		return
	}
	h.Set(versionHeader, tls.VersionName(state.Version))
	h.Set(resumedHeader, strconv.FormatBool(state.DidResume))
	if !state.HandshakeComplete {
		h.Set(earlyHeader, "1")
	}
}

// refuseEarly lets only requests that change nothing arrive in early data, which
// an attacker can delay, and repeat at other nodes when a store forgets claims
// (RFC 8470, section 3). Clients send the others again, after the handshake.
func refuseEarly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil && !r.TLS.HandshakeComplete {
			switch r.Method {
			case http.MethodGet, http.MethodHead, http.MethodOptions:
			default:
				http.Error(w, "send it again after the handshake", http.StatusTooEarly)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// startBuiltin starts an upstream that answers with what it was asked.
func (p *proxy) startBuiltin(log *slog.Logger) (address string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("the built-in upstream: %w", err)
	}
	p.builtin = &http.Server{
		Handler:           http.HandlerFunc(answer),
		ReadHeaderTimeout: 10 * time.Second,
	}
	go func() {
		if err := p.builtin.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the built-in upstream ends", "error", err)
		}
	}()
	return l.Addr().String(), nil
}

// answer says what the edge knows of the request, in plain text.
func answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set(resumedHeader, r.Header.Get(resumedHeader))
	text := fmt.Sprintf("%s %s by %s\nversion: %s\nresumed: %s\nearly: %t\n",
		r.Method, r.URL.Path, r.Header.Get("X-Forwarded-Proto"),
		r.Header.Get(versionHeader), r.Header.Get(resumedHeader), r.Header.Get(earlyHeader) == "1")
	if _, err := io.WriteString(w, text); err == nil { //nolint:gosec // no browser takes it for HTML
		_, _ = io.Copy(w, io.LimitReader(r.Body, 1<<20)) // who could be told of an error is gone
	}
}

// close ends the built-in upstream. The proxy must not be used any more.
func (p *proxy) close() error {
	p.tickets.Close()
	if p.builtin == nil {
		return nil
	}
	return p.builtin.Close()
}
