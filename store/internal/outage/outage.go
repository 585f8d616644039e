//go:build unix

// Package outage tests what a store's failures do to an engine: the modules of
// the stores run it over their servers.
package outage

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/server"
	"github.com/reprise-tls/reprise/seal"
	"github.com/reprise-tls/reprise/store"
)

// Backend is a store with connections that Close ends.
type Backend interface {
	engine.Store
	Ping(ctx context.Context) error
}

// patience is how long the test waits for what must come true in the end.
const patience = 60 * time.Second

// Test puts load on two caches that share a store, and makes the store's server
// hang, go on, die and come back. Lookups must go on all the while, as misses
// while there is no store; the breaker must open and close again; a removal
// made during the outage must reach the store; and nothing may be left running
// in the end. open returns a backend and what closes it.
func Test(t *testing.T, s *server.Server, open func() (Backend, func())) {
	before := runtime.NumGoroutine()
	backend, closeBackend := open()
	f := newFleet(t, backend)
	f.ping(backend)
	f.start()
	f.healthy("at first")

	revoked := f.issue()
	f.eventually("a session reaches the store", func() bool {
		found, _ := f.stored(revoked)
		return found
	})
	s.Stop()
	f.down("while the server hangs")
	f.writer.RemoveID(revoked)
	s.Continue()
	f.healthy("after it hung")
	f.eventually("a session that was removed in the outage leaves the store", func() bool {
		found, known := f.stored(revoked)
		return known && !found
	})

	s.Kill()
	f.down("while there is no server")
	s.Restart()
	f.healthy("after the server was restarted")

	f.stop()
	closeBackend()
	f.eventually("the goroutines end", func() bool { return runtime.NumGoroutine() <= before })
}

// fleet is two nodes under load: one issues sessions, the other, which shares
// nothing with it but the store, resumes them.
type fleet struct {
	t              *testing.T
	stack          *store.Stack
	direct         *store.Sealed // the same without queue and breaker
	ring           *seal.Ring
	writer, reader *engine.Cache

	done             chan struct{}
	workers          sync.WaitGroup
	found, missed    atomic.Int64
	granted, refused atomic.Int64 // claims that were granted, and those that failed
}

