package tlscache

import (
	"crypto/tls"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/race"
)

// While sessions are replaced, removed, flushed and released for the last time,
// which zeroes their states, clients with certificates resume them. Handshakes
// that saw a zeroed byte would fail; under the race detector the wipe itself would
// be reported.
func TestNoHandshakeSeesAWipedByte(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		f := newFixture(t, nil)
		config := f.install(t, withClients(serverConfig(version), tls.RequireAndVerifyClientCert, theSite().ca.pool))
		clients, rounds := 8, 25
		if race.Enabled {
			rounds = 8
		}
		var stop atomic.Bool
		var vandals, group sync.WaitGroup
		vandal := func(harm func(s *engine.Session)) {
			vandals.Go(func() {
				for !stop.Load() {
					for s := range f.cache.All() {
						harm(s)
					}
				}
			})
		}
		vandal(func(s *engine.Session) { f.cache.Remove(s) })
		vandal(func(s *engine.Session) {
			if taken, ok := f.cache.TakeScoped(s.ID(), s.Scope()); ok {
				taken.Release()
			}
		})
		vandal(func(s *engine.Session) { // another object takes its place
			twin, err := engine.NewSession(s.ID(), s.AppendState(nil), engine.SessionOptions{Scope: s.Scope(), Created: s.Created(), Timeout: s.Timeout()})
			if err != nil {
				t.Error(err)
				return
			}
			f.cache.Add(twin)
			twin.Release()
		})
		vandals.Go(func() {
			for !stop.Load() {
				f.cache.Clear()
			}
		})
		var resumed atomic.Int64
		for range clients {
			group.Go(func() {
				box := &ticketBox{}
				for range rounds {
					o := connect(config, certified(box, "a.example"))
					if o.clientError != nil || o.serverErr != nil {
						t.Errorf("client: %v, server: %v", o.clientError, o.serverErr)
						return
					}
					if len(o.state.PeerCertificates) != 1 || len(o.state.VerifiedChains) == 0 {
						t.Error("the client's certificate is lost")
					}
					if o.resumed {
						resumed.Add(1)
					}
				}
			})
		}
		group.Wait()
		stop.Store(true)
		vandals.Wait()
		t.Logf("%d of %d handshakes resumed", resumed.Load(), clients*rounds)

		// One that is under way, for certain: the session goes between Unwrap and
		// the use of what it returned.
		box := &ticketBox{}
		resumes(t, "made", config, certified(box, "a.example"), false)
		vandalised := withClients(serverConfig(version), tls.RequireAndVerifyClientCert, theSite().ca.pool)
		vandalised.VerifyConnection = func(tls.ConnectionState) error {
			f.cache.Clear()
			return nil
		}
		resumes(t, "cleared under way", f.install(t, vandalised), certified(box, "a.example"), true)
	})
}
