package tlscache

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
)

// A handle is what a client gets as its ticket: 16 random bytes, and the same
// encrypted with AES-256. A block cipher under a secret key is a pseudorandom
// function of one block, so the second half authenticates the first: it is the
// CBC-MAC of a message of exactly one block, which is secure for messages of
// one length. It costs a few nanoseconds and allocates nothing.
//
// Ids made like this cannot be chosen by clients, so nobody can crowd a bucket
// of the table, and nobody who made one up gets as far as a lookup.
const handleLength = 2 * aes.BlockSize

type handle [handleLength]byte

// handleKeys make and check handles.
type handleKeys []cipher.Block

// newHandleKeys copies what it needs of keys. Without any it makes a random
// one.
func newHandleKeys(keys [][]byte) (handleKeys, error) {
	if len(keys) == 0 {
		key := make([]byte, HandleKeyLength)
		rand.Read(key)
		keys = [][]byte{key}
	}
	made := make(handleKeys, 0, len(keys))
	for _, key := range keys {
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		made = append(made, block)
	}
	return made, nil
}

// random returns a new handle.
func (k handleKeys) random() (h handle) {
	rand.Read(h[:aes.BlockSize])
	k[0].Encrypt(h[aes.BlockSize:], h[:aes.BlockSize])
	return h
}

// genuine reports whether h was made with one of the keys.
func (k handleKeys) genuine(h *handle) bool {
	var mac [aes.BlockSize]byte
	for _, block := range k {
		block.Encrypt(mac[:], h[:aes.BlockSize])
		if subtle.ConstantTimeCompare(mac[:], h[aes.BlockSize:]) == 1 {
			return true
		}
	}
	return false
}

// deadTicket returns bytes that look like a handle and are none.
func deadTicket() []byte {
	dead := make([]byte, handleLength)
	rand.Read(dead)
	return dead
}
