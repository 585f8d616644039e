package tlscache

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

func TestScopesInStatsAreBounded(t *testing.T) {
	name := ""
	f := newFixture(t, func(_ *engine.Config, o *Options) {
		o.Scope = func(*tls.ClientHelloInfo, *tls.Config) string { return name }
	})
	config := f.install(t, serverConfig(0))
	if n := len(f.Stats().Scopes); n != 0 {
		t.Errorf("%d scopes before the first handshake", n)
	}
	for i := range MetricScopes + 10 {
		name = fmt.Sprintf("scope %d", i)
		h := hooks(t, config, "a.example")
		for _, resumed := range []bool{false, true, true} {
			if err := h.VerifyConnection(tls.ConnectionState{Version: tls.VersionTLS13, DidResume: resumed}); err != nil {
				t.Fatal(err)
			}
		}
	}
	s := f.Stats().Scopes
	if len(s) != MetricScopes+1 || s["scope 0"] != (Handshakes{1, 2}) || s[OtherScopes] != (Handshakes{10, 20}) {
		t.Errorf("%d scopes, the first %+v, others %+v", len(s), s["scope 0"], s[OtherScopes])
	}
}

// Nothing that was on the wire or in the cache gets into the log, and no kind of
// message floods it.
func TestLogs(t *testing.T) {
	var log bytes.Buffer
	store := newMemoryStore()
	secret := "a secret in a panic"
	f := newFixture(t, func(g *engine.Config, o *Options) {
		g.Store = store
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		o.MaxStateBytes = 10
		calls := 0
		o.Scope = func(*tls.ClientHelloInfo, *tls.Config) string {
			if calls++; calls%2 == 0 {
				panic(secret)
			}
			return "edge"
		}
	})
	config := f.install(t, serverConfig(0))
	boxes := make([]ticketBox, 20)
	for i := range boxes {
		resumes(t, "made", config, client(&boxes[i], "a.example"), false)
	}
	store.misbehave(func(context.Context, string) error { return errors.New("down") }, nil)
	for range 20 {
		if err := f.Revoke(t.Context(), "edge"); !errors.Is(err, ErrEpoch) {
			t.Fatal(err)
		}
	}
	f.Server.Close() // nobody writes any more
	text := log.String()
	for event, want := range map[string]int{
		"session tickets turned off": 1, "panic in a callback": 1, "too large": 1,
		"sessions revoked": 1, "could not write an epoch": 1,
	} {
		if n := strings.Count(text, event); n != want {
			t.Errorf("%q was logged %d times, want %d", event, n, want)
		}
	}
	if strings.Contains(text, secret) {
		t.Error("the value of a panic is in the log")
	}
	for i := range boxes {
		if boxes[i].latest == nil {
			continue
		}
		ticket := boxes[i].ticket(t)
		if strings.Contains(text, string(ticket)) || strings.Contains(text, hex.EncodeToString(ticket)) {
			t.Error("a ticket is in the log")
		}
	}
}

func TestHandles(t *testing.T) {
	keys, err := newHandleKeys([][]byte{bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	old, err := newHandleKeys([][]byte{bytes.Repeat([]byte{2}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	strangers, err := newHandleKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[handle]bool{}
	for range 1000 {
		mine, previous, foreign := keys.random(), old.random(), strangers.random()
		if !keys.genuine(&mine) || !keys.genuine(&previous) || keys.genuine(&foreign) || old.genuine(&mine) {
			t.Fatal("a key accepts what it should not, or does not accept its own")
		}
		for bit := range 8 * handleLength {
			changed := mine
			changed[bit/8] ^= 1 << (bit % 8)
			if keys.genuine(&changed) {
				t.Fatalf("a handle with bit %d changed is accepted", bit)
			}
		}
		if seen[mine] {
			t.Fatal("a handle was made twice")
		}
		seen[mine] = true
		dead := handle(deadTicket())
		if keys.genuine(&dead) {
			t.Fatal("a dead ticket is a handle")
		}
	}
}

// Refusals are words for logs; every one has its own.
func TestWords(t *testing.T) {
	seen := map[string]bool{}
	for r := refusedDisabled; r < refusalCount; r++ {
		if w := r.String(); w == "" || seen[w] {
			t.Errorf("refusal %d is %q", r, w)
		}
		seen[r.String()] = true
	}
	for p, want := range map[StoreFailure]string{DeadTicket: "dead-ticket", StatelessTicket: "stateless-ticket", 9: "StoreFailure(9)"} {
		if p.String() != want {
			t.Errorf("%d is %q, want %q", p, p, want)
		}
	}
}
