package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"fmt"

	"golang.org/x/crypto/chacha20"
	"golang.org/x/crypto/chacha20poly1305"
)

// The envelope, version 1:
//
//	offset  bytes
//	0       1      version, 1
//	1       8      id of the key
//	9       24     nonce, random
//	33             ciphertext, as long as the plaintext
//	end-16  16     tag
//
// The version is authenticated with the associated data, and the id by the
// choice of the key.
const (
	envelopeVersion = 1
	idEnd           = 1 + len(KeyID{})
	nonceEnd        = idEnd + chacha20poly1305.NonceSizeX

	// Overhead is how much longer an envelope is than its plaintext, in bytes.
	Overhead = nonceEnd + chacha20poly1305.Overhead
)

// Seal encrypts plaintext with the active key and appends the envelope to dst.
// plaintext and dst must not overlap. It fails with [ErrNoKey], or with an
// error that wraps [ErrConfig] if the associated data is not valid.
func (r *Ring) Seal(dst, plaintext []byte, ad AssociatedData) ([]byte, error) {
	if err := ad.check(); err != nil {
		return nil, err
	}
	defer r.rlock()()
	if r.active == nil {
		return nil, ErrNoKey
	}
	var nonce [chacha20poly1305.NonceSizeX]byte
	rand.Read(nonce[:])
	aead, err := r.active.envelopeCipher(&nonce)
	if err != nil {
		return nil, err
	}
	dst = append(dst, envelopeVersion)
	dst = append(dst, r.active.id[:]...)
	dst = append(dst, nonce[:]...)
	return aead.Seal(dst, shortNonce(&nonce), plaintext, ad.append(nil, envelopeVersion)), nil
}

// Open decrypts an envelope with the key that it names and appends the
// plaintext to dst. envelope and dst must not overlap. It fails with
// [ErrNotAuthentic], or with an error that wraps [ErrMalformed],
// [ErrUnknownKey] or, if the associated data is not valid, [ErrConfig].
func (r *Ring) Open(dst, envelope []byte, ad AssociatedData) ([]byte, error) {
	if err := ad.check(); err != nil {
		return nil, err
	}
	id, nonce, ciphertext, err := parseEnvelope(envelope)
	if err != nil {
		return nil, err
	}
	defer r.rlock()()
	k := r.keys[id]
	if k == nil {
		return nil, fmt.Errorf("%w: %s", ErrUnknownKey, id)
	}
	aead, err := k.envelopeCipher(&nonce)
	if err != nil {
		return nil, err
	}
	plaintext, err := aead.Open(dst, shortNonce(&nonce), ciphertext, ad.append(nil, envelopeVersion))
	if err != nil {
		return nil, ErrNotAuthentic
	}
	return plaintext, nil
}

// EnvelopeKey returns the id of the key that an envelope says it was sealed
// with, for diagnosis; it authenticates nothing. It fails with an error that
// wraps [ErrMalformed].
func EnvelopeKey(envelope []byte) (KeyID, error) {
	id, _, _, err := parseEnvelope(envelope)
	return id, err
}

func parseEnvelope(b []byte) (id KeyID, nonce [chacha20poly1305.NonceSizeX]byte, ciphertext []byte, err error) {
	if len(b) < Overhead {
		return id, nonce, nil, fmt.Errorf("%w: an envelope of %d bytes, the least is %d", ErrMalformed, len(b), Overhead)
	}
	if b[0] != envelopeVersion {
		return id, nonce, nil, fmt.Errorf("%w: an envelope of version %d, known is %d", ErrMalformed, b[0], envelopeVersion)
	}
	copy(id[:], b[1:idEnd])
	copy(nonce[:], b[idEnd:nonceEnd])
	return id, nonce, b[nonceEnd:], nil
}

// envelopeCipher returns the cipher for one envelope. XChaCha20-Poly1305 is
// ChaCha20-Poly1305 under a key that HChaCha20 derives from the first 16 bytes
// of the nonce (draft-irtf-cfrg-xchacha-03, section 2.3). Done here rather
// than by chacha20poly1305.NewX, whose copy of the long-lived key nobody could
// zero.
func (k *ringKey) envelopeCipher(nonce *[chacha20poly1305.NonceSizeX]byte) (cipher.AEAD, error) {
	subkey, err := chacha20.HChaCha20(k.envelopes[:], nonce[:16])
	if err != nil {
		return nil, err // lengths are constants: it cannot
	}
	defer clear(subkey)
	return chacha20poly1305.New(subkey)
}

// shortNonce is the rest of the nonce behind four zero bytes.
func shortNonce(nonce *[chacha20poly1305.NonceSizeX]byte) []byte {
	short := make([]byte, chacha20poly1305.NonceSize)
	copy(short[4:], nonce[16:])
	return short
}
