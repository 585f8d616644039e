package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/store/storetest"
)

func TestCloseWritesWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		q := newQueue(t, g, QueueOptions{Workers: 2})
		g.fail(errDown)
		q.Delete(context.Background(), []byte("revoked"))
		g.fail(nil)
		open := g.shut()
		for n := range 100 {
			setValue(t, q, fmt.Sprint("id ", n), "value")
		}
		closed := make(chan error, 1)
		go func() { closed <- q.Close(context.Background()) }()
		synctest.Wait()
		equal(t, "Close has returned", len(closed), 0)
		wantError(t, "Set", q.Set(context.Background(), []byte("late"), []byte("value"), time.Minute), ErrClosed)
		open()
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		equal(t, "values", len(g.memory.Values()), 100)
		equal(t, "Written", q.Stats().Written, 100)
		equal(t, "DeletesRetried", q.Stats().DeletesRetried, 1)
		equal(t, "DeletesLost", q.Stats().DeletesLost, 0)

		// The rest goes on without goroutines.
		getValue(t, q, "id 1", "value")
		if err := q.Delete(context.Background(), []byte("id 1")); err != nil {
			t.Error(err)
		}
		g.has(t, "id 1", "")
		g.fail(errDown)
		wantError(t, "Delete", q.Delete(context.Background(), []byte("id 2")), errDown)
		equal(t, "DeletesLost", q.Stats().DeletesLost, 1)
		equal(t, "entries", len(q.entries), 0)
		if err := q.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		q := newQueue(t, g, QueueOptions{Workers: 2, Timeout: time.Minute})
		g.fail(errDown)
		q.Delete(context.Background(), []byte("revoked"))
		g.fail(nil)
		g.shut()
		for n := range 10 {
			setValue(t, q, fmt.Sprint("id ", n), "value")
		}
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		err := q.Close(ctx)
		wantError(t, "Close", err, context.DeadlineExceeded)
		equal(t, "Close took", time.Since(begin), 3*time.Second)
		s := q.Stats()
		equal(t, "Dropped", s.Dropped, 8)
		equal(t, "DeletesLost", s.DeletesLost, 1)
		equal(t, "Failed", s.Failed, 2) // those under way
		if !strings.Contains(err.Error(), "8 writes and 1 deletes") {
			t.Errorf("error %q", err)
		}
		equal(t, "entries", len(q.entries), 0)
	})
}

// Close waits for a value that waits for a Delete.
func TestCloseBesideADelete(t *testing.T) {
	inQueue(t, QueueOptions{}, func(t *testing.T, g *gate, q *Queue) {
		open := g.shut()
		deleted := make(chan error, 1)
		go func() { deleted <- q.Delete(context.Background(), []byte("a")) }()
		synctest.Wait()
		setValue(t, q, "a", "after")
		closed := make(chan error, 1)
		go func() { closed <- q.Close(context.Background()) }()
		synctest.Wait()
		equal(t, "Close has returned", len(closed), 0)
		open()
		if err := errors.Join(<-deleted, <-closed); err != nil {
			t.Fatal(err)
		}
		g.has(t, "a", "after")
	})
}

// Close waits for a Delete that repeats one that failed.
func TestCloseBesideARepeatedDelete(t *testing.T) {
	inQueue(t, QueueOptions{}, func(t *testing.T, g *gate, q *Queue) {
		g.fail(errDown)
		wantError(t, "Delete", q.Delete(context.Background(), []byte("a")), errDown)
		g.fail(nil)
		open := g.shut()
		deleted, closed := make(chan error, 1), make(chan error, 1)
		go func() { deleted <- q.Delete(context.Background(), []byte("a")) }()
		synctest.Wait()
		go func() { closed <- q.Close(context.Background()) }()
		synctest.Wait()
		equal(t, "Close has returned", len(closed), 0)
		open()
		if err := errors.Join(<-deleted, <-closed); err != nil {
			t.Fatal(err)
		}
		equal(t, "DeletesLost", q.Stats().DeletesLost, 0)
	})
}

// Goroutines set, get and delete the same ids of a store that fails now and
// then, under the race detector; in the end nothing is left over.
func TestAQueueUnderLoad(t *testing.T) {
	m := new(storetest.Memory)
	c := m.Client()
	var mu sync.Mutex
	n := 0
	c.Before = func(context.Context, string, []byte) error {
		mu.Lock()
		defer mu.Unlock()
		n++
		if n%5 == 0 {
			return errDown
		}
		return nil
	}
	q := newQueue(t, c, QueueOptions{Capacity: 8, Workers: 3, RetryEvery: MinDeadline})
	var users sync.WaitGroup
	for g := range 8 {
		users.Go(func() {
			ctx := context.Background()
			for n := range 2000 {
				id := []byte{byte(n*7+g) % 16}
				var err error
				switch n % 3 {
				case 0:
					err = q.Set(ctx, id, []byte{id[0]}, time.Minute)
				case 1:
					var v []byte
					if v, err = q.Get(ctx, id); err == nil && (len(v) != 1 || v[0] != id[0]) {
						t.Errorf("found %v for %v", v, id)
					}
				case 2:
					err = q.Delete(ctx, id)
				}
				if err != nil && !errors.Is(err, errDown) && !errors.Is(err, ErrQueueFull) && !errors.Is(err, engine.ErrNotFound) {
					t.Errorf("error %v", err)
				}
			}
		})
	}
	users.Wait()
	closeQueue(t, q)
	s := q.Stats()
	equal(t, "Waiting", s.Waiting, 0)
	equal(t, "Bytes", s.Bytes, 0)
	equal(t, "PendingDeletes", s.PendingDeletes, 0)
	equal(t, "entries", len(q.entries), 0)
	equal(t, "what became of Queued", s.Coalesced+s.Deleted+s.Written+s.Expired+s.Failed, s.Queued)
}
