package engine

import (
	"context"
	"sync/atomic"
	"testing"
)

// SSL_CTX_free runs remove_cb for every cached session.
func TestCloseRemovesEverySession(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		told := map[*Session]int{}
		f := newFixture(t, kind, func(g *Config) {
			g.Callbacks.Remove = func(s *Session, r Reason) {
				equal(t, "the reason", r, ReasonClosed)
				equal(t, "references in the callback", s.References(), 2)
				told[s]++
			}
		})
		for n := range 100 {
			f.add(n)
		}
		f.Close()
		f.Close()
		for _, s := range f.made {
			equal(t, "calls for a session", told[s], 1)
			equal(t, "references", s.References(), 1)
		}
		equal(t, "Closed", f.Stats().Closed, 100)
	})
}

func TestAClosedCacheDoesNothing(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		store := newMapStore()
		calls := 0
		f := newFixture(t, kind, func(g *Config) {
			g.Mode = Both | UpdateTime
			g.Store = store
			g.Callbacks = Callbacks{
				New:    func(*Session) { calls++ },
				Remove: func(*Session, Reason) { calls++ },
				Get:    func(context.Context, []byte) *Session { calls++; return nil },
			}
		})
		s := f.session(1)
		store.put(1, s)
		f.Close()
		f.time.Add(1)
		ctx := context.Background()
		equal(t, "Add", f.Add(s), false)
		equal(t, "Created", s.Created(), startTime)
		equal(t, "found", f.has(s), false)
		_, ok := f.resume(1)
		equal(t, "Resume", ok, false)
		f.HandshakeStarted(RoleServer)
		f.HandshakeFinished(ctx, RoleServer, s, false)
		f.HandshakeFinished(ctx, RoleClient, s, true)
		f.Issued(ctx, RoleServer, s)
		equal(t, "Reschedule", f.Reschedule(s), false)
		equal(t, "Flush", f.Flush(Never), 0)
		equal(t, "Clear", f.Clear(), 0)
		for range f.All() {
			t.Error("All yielded a session")
		}
		for _, n := range []int{1, 5000, Unlimited} {
			if err := f.SetCapacity(n); err != nil {
				t.Error(err)
			}
			equal(t, "Add", f.Add(s), false)
		}
		equal(t, "callbacks", calls, 0)
		equal(t, "calls of the store", store.called(), "")
		equal(t, "references", s.References(), 1)

		// Only what removes still reaches the store: it must not bring the
		// session back in another process.
		equal(t, "Remove", f.Remove(s), false)
		equal(t, "calls of the store", store.called(), "Delete")
	})
}

// An Add that races with Close returns false, or its session is removed with
// reason closed.
func TestAddsRacingWithClose(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for _, capacity := range []int{Unlimited, 3, 2000} {
			for range 12 {
				var added, told atomic.Int64
				f := newFixture(t, kind, func(g *Config) {
					g.Capacity = capacity
					g.Callbacks.Remove = func(*Session, Reason) { told.Add(1) }
				})
				parallel(4, func(i int) {
					if i == 3 {
						f.Close()
						return
					}
					for n := range 40 {
						if f.Add(f.session(i*100 + n)) {
							added.Add(1)
						}
					}
				})
				equal(t, "Len", f.Len(), 0)
				equal(t, "callbacks", told.Load(), added.Load())
				f.check()
				for _, s := range f.made {
					if n := s.References(); n != 1 {
						t.Fatalf("%d references", n)
					}
				}
			}
		}
	})
}

func TestClosesRace(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		var told atomic.Int64
		f := newFixture(t, kind, func(g *Config) {
			g.Callbacks.Remove = func(*Session, Reason) { told.Add(1) }
		})
		for n := range 300 {
			f.add(n)
		}
		parallel(4, func(i int) {
			if i == 0 {
				f.Clear()
			}
			f.Close()
		})
		f.Close()
		equal(t, "callbacks", told.Load(), 300)
	})
}
