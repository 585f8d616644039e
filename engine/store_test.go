package engine

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func newStoreFixture(t *testing.T, kind TableKind, change func(*Config)) (*fixture, *mapStore) {
	t.Helper()
	m := newMapStore()
	f := newFixture(t, kind, func(g *Config) {
		g.Store = m
		g.Scope = []byte("a fleet")
		if change != nil {
			change(g)
		}
	})
	return f, m
}

// Two processes that share a store: a session of one is resumed at the other.
func TestTwoCachesShareAStore(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		a, m := newStoreFixture(t, kind, nil)
		b := newFixture(t, kind, func(g *Config) { g.Store = m; g.Scope = []byte("a fleet") })
		s := a.session(1)
		a.Promote(s)
		a.HandshakeFinished(context.Background(), RoleServer, s, false)
		equal(t, "StoreWrites", a.Stats().StoreWrites, 1)
		equal(t, "the time to live", m.ttl, (DefaultTimeout+1)*time.Second)

		got, ok := b.Resume(context.Background(), testID(1), b.Scope())
		if !ok {
			t.Fatal("not found in the store")
		}
		if got == s || !bytes.Equal(got.AppendState(nil), testState(1)) || !bytes.Equal(got.ID(), testID(1)) ||
			got.Created() != s.Created() || got.Timeout() != s.Timeout() || got.Scope() != s.Scope() || !got.Promoted() {
			t.Error("what came back is not what was stored")
		}
		got.Release()
		stats := b.Stats()
		equal(t, "Hits", stats.Hits, 1)
		equal(t, "Misses", stats.Misses, 1)
		equal(t, "StoreHits", stats.StoreHits, 1)
		equal(t, "CallbackHits", stats.CallbackHits, 0)

		_, ok = b.resume(1)
		equal(t, "found inside", ok, true)
		equal(t, "StoreHits", b.Stats().StoreHits, 1)

		_, ok = b.resume(2)
		equal(t, "found nowhere", ok, false)
		equal(t, "StoreMisses", b.Stats().StoreMisses, 1)
	})
}

func TestWhatIsWrittenToTheStore(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for name, test := range map[string]struct {
			o       SessionOptions
			written bool
			ttl     time.Duration
		}{
			"the cache's timeout": {SessionOptions{Created: startTime}, true, (DefaultTimeout + 1) * time.Second},
			"half over":           {SessionOptions{Created: startTime - 50, Timeout: 100}, true, 51 * time.Second},
			"its last second":     {SessionOptions{Created: startTime - 100, Timeout: 100}, true, time.Second},
			"expired":             {SessionOptions{Created: startTime - 101, Timeout: 100}, false, 0},
			"for ever":            {SessionOptions{Created: startTime, Timeout: math.MaxInt64}, true, math.MaxInt64 / time.Second * time.Second},
			"2^62 seconds":        {SessionOptions{Created: startTime, Timeout: 1 << 62}, true, math.MaxInt64 / time.Second * time.Second},
		} {
			f, m := newStoreFixture(t, kind, nil)
			f.Issued(context.Background(), RoleServer, f.sessionWith(1, test.o))
			equal(t, name+": written", m.len() == 1, test.written)
			equal(t, name+": the time to live", m.ttl, test.ttl)
			if !test.written {
				continue
			}
			s, err := ParseSession(m.values[string(testID(1))])
			if err != nil {
				t.Fatal(err)
			}
			want := test.o.Timeout
			if want == 0 {
				want = f.Timeout() // one that other processes need not guess
			}
			equal(t, name+": the timeout", s.Timeout(), want)
			s.Release()
		}
	})
}

func TestNothingIsWrittenToTheStoreWithoutTheModesBit(t *testing.T) {
	f, m := newStoreFixture(t, LockFree, func(g *Config) { g.Mode = Client })
	f.HandshakeFinished(context.Background(), RoleServer, f.session(1), false)
	f.add(2)
	equal(t, "calls", m.called(), "")
	f.SetMode(Server | NoInternalStore)
	f.HandshakeFinished(context.Background(), RoleServer, f.session(3), false)
	equal(t, "calls", m.called(), "Set")
}

