package tlscache

import (
	"crypto/tls"
	"encoding/binary"
	"testing"
)

// withUseBy returns the ticket with another end of its life. It is the second
// last field of the encoding.
func withUseBy(t testing.TB, cs *tls.ClientSessionState, useBy int64) *tls.ClientSessionState {
	t.Helper()
	b := clientStateBytes(t, cs)
	binary.BigEndian.PutUint64(b[len(b)-12:], uint64(useBy))
	state, err := tls.ParseSessionState(b)
	if err != nil {
		t.Fatal(err)
	}
	ticket, _, err := cs.ResumptionState()
	if err != nil {
		t.Fatal(err)
	}
	changed, err := tls.NewResumptionState(ticket, state)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func clientStateBytes(t testing.TB, cs *tls.ClientSessionState) []byte {
	t.Helper()
	_, state, err := cs.ResumptionState()
	if err != nil {
		t.Fatal(err)
	}
	b, err := state.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The layout is crypto/tls's own, so each version of Go must be asked.
func TestClientReadsTheStatesOfCryptoTLS(t *testing.T) {
	for name, version := range clientVersions {
		t.Run(name, func(t *testing.T) {
			cs := clientTickets(t, version, 1)[0]
			end := clientStateEndOf(clientStateBytes(t, cs))
			if !end.known || end.version != version {
				t.Errorf("known is %v and the version %#x, want %#x", end.known, end.version, version)
			}
		})
	}
	var useBy = clientStart + 12345
	cs := withUseBy(t, clientTickets(t, tls.VersionTLS13, 1)[0], useBy)
	_, state, err := cs.ResumptionState()
	if err != nil {
		t.Fatal(err)
	}
	for _, early := range []bool{false, true} { // with it comes the protocol's name
		state.EarlyData = early
		state.Extra = append(state.Extra, []byte("of another layer"), nil)
		b := clientStateBytes(t, cs)
		if end := clientStateEndOf(b); !end.known || end.useBy != useBy {
			t.Errorf("early data %v: known is %v and the end %d, want %d", early, end.known, end.useBy, useBy)
		}
		for n := range b {
			if clientStateEndOf(b[:n]).known && n < len(b)-4 { // only ageAdd follows
				t.Errorf("known from %d of %d bytes", n, len(b))
			}
		}
	}
}

// A session that is not understood is used once and left to crypto/tls.
func TestClientDoesNotTrustALayoutItDoesNotKnow(t *testing.T) {
	b := clientStateBytes(t, clientTickets(t, tls.VersionTLS12, 1)[0])
	for name, change := range map[string]func([]byte){
		"a server's":      func(b []byte) { b[2] = 1 },
		"another type":    func(b []byte) { b[2] = 3 },
		"a later version": func(b []byte) { b[1] = 5 },
		"no version":      func(b []byte) { b[0], b[1] = 0, 0 },
	} {
		changed := append([]byte(nil), b...)
		change(changed)
		if clientStateEndOf(changed).known {
			t.Errorf("%s is known", name)
		}
	}
}

// Whatever crypto/tls can parse as a client's state is known.
func FuzzClientState(f *testing.F) {
	for _, version := range clientVersions {
		f.Add(clientStateBytes(f, clientTickets(f, version, 1)[0]))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		end := clientStateEndOf(b)
		if _, err := tls.ParseSessionState(b); err != nil || b[2] != 2 {
			return
		}
		version := binary.BigEndian.Uint16(b)
		if known := version >= tls.VersionTLS10 && version <= tls.VersionTLS13; end.known != known || end.version != version {
			t.Errorf("known is %v and the version %#x, want %v and %#x", end.known, end.version, known, version)
		}
	})
}

func FuzzClientTicket(f *testing.F) {
	f.Add(appendClientTicket(nil, clientFacts{1, 2, true}, []byte("ticket"), []byte("state")))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		facts, rest, err := parseClientTicket(b)
		if err != nil {
			return
		}
		n := binary.BigEndian.Uint32(b[18:])
		if again := appendClientTicket(nil, facts, rest[:n], rest[n:]); string(again) != string(b) {
			t.Errorf("%x became %x", b, again)
		}
	})
}
