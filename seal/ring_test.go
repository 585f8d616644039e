package seal

import (
	"bytes"
	"sync"
	"testing"
)

func TestKeysAreChangedByHand(t *testing.T) {
	r := testRing(t, 1)
	old := mustSeal(t, r, []byte("old"), testData())

	id, err := r.Add(testKey(t, 2))
	if err != nil || id != testKey(t, 2).ID() {
		t.Fatalf("Add: %v, %v", id, err)
	}
	between := mustSeal(t, r, nil, testData())
	if k, _ := EnvelopeKey(between); k != testKey(t, 1).ID() {
		t.Error("a key sealed before it was activated")
	}
	if err := r.Activate(id); err != nil {
		t.Fatal(err)
	}
	if k, _ := EnvelopeKey(mustSeal(t, r, nil, testData())); k != id {
		t.Error("the key that was activated does not seal")
	}
	if got, err := r.Open(nil, old, testData()); err != nil || string(got) != "old" {
		t.Errorf("the old key opens %q, error %v", got, err)
	}
	wantError(t, "retiring the active key", r.Retire(id), ErrActive)
	if err := r.Retire(testKey(t, 1).ID()); err != nil {
		t.Fatal(err)
	}
	_, err = r.Open(nil, old, testData())
	wantError(t, "opening with a retired key", err, ErrUnknownKey)
	wantError(t, "retiring it again", r.Retire(testKey(t, 1).ID()), ErrUnknownKey)
	wantError(t, "activating it", r.Activate(testKey(t, 1).ID()), ErrUnknownKey)

	// It may come back, from a key file that was read again.
	if _, err := r.Add(testKey(t, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open(nil, old, testData()); err != nil {
		t.Error(err)
	}
	keys := r.Keys()
	if len(keys) != 2 || !keys[0].Active || keys[0].ID != id || keys[1].Active || !keys[1].Begin.IsZero() {
		t.Errorf("Keys: %+v", keys)
	}
}

func TestAddingAKeyTwiceChangesNothing(t *testing.T) {
	r := testRing(t, 1)
	if _, err := r.Add(testKey(t, 1)); err != nil {
		t.Fatal(err)
	}
	if keys := r.Keys(); len(keys) != 1 || !keys[0].Active {
		t.Errorf("Keys: %+v", keys)
	}
	_, err := NewRing(testKey(t, 1), testKey(t, 1))
	wantError(t, "NewRing with one key twice", err, ErrConfig)
}

func TestARingWithoutKeys(t *testing.T) {
	r := testRing(t)
	_, err := r.Seal(nil, nil, testData())
	wantError(t, "Seal", err, ErrNoKey)
	_, err = NewWriter(new(bytes.Buffer), r, testData())
	wantError(t, "NewWriter", err, ErrNoKey)
	_, err = r.Open(nil, make([]byte, 1+Overhead), testData())
	wantError(t, "Open", err, ErrMalformed) // version 0
}

func TestRetiredKeysAreZero(t *testing.T) {
	r := testRing(t, 1, 2, 3)
	key := func(n int) *ringKey { return r.keys[testKey(t, n).ID()] }
	one, two, three := key(1), key(2), key(3)
	if err := r.Retire(two.id); err != nil {
		t.Fatal(err)
	}
	zero := make([]byte, KeySize)
	wiped := func(k *ringKey) bool {
		return bytes.Equal(k.envelopes[:], zero) && bytes.Equal(k.streams[:], zero)
	}
	if !wiped(two) || wiped(one) || wiped(three) {
		t.Error("Retire zeroes its key and no other")
	}
	r.Close()
	if !wiped(one) || !wiped(three) {
		t.Error("Close leaves keys behind")
	}
	_, err := r.Seal(nil, nil, testData())
	wantError(t, "Seal", err, ErrNoKey)
	_, err = r.Add(testKey(t, 4))
	wantError(t, "Add", err, ErrNoKey)
	r.Close()
}

// Under the race detector: keys are zeroed only when nobody uses them, and
// every value opens or its key is gone.
func TestKeysChangeUnderLoad(t *testing.T) {
	r := testRing(t, 0)
	stop := make(chan struct{})
	var users sync.WaitGroup
	for range 4 {
		users.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				envelope, err := r.Seal(nil, []byte("a session"), testData())
				if err != nil {
					t.Errorf("Seal: %v", err)
					return
				}
				got, err := r.Open(nil, envelope, testData())
				if err == nil && string(got) == "a session" {
					continue
				}
				wantError(t, "Open", err, ErrUnknownKey)
			}
		})
	}
	for n := range 200 {
		id, err := r.Add(testKey(t, n+1))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Activate(id); err != nil {
			t.Fatal(err)
		}
		if err := r.Retire(testKey(t, n).ID()); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	users.Wait()
}
