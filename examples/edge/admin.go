package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/reprise-tls/reprise/metrics"
	reprise "github.com/reprise-tls/reprise/metrics/prometheus"
)

// admin is the HTTP server for operators. It has no TLS and no passwords, so
// it belongs on a loopback or management address.
type admin struct{ server *http.Server }

func newAdmin(s *sessions, p *proxy, log *slog.Logger) (*admin, error) {
	registry, err := newRegistry(s, p)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("POST /revoke", func(w http.ResponseWriter, r *http.Request) { revoke(w, r, s, log) })
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return &admin{&http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}}, nil
}

// newRegistry has everything that is counted.
func newRegistry(s *sessions, p *proxy) (*prometheus.Registry, error) {
	registry := prometheus.NewRegistry()
	all := []prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	}
	sources := []struct {
		cache   string
		collect metrics.Collect
	}{
		{"edge", metrics.Cache(s.cache)},
		{"edge", metrics.Server(s.server)},
		{"upstream", metrics.Cache(p.tickets.Cache())},
		{"upstream", metrics.Client(p.tickets)},
	}
	if s.stack != nil {
		sources = append(sources, struct {
			cache   string
			collect metrics.Collect
		}{"edge", metrics.Store(s.stack)})
	}
	for _, source := range sources {
		c, err := reprise.New(source.cache, source.collect)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	for _, c := range all {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	return registry, nil
}

// revoke makes all sessions unusable, in the whole fleet if there is a store. A
// page in an operator's browser must not be able to do that, and browsers say
// from where they post.
func revoke(w http.ResponseWriter, r *http.Request, s *sessions, log *slog.Logger) {
	if r.Header.Get("Origin") != "" {
		http.Error(w, "not from a browser", http.StatusForbidden)
		return
	}
	if err := s.server.RevokeAll(r.Context()); err != nil {
		// It holds here already, and the store is tried again.
		log.Error("the store does not know of the revocation yet", "error", err)
		http.Error(w, "revoked here; the store cannot be reached and is tried again", http.StatusBadGateway)
		return
	}
	fmt.Fprintln(w, "revoked")
}

// serve serves until the server or its listener is closed.
func (a *admin) serve(l net.Listener, log *slog.Logger) {
	if err := a.server.Serve(l); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		log.Error("the administration's listener ends", "error", err)
	}
}
