package tlscache

import (
	"crypto/tls"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

// variant returns the ticket with another name, so that one handshake makes as
// many as one wants.
func clientVariant(t testing.TB, cs *tls.ClientSessionState, name string) *tls.ClientSessionState {
	t.Helper()
	state, err := tls.ParseSessionState(clientStateBytes(t, cs))
	if err != nil {
		t.Fatal(err)
	}
	changed, err := tls.NewResumptionState([]byte(name), state)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// No TLS 1.3 ticket is given to two, whatever else goes on.
func TestClientStress(t *testing.T) {
	const goroutines, rounds, endpoints = 64, 60, 5
	forEachClientTable(t, func(t *testing.T, kind engine.TableKind) {
		f := newClientFixture(t, func(o *ClientOptions) { o.Table = kind; o.Capacity = 100; o.MaxBytes = 60_000 })
		model := clientTickets(t, tls.VersionTLS13, 1)[0]
		var given sync.Map // ticket to *atomic.Int32
		var gets atomic.Uint64
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() {
				for n := range rounds {
					endpoint := fmt.Sprint((g + n) % endpoints)
					view := f.For(fmt.Sprint("realm ", g%2), endpoint)
					name := fmt.Sprintf("%s ticket %d of %d", endpoint, n, g)
					view.Put("k", clientVariant(t, model, name))
					if n%16 == 0 {
						view.Put("k", nil)
					}
					if n%32 == 0 {
						f.time.Add(1)
						f.Flush()
					}
					gets.Add(1)
					got, ok := view.Get("k")
					if !ok {
						continue
					}
					ticket := clientTicketBytes(t, got)
					if ticket[:1] != endpoint {
						t.Errorf("endpoint %s was given %q", endpoint, ticket)
					}
					count, _ := given.LoadOrStore(ticket, new(atomic.Int32))
					if count.(*atomic.Int32).Add(1) != 1 {
						t.Errorf("%q was given twice", ticket)
					}
				}
			})
		}
		wg.Wait()
		s := f.Stats()
		if s.Offered+s.Missed != gets.Load() || s.Stored+s.Refused != goroutines*rounds || s.Offered == 0 {
			t.Errorf("the counters do not come out even: %+v", s)
		}
		if n := f.Cache().Stats().Bytes; n > 60_000 {
			t.Errorf("%d bytes are kept", n)
		}
	})
}

// As many Puts at once as an endpoint has places find one each.
func TestClientPutsAtOnceAreAllKept(t *testing.T) {
	tickets := clientTickets(t, tls.VersionTLS13, 4)
	f := newClientFixture(t, nil)
	for round := range 200 {
		view := f.Realm(fmt.Sprint(round))
		var ready, done sync.WaitGroup
		start := make(chan struct{})
		for _, cs := range tickets {
			ready.Add(1)
			done.Go(func() {
				ready.Done()
				<-start
				view.Put("k", cs)
			})
		}
		ready.Wait()
		close(start)
		done.Wait()
		seen := map[string]bool{}
		for {
			cs, ok := view.Get("k")
			if !ok {
				break
			}
			seen[clientTicketBytes(t, cs)] = true
		}
		if len(seen) != len(tickets) {
			t.Fatalf("%d of %d tickets were kept", len(seen), len(tickets))
		}
	}
}

// Handshakes in parallel, each resumed or full, none failed.
func TestClientHandshakesInParallel(t *testing.T) {
	for name, version := range clientVersions {
		t.Run(name, func(t *testing.T) {
			u := newUpstream(t, version)
			f := newClientFixture(t, func(o *ClientOptions) { o.Clock = nil; o.TicketsPerEndpoint = 16 })
			view := f.Realm("a")
			u.mustShake(view, false)
			var resumed atomic.Int32
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() {
					for range 8 {
						did, err := u.shake(u.config(view))
						if err != nil {
							t.Error(err)
						}
						if did {
							resumed.Add(1)
						}
					}
				})
			}
			wg.Wait()
			if n := resumed.Load(); n == 0 {
				t.Error("nothing was resumed")
			}
			if s := f.Stats(); s.Offered != uint64(resumed.Load()) {
				t.Errorf("%d tickets were offered, %d handshakes resumed", s.Offered, resumed.Load())
			}
		})
	}
}
