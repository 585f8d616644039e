package seal

import (
	"crypto/cipher"
	"encoding/binary"

	"crypto/hkdf"
	"crypto/sha256"

	"golang.org/x/crypto/chacha20poly1305"
)

// The stream, version 2; integers are big endian.
//
//	1       version, 2
//	8       id of the key
//	32      salt, random
//	        chunks
//
// and a chunk:
//
//	4       length of the ciphertext with its tag; bit 31 is set on the last
//	        ciphertext and tag
//
// The chunks are sealed as the STREAM construction says (Hoang, Reyhanitabar,
// Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
// Misuse-Resistance, 2015) with ChaCha20-Poly1305 under a key derived from the
// ring's key, the salt and the associated data. The nonce of a chunk is its
// number, from 0, and whether it is the last: chunks that were left out,
// doubled or reordered do not open, and a stream cut at a chunk has no last
// one. Only the last chunk may be empty.
const (
	streamVersion = 2
	saltSize      = 32
	headerSize    = 1 + len(KeyID{}) + saltSize
	prefixSize    = 4
	lastBit       = 1 << 31
	chunkSize     = 64 << 10 // bytes of plaintext of a chunk, at most
	maxCiphertext = chunkSize + chacha20poly1305.Overhead
)

// streamCipher returns the cipher of one stream.
func (k *ringKey) streamCipher(salt []byte, ad *AssociatedData) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, k.streams[:], salt, string(ad.append([]byte("reprise seal v1 stream "), streamVersion)), KeySize)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	return chacha20poly1305.New(key)
}

// chunkNonce returns the nonce of the nth chunk.
func chunkNonce(n uint64, last bool) []byte {
	nonce := make([]byte, chacha20poly1305.NonceSize)
	if last {
		nonce[0] = 1
	}
	binary.BigEndian.PutUint64(nonce[4:], n)
	return nonce
}