// A store that is slow, down or lying costs a full handshake, never more.
func TestAStoreThatMisbehaves(t *testing.T) {
	down := errors.New("connection refused")
	for name, test := range map[string]struct {
		change func(*mapStore)
		count  func(Stats) uint64
	}{
		"down": {func(m *mapStore) {
			m.before = func(context.Context, string) error { return down }
		}, func(s Stats) uint64 { return s.StoreErrors }},
		"slow": {func(m *mapStore) {
			m.before = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
		}, func(s Stats) uint64 { return s.StoreErrors }},
		"panicking": {func(m *mapStore) {
			m.before = func(context.Context, string) error { panic("a store's bug") }
		}, func(s Stats) uint64 { return s.StoreErrors }},
		"empty value": {func(m *mapStore) {
			m.alter = func([]byte) []byte { return nil }
		}, func(s Stats) uint64 { return s.ExternalRejected }},
		"truncated": {func(m *mapStore) {
			m.alter = func(v []byte) []byte { return v[:len(v)-1] }
		}, func(s Stats) uint64 { return s.ExternalRejected }},
		"more than a value": {func(m *mapStore) {
			m.alter = func(v []byte) []byte { return append(v, 0) }
		}, func(s Stats) uint64 { return s.ExternalRejected }},
		"another version": {func(m *mapStore) {
			m.alter = func(v []byte) []byte { v[0]++; return v }
		}, func(s Stats) uint64 { return s.ExternalRejected }},
		"another id's value": {func(m *mapStore) {
			m.alter = func([]byte) []byte { return m.values[string(testID(2))] }
		}, func(s Stats) uint64 { return s.ExternalRejected }},
		"another scope's value": {func(m *mapStore) {
			m.alter = func([]byte) []byte { return m.values["other scope"] }
		}, func(s Stats) uint64 { return s.ScopeMismatches }},
		"expired": {func(m *mapStore) {
			m.alter = func([]byte) []byte { return m.values["expired"] }
		}, func(s Stats) uint64 { return s.Timeouts }},
	} {
		t.Run(name, func(t *testing.T) {
			forEachTable(t, func(t *testing.T, kind TableKind) {
				panics := 0
				f, m := newStoreFixture(t, kind, func(g *Config) {
					if name == "slow" {
						g.StoreDeadline = time.Millisecond
					}
					g.OnPanic = func(callback string, _ any, _ []byte) {
						if strings.HasPrefix(callback, "Store.") {
							panics++
						}
					}
				})
				m.put(1, f.session(1))
				m.put(2, f.session(2))
				m.values["other scope"] = AppendSession(nil, f.sessionWith(1, SessionOptions{Created: startTime}), 100)
				m.values["expired"] = AppendSession(nil, f.sessionWith(1, SessionOptions{Created: startTime - 101, Scope: f.Scope()}), 100)
				test.change(m)

				_, ok := f.resume(1)
				equal(t, "found", ok, false)
				equal(t, "Len", f.Len(), 0)
				stats := f.Stats()
				equal(t, "counted", test.count(stats), 1)
				equal(t, "Hits", stats.Hits, 0)

				// Nor do the other operations fail.
				s := f.session(3)
				f.HandshakeFinished(context.Background(), RoleServer, s, false)
				equal(t, "found", f.has(s), true)
				got, ok := f.Take(testID(3))
				equal(t, "Take", ok, true)
				got.Release()
				equal(t, "Add", f.Add(s), true)
				equal(t, "Remove", f.Remove(s), true)
				equal(t, "RemoveID", f.RemoveID(testID(3)), false)
				stats = f.Stats()
				equal(t, "StoreErrors and StoreWrites", stats.StoreErrors >= 5 || stats.StoreWrites == 1, true)
				equal(t, "CallbackPanics", stats.CallbackPanics, uint64(panics))
			})
		})
	}
}

func TestTheCallersContextBoundsTheStoreToo(t *testing.T) {
	f, m := newStoreFixture(t, LockFree, nil)
	m.put(1, f.session(1))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, ok := f.Resume(ctx, testID(1), f.Scope())
	equal(t, "found", ok, false)
	f.Issued(ctx, RoleServer, f.session(2))
	equal(t, "StoreErrors", f.Stats().StoreErrors, 2)
	equal(t, "found inside", f.Contains(testID(2)), true)
}

