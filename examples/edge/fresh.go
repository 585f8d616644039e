package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// freshConns are the connections of which no request has reached the handler
// yet. http.Server.Shutdown closes those of HTTP/1.1 without an answer when one
// comes after all (the loop of conn.serve in net/http, Go 1.26), so it is not
// called before they have asked. Its methods may be called by any number of
// goroutines.
type freshConns struct{ conns sync.Map }

// watch makes a server tell of its connections.
func (f *freshConns) watch(s *http.Server) {
	next := s.Handler
	s.ConnState = f.follow
	s.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.conns.Delete(r.Context().Value(connKey{}))
		next.ServeHTTP(w, r)
	})
}

type connKey struct{}

// follow is the ConnState hook.
func (f *freshConns) follow(c net.Conn, s http.ConnState) {
	switch s {
	case http.StateNew:
		f.conns.Store(c, nil)
	case http.StateActive:
		// HTTP/2 ends in good order by itself.
		if t, ok := c.(*tls.Conn); ok && t.ConnectionState().NegotiatedProtocol == "h2" {
			f.conns.Delete(c)
		}
	case http.StateClosed, http.StateHijacked:
		f.conns.Delete(c)
	}
}

// wait waits until there are none, or until ctx ends.
func (f *freshConns) wait(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for f.any() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (f *freshConns) any() (found bool) {
	f.conns.Range(func(any, any) bool {
		found = true
		return false
	})
	return found
}
