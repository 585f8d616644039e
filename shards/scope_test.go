package shards

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestScopesAreComparedByTheirBytes(t *testing.T) {
	a, again, b := mustScope(t, "a"), mustScope(t, "a"), mustScope(t, "a\x00")
	if a != again || a == b || a == (Scope{}) {
		t.Error("scopes compare wrongly")
	}
	if a.Bytes(); !bytes.Equal(a.Bytes(), []byte("a")) || !bytes.Equal(b.Bytes(), []byte("a\x00")) {
		t.Error("a scope has lost its bytes")
	}
}

func TestEmptyScopeIsTheZeroScope(t *testing.T) {
	for _, b := range [][]byte{nil, {}} {
		if s, err := NewScope(b); err != nil || s != (Scope{}) || s.Bytes() != nil {
			t.Errorf("scope of no bytes: %v, error %v", s.Bytes(), err)
		}
	}
}

func TestScopeLimits(t *testing.T) {
	full := bytes.Repeat([]byte{7}, MaxScopeLength)
	if s, err := NewScope(full); err != nil || !bytes.Equal(s.Bytes(), full) {
		t.Errorf("a scope of %d bytes: error %v", len(full), err)
	}
	_, err := NewScope(append(full, 7))
	if !errors.Is(err, ErrScopeLength) || !strings.Contains(err.Error(), "33 bytes, allowed are 0 to 32") {
		t.Errorf("a scope of 33 bytes: error %v", err)
	}
}

// A scope shares no memory with its user.
func TestScopeKeepsACopy(t *testing.T) {
	b := []byte("a scope")
	s := mustScope(t, string(b))
	fromBytes, err := NewScope(b)
	if err != nil || fromBytes != s {
		t.Fatalf("error %v, equal %v", err, fromBytes == s)
	}
	clear(b)
	clear(fromBytes.Bytes())
	if string(fromBytes.Bytes()) != "a scope" || fromBytes != s {
		t.Error("a scope changed")
	}
}