func newFleet(t *testing.T, backend engine.Store) *fleet {
	t.Helper()
	secret := make([]byte, seal.MinSecretSize)
	rand.Read(secret)
	ring, err := seal.NewScheduledRing(seal.Schedule{Secrets: [][]byte{secret}})
	if err != nil {
		t.Fatal(err)
	}
	sealed := store.SealOptions{Ring: ring, NameSecret: secret}
	direct, err := store.NewSealed(backend, sealed)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := store.New(backend, store.Options{
		Seal:    sealed,
		Breaker: store.BreakerOptions{Open: 50 * time.Millisecond},
		Queue:   store.QueueOptions{RetryEvery: 50 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{t: t, stack: stack, direct: direct, ring: ring, done: make(chan struct{})}
	f.writer, f.reader = f.cache(), f.cache()
	return f
}

func (f *fleet) cache() *engine.Cache {
	f.t.Helper()
	config := engine.Defaults()
	config.Store = f.stack
	config.OnPanic = func(callback string, value any, _ []byte) { f.t.Errorf("panic in %s: %v", callback, value) }
	c, err := engine.New(config)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func (f *fleet) ping(backend Backend) {
	f.t.Helper()
	ctx, cancel := f.patiently()
	defer cancel()
	if err := backend.Ping(ctx); err != nil {
		f.t.Fatal(err)
	}
}

// issue makes a session and has it stored.
func (f *fleet) issue() []byte {
	id := make([]byte, engine.MaxIDLength)
	rand.Read(id)
	s, err := f.writer.NewSession(id, stateOf(id))
	if err != nil {
		f.t.Error(err)
		return id
	}
	defer s.Release()
	f.writer.Issued(context.Background(), engine.RoleServer, s)
	return id
}

func stateOf(id []byte) []byte { return []byte("state of " + hex.EncodeToString(id)) }

// resumes resumes a session at the other node.
func (f *fleet) resumes(id []byte) bool {
	s, ok := f.reader.Resume(context.Background(), id, f.reader.Scope())
	if !ok {
		return false
	}
	defer s.Release()
	if !bytes.Equal(s.AppendState(nil), stateOf(id)) {
		f.t.Error("another session was resumed")
	}
	return true
}

// stored reports whether a session is in the store, not just on its way.
func (f *fleet) stored(id []byte) (found, known bool) {
	ctx, cancel := f.patiently()
	defer cancel()
	_, err := f.direct.Get(ctx, id)
	return err == nil, err == nil || errors.Is(err, engine.ErrNotFound)
}

func (f *fleet) patiently() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), patience)
}

func (f *fleet) start() {
	for range 4 {
		f.workers.Go(func() {
			var issued [][]byte
			for {
				select {
				case <-f.done:
					return
				default:
				}
				issued = append(issued, f.issue())
				if len(issued) < 16 {
					continue
				}
				f.operate(issued[0])
				issued = issued[1:]
			}
		})
	}
}

// operate resumes and claims a session.
func (f *fleet) operate(id []byte) {
	if f.resumes(id) {
		f.found.Add(1)
	} else {
		f.missed.Add(1)
	}
	ctx, cancel := f.patiently()
	defer cancel()
	granted, err := f.stack.Claim(ctx, id, time.Minute)
	switch {
	case granted && err != nil:
		f.t.Error("a claim was granted beside an error")
	case granted:
		f.granted.Add(1)
	case err != nil:
		f.refused.Add(1)
	}
}

// healthy waits until sessions are resumed through the store again.
func (f *fleet) healthy(when string) {
	f.t.Helper()
	found, granted := f.found.Load(), f.granted.Load()
	f.eventually("sessions are resumed "+when, func() bool {
		return f.found.Load() > found+200 && f.granted.Load() > granted+200
	})
	f.eventually("the breaker is closed "+when, func() bool { return f.stack.Stats().Breaker.State == "closed" })
}

// down waits until the breaker is open and lookups and claims go on regardless.
func (f *fleet) down(when string) {
	f.t.Helper()
	opened := f.stack.Stats().Breaker.Opened
	f.eventually("the breaker opens "+when, func() bool { return f.stack.Stats().Breaker.Opened > opened })
	missed, refused := f.missed.Load(), f.refused.Load()
	errs := f.reader.Stats().StoreErrors
	f.eventually("lookups go on as misses and claims as refusals "+when, func() bool {
		return f.missed.Load() > missed+200 && f.refused.Load() > refused+200 && f.reader.Stats().StoreErrors > errs+200
	})
	rejected := f.stack.Stats().Breaker.Rejected
	f.eventually("the breaker rejects calls "+when, func() bool { return f.stack.Stats().Breaker.Rejected > rejected })
}

func (f *fleet) stop() {
	f.t.Helper()
	ctx, cancel := f.patiently()
	defer cancel()
	close(f.done)
	f.workers.Wait()
	f.writer.Close()
	f.reader.Close()
	if err := f.stack.Close(ctx); err != nil {
		f.t.Errorf("Close: %v", err)
	}
	f.ring.Close()
	if s := f.stack.Stats(); s.Sealed != (store.SealedStats{}) {
		f.t.Errorf("values were rejected: %+v", s.Sealed)
	}
}

func (f *fleet) eventually(what string, condition func() bool) {
	f.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !condition(); <-tick.C {
		if time.Now().After(end) {
			f.t.Fatalf("after %v it is not so: %s\nfound %d, missed %d, granted %d, refused %d\n%+v", patience, what,
				f.found.Load(), f.missed.Load(), f.granted.Load(), f.refused.Load(), f.stack.Stats())
		}
	}
}
