package seal

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

func TestSealAndOpen(t *testing.T) {
	r := testRing(t, 1)
	for _, n := range []int{0, 1, 15, 16, 57, 4096, 1 << 20} {
		plaintext := randomBytes(n)
		envelope, err := r.Seal([]byte("before"), plaintext, testData())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(envelope, []byte("before")) || len(envelope) != len("before")+n+Overhead {
			t.Errorf("%d bytes: an envelope of %d", n, len(envelope))
		}
		got, err := r.Open([]byte("dst"), envelope[len("before"):], testData())
		if err != nil || !bytes.Equal(got, append([]byte("dst"), plaintext...)) {
			t.Errorf("%d bytes: what was opened differs, error %v", n, err)
		}
	}
}

// Our use of HChaCha20 is what chacha20poly1305.NewX does.
func TestTheCipherIsXChaCha20Poly1305(t *testing.T) {
	k := newRingKey(testKey(t, 1))
	nonce := [chacha20poly1305.NonceSizeX]byte(randomBytes(chacha20poly1305.NonceSizeX))
	ours, err := k.envelopeCipher(&nonce)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := chacha20poly1305.NewX(k.envelopes[:])
	if err != nil {
		t.Fatal(err)
	}
	got := ours.Seal(nil, shortNonce(&nonce), []byte("plaintext"), []byte("data"))
	want := theirs.Seal(nil, nonce[:], []byte("plaintext"), []byte("data"))
	if !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// Two envelopes of one value have nothing in common but version and key.
func TestEveryEnvelopeHasItsOwnNonce(t *testing.T) {
	r := testRing(t, 1)
	seen := map[string]bool{}
	for range 1000 {
		seen[string(mustSeal(t, r, []byte("same"), testData())[idEnd:nonceEnd])] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d nonces in 1000 envelopes", len(seen))
	}
}

func TestNothingElseOpens(t *testing.T) {
	r := testRing(t, 1, 2)
	good := mustSeal(t, r, []byte("a session"), testData())
	other := mustSeal(t, testRing(t, 2), []byte("a session"), testData())

	t.Run("a changed bit", func(t *testing.T) {
		for i := range good {
			for bit := range 8 {
				b := bytes.Clone(good)
				b[i] ^= 1 << bit
				got, err := r.Open(nil, b, testData())
				want := ErrNotAuthentic
				switch {
				case i == 0:
					want = ErrMalformed
				case i < idEnd:
					want = ErrUnknownKey
				}
				if !errors.Is(err, want) || got != nil {
					t.Fatalf("byte %d, bit %d: %d bytes opened, error %v, want %v", i, bit, len(got), err, want)
				}
			}
		}
	})
	t.Run("cut", func(t *testing.T) {
		for n := range good {
			want := ErrNotAuthentic
			if n < Overhead {
				want = ErrMalformed
			}
			_, err := r.Open(nil, good[:n], testData())
			wantError(t, "cut", err, want)
		}
		_, err := r.Open(nil, append(bytes.Clone(good), 0), testData())
		wantError(t, "longer", err, ErrNotAuthentic)
	})
	t.Run("the id of another key of the ring", func(t *testing.T) {
		b := bytes.Clone(good)
		copy(b[1:idEnd], other[1:idEnd])
		_, err := r.Open(nil, b, testData())
		wantError(t, "Open", err, ErrNotAuthentic)
	})
	t.Run("for something else", func(t *testing.T) {
		for name, ad := range map[string]AssociatedData{
			"purpose":         {Purpose: "tests", Scope: []byte("a fleet"), ID: []byte("an id")},
			"scope":           {Purpose: "test", Scope: []byte("A fleet"), ID: []byte("an id")},
			"no scope":        {Purpose: "test", ID: []byte("an id")},
			"id":              {Purpose: "test", Scope: []byte("a fleet"), ID: []byte("an iD")},
			"id and scope":    {Purpose: "test", Scope: []byte("an id"), ID: []byte("a fleet")},
			"moved a byte":    {Purpose: "testa", Scope: []byte(" fleet"), ID: []byte("an id")},
			"moved the scope": {Purpose: "test", Scope: []byte("a fleetan"), ID: []byte(" id")},
		} {
			_, err := r.Open(nil, good, ad)
			wantError(t, name, err, ErrNotAuthentic)
		}
	})
}

func TestAssociatedDataIsChecked(t *testing.T) {
	r := testRing(t, 1)
	long := make([]byte, 1<<16)
	for field, ad := range map[string]AssociatedData{
		"AssociatedData.Purpose": {},
		"AssociatedData.Scope":   {Purpose: "x", Scope: long},
		"AssociatedData.ID":      {Purpose: "x", ID: long},
	} {
		_, sealErr := r.Seal(nil, nil, ad)
		_, openErr := r.Open(nil, make([]byte, Overhead), ad)
		_, writeErr := NewWriter(new(bytes.Buffer), r, ad)
		_, readErr := NewReader(new(bytes.Buffer), r, ad)
		for _, err := range []error{sealErr, openErr, writeErr, readErr} {
			wantError(t, field, err, ErrConfig)
			if err != nil && !strings.Contains(err.Error(), field) {
				t.Errorf("error %q does not name %s", err, field)
			}
		}
	}
}

func TestEnvelopeKey(t *testing.T) {
	got, err := EnvelopeKey(mustSeal(t, testRing(t, 3), nil, testData()))
	if err != nil || got != testKey(t, 3).ID() {
		t.Errorf("key %v, error %v", got, err)
	}
	_, err = EnvelopeKey(nil)
	wantError(t, "empty", err, ErrMalformed)
}

func FuzzOpen(f *testing.F) {
	r := testRing(f, 1)
	good := decodeHex(f, oldEnvelope) // the same in all processes that fuzz
	f.Add(good)
	f.Add([]byte{})
	f.Add(good[:Overhead])
	f.Add(good[:Overhead-1])
	f.Add(append([]byte{2}, good[1:]...))
	f.Add(append(bytes.Clone(good), 0))
	f.Add(mustSeal(f, testRing(f, 2), []byte("another key"), testData()))
	f.Add(mustSeal(f, r, nil, AssociatedData{Purpose: "another"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		plaintext, err := r.Open(nil, b, testData())
		if !bytes.Equal(b, before) {
			t.Error("Open changed the envelope")
		}
		if err == nil {
			// Nobody forges: it is what was sealed.
			if !bytes.Equal(b, good) || string(plaintext) != "a session" {
				t.Errorf("%d bytes opened that nobody sealed", len(b))
			}
			return
		}
		if plaintext != nil {
			t.Error("a plaintext beside an error")
		}
		id, malformed := EnvelopeKey(b)
		switch {
		case malformed != nil:
			wantError(t, "malformed", err, ErrMalformed)
		case id != testKey(t, 1).ID():
			wantError(t, "another key", err, ErrUnknownKey)
		default:
			wantError(t, "forged", err, ErrNotAuthentic)
		}
	})
}
