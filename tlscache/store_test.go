package tlscache

import (
	"context"
	"crypto/tls"
	"errors"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// Whatever a store does, the client gets a full handshake, never a failed one.
func TestAStoreThatMisbehavesCostsAFullHandshake(t *testing.T) {
	fails := func(err error) func(m *memoryStore, other []byte) {
		return func(m *memoryStore, _ []byte) {
			m.misbehave(func(context.Context, string) error { return err }, nil)
		}
	}
	answers := func(alter func(value, other []byte) []byte) func(m *memoryStore, other []byte) {
		return func(m *memoryStore, other []byte) {
			m.misbehave(nil, func(_, value []byte) []byte { return alter(value, other) })
		}
	}
	for name, trouble := range map[string]func(m *memoryStore, other []byte){
		"down": fails(errors.New("down")),
		"slow": func(m *memoryStore, _ []byte) {
			m.misbehave(func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }, nil)
		},
		"panics": func(m *memoryStore, _ []byte) {
			m.misbehave(func(context.Context, string) error { panic("the store") }, nil)
		},
		"empty":           answers(func(_, _ []byte) []byte { return nil }),
		"another id's":    answers(func(_, other []byte) []byte { return other }),
		"truncated":       answers(func(value, _ []byte) []byte { return value[:len(value)/2] }),
		"a byte short":    answers(func(value, _ []byte) []byte { return value[:len(value)-1] }),
		"a byte too many": answers(func(value, _ []byte) []byte { return append(value, 0) }),
		"a foreign record": answers(func(value, _ []byte) []byte {
			s, err := engine.ParseSession(value)
			if err != nil {
				return nil
			}
			forged, err := engine.NewSession(s.ID(), []byte("another program's"), engine.SessionOptions{Scope: s.Scope(), Created: s.Created(), Timeout: s.Timeout()})
			if err != nil {
				return nil
			}
			return engine.AppendSession(nil, forged, 1)
		}),
		"a record cut short": answers(func(value, _ []byte) []byte { return reencode(value, func(b []byte) []byte { return b[:len(b)-3] }) }),
		"another version of it": answers(func(value, _ []byte) []byte {
			return reencode(value, func(b []byte) []byte { b[0]++; return b })
		}),
		"authenticated in the future": answers(func(value, _ []byte) []byte {
			return reencode(value, func(b []byte) []byte { b[2] = 0x70; return b })
		}),
		"authenticated long ago": answers(func(value, _ []byte) []byte {
			return reencode(value, func(b []byte) []byte { b[2] = 0x80; return b })
		}),
	} {
		t.Run(name, func(t *testing.T) {
			forVersions(t, func(t *testing.T, version uint16) {
				store := newMemoryStore()
				one := newFixture(t, func(g *engine.Config, _ *Options) { g.Store = store })
				two := newFixture(t, func(g *engine.Config, _ *Options) {
					g.Store = store
					if name == "slow" {
						g.StoreDeadline = 10 * time.Millisecond
					}
				})
				box, other, control := &ticketBox{}, &ticketBox{}, &ticketBox{}
				config, elsewhere := one.install(t, serverConfig(version)), two.install(t, serverConfig(version))
				resumes(t, "made", config, client(box, "a.example"), false)
				resumes(t, "another", config, client(other, "a.example"), false)
				if name != "slow" { // its deadline is too short to be sure of anything
					resumes(t, "a third", config, client(control, "a.example"), false)
					resumes(t, "the third, offered elsewhere", elsewhere, client(control, "a.example"), true)
				}
				store.mu.Lock()
				otherValue := store.values[string(other.ticket(t))]
				store.mu.Unlock()
				trouble(store, otherValue)
				resumes(t, "offered elsewhere", elsewhere, client(box.copied(t, false), "a.example"), false)
				store.misbehave(nil, nil)
			})
		})
	}
}

// reencode changes the record in a session's encoding.
func reencode(value []byte, change func([]byte) []byte) []byte {
	s, err := engine.ParseSession(value)
	if err != nil {
		return nil
	}
	changed, err := engine.NewSession(s.ID(), change(s.AppendState(nil)), engine.SessionOptions{Scope: s.Scope(), Created: s.Created(), Timeout: s.Timeout()})
	if err != nil {
		return nil
	}
	return engine.AppendSession(nil, changed, 1)
}

// A session that only the store has room for is no dead ticket.
func TestSessionsOfTheStoreOnly(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		f := newFixture(t, func(g *engine.Config, _ *Options) { g.Store, g.Mode = newMemoryStore(), g.Mode|engine.NoInternal })
		config := f.install(t, serverConfig(version))
		box := &ticketBox{}
		resumes(t, "made", config, client(box, "a.example"), false)
		resumes(t, "resumed", config, client(box, "a.example"), true)
		resumes(t, "resumed again", config, client(box, "a.example"), true)
		if f.cache.Len() != 0 {
			t.Error("the internal table has sessions")
		}
	})
}

// A client that hangs up does not keep the store from learning of its session.
func TestTheStoreIsWrittenWhenTheContextHasEnded(t *testing.T) {
	store := newMemoryStore()
	f := newFixture(t, func(g *engine.Config, _ *Options) { g.Store = store })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	h := &handshake{server: f.Server, ctx: ctx}
	before := store.called("Set")
	if _, err := h.wrap(tls.ConnectionState{Version: tls.VersionTLS13}, someState(t, tls.VersionTLS13)); err != nil {
		t.Fatal(err)
	}
	if store.called("Set") == before || f.cache.Stats().StoreErrors != 0 {
		t.Error("the session was not written")
	}
}
