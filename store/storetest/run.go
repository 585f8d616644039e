package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// patience is how long a test waits for what must come true in the end. It is
// not how long that may take: a test that is stuck says so after it.
const patience = 30 * time.Second

// Run tests two clients of one store, as two nodes of a fleet have, against the
// contract of [engine.Store]. open is called once in each test and gets what
// cleans up after itself. The store may have other users, since all ids are
// random. What is set must be found at once by the client that set it, and in
// the end by the other.
func Run(t *testing.T, open func(t *testing.T) (a, b engine.Store)) {
	for name, test := range map[string]func(t *testing.T, a, b engine.Store){
		"Nothing":          testNothing,
		"Values":           testValues,
		"AllIDs":           testAllIDs,
		"Replace":          testReplace,
		"ValuesArePrivate": testPrivate,
		"TimeToLive":       testTimeToLive,
		"LongLife":         testLongLife,
		"Delete":           testDelete,
		"DeleteAfterSet":   testDeleteAfterSet,
		"EndedContext":     testEndedContext,
		"Claim":            testClaim,
		"ClaimOfAnother":   testClaimOfAnother,
		"RacingClaims":     testRacingClaims,
		"Concurrency":      testConcurrency,
		"OrderOfOneID":     testOrder,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := open(t)
			test(t, a, b)
		})
	}
}

// within returns a context for one operation. It ends long after what a test
// on a busy machine takes.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func randomID(length int) []byte {
	id := make([]byte, length)
	rand.Read(id)
	return id
}

func set(t *testing.T, s engine.Store, id []byte, value string, ttl time.Duration) {
	t.Helper()
	if err := s.Set(within(t), bytes.Clone(id), []byte(value), ttl); err != nil {
		t.Fatalf("Set of %d bytes: %v", len(value), err)
	}
}

// get returns what the store has, and whether it has anything.
func get(t *testing.T, s engine.Store, id []byte) (string, bool) {
	t.Helper()
	value, err := s.Get(within(t), bytes.Clone(id))
	if errors.Is(err, engine.ErrNotFound) {
		if value != nil {
			t.Error("Get returned a value beside ErrNotFound")
		}
		return "", false
	}
	if err != nil {
		t.Fatalf("Get: %v", err)
	}
	return string(value), true
}

func want(t *testing.T, s engine.Store, id []byte, value string) {
	t.Helper()
	got, ok := get(t, s, id)
	if !ok {
		t.Fatalf("not found, want a value of %d bytes", len(value))
	}
	if got != value {
		t.Fatalf("got %d bytes that differ from the %d that were set", len(got), len(value))
	}
}

func wantNothing(t *testing.T, s engine.Store, id []byte) {
	t.Helper()
	if got, ok := get(t, s, id); ok {
		t.Fatalf("found %d bytes, want nothing", len(got))
	}
}

func remove(t *testing.T, s engine.Store, id []byte) {
	t.Helper()
	if err := s.Delete(within(t), bytes.Clone(id)); err != nil {
		t.Fatalf("Delete: %v", err)
	}
}

func claim(t *testing.T, s engine.Store, id []byte, ttl time.Duration) bool {
	t.Helper()
	granted, err := s.Claim(within(t), bytes.Clone(id), ttl)
	if err != nil {
		t.Fatalf("Claim: %v", err)
	}
	return granted
}

func unclaim(t *testing.T, s engine.Store, id []byte) {
	t.Helper()
	if err := s.Unclaim(within(t), bytes.Clone(id)); err != nil {
		t.Fatalf("Unclaim: %v", err)
	}
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !condition(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("after %v: %s", patience, what)
		}
	}
}

// eventuallyHas waits until the store has the value.
func eventuallyHas(t *testing.T, s engine.Store, id []byte, value string) {
	t.Helper()
	eventually(t, "the other client does not find what was set", func() bool {
		got, ok := get(t, s, id)
		return ok && got == value
	})
}

// awkward are ids that mean something to somebody.
func awkward() [][]byte {
	var ids [][]byte
	for _, text := range []string{" ", "\r\n", "\x00", "{", "}", "{}", "*", "a{b}c", "\xFF", "get x\r\nflush_all\r\n"} {
		ids = append(ids, append([]byte(text), randomID(engine.MaxIDLength-len(text))...))
	}
	for length := 1; length <= engine.MaxIDLength; length++ {
		ids = append(ids, randomID(length))
	}
	return append(ids,
		make([]byte, engine.MaxIDLength),
		bytes.Repeat([]byte{' '}, engine.MaxIDLength),
		bytes.Repeat([]byte{0xFF}, engine.MaxIDLength))
}

func testNothing(t *testing.T, a, _ engine.Store) {
	id := randomID(32)
	wantNothing(t, a, id)
	remove(t, a, id)
	unclaim(t, a, id)
	wantNothing(t, a, id)
}