// The callback comes before the store, which is asked only if it has nothing.
func TestTheCallbackComesBeforeTheStore(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f, m := newStoreFixture(t, kind, nil)
		s, asked := f.session(1), 0
		f.setGet(external(&asked, s))
		m.put(1, s)
		m.put(2, f.session(2))
		got, _ := f.resume(1)
		equal(t, "the callback's session", got == s, true)
		equal(t, "calls of the store", m.called(), "")
		_, ok := f.resume(2)
		equal(t, "found", ok, true)
		equal(t, "calls of the store", m.called(), "Get")
		equal(t, "calls of the callback", asked, 2)
	})
}

// What is removed must not come back from the store.
func TestRemovalsReachTheStore(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for name, remove := range map[string]func(*fixture, *Session){
			"Remove":                     func(f *fixture, s *Session) { f.Remove(s) },
			"RemoveID":                   func(f *fixture, s *Session) { f.RemoveID(s.ID()) },
			"Take":                       func(f *fixture, s *Session) { got, _ := f.Take(s.ID()); got.Release() },
			"Remove of one not inside":   func(f *fixture, s *Session) { f.table.Remove(s); f.Remove(s) },
			"RemoveID of one not inside": func(f *fixture, s *Session) { f.table.Remove(s); f.RemoveID(s.ID()) },
		} {
			f, m := newStoreFixture(t, kind, nil)
			s := f.session(1)
			f.HandshakeFinished(context.Background(), RoleServer, s, false)
			equal(t, name+": in the store", m.len(), 1)
			remove(f, s)
			equal(t, name+": in the store", m.len(), 0)
			_, ok := f.resume(1)
			equal(t, name+": found", ok, false)
		}
	})
}

// What has only lost its place, or is over, stays there until it expires.
func TestEvictionAndFlushLeaveTheStoreAlone(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f, m := newStoreFixture(t, kind, func(g *Config) { g.Capacity = 1 })
		for n := range 3 {
			f.HandshakeFinished(context.Background(), RoleServer, f.session(n), false)
		}
		f.Clear()
		equal(t, "in the store", m.len(), 3)
		for n := range 3 {
			_, ok := f.resume(n)
			equal(t, "found", ok, true)
		}
	})
}

// A Take that fails must not delete a session of another scope.
func TestTakeUnderAnotherScopeLeavesTheStoreAlone(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f, m := newStoreFixture(t, kind, nil)
		f.HandshakeFinished(context.Background(), RoleServer, f.session(1), false)
		if _, ok := f.TakeScoped(testID(1), scope(t, "another")); ok {
			t.Error("taken under another scope")
		}
		if _, ok := f.Take(testID(2)); ok {
			t.Error("took a session that is not there")
		}
		equal(t, "in the store", m.len(), 1)
		stats := f.Stats()
		equal(t, "ScopeMismatches", stats.ScopeMismatches, 1)
		equal(t, "Misses", stats.Misses, 1)
		got, ok := f.Take(testID(1))
		equal(t, "taken", ok, true)
		got.Release()
		equal(t, "Hits", f.Stats().Hits, 1)
	})
}

// Remove deletes in the store first and then inside, so a Resume that read the
// store before sees the removal.
func TestARemovalRacingWithTheStoreIsNotUndone(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f, m := newStoreFixture(t, kind, nil)
		for n := range 200 {
			m.mu.Lock()
			m.put(n, f.session(n))
			m.mu.Unlock()
			parallel(3, func(i int) {
				if i == 0 {
					f.RemoveID(testID(n))
				} else {
					f.resume(n)
				}
			})
			equal(t, "in the table", f.Contains(testID(n)), false)
		}
	})
}

func TestAStoreWithoutADeadlineGetsTheDefault(t *testing.T) {
	f, _ := newStoreFixture(t, LockFree, func(g *Config) { g.StoreDeadline = 0 })
	equal(t, "the deadline", f.storeDeadline, 50*time.Millisecond)
}
