package handshake

import (
	"crypto/tls"

	"github.com/reprise-tls/reprise/internal/workload"
)

// A Kind is a version of TLS, without or with a client certificate.
type Kind uint8

// All kinds.
const (
	TLS13 Kind = iota
	TLS12
	MutualTLS13
	MutualTLS12
	kindCount
)

var kindNames = []string{"tls13", "tls12", "mtls13", "mtls12"}

// String returns "tls13", "tls12", "mtls13" or "mtls12".
func (k Kind) String() string { return kindNames[k] }

// Version returns the version as crypto/tls numbers it.
func (k Kind) Version() uint16 {
	if k == TLS12 || k == MutualTLS12 {
		return tls.VersionTLS12
	}
	return tls.VersionTLS13
}

// Mutual reports whether the client shows a certificate.
func (k Kind) Mutual() bool { return k >= MutualTLS13 }

// A Mix says which percentage of the connections is of which kind.
type Mix [kindCount]int

// ParseMix reads percentages such as "tls13=75,tls12=25", or the name of the
// only kind.
func ParseMix(s string) (m Mix, err error) {
	for kind, name := range kindNames {
		if s == name {
			m[kind] = 100
			return m, nil
		}
	}
	shares, err := workload.ParseShares("handshakes", s, kindNames)
	copy(m[:], shares)
	return m, err
}

// String returns the mix as [ParseMix] reads it.
func (m Mix) String() string {
	for kind, share := range m {
		if share == 100 {
			return kindNames[kind]
		}
	}
	return workload.FormatShares(kindNames, m[:])
}

// MarshalText implements encoding.TextMarshaler.
func (m Mix) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Mix) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMix(string(text))
	return err
}

// kinds returns those that there are.
func (m Mix) kinds() (kinds []Kind) {
	for kind, share := range m {
		if share > 0 {
			kinds = append(kinds, Kind(kind))
		}
	}
	return kinds
}

// Mutual reports whether any client shows a certificate.
func (m Mix) Mutual() bool { return m[MutualTLS13]+m[MutualTLS12] > 0 }

// draw returns a kind by one of 100 equally likely numbers.
func (m Mix) draw(n int) Kind {
	for kind, share := range m {
		if n < share {
			return Kind(kind)
		}
		n -= share
	}
	panic("handshake: the shares do not add up to 100")
}