func testValues(t *testing.T, a, b engine.Store) {
	for _, size := range []int{1, 2, 57, 200, 4096, 60_000, 500_000} {
		id, value := randomID(32), string(randomID(size))
		set(t, a, id, value, time.Minute)
		want(t, a, id, value)
		eventuallyHas(t, b, id, value)
	}
	for _, value := range []string{"\x00", "\r\n", "END\r\n", "$-1\r\n"} {
		id := randomID(32)
		set(t, a, id, value, time.Minute)
		want(t, a, id, value)
	}
}

func testAllIDs(t *testing.T, a, b engine.Store) {
	ids := awkward()
	for i, id := range ids {
		set(t, a, id, fmt.Sprint("value ", i), time.Minute)
	}
	for i, id := range ids {
		if len(id) <= 2 {
			continue // another user's, perhaps: there are few ids of that length
		}
		want(t, a, id, fmt.Sprint("value ", i))
		eventuallyHas(t, b, id, fmt.Sprint("value ", i))
	}
	for _, id := range ids {
		remove(t, a, id)
		if len(id) > 2 {
			wantNothing(t, b, id)
		}
	}
}

func testReplace(t *testing.T, a, b engine.Store) {
	id := randomID(32)
	for _, value := range []string{"first", "second, which is longer", "3"} {
		set(t, a, id, value, time.Minute)
		want(t, a, id, value)
	}
	eventuallyHas(t, b, id, "3")
}

// The caller of Get owns what it got, the store what it was given.
func testPrivate(t *testing.T, a, b engine.Store) {
	id := randomID(32)
	set(t, a, id, "value", time.Minute)
	for _, s := range []engine.Store{a, a, b, b} {
		eventuallyHas(t, s, id, "value")
		got, err := s.Get(within(t), bytes.Clone(id))
		if err != nil {
			t.Fatal(err)
		}
		clear(got)
	}
	want(t, a, id, "value")
	want(t, b, id, "value")
}

// Values and claims end with their time. Both are waited for at once.
func testTimeToLive(t *testing.T, a, b engine.Store) {
	id, kept, claimed := randomID(32), randomID(32), randomID(32)
	set(t, a, kept, "kept", time.Hour)
	set(t, a, id, "value", 2*time.Second)
	want(t, a, id, "value")
	if !claim(t, a, claimed, 1500*time.Millisecond) {
		t.Fatal("the first Claim was refused")
	}
	for _, s := range []engine.Store{a, b} {
		eventually(t, "a value outlives its time", func() bool {
			_, ok := get(t, s, id)
			return !ok
		})
	}
	want(t, a, kept, "kept")
	eventuallyHas(t, b, kept, "kept")

	eventually(t, "a claim outlives its time", func() bool { return claim(t, b, claimed, time.Minute) })
	unclaim(t, a, claimed) // its time was over, so this ends nothing
	if claim(t, a, claimed, time.Minute) {
		t.Fatal("Unclaim after its time ended the claim of another")
	}
}

// Times beyond what a store can express.
func testLongLife(t *testing.T, a, _ engine.Store) {
	for _, ttl := range []time.Duration{
		time.Nanosecond, time.Millisecond, 1500 * time.Millisecond,
		24 * time.Hour, 30*24*time.Hour - time.Second, 30 * 24 * time.Hour, 31 * 24 * time.Hour,
		365 * 24 * time.Hour, 100 * 365 * 24 * time.Hour, 1<<63 - 1,
	} {
		id := randomID(32)
		set(t, a, id, "value", ttl)
		if ttl > time.Hour {
			want(t, a, id, "value")
		}
	}
}

func testDelete(t *testing.T, a, b engine.Store) {
	id, other := randomID(32), randomID(32)
	set(t, a, id, "value", time.Minute)
	set(t, a, other, "other", time.Minute)
	eventuallyHas(t, b, id, "value")
	remove(t, b, id)
	wantNothing(t, b, id)
	wantNothing(t, a, id)
	want(t, a, other, "other")
	set(t, a, id, "again", time.Minute)
	want(t, a, id, "again")
	eventuallyHas(t, b, id, "again")
}

// A Get that begins after Delete returned must not find the value, however
// shortly before it was set.
func testDeleteAfterSet(t *testing.T, a, b engine.Store) {
	for range 300 {
		id := randomID(32)
		set(t, a, id, "value", time.Minute)
		remove(t, a, id)
		wantNothing(t, a, id)
		wantNothing(t, b, id)
	}
}

// A call whose context has ended fails, and does not say that there is
// nothing.
func testEndedContext(t *testing.T, a, _ engine.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	id := randomID(32)
	set(t, a, id, "value", time.Minute)
	_, getErr := a.Get(ctx, bytes.Clone(id))
	granted, claimErr := a.Claim(ctx, bytes.Clone(id), time.Minute)
	for method, err := range map[string]error{
		"Get":     getErr,
		"Set":     a.Set(ctx, bytes.Clone(id), []byte("other"), time.Minute),
		"Claim":   claimErr,
		"Unclaim": a.Unclaim(ctx, bytes.Clone(id)),
		"Delete":  a.Delete(ctx, bytes.Clone(id)),
	} {
		if err == nil || errors.Is(err, engine.ErrNotFound) {
			t.Errorf("%s: error %v", method, err)
		}
	}
	if granted {
		t.Error("Claim granted beside an error")
	}
}
