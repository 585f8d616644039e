package workload

import (
	"bytes"
	"crypto/tls"
	"testing"
	"time"
)

// The sizes are documented at StateMix.
func TestStatesAreRealSessions(t *testing.T) {
	states, err := NewStates(StateMix{25, 25, 25, 25})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(states.Describe())
	bounds := [][2]int{{57, 57}, {75, 75}, {600, 1200}, {600, 1200}}
	var all [][]byte
	for kind, list := range states.kinds {
		if len(list) != statesPerKind {
			t.Errorf("%s: %d states, want %d", stateNames[kind], len(list), statesPerKind)
		}
		for _, state := range list {
			if n := len(state); n < bounds[kind][0] || n > bounds[kind][1] {
				t.Errorf("%s: %d bytes, want %d to %d", stateNames[kind], n, bounds[kind][0], bounds[kind][1])
			}
			parsed, err := tls.ParseSessionState(bytes.Clone(state))
			if err != nil {
				t.Fatalf("%s: crypto/tls does not take its own state back: %v", stateNames[kind], err)
			}
			again, err := parsed.Bytes()
			if err != nil || !bytes.Equal(again, state) {
				t.Errorf("%s: the state changes when parsed and encoded again: %v", stateNames[kind], err)
			}
			for _, other := range all {
				if bytes.Equal(other, state) {
					t.Errorf("%s: two handshakes gave the same state", stateNames[kind])
				}
			}
			all = append(all, state)
		}
	}
}

func TestHandshakeThatFailsIsAnError(t *testing.T) {
	p, err := newParties()
	if err != nil {
		t.Fatal(err)
	}
	server := &tls.Config{Certificates: []tls.Certificate{p.server}, MaxVersion: tls.VersionTLS12}
	client := &tls.Config{RootCAs: p.authority.Pool(), ServerName: serverName, MinVersion: tls.VersionTLS13}
	if err := shakeHands(server, client); err == nil {
		t.Error("a handshake of two sides without a common version succeeded")
	}
}

func TestSessionsOfAPool(t *testing.T) {
	spec := testSpec(Replace)
	spec.Sessions = 1_000
	spec.States = StateMix{TLS13: 90, TLS12: 10}
	states, err := NewStates(spec.States)
	if err != nil {
		t.Fatal(err)
	}
	created := time.Now().Unix()
	pool, err := NewSessions(spec, states, created)
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]int)
	lengths := make(map[int]int)
	for i, s := range pool {
		if n := s.References(); n != 1 {
			t.Fatalf("session %d has %d references, want 1", i, n)
		}
		if s.Created() != created {
			t.Fatalf("session %d was created at %d, want %d", i, s.Created(), created)
		}
		ids[string(s.ID())]++
		lengths[s.StateLength()]++
	}
	if len(pool) != 2_000 || len(ids) != 1_000 {
		t.Errorf("%d sessions with %d ids, want 2000 with 1000", len(pool), len(ids))
	}
	if lengths[57] != 1_800 || lengths[75] != 200 {
		t.Errorf("lengths of the states: %v, want 1800 of 57 and 200 of 75 bytes", lengths)
	}
}

func TestStatesThatNobodyAskedForAreNotMade(t *testing.T) {
	states, err := NewStates(StateMix{TLS12: 100})
	if err != nil {
		t.Fatal(err)
	}
	for kind, list := range states.kinds {
		if want := kind == 1; (len(list) > 0) != want {
			t.Errorf("%s: %d states", stateNames[kind], len(list))
		}
	}
}
