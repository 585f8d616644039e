package handshake

import (
	"crypto/tls"
	"fmt"
)

// A Kind of handshake: a TLS version, with or without a client certificate.
type Kind struct {
	Version uint16 // tls.VersionTLS12 or tls.VersionTLS13
	Mutual  bool   // the client shows a certificate, which the server verifies
}

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{{tls.VersionTLS13, false}, {tls.VersionTLS12, false}, {tls.VersionTLS13, true}, {tls.VersionTLS12, true}}
}

// String returns tls13, tls12, mtls13 or mtls12.
func (k Kind) String() string {
	s := map[uint16]string{tls.VersionTLS12: "tls12", tls.VersionTLS13: "tls13"}[k.Version]
	if k.Mutual {
		s = "m" + s
	}
	return s
}

// ParseKind reads what String returns.
func ParseKind(s string) (Kind, error) {
	for _, k := range Kinds() {
		if k.String() == s {
			return k, nil
		}
	}
	return Kind{}, fmt.Errorf("kind of handshake %q is not known; allowed are tls13, tls12, mtls13 and mtls12", s)
}
