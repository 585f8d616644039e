package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"testing"
)

// testKey returns the nth key, the same in every run.
func testKey(t testing.TB, n int) *Key {
	t.Helper()
	b := bytes.Repeat([]byte{0x6B}, KeySize)
	binary.BigEndian.PutUint64(b, uint64(n))
	k, err := NewKey(b)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func testRing(t testing.TB, keys ...int) *Ring {
	t.Helper()
	var list []*Key
	for _, n := range keys {
		list = append(list, testKey(t, n))
	}
	r, err := NewRing(list...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func testData() AssociatedData {
	return AssociatedData{Purpose: "test", Scope: []byte("a fleet"), ID: []byte("an id")}
}

func mustSeal(t testing.TB, r *Ring, plaintext []byte, ad AssociatedData) []byte {
	t.Helper()
	b, err := r.Seal(nil, plaintext, ad)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func wantError(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
