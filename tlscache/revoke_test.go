package tlscache

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

func TestRevoke(t *testing.T) {
	forVersions(t, func(t *testing.T, version uint16) {
		name := "one"
		f := newFixture(t, func(_ *engine.Config, o *Options) {
			o.Scope = func(*tls.ClientHelloInfo, *tls.Config) string { return name }
		})
		config := f.install(t, serverConfig(version))
		one, two := &ticketBox{}, &ticketBox{}
		resumes(t, "made in one", config, client(one, "a.example"), false)
		name = "two"
		resumes(t, "made in two", config, client(two, "a.example"), false)
		if err := f.Revoke(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		resumes(t, "two", config, client(two, "a.example"), true)
		name = "one"
		resumes(t, "one after its revocation", config, client(one, "a.example"), false)
		resumes(t, "made in one since", config, client(one, "a.example"), true)
		if err := f.RevokeAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		resumes(t, "one after all were revoked", config, client(one, "a.example"), false)
		name = "two"
		resumes(t, "two after all were revoked", config, client(two, "a.example"), false)
		if n := f.Stats().Epochs; n != (Epochs{Revoked: 2}) {
			t.Errorf("counted %+v", n)
		}
	})
}

func TestRevokeAllReachesDerivedScopes(t *testing.T) {
	f := newFixture(t, nil)
	config := f.install(t, serverConfig(0))
	box := &ticketBox{}
	resumes(t, "made", config, client(box, "a.example"), false)
	if err := f.Revoke(t.Context(), "x"); !errors.Is(err, ErrScope) {
		t.Errorf("Revoke without names: %v", err)
	}
	if err := f.RevokeAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	resumes(t, "revoked", config, client(box, "a.example"), false)
}

// The session of a client that was authenticated before the revocation does not
// outlive it because its ticket was issued after.
func TestRevokeDuringAHandshake(t *testing.T) {
	f := newFixture(t, nil)
	config := f.install(t, serverConfig(tls.VersionTLS13))
	cs := tls.ConnectionState{Version: tls.VersionTLS13, ServerName: "a.example"}
	h := hooks(t, config, "a.example")
	if err := f.RevokeAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	id, err := h.WrapSession(cs, someState(t, tls.VersionTLS13))
	if err != nil {
		t.Fatal(err)
	}
	if ss, err := hooks(t, config, "a.example").UnwrapSession(id, cs); ss != nil || err != nil {
		t.Errorf("%v, %v, want nil and nil", ss, err)
	}
}

func TestScopesAreBounded(t *testing.T) {
	name := "one"
	f := newFixture(t, func(_ *engine.Config, o *Options) {
		o.Scope, o.MaxScopes = func(*tls.ClientHelloInfo, *tls.Config) string { return name }, 2
	})
	config := f.install(t, serverConfig(0))
	for _, name = range []string{"one", "two", "three", "one"} {
		resumes(t, name, config, client(&ticketBox{}, "a.example"), false)
	}
	if n := f.Stats(); n.TicketsOff != (TicketsOff{TooManyScopes: 1}) || n.Tickets.Stored != 3 {
		t.Errorf("counted %+v, %+v", n.TicketsOff, n.Tickets)
	}
	if err := f.Revoke(t.Context(), "four"); !errors.Is(err, ErrScope) {
		t.Errorf("Revoke of one too many: %v", err)
	}
	for _, bad := range []string{"", string(make([]byte, 256))} {
		if err := f.Revoke(t.Context(), bad); !errors.Is(err, ErrScope) {
			t.Errorf("Revoke of a name of %d bytes: %v", len(bad), err)
		}
	}
}

// A server that was told a scope resumes the fleet's sessions of it from its first
// connection on.
func TestSyncOfNames(t *testing.T) {
	store := newMemoryStore()
	_, configs := fleet(t, store, 1)
	box := &ticketBox{}
	resumes(t, "made", configs[0], client(box, "a.example"), false)

	cache, err := engine.New(engine.Config{Mode: engine.Server, Store: store, StoreDeadline: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Close)
	server, err := NewServer(cache, Options{Logger: quietly, EpochInterval: time.Hour, HandleKeys: testKeys(), Scope: FixedScope("edge")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	if err := server.Sync(t.Context(), "edge"); err != nil {
		t.Fatal(err)
	}
	config, err := server.Install(serverConfig(0))
	if err != nil {
		t.Fatal(err)
	}
	resumes(t, "first connection", config, client(box, "a.example"), true)
}

// What Sync cannot read it says, and it reads the others.
func TestSyncOfBadNames(t *testing.T) {
	servers, _ := fleet(t, newMemoryStore(), 1)
	for _, bad := range []string{"", string(make([]byte, maxScopeName+1))} {
		if err := servers[0].Sync(t.Context(), bad, "good"); !errors.Is(err, ErrScope) {
			t.Errorf("a name of %d bytes: %v", len(bad), err)
		}
	}
	good, _ := servers[0].scopes.get("good")
	if _, known := good.epoch.known(); !known {
		t.Error("the epoch of the good name was not read")
	}
	if err := newFixture(t, nil).Sync(t.Context(), "edge"); !errors.Is(err, ErrScope) {
		t.Errorf("names of derived scopes: %v", err)
	}
}

// fleet is some servers on one store that have agreed on their epochs.
func fleet(t *testing.T, store *memoryStore, n int) (servers []*fixture, configs []*tls.Config) {
	t.Helper()
	for range n { // the first begins an epoch, the others learn of it
		f := newFixture(t, func(g *engine.Config, _ *Options) { g.Store = store })
		servers, configs = append(servers, f), append(configs, f.install(t, serverConfig(0)))
	}
	return servers, configs
}

func TestFleetSharesSessionsAndRevocations(t *testing.T) {
	servers, configs := fleet(t, newMemoryStore(), 2)
	box := &ticketBox{}
	resumes(t, "made at one", configs[0], client(box, "a.example"), false)
	resumes(t, "resumed at two", configs[1], client(box, "a.example"), true)
	resumes(t, "resumed at one", configs[0], client(box, "a.example"), true)
	if err := servers[1].Revoke(t.Context(), "edge"); err != nil {
		t.Fatal(err)
	}
	resumes(t, "at two after its revocation", configs[1], client(box.copied(t, false), "a.example"), false)
	if err := servers[0].Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	resumes(t, "at one when it has heard of it", configs[0], client(box.copied(t, false), "a.example"), false)
	if n := servers[0].Stats().Epochs.Adopted; n != 1 {
		t.Errorf("%d epochs adopted, want 1", n)
	}
}

// The background does it too.
func TestRevocationsArriveByThemselves(t *testing.T) {
	store := newMemoryStore()
	a := newFixture(t, func(g *engine.Config, _ *Options) { g.Store = store })
	b := newFixture(t, func(g *engine.Config, o *Options) { g.Store, o.EpochInterval = store, 10*1000*1000 })
	hooks(t, b.install(t, serverConfig(0)), "a.example")
	edge, _ := b.scopes.get("edge")
	waitFor(t, "the scope's first epoch", func() bool { _, known := edge.epoch.known(); return known })
	if err := a.Revoke(t.Context(), "edge"); err != nil {
		t.Fatal(err)
	}
	mine, _ := a.scopes.get("edge")
	waitFor(t, "the revocation", func() bool { return edge.epoch.load() >= mine.epoch.load() })
}

// Old values put back into the store bring nothing back, and are overwritten.
func TestEpochsNeverGoBack(t *testing.T) {
	store := newMemoryStore()
	servers, configs := fleet(t, store, 2)
	box := &ticketBox{}
	resumes(t, "made", configs[0], client(box, "a.example"), false)
	store.mu.Lock()
	old := maps.Clone(store.values)
	store.mu.Unlock()
	if err := servers[0].RevokeAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	store.mu.Lock()
	maps.Copy(store.values, old) // the replay
	store.mu.Unlock()
	if err := servers[0].Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	resumes(t, "at one", configs[0], client(box.copied(t, false), "a.example"), false)
	if err := servers[1].Sync(t.Context()); err != nil { // it learns of the revocation all the same
		t.Fatal(err)
	}
	resumes(t, "at two", configs[1], client(box.copied(t, false), "a.example"), false)
}

// What cannot be read changes nothing: sessions of this process go on.
func TestUnreadableEpochs(t *testing.T) {
	scope := newScope("edge", false)
	id := scope.epochID()
	encode := func(id, state []byte) []byte {
		s, err := engine.NewSession(id, state, engine.SessionOptions{Timeout: 1 << 40})
		if err != nil {
			t.Fatal(err)
		}
		return engine.AppendSession(nil, s, 1)
	}
	future := binary.BigEndian.AppendUint64([]byte{epochVersion}, 1<<62)
	for name, trouble := range map[string]func(store *memoryStore){
		"down": func(m *memoryStore) {
			m.misbehave(func(context.Context, string) error { return errors.New("down") }, nil)
		},
		"panics":    func(m *memoryStore) { m.misbehave(func(context.Context, string) error { panic("down") }, nil) },
		"no value":  func(m *memoryStore) { m.misbehave(nil, func(_, v []byte) []byte { return nil }) },
		"truncated": func(m *memoryStore) { m.misbehave(nil, func(_, v []byte) []byte { return v[:len(v)-1] }) },
		"another id's": func(m *memoryStore) {
			m.misbehave(nil, func(_, _ []byte) []byte { return encode(make([]byte, 32), future) })
		},
		"too short": func(m *memoryStore) { m.misbehave(nil, func(_, _ []byte) []byte { return encode(id[:], future[:8]) }) },
		"another version": func(m *memoryStore) {
			m.misbehave(nil, func(_, _ []byte) []byte { return encode(id[:], append([]byte{9}, future[1:]...)) })
		},
		"out of range": func(m *memoryStore) {
			m.misbehave(nil, func(_, _ []byte) []byte {
				return encode(id[:], binary.BigEndian.AppendUint64([]byte{epochVersion}, 1<<63))
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			store := newMemoryStore()
			servers, configs := fleet(t, store, 1)
			box := &ticketBox{}
			resumes(t, "made", configs[0], client(box, "a.example"), false)
			trouble(store)
			if err := servers[0].Sync(t.Context()); !errors.Is(err, ErrEpoch) {
				t.Errorf("Sync: %v", err)
			}
			resumes(t, "from memory", configs[0], client(box, "a.example"), true)
			if servers[0].Stats().Epochs.Unreadable == 0 {
				t.Error("not counted")
			}
			// A revocation holds here whatever the store says.
			_ = servers[0].Revoke(t.Context(), "edge")
			resumes(t, "revoked", configs[0], client(box, "a.example"), false)
		})
	}
}

// A process that could not read the epoch yet resumes its own sessions, and none
// that may have been revoked.
func TestANewProcessKnowsNoEpochYet(t *testing.T) {
	store := newMemoryStore()
	servers, configs := fleet(t, store, 1)
	box := &ticketBox{}
	resumes(t, "made", configs[0], client(box, "a.example"), false)
	if err := servers[0].Revoke(t.Context(), "edge"); err != nil {
		t.Fatal(err)
	}
	store.misbehave(func(_ context.Context, method string) error {
		if method == "Get" {
			return errors.New("down")
		}
		return nil
	}, nil)
	f := newFixture(t, func(g *engine.Config, _ *Options) { g.Store = store })
	config := f.install(t, serverConfig(0))
	hooks(t, config, "a.example")
	waitFor(t, "it has tried", func() bool { return f.Stats().Epochs.Unreadable > 0 })
	store.misbehave(nil, nil)
	resumes(t, "the fleet's, revoked", config, client(box.copied(t, false), "a.example"), false)
	own := &ticketBox{}
	resumes(t, "made here", config, client(own, "a.example"), false)
	resumes(t, "resumed here", config, client(own, "a.example"), true)
	if err := f.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh := &ticketBox{}
	resumes(t, "the fleet's, not revoked: made", configs[0], client(fresh, "a.example"), false)
	resumes(t, "the fleet's, not revoked", config, client(fresh, "a.example"), true)
}

// A process that takes over the sessions of another takes over what was revoked.
func TestEpochsPassOn(t *testing.T) {
	named := func(_ *engine.Config, o *Options) { o.Scope, o.HandleKeys = FixedScope("edge"), testKeys() }
	old, next := newFixture(t, named), newFixture(t, named)
	config, taken := old.install(t, serverConfig(0)), next.install(t, serverConfig(0))
	revoked, good := &ticketBox{}, &ticketBox{}
	resumes(t, "made", config, client(revoked, "a.example"), false)
	if err := old.Revoke(t.Context(), "edge"); err != nil {
		t.Fatal(err)
	}
	resumes(t, "made after", config, client(good, "a.example"), false)
	for s := range old.cache.All() {
		next.cache.Add(s)
	}
	if err := next.AdoptEpochs(old.AppendEpochs(nil)); err != nil {
		t.Fatal(err)
	}
	resumes(t, "what was revoked", taken, client(revoked.copied(t, false), "a.example"), false)
	resumes(t, "what was not", taken, client(good, "a.example"), true)
	next.cache.Clear() // its sessions are in two caches: the fixture counts references
	old.cache.Clear()
}

func TestAdoptEpochsRefuses(t *testing.T) {
	f := newFixture(t, func(_ *engine.Config, o *Options) { o.Scope, o.MaxScopes = FixedScope("edge"), 1 })
	if err := f.Revoke(t.Context(), "edge"); err != nil {
		t.Fatal(err)
	}
	whole := f.AppendEpochs(nil)
	for i := range len(whole) {
		err := f.AdoptEpochs(whole[:i])
		if ends := i == 1 || i == 10; (err == nil) != ends { // after the version, and after the first entry
			t.Errorf("%d of %d bytes: %v", i, len(whole), err)
		}
	}
	if err := f.AdoptEpochs(append([]byte{2}, whole[1:]...)); !errors.Is(err, ErrEpoch) {
		t.Errorf("another version: %v", err)
	}
	if err := f.AdoptEpochs([]byte{1, 0, 255, 0, 0, 0, 0, 0, 0, 0}); !errors.Is(err, ErrEpoch) {
		t.Errorf("out of range: %v", err)
	}
	if err := f.AdoptEpochs([]byte{1, 1, 'x', 0, 0, 0, 0, 0, 0, 0, 9}); !errors.Is(err, ErrScope) {
		t.Errorf("one scope too many: %v", err)
	}
	before := f.all.epoch.load()
	if err := f.AdoptEpochs([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0}); err != nil || f.all.epoch.load() != before {
		t.Errorf("a lower epoch: %v, now %d, before %d", err, f.all.epoch.load(), before)
	}
}
