package redis_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"time"

	"github.com/redis/rueidis"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/seal"
	"github.com/reprise-tls/reprise/store"
	"github.com/reprise-tls/reprise/store/redis"
)

// A node of a fleet that shares a Redis Cluster over TLS. Shutting down goes
// the other way round: cache, stack, backend, ring.
func Example() {
	backend, err := redis.New(redis.Options{
		Client: rueidis.ClientOption{
			InitAddress: []string{"redis-1.internal:6379", "redis-2.internal:6379"},
			TLSConfig:   &tls.Config{MinVersion: tls.VersionTLS13},
			Password:    os.Getenv("REDIS_PASSWORD"),
		},
	})
	if err != nil {
		panic(err)
	}
	defer backend.Close()

	secret, err := os.ReadFile("/run/secrets/sessions") // 32 random bytes or more
	if err != nil {
		panic(err)
	}
	ring, err := seal.NewScheduledRing(seal.Schedule{
		Secrets: [][]byte{secret},
		Period:  24 * time.Hour,
		Overlap: 2 * time.Hour, // as long as sessions live
	})
	if err != nil {
		panic(err)
	}
	defer ring.Close()

	stack, err := store.New(backend, store.Options{
		Seal: store.SealOptions{Ring: ring, NameSecret: secret, Scope: []byte("production")},
	})
	if err != nil {
		panic(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := stack.Close(ctx); err != nil {
			panic(err)
		}
	}()

	config := engine.Defaults()
	config.Store = stack
	cache, err := engine.New(config)
	if err != nil {
		panic(err)
	}
	defer cache.Close()
	fmt.Println("ready to resume sessions of the whole fleet:", cache.Stats().StoreHits)
}
