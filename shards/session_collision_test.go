package shards

import (
	"bytes"
	"testing"
)

// Ids are told apart by all of their bytes and their length, also where their
// hashes are equal: an id and the same one with zeros behind it, which is what
// the array that holds them has there anyway, are two.
func TestIDsWithEqualHashes(t *testing.T) {
	sessionOf := func(id []byte) *Session {
		s, err := NewSession(id, nil, SessionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s.embedded.hash = 7 // a collision in 64 bits
		return s
	}
	short := []byte{1, 2, 3}
	a := sessionOf(short)
	if !a.sameID(sessionOf(short)) || !a.HasID(short) {
		t.Error("an id differs from itself")
	}
	for _, other := range [][]byte{
		{1, 2, 3, 0},
		{1, 2},
		{1, 2, 4},
		append(bytes.Clone(short), make([]byte, MaxIDLength-len(short))...),
	} {
		if b := sessionOf(other); a.sameID(b) || b.sameID(a) {
			t.Errorf("sessions whose ids have %d and %d bytes are said to have one", len(short), len(other))
		}
		if a.HasID(other) {
			t.Errorf("an id of %d bytes is said to be one of %d", len(short), len(other))
		}
	}
}
