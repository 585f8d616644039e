package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

func testClaim(t *testing.T, a, b engine.Store) {
	for _, id := range awkward() {
		if len(id) <= 2 || uniform(id) {
			continue // another user's, perhaps
		}
		if !claim(t, a, id, time.Minute) || claim(t, b, id, time.Minute) {
			t.Fatalf("an id of %d bytes was not granted to the first alone", len(id))
		}
	}
	id, other := randomID(32), randomID(32)
	set(t, a, id, "value", time.Minute)
	eventuallyHas(t, b, id, "value")
	if !claim(t, a, id, time.Minute) {
		t.Fatal("the first Claim was refused")
	}
	if claim(t, a, id, time.Minute) || claim(t, b, id, time.Minute) {
		t.Fatal("a second Claim was granted")
	}
	if !claim(t, b, other, time.Minute) {
		t.Fatal("another id's Claim was refused")
	}
	// Claims and values have nothing to do with each other.
	want(t, a, id, "value")
	remove(t, b, id)
	if claim(t, b, id, time.Minute) {
		t.Fatal("Delete ended a claim")
	}
	unclaim(t, a, id)
	if !claim(t, b, id, time.Minute) {
		t.Fatal("Unclaim did not end the claim")
	}
	wantNothing(t, a, id)
}

func uniform(id []byte) bool { return len(bytes.Trim(id, string(id[:1]))) == 0 }

// A client ends its own claims and no others.
func testClaimOfAnother(t *testing.T, a, b engine.Store) {
	id := randomID(32)
	if !claim(t, a, id, time.Minute) {
		t.Fatal("the first Claim was refused")
	}
	unclaim(t, b, id)
	if claim(t, b, id, time.Minute) {
		t.Fatal("a client ended the claim of another")
	}
}

func testRacingClaims(t *testing.T, a, b engine.Store) {
	const racers, rounds = 64, 10
	for range rounds {
		id := randomID(32)
		var granted atomic.Int32
		var start, done sync.WaitGroup
		start.Add(1)
		for i := range racers {
			s := []engine.Store{a, b}[i%2]
			done.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				start.Wait()
				ok, err := s.Claim(ctx, bytes.Clone(id), time.Minute)
				if err != nil {
					t.Errorf("Claim: %v", err)
				}
				if ok {
					granted.Add(1)
				}
			})
		}
		start.Done()
		done.Wait()
		if n := granted.Load(); n != 1 {
			t.Fatalf("%d of %d racing claims were granted", n, racers)
		}
	}
}

// Clients read, write and delete few ids at once: what is found was set for
// that id, and is gone once it was deleted by the last who wrote.
func testConcurrency(t *testing.T, a, b engine.Store) {
	const goroutines, operations = 16, 150
	ids := make([][]byte, 8)
	for i := range ids {
		ids[i] = randomID(32)
	}
	var done sync.WaitGroup
	for g := range goroutines {
		s := []engine.Store{a, b}[g%2]
		done.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			for n := range operations {
				i := (g + n*n) % len(ids)
				if err := operate(ctx, s, ids[i], i, g, n); err != nil {
					t.Errorf("%v", err)
					return
				}
			}
		})
	}
	done.Wait()
	for _, id := range ids {
		// The first stops what its client has under way, the second what the
		// other's left.
		remove(t, a, id)
		remove(t, b, id)
		wantNothing(t, a, id)
		wantNothing(t, b, id)
	}
}

func operate(ctx context.Context, s engine.Store, id []byte, i, g, n int) error {
	prefix := fmt.Sprintf("id %d,", i)
	switch (g + n) % 4 {
	case 0, 1:
		value := fmt.Sprintf("%s writer %d, %s", prefix, g, strings.Repeat("x", n))
		if err := s.Set(ctx, bytes.Clone(id), []byte(value), time.Minute); err != nil {
			return fmt.Errorf("Set: %w", err)
		}
	case 2:
		got, err := s.Get(ctx, bytes.Clone(id))
		if errors.Is(err, engine.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("Get: %w", err)
		}
		if !bytes.HasPrefix(got, []byte(prefix)) {
			return errors.New("Get found another id's value")
		}
	case 3:
		if err := s.Delete(ctx, bytes.Clone(id)); err != nil {
			return fmt.Errorf("Delete: %w", err)
		}
	}
	return nil
}

// The last of what one goroutine did with an id is what remains.
func testOrder(t *testing.T, a, b engine.Store) {
	for range 5 {
		id := randomID(32)
		for n := range 50 {
			value := fmt.Sprint("value ", n)
			set(t, a, id, value, time.Minute)
			want(t, a, id, value)
			if n%7 == 3 {
				remove(t, a, id)
				wantNothing(t, b, id)
			}
		}
		eventuallyHas(t, b, id, "value 49")
		want(t, a, id, "value 49")
	}
}
