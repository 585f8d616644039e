package store_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/seal"
	"github.com/reprise-tls/reprise/store"
	"github.com/reprise-tls/reprise/store/storetest"
)

// A session issued at one node of a fleet is resumed at another. The backend,
// here in memory, would be that of package store/redis or store/memcached.
func ExampleNew() {
	backend := new(storetest.Memory)
	secret := make([]byte, 32) // from the fleet's secret store
	rand.Read(secret)

	node := func() (*engine.Cache, *store.Stack, *seal.Ring) {
		ring, err := seal.NewScheduledRing(seal.Schedule{Secrets: [][]byte{secret}})
		if err != nil {
			panic(err)
		}
		stack, err := store.New(backend.Client(), store.Options{
			Seal: store.SealOptions{Ring: ring, NameSecret: secret},
		})
		if err != nil {
			panic(err)
		}
		config := engine.Defaults()
		config.Store = stack
		cache, err := engine.New(config)
		if err != nil {
			panic(err)
		}
		return cache, stack, ring
	}

	cache, stack, ring := node()
	id := []byte("32 random bytes of a session id.")
	session, err := cache.NewSession(id, []byte("what the TLS library needs to resume"))
	if err != nil {
		panic(err)
	}
	cache.Issued(context.Background(), engine.RoleServer, session)
	session.Release()

	// Shutting down: first the cache, then the stack, which writes what
	// waits, then the backend and the ring.
	cache.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := stack.Close(ctx); err != nil {
		panic(err)
	}
	ring.Close()

	cache, stack, ring = node()
	if found, ok := cache.Resume(ctx, id, cache.Scope()); ok {
		fmt.Printf("%s\n", found.AppendState(nil))
		found.Release()
	}
	cache.Close()
	if err := stack.Close(ctx); err != nil {
		panic(err)
	}
	ring.Close()
	// Output: what the TLS library needs to resume
}
