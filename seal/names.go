package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// NameSize is the length of a name, in bytes: that of the longest session id.
const NameSize = 32

// Names replaces session ids by names for a store that should not learn them:
// who sees a name cannot offer the session, nor recognise one that he saw on
// the wire. A name is HMAC-SHA-256 of the scope and the id. Its methods may be
// called by any number of goroutines at once.
type Names struct {
	key   [KeySize]byte
	scope []byte
}

// NewNames makes names from a secret of 32 bytes or more. All nodes need the
// same secret and scope, for as long as what they stored is to be found: it
// does not change when the keys of a ring do. It may be one of a schedule's
// secrets, since what is derived from it is independent. Different scopes, for
// example of two deployments, never share a name.
func NewNames(secret, scope []byte) (*Names, error) {
	if err := checkSecret("secret of names", secret); err != nil {
		return nil, err
	}
	prk, err := hkdf.Extract(sha256.New, secret, []byte("reprise seal v1 names"))
	if err != nil {
		return nil, fmt.Errorf("seal: deriving from a secret: %w", err)
	}
	defer clear(prk)
	n := &Names{scope: append([]byte(nil), scope...)}
	move(n.key[:], expand(prk, "names", KeySize))
	return n, nil
}

// Append appends the name of an id, NameSize bytes, to dst.
func (n *Names) Append(dst, id []byte) []byte {
	h := hmac.New(sha256.New, n.key[:])
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(n.scope)))
	h.Write(length[:])
	h.Write(n.scope)
	h.Write(id)
	return h.Sum(dst)
}
