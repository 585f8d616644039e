package shards

import (
	"fmt"
	"unique"
)

// A Scope is what a session is bound to: OpenSSL's session id context. A
// lookup finds only sessions of its own scope, so that a session made under
// one set of TLS options is never resumed under another (CVE-2025-23419,
// CVE-2025-68121).
//
// Scopes are compared with ==. The zero Scope is the empty scope.
type Scope struct{ handle unique.Handle[string] }

// NewScope returns the scope that the given bytes (at most 32) name.
func NewScope(b []byte) (Scope, error) {
	switch {
	case len(b) == 0:
		return Scope{}, nil
	case len(b) > MaxScopeLength:
		return Scope{}, fmt.Errorf("%w: %d bytes, allowed are 0 to %d", ErrScopeLength, len(b), MaxScopeLength)
	}
	return Scope{unique.Make(string(b))}, nil
}

// Bytes returns a copy of the bytes that name the scope.
func (s Scope) Bytes() []byte {
	if s == (Scope{}) {
		return nil
	}
	return []byte(s.handle.Value())
}
