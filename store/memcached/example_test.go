package memcached_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"github.com/reprise-tls/reprise/store/memcached"
)

// Two servers, reached over TLS. Behind it comes store.New, as in the example
// of package store.
func Example() {
	dialer := &tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS13}}
	backend, err := memcached.New(memcached.Options{
		Servers:     []string{"192.0.2.1:11211", "192.0.2.2:11211"},
		DialContext: dialer.DialContext,
	})
	if err != nil {
		panic(err)
	}
	defer func() {
		if err := backend.Close(); err != nil {
			panic(err)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := backend.Ping(ctx); err != nil {
		fmt.Println("lookups miss until the servers are there:", err)
	}
}
