//go:build unix

package redis

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/reprise-tls/reprise/internal/server"
)

// patience bounds what a test waits for; see package storetest.
const patience = 30 * time.Second

func startRedis(t testing.TB, extra ...string) *server.Server {
	t.Helper()
	return server.Start(t, "redis-server", "redis-server", func(port int) []string {
		return append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"}, extra...)
	})
}

// newStore returns a store that is connected.
func newStore(t testing.TB, change func(*Options), addresses ...string) *Store {
	t.Helper()
	o := Options{Client: rueidis.ClientOption{
		InitAddress: addresses,
		// A busy machine is no outage.
		ConnWriteTimeout: patience,
	}}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	ping(t, s)
	return s
}

func ping(t testing.TB, s *Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Ping(ctx); err != nil {
		t.Fatal(err)
	}
}

// command sends a command to a server as an administrator would.
func command(t testing.TB, address string, words ...string) string {
	t.Helper()
	c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{address}, ForceSingleClient: true, DisableCache: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := c.Do(ctx, c.B().Arbitrary(words...).Build()).ToAny()
	if err != nil {
		t.Fatalf("%s: %v", words[0], err)
	}
	return fmt.Sprint(answer)
}
