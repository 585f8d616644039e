package seal

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
)

// KeySize is the length of a key, in bytes.
const KeySize = 32

// KeyID names a key. It is derived from the key by a one-way function: it is
// no secret, may be logged, and is the same wherever the key is the same.
type KeyID [8]byte

// String returns the id in hexadecimal.
func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// Key is a secret of 32 bytes that a ring is made from. It shows itself to no
// formatting verb, log or encoder. The bytes come from a cryptographic random
// source, for example from "openssl rand -hex 32".
type Key struct {
	secret [KeySize]byte
}

// NewKey makes a key of 32 bytes, which it copies. It refuses 32 equal bytes,
// since that is a buffer which nobody filled.
func NewKey(b []byte) (*Key, error) {
	if len(b) != KeySize {
		return nil, &ConfigError{Field: "key", Value: fmt.Sprintf("%d bytes", len(b)), Allowed: fmt.Sprintf("%d bytes", KeySize)}
	}
	if uniform(b) {
		return nil, &ConfigError{Field: "key", Value: fmt.Sprintf("one byte %d times", KeySize), Allowed: "random bytes"}
	}
	k := new(Key)
	copy(k.secret[:], b)
	return k, nil
}

// uniform reports whether all bytes are equal. Only the answer depends on
// them, not the time.
func uniform(b []byte) bool {
	var differences byte
	for _, c := range b {
		differences |= c ^ b[0]
	}
	return differences == 0
}

// ID returns the key's id.
func (k *Key) ID() KeyID {
	var id KeyID
	b := expand(k.secret[:], "key id", len(id))
	copy(id[:], b)
	return id
}

// Wipe zeroes the key. Rings made from it have their own copies. It must not
// be called while another goroutine uses the key.
func (k *Key) Wipe() { clear(k.secret[:]) }

// Format writes "seal.Key" whatever the verb: a key is not for printing.
func (k *Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, "seal.Key") }

// LogValue returns "seal.Key".
func (k *Key) LogValue() slog.Value { return slog.StringValue("seal.Key") }

// MarshalText fails, so that no encoder writes a key by accident.
func (k *Key) MarshalText() ([]byte, error) {
	return nil, fmt.Errorf("%w: a key is not for encoding", ErrConfig)
}

// expand derives n bytes from a uniformly random secret for one use, which
// the label names (RFC 5869, section 3.3: extraction may be skipped).
func expand(secret []byte, label string, n int) []byte {
	b, err := hkdf.Expand(sha256.New, secret, "reprise seal v1 "+label, n)
	if err != nil {
		panic(err) // n is a small constant, and SHA-256 is approved everywhere
	}
	return b
}

// ringKey is what a ring has of a key: the secrets derived from it for each
// use. The ring's lock guards it.
type ringKey struct {
	id        KeyID
	envelopes [KeySize]byte
	streams   [KeySize]byte
	epoch     int64 // of a scheduled key
	scheduled bool
}

func newRingKey(k *Key) *ringKey {
	r := &ringKey{id: k.ID()}
	move(r.envelopes[:], expand(k.secret[:], "envelopes", KeySize))
	move(r.streams[:], expand(k.secret[:], "streams", KeySize))
	return r
}

// move copies a secret and zeroes where it came from.
func move(dst, src []byte) {
	copy(dst, src)
	clear(src)
}

func (k *ringKey) wipe() {
	clear(k.envelopes[:])
	clear(k.streams[:])
}
