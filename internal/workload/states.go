package workload

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
)

// StateMix says, in percent, which handshakes the states of the sessions come
// from: TLS 1.3 and TLS 1.2, each without and with a client certificate. A
// state of crypto/tls in Go 1.26 is 57 bytes for TLS 1.3
// (TLS_AES_128_GCM_SHA256) and 75 for TLS 1.2; with a client certificate it
// contains the chain that was sent and the chains that were verified, here
// about 900 bytes.
type StateMix struct{ TLS13, TLS12, MutualTLS13, MutualTLS12 int }

// DefaultStateMix is a server for browsers with a few clients that show
// certificates.
var DefaultStateMix = StateMix{TLS13: 75, TLS12: 20, MutualTLS13: 4, MutualTLS12: 1}

var stateNames = []string{"tls13", "tls12", "mtls13", "mtls12"}

// ParseStateMix reads percentages such as "tls13=80,mtls13=20".
func ParseStateMix(s string) (StateMix, error) {
	n, err := parseShares("states", s, stateNames)
	if err != nil {
		return StateMix{}, err
	}
	return StateMix{n[0], n[1], n[2], n[3]}, nil
}

// String returns the mix as [ParseStateMix] reads it.
func (m StateMix) String() string { return formatShares(stateNames, m.shares()) }

func (m StateMix) shares() []int {
	return []int{m.TLS13, m.TLS12, m.MutualTLS13, m.MutualTLS12}
}

// MarshalText implements encoding.TextMarshaler.
func (m StateMix) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; no text is what a mix of
// nothing, the zero value, is written as.
func (m *StateMix) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*m = StateMix{}
		return nil
	}
	mix, err := ParseStateMix(string(text))
	if err == nil {
		*m = mix
	}
	return err
}

// statesPerKind is how many handshakes are made of each kind. Every one has
// its own secret and, where there is a client certificate, its own client.
const statesPerKind = 8

// States are states of TLS sessions, by kind, from handshakes that took place.
type States struct{ kinds [4][][]byte }

// NewStates makes the handshakes for the kinds that the mix asks for. They run
// over pipes within the process.
func NewStates(m StateMix) (*States, error) {
	states := new(States)
	var authority *authority
	for kind, share := range m.shares() {
		if share == 0 {
			continue
		}
		if authority == nil {
			var err error
			if authority, err = newAuthority(); err != nil {
				return nil, fmt.Errorf("workload: certificates for the handshakes: %w", err)
			}
		}
		version := [...]uint16{tls.VersionTLS13, tls.VersionTLS12, tls.VersionTLS13, tls.VersionTLS12}[kind]
		mutual := kind >= 2
		for range statesPerKind {
			state, err := authority.handshake(version, mutual)
			if err != nil {
				return nil, fmt.Errorf("workload: handshake for a %s state: %w", stateNames[kind], err)
			}
			states.kinds[kind] = append(states.kinds[kind], state)
		}
	}
	return states, nil
}

// Pick returns a state of a kind that the mix asked for. States of a kind are
// taken in turn by n.
func (s *States) Pick(kind StateKind, n uint64) []byte {
	states := s.kinds[kind]
	return states[n%uint64(len(states))]
}

// Describe names the kinds and the sizes of their states in bytes.
func (s *States) Describe() string {
	var parts []string
	for kind, states := range s.kinds {
		if len(states) == 0 {
			continue
		}
		bySize := func(a, b []byte) int { return cmp.Compare(len(a), len(b)) }
		low, high := len(slices.MinFunc(states, bySize)), len(slices.MaxFunc(states, bySize))
		size := fmt.Sprint(low)
		if high != low {
			size += fmt.Sprintf("-%d", high)
		}
		parts = append(parts, fmt.Sprintf("%s %s B", stateNames[kind], size))
	}
	return strings.Join(parts, ", ")
}
