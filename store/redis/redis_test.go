//go:build unix

package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/seal"
	"github.com/reprise-tls/reprise/store"
	"github.com/reprise-tls/reprise/store/internal/outage"
	"github.com/reprise-tls/reprise/store/storetest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	storetest.Run(t, func(t *testing.T) (a, b engine.Store) {
		return newStore(t, nil, s.Addr), newStore(t, nil, s.Addr)
	})
}

// With all decorators on it.
func TestContractOfAStack(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
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
		stack, err := store.New(newStore(t, nil, s.Addr), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if err := stack.Close(ctx); err != nil {
				t.Error(err)
			}
		})
		return stack
	}
	storetest.Run(t, func(t *testing.T) (a, b engine.Store) { return stack(t), stack(t) })
}

func TestOutages(t *testing.T) {
	s := startRedis(t)
	outage.Test(t, s, func() (outage.Backend, func()) {
		st, err := New(Options{Client: rueidis.ClientOption{InitAddress: []string{s.Addr}}})
		if err != nil {
			t.Fatal(err)
		}
		return st, st.Close
	})
}

// A server that is not there when a proxy starts, and comes later.
func TestAServerThatComesLater(t *testing.T) {
	s := startRedis(t)
	s.Kill()
	st, err := New(Options{Client: rueidis.ClientOption{InitAddress: []string{s.Addr}}})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	err = st.Ping(ctx)
	if !errors.Is(err, ErrNotConnected) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Ping: %v", err)
	}
	_, err = st.Get(context.Background(), []byte("id"))
	if !errors.Is(err, ErrNotConnected) || errors.Is(err, engine.ErrNotFound) {
		t.Errorf("Get: %v", err)
	}
	granted, err := st.Claim(context.Background(), []byte("id"), time.Minute)
	if granted || !errors.Is(err, ErrNotConnected) {
		t.Errorf("Claim: %v, %v", granted, err)
	}
	s.Restart()
	ping(t, st)
	if _, err := st.Get(context.Background(), []byte("id")); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("Get: %v", err)
	}
}

func TestClose(t *testing.T) {
	s := startRedis(t)
	st := newStore(t, nil, s.Addr)
	st.Close()
	st.Close()
	if _, err := st.Get(context.Background(), []byte("id")); !errors.Is(err, ErrClosed) {
		t.Errorf("Get: %v", err)
	}
	// One that was never connected.
	s.Kill()
	st, err := New(Options{Client: rueidis.ClientOption{InitAddress: []string{s.Addr}}})
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
	if err := st.Ping(context.Background()); !errors.Is(err, ErrClosed) {
		t.Errorf("Ping: %v", err)
	}
}

// What is in the server: two keys in one slot, with a time to live each.
func TestKeys(t *testing.T) {
	s := startRedis(t)
	st := newStore(t, func(o *Options) { o.Prefix = "edge/" }, s.Addr)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	id := []byte("\xFF\xFEan id")
	if err := st.Set(ctx, id, []byte("value"), time.Minute); err != nil {
		t.Fatal(err)
	}
	if granted, err := st.Claim(ctx, id, time.Minute); !granted || err != nil {
		t.Fatal(granted, err)
	}
	for _, key := range []string{"edge/s:{__5hbiBpZA}", "edge/c:{__5hbiBpZA}"} {
		ttl, err := strconv.Atoi(command(t, s.Addr, "PTTL", key))
		if err != nil || ttl < 1 || ttl > 60_000 {
			t.Errorf("%s lives for %d ms, error %v", key, ttl, err)
		}
	}
	if n := command(t, s.Addr, "DBSIZE"); n != "2" {
		t.Errorf("%s keys", n)
	}
}

// No client-side caching: the server is not asked to tell of changes.
func TestNothingIsCachedByTheClient(t *testing.T) {
	s := startRedis(t)
	st := newStore(t, nil, s.Addr)
	for range 3 {
		if _, err := st.Get(context.Background(), []byte("id")); !errors.Is(err, engine.ErrNotFound) {
			t.Fatal(err)
		}
	}
	clients := 0
	for line := range strings.Lines(command(t, s.Addr, "CLIENT", "LIST")) {
		for field := range strings.FieldsSeq(line) {
			if flags, ok := strings.CutPrefix(field, "flags="); ok {
				clients++
				if strings.ContainsAny(flags, "tRB") {
					t.Errorf("a client has the flags %s", flags)
				}
			}
		}
	}
	if clients < 2 {
		t.Errorf("%d clients", clients)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for complaint, change := range map[string]func(*Options){
		"Options.Client.InitAddress is empty":         func(o *Options) { o.Client.InitAddress = nil },
		"Options.Client.SendToReplicas is set":        func(o *Options) { o.Client.SendToReplicas = func(rueidis.Completed) bool { return true } },
		"Options.Client.ReplicaOnly is set":           func(o *Options) { o.Client.ReplicaOnly = true },
		"Options.Client.Standalone.ReplicaAddress":    func(o *Options) { o.Client.Standalone.ReplicaAddress = []string{"127.0.0.1:1"} },
		"Options.Prefix is 201 bytes":                 func(o *Options) { o.Prefix = strings.Repeat("x", 201) },
		`Options.Prefix is "{x"; allowed are strings`: func(o *Options) { o.Prefix = "{x" },
	} {
		o := Options{Client: rueidis.ClientOption{InitAddress: []string{"127.0.0.1:1"}}}
		change(&o)
		_, err := New(o)
		if !errors.Is(err, store.ErrConfig) || !strings.Contains(err.Error(), complaint) {
			t.Errorf("error %v, want %q in it", err, complaint)
		}
	}
	o := Options{Client: rueidis.ClientOption{InitAddress: []string{"127.0.0.1:1"}}}
	if err := o.complete(); err != nil {
		t.Fatal(err)
	}
	if !o.Client.DisableCache || !o.Client.DisableRetry || o.Client.PipelineMultiplex != -1 || o.Prefix != DefaultPrefix {
		t.Errorf("completed: %+v", o)
	}
}
