//go:build unix

package memcached

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/server"
	"github.com/reprise-tls/reprise/seal"
	"github.com/reprise-tls/reprise/store"
	"github.com/reprise-tls/reprise/store/internal/outage"
	"github.com/reprise-tls/reprise/store/storetest"
)

// patience bounds what a test waits for; see package storetest.
const patience = 30 * time.Second

func startMemcached(t testing.TB, extra ...string) *server.Server {
	t.Helper()
	return server.Start(t, "memcached", "memcached", func(port int) []string {
		// -u is for root, who may not run it otherwise.
		return append([]string{"-p", strconv.Itoa(port), "-U", "0", "-l", "127.0.0.1", "-u", "nobody"}, extra...)
	})
}

// newStore returns a store for which a busy machine is no outage.
func newStore(t testing.TB, change func(*Options), servers ...string) *Store {
	t.Helper()
	o := Options{Servers: servers, Timeout: patience}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func TestContract(t *testing.T) {
	t.Parallel()
	s := startMemcached(t)
	storetest.Run(t, func(t *testing.T) (a, b engine.Store) {
		return newStore(t, nil, s.Addr), newStore(t, nil, s.Addr)
	})
}

// With all decorators on it, over two servers.
func TestContractOfAStack(t *testing.T) {
	t.Parallel()
	one, two := startMemcached(t), startMemcached(t)
	secret := make([]byte, seal.MinSecretSize)
	rand.Read(secret)
	ring, err := seal.NewScheduledRing(seal.Schedule{Secrets: [][]byte{secret}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ring.Close)
	stack := func(t *testing.T) *store.Stack {
		o := store.Options{Seal: store.SealOptions{Ring: ring, NameSecret: secret}}
		o.Deadline = store.DeadlineOptions{Get: patience, Set: patience, Delete: patience, Claim: patience}
		o.Queue.Timeout = patience
		stack, err := store.New(newStore(t, nil, one.Addr, two.Addr), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := stack.Close(within(t)); err != nil {
				t.Error(err)
			}
		})
		return stack
	}
	storetest.Run(t, func(t *testing.T) (a, b engine.Store) { return stack(t), stack(t) })
}

func TestOutages(t *testing.T) {
	s := startMemcached(t)
	outage.Test(t, s, func() (outage.Backend, func()) {
		st, err := New(Options{Servers: []string{s.Addr}})
		if err != nil {
			t.Fatal(err)
		}
		return st, func() {
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// After a restart every idle connection is dead, and no call fails for it.
func TestDeadConnectionsAreNotSeen(t *testing.T) {
	s := startMemcached(t)
	var dials atomic.Int32
	st := newStore(t, func(o *Options) {
		o.Parallel = 1
		o.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			dials.Add(1)
			return new(net.Dialer).DialContext(ctx, network, address)
		}
	}, s.Addr)
	id := []byte("id")
	for n := range int32(3) {
		if err := st.Set(within(t), id, []byte("value"), time.Minute); err != nil {
			t.Fatalf("after %d restarts: %v", n, err)
		}
		if got, err := st.Get(within(t), id); err != nil || string(got) != "value" {
			t.Fatalf("found %q, error %v", got, err)
		}
		if dials.Load() != n+1 {
			t.Errorf("%d connections after %d restarts", dials.Load(), n)
		}
		s.Kill()
		s.Restart()
	}
}

// A server that hangs holds a call until the deadline of its context, however
// long Options.Timeout is, and calls that wait for a lane no longer.
func TestDeadlinesAreHeeded(t *testing.T) {
	s := startMemcached(t)
	st := newStore(t, func(o *Options) { o.Parallel = 1; o.Timeout = time.Minute }, s.Addr)
	if err := st.Ping(within(t)); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	defer s.Continue()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() { _, err := st.Get(ctx, []byte("id")); errs <- err }()
	}
	for range cap(errs) {
		select {
		case err := <-errs:
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Get: %v", err)
			}
		case <-time.After(patience):
			t.Fatal("a call outlives its context")
		}
	}
}

func TestLargeValues(t *testing.T) {
	s := startMemcached(t)
	st := newStore(t, nil, s.Addr)
	ctx := within(t)
	largest := make([]byte, DefaultMaxValue)
	if err := st.Set(ctx, []byte("id"), largest, time.Minute); err != nil {
		t.Errorf("the largest value: %v", err)
	}
	if got, err := st.Get(ctx, []byte("id")); err != nil || len(got) != len(largest) {
		t.Errorf("%d bytes came back, error %v", len(got), err)
	}
	err := st.Set(ctx, []byte("id"), make([]byte, DefaultMaxValue+1), time.Minute)
	if !errors.Is(err, store.ErrTooLarge) || !strings.Contains(err.Error(), "1047553 bytes; allowed are 0 to 1047552") {
		t.Errorf("a larger value: %v", err)
	}
	// A server that takes less than we were told says so.
	wrong := newStore(t, func(o *Options) { o.MaxValue = 2 << 20 }, s.Addr)
	if err := wrong.Set(ctx, []byte("id"), make([]byte, 2<<20), time.Minute); err == nil {
		t.Error("2 MiB were stored in 1 MiB")
	}
}

func TestSeconds(t *testing.T) {
	for _, test := range []struct {
		ttl          time.Duration
		value, claim int32
	}{
		{1, 2, 2},
		{time.Second, 2, 2},
		{1500 * time.Millisecond, 2, 3},
		{3*time.Second - 1, 2, 4},
		{2 * time.Hour, 7200, 7201},
		{MaxTTL, 2592000, 2592000},
		{MaxTTL + time.Hour, 2592000, 2592000},
		{1<<63 - 1, 2592000, 2592000},
	} {
		if v, c := valueSeconds(test.ttl), claimSeconds(min(test.ttl, MaxTTL)); v != test.value || c != test.claim {
			t.Errorf("%v: a value for %d s, a claim for %d, want %d and %d", test.ttl, v, c, test.value, test.claim)
		}
	}
	st := newStore(t, nil, "127.0.0.1:1")
	granted, err := st.Claim(within(t), []byte("id"), MaxTTL+1)
	if granted || !errors.Is(err, ErrTTL) {
		t.Errorf("Claim: %v, %v", granted, err)
	}
}

// What is in the server.
func TestKeys(t *testing.T) {
	s := startMemcached(t)
	st := newStore(t, func(o *Options) { o.Prefix = "edge/" }, s.Addr)
	id := []byte("\xFF\xFEan id")
	if err := st.Set(within(t), id, []byte("value"), time.Minute); err != nil {
		t.Fatal(err)
	}
	if granted, err := st.Claim(within(t), id, time.Minute); !granted || err != nil {
		t.Fatal(granted, err)
	}
	c := memcache.New(s.Addr)
	c.Timeout = patience
	defer c.Close()
	for _, key := range []string{"edge/s:__5hbiBpZA", "edge/c:__5hbiBpZA"} {
		if _, err := c.Get(key); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestClose(t *testing.T) {
	s := startMemcached(t)
	st := newStore(t, nil, s.Addr)
	if err := st.Ping(within(t)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(st.Close(), st.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Get(within(t), []byte("id")); !errors.Is(err, ErrClosed) {
		t.Errorf("Get: %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for complaint, change := range map[string]func(*Options){
		"Options.Servers is empty":                                            func(o *Options) { o.Servers = nil },
		"Options.Servers: address 127.0.0.1":                                  func(o *Options) { o.Servers = []string{"127.0.0.1"} },
		"Options.Prefix is 201 bytes":                                         func(o *Options) { o.Prefix = strings.Repeat("x", 201) },
		`Options.Prefix is "a b"; allowed are printable`:                      func(o *Options) { o.Prefix = "a b" },
		`Options.Prefix is "é"`:                                               func(o *Options) { o.Prefix = "é" },
		"Options.Timeout is 1µs":                                              func(o *Options) { o.Timeout = time.Microsecond },
		"Options.Timeout is -1s":                                              func(o *Options) { o.Timeout = -time.Second },
		"Options.Parallel is 4097; allowed are 0 (default, 32) and 1 to 4096": func(o *Options) { o.Parallel = 4097 },
		"Options.MaxValue is -1":                                              func(o *Options) { o.MaxValue = -1 },
	} {
		o := Options{Servers: []string{"127.0.0.1:1"}}
		change(&o)
		_, err := New(o)
		if err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("error %v, want %q in it", err, complaint)
		}
	}
	if MaxPrefix+len("s:")+43 > 250 {
		t.Error("a key can be longer than memcached takes")
	}
}
