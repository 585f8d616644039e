package engine

import (
	"context"
	"testing"
)

func TestHandshakesAreCountedByRole(t *testing.T) {
	f := newFixture(t, LockFree, nil)
	ctx := context.Background()
	f.HandshakeStarted(RoleServer)
	f.HandshakeStarted(RoleServer)
	f.HandshakeStarted(RoleClient)
	f.HandshakeFinished(ctx, RoleServer, nil, false)
	f.HandshakeFinished(ctx, RoleClient, nil, true)
	f.HandshakeFinished(ctx, RoleClient, nil, false)
	s := f.Stats()
	equal(t, "Accept", s.Accept, 2)
	equal(t, "AcceptGood", s.AcceptGood, 1)
	equal(t, "Connect", s.Connect, 1)
	equal(t, "ConnectGood", s.ConnectGood, 2)
	equal(t, "Hits: of the resumed client", s.Hits, 1)
	equal(t, "Len", f.Len(), 0)
}

// ssl_update_cache, and BoringSSL's ClientSessionCacheMode: whose sessions are
// kept, by mode.
func TestFullHandshakesAreCachedByModeAndRole(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for _, test := range []struct {
			mode       Mode
			role       Role
			kept, told bool
		}{
			{Off, RoleServer, false, false},
			{Off, RoleClient, false, false},
			{Server, RoleServer, true, true},
			{Server, RoleClient, false, false},
			{Client, RoleServer, false, false},
			{Client, RoleClient, true, true},
			{Both, RoleServer, true, true},
			{Both, RoleClient, true, true},
			{Both, 0, false, false},
			{Both, 8, false, false},
			{Server | NoInternalStore, RoleServer, false, true},
			{Server | NoInternalLookup, RoleServer, true, true},
			{Client | NoInternal, RoleClient, false, true},
			{NoInternalStore, RoleServer, false, false},
			{Server | NoAutoClear | UpdateTime, RoleServer, true, true},
		} {
			name := test.mode.String()
			told := 0
			f := newFixture(t, kind, func(g *Config) {
				g.Mode = test.mode
				g.Callbacks.New = func(s *Session) {
					told++
					equal(t, name+": in the table during New", s.References() == 2, test.kept)
				}
			})
			s := f.session(1)
			f.HandshakeFinished(context.Background(), test.role, s, false)
			equal(t, name+": kept", f.Contains(testID(1)), test.kept)
			equal(t, name+": New called", told == 1, test.told)
			f.HandshakeFinished(context.Background(), test.role, f.session(2), true)
			equal(t, name+": kept after a resumed one", f.Contains(testID(2)), false)
			equal(t, name+": New called", told == 1, test.told)
		}
	})
}

// OpenSSL since CVE-2024-2511: not_resumable is not cached.
func TestSessionsMarkedNotResumableAreNotCached(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		told := 0
		f := newFixture(t, kind, func(g *Config) { g.Callbacks.New = func(*Session) { told++ } })
		s := f.add(1)
		f.Remove(s)
		f.HandshakeFinished(context.Background(), RoleServer, s, false)
		f.Issued(context.Background(), RoleServer, nil)
		equal(t, "Len", f.Len(), 0)
		equal(t, "calls of New", told, 0)
		equal(t, "AcceptGood", f.Stats().AcceptGood, 1)
	})
}

// OpenSSL 1.1.1 and later: new_cb does not depend on the result of adding.
func TestNewIsCalledAlsoIfTheSessionIsThereAlready(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		var got *Session
		f := newFixture(t, kind, func(g *Config) {
			g.Callbacks.New = func(s *Session) {
				if s.Acquire() {
					got = s
				}
			}
		})
		s := f.add(1)
		f.HandshakeFinished(context.Background(), RoleServer, s, false)
		if got != s {
			t.Fatal("New was not called")
		}
		equal(t, "references: New has kept one", s.References(), 3)
		got.Release()
		equal(t, "Identical", f.Stats().Identical, 1)
	})
}

// TLS 1.3: each ticket is a session of its own, new_cb runs for every one,
// also in resumed handshakes.
func TestIssuedCachesEachTicket(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		told := 0
		f := newFixture(t, kind, func(g *Config) { g.Callbacks.New = func(*Session) { told++ } })
		for n := range 2 {
			f.Issued(context.Background(), RoleServer, f.session(n))
		}
		f.HandshakeFinished(context.Background(), RoleServer, nil, false)
		equal(t, "Len", f.Len(), 2)
		equal(t, "calls of New", told, 2)
		equal(t, "AcceptGood", f.Stats().AcceptGood, 1)
	})
}

func TestAResumedHandshakeEndsProbation(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		s := f.add(1)
		if _, ok := f.resume(1); !ok {
			t.Fatal("not found")
		}
		equal(t, "promoted by the lookup", s.Promoted(), false)
		f.HandshakeFinished(context.Background(), RoleServer, s, true)
		equal(t, "promoted by the handshake", s.Promoted(), true)
		equal(t, "Hits", f.Stats().Hits, 1)
	})
}

// A New callback may take the session out again.
func TestNewCallbackMayRemoveTheSession(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		store := newMapStore()
		var f *fixture
		f = newFixture(t, kind, func(g *Config) {
			g.Store = store
			g.Callbacks.New = func(s *Session) { f.Remove(s) }
		})
		f.HandshakeFinished(context.Background(), RoleServer, f.session(1), false)
		equal(t, "Len", f.Len(), 0)
		equal(t, "sessions in the store", store.len(), 0)
	})
}

// Resumed handshakes sweep too, as they count for OpenSSL's automatic flush.
func TestResumedHandshakesSweep(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for _, mode := range []Mode{Server, Server | NoAutoClear, Client} {
			f := newFixture(t, kind, func(g *Config) { g.Mode = mode; g.Capacity = 10 })
			f.add(1)
			f.time.Add(DefaultTimeout + 1)
			for range 1000 {
				f.HandshakeFinished(context.Background(), RoleServer, nil, true)
			}
			equal(t, mode.String()+": Len", f.Len() == 0, mode == Server)
		}
	})
}
