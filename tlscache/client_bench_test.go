package tlscache

import (
	"crypto/tls"
	"fmt"
	"testing"
)

// A ticket put and got, by this client and by crypto/tls's cache, which keeps
// pointers.
func BenchmarkClientCache(b *testing.B) {
	for name, version := range clientVersions {
		cs := clientTickets(b, version, 1)[0]
		for _, perEndpoint := range []int{1, 4} {
			b.Run(fmt.Sprintf("impl=client/version=%s/tickets=%d", name, perEndpoint), func(b *testing.B) {
				c, err := NewClient(ClientOptions{TicketsPerEndpoint: perEndpoint, Lifetime: maxClientLifetime})
				if err != nil {
					b.Fatal(err)
				}
				defer c.Close()
				benchmarkClientCache(b, c.Realm("a"), cs)
			})
		}
		b.Run(fmt.Sprintf("impl=lru/version=%s/tickets=1", name), func(b *testing.B) {
			benchmarkClientCache(b, tls.NewLRUClientSessionCache(1024), cs)
		})
	}
}

func benchmarkClientCache(b *testing.B, cache tls.ClientSessionCache, cs *tls.ClientSessionState) {
	b.ReportAllocs()
	for b.Loop() {
		cache.Put("upstream.example", cs)
		if _, ok := cache.Get("upstream.example"); !ok {
			b.Fatal("no ticket")
		}
	}
}

// The handshake that it is a part of.
func BenchmarkClientHandshake(b *testing.B) {
	for name, version := range clientVersions {
		for _, impl := range []string{"client", "lru"} {
			b.Run(fmt.Sprintf("impl=%s/version=%s", impl, name), func(b *testing.B) {
				c, err := NewClient(ClientOptions{})
				if err != nil {
					b.Fatal(err)
				}
				defer c.Close()
				cache := c.Realm("a")
				if impl == "lru" {
					cache = tls.NewLRUClientSessionCache(0)
				}
				u := newUpstream(b, version)
				u.mustShake(cache, false)
				for b.Loop() {
					u.mustShake(cache, true)
				}
			})
		}
	}
}
