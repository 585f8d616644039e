package store

import (
	"bytes"
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

// gate is a store whose operations wait until they are let through.
type gate struct {
	*storetest.Client
	memory storetest.Memory

	mu      sync.Mutex
	began   []string      // methods and ids, in order
	hold    chan struct{} // nil: let through
	failure error
	panics  any // nil: none
}

func newGate() *gate {
	g := new(gate)
	g.Client = g.memory.Client()
	g.Before = func(ctx context.Context, method string, id []byte) error {
		g.mu.Lock()
		g.began = append(g.began, fmt.Sprintf("%s %s", method, id))
		hold := g.hold
		g.mu.Unlock()
		if hold != nil {
			select {
			case <-hold:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.panics != nil {
			panic(g.panics)
		}
		return g.failure
	}
	return g
}

// shut makes operations wait that begin from now on; open ends that.
func (g *gate) shut() (open func()) {
	hold := make(chan struct{})
	g.mu.Lock()
	g.hold = hold
	g.mu.Unlock()
	return func() {
		g.mu.Lock()
		g.hold = nil
		g.mu.Unlock()
		close(hold)
	}
}

func (g *gate) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failure = err
}

func (g *gate) panicWith(v any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.panics = v
}

// calls returns what began, and forgets it.
func (g *gate) calls() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := strings.Join(g.began, ", ")
	g.began = nil
	return s
}

func (g *gate) has(t *testing.T, id, value string) {
	t.Helper()
	got, ok := g.memory.Values()[id]
	switch {
	case value == "" && ok:
		t.Errorf("the store has %q for %q", got, id)
	case string(got) != value:
		t.Errorf("the store has %q for %q, want %q", got, id, value)
	}
}

func setValue(t *testing.T, q *Queue, id, value string) {
	t.Helper()
	if err := q.Set(context.Background(), []byte(id), []byte(value), time.Minute); err != nil {
		t.Fatalf("Set: %v", err)
	}
}

func getValue(t *testing.T, q *Queue, id, want string) {
	t.Helper()
	got, err := q.Get(context.Background(), []byte(id))
	if want == "" {
		wantError(t, "Get of "+id, err, engine.ErrNotFound)
	} else if err != nil || string(got) != want {
		t.Errorf("Get of %q: %q, error %v, want %q", id, got, err, want)
	}
}

// inQueue runs a test in a bubble, whose time passes only while all wait.
func inQueue(t *testing.T, o QueueOptions, test func(t *testing.T, g *gate, q *Queue)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		q := newQueue(t, g, o)
		defer func() {
			closeQueue(t, q)
			s := q.Stats()
			equal(t, "Waiting after Close", s.Waiting, 0)
			equal(t, "Bytes after Close", s.Bytes, 0)
			equal(t, "PendingDeletes after Close", s.PendingDeletes, 0)
			equal(t, "entries after Close", len(q.entries), 0)
			equal(t, "what became of Queued", s.Coalesced+s.Deleted+s.Written+s.Expired+s.Failed, s.Queued)
		}()
		test(t, g, q)
	})
}

func TestASetDoesNotWait(t *testing.T) {
	inQueue(t, QueueOptions{Workers: 1}, func(t *testing.T, g *gate, q *Queue) {
		open := g.shut()
		setValue(t, q, "a", "one")
		setValue(t, q, "b", "two")
		synctest.Wait()
		equal(t, "calls", g.calls(), "Set a")
		getValue(t, q, "a", "one") // it is being written
		getValue(t, q, "b", "two") // it waits
		equal(t, "Waiting", q.Stats().Waiting, 1)
		open()
		synctest.Wait()
		equal(t, "calls", g.calls(), "Set b")
		g.has(t, "a", "one")
		g.has(t, "b", "two")
		getValue(t, q, "a", "one")
		equal(t, "Written", q.Stats().Written, 2)
	})
}

// While an id's value is written the next ones wait, and the last is written
// next.
func TestWritesOfOneIDAreInOrder(t *testing.T) {
	inQueue(t, QueueOptions{}, func(t *testing.T, g *gate, q *Queue) {
		open := g.shut()
		setValue(t, q, "a", "first")
		synctest.Wait()
		for _, v := range []string{"second", "third", "fourth"} {
			setValue(t, q, "a", v)
			getValue(t, q, "a", v)
		}
		synctest.Wait()
		equal(t, "calls", g.calls(), "Set a")
		open()
		synctest.Wait()
		equal(t, "calls", g.calls(), "Set a")
		g.has(t, "a", "fourth")
		equal(t, "Coalesced", q.Stats().Coalesced, 2)
	})
}

func TestADeleteWaitsForTheWriteUnderWay(t *testing.T) {
	inQueue(t, QueueOptions{}, func(t *testing.T, g *gate, q *Queue) {
		open := g.shut()
		setValue(t, q, "a", "being written")
		synctest.Wait()
		setValue(t, q, "a", "waits")
		deleted := make(chan error, 1)
		go func() { deleted <- q.Delete(context.Background(), []byte("a")) }()
		synctest.Wait()
		equal(t, "calls", g.calls(), "Set a")
		equal(t, "Delete has returned", len(deleted), 0)

		// What is set while a Delete is under way is written after it.
		setValue(t, q, "a", "after")
		open()
		if err := <-deleted; err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		equal(t, "calls", g.calls(), "Delete a, Set a")
		g.has(t, "a", "after")
		equal(t, "Deleted", q.Stats().Deleted, 1)
	})
}

func TestADeleteOfWhatWaits(t *testing.T) {
	inQueue(t, QueueOptions{Workers: 1}, func(t *testing.T, g *gate, q *Queue) {
		open := g.shut()
		setValue(t, q, "a", "holds the worker")
		synctest.Wait()
		setValue(t, q, "b", "waits")
		deleted := make(chan error, 1)
		go func() { deleted <- q.Delete(context.Background(), []byte("b")) }()
		synctest.Wait()
		equal(t, "calls", g.calls(), "Set a, Delete b") // at once: nobody writes b
		open()
		if err := <-deleted; err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		g.has(t, "b", "")
		getValue(t, q, "b", "")
		equal(t, "calls", g.calls(), "Get b")
	})
}

// A Delete whose caller cannot wait for the write under way fails, is
// remembered, and is carried out later.
func TestADeleteThatCannotWait(t *testing.T) {
	inQueue(t, QueueOptions{Timeout: time.Minute}, func(t *testing.T, g *gate, q *Queue) {
		open := g.shut()
		setValue(t, q, "a", "value")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		begin := time.Now()
		wantError(t, "Delete", q.Delete(ctx, []byte("a")), context.DeadlineExceeded)
		equal(t, "Delete took", time.Since(begin), 50*time.Millisecond)
		equal(t, "PendingDeletes", q.Stats().PendingDeletes, 1)
		open()
		synctest.Wait()
		// The write succeeded. It began before the Delete.
		time.Sleep(2 * time.Second)
		synctest.Wait()
		g.has(t, "a", "")
		getValue(t, q, "a", "")
		equal(t, "PendingDeletes", q.Stats().PendingDeletes, 0)
	})
}

// A Delete that fails is tried again until the store is back, and until then
// the value is not found here.
func TestADeleteSurvivesAnOutage(t *testing.T) {
	inQueue(t, QueueOptions{}, func(t *testing.T, g *gate, q *Queue) {
		setValue(t, q, "a", "value")
		synctest.Wait()
		g.fail(errDown)
		wantError(t, "Delete", q.Delete(context.Background(), []byte("a")), errDown)
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		equal(t, "DeletesRetried", q.Stats().DeletesRetried, 10)
		g.fail(nil)
		g.calls()
		getValue(t, q, "a", "")
		equal(t, "calls", g.calls(), "")
		g.has(t, "a", "value")
		time.Sleep(time.Second)
		synctest.Wait()
		g.has(t, "a", "")
		time.Sleep(time.Minute)
		equal(t, "calls", g.calls(), "Delete a") // and no more
		equal(t, "DeletesLost", q.Stats().DeletesLost, 0)
	})
}

// A value that is set after a failed Delete takes its place, but only once it
// was written.
func TestASetAfterAFailedDelete(t *testing.T) {
	inQueue(t, QueueOptions{}, func(t *testing.T, g *gate, q *Queue) {
		setValue(t, q, "a", "old")
		synctest.Wait()
		g.fail(errDown)
		wantError(t, "Delete", q.Delete(context.Background(), []byte("a")), errDown)
		setValue(t, q, "a", "lost")
		synctest.Wait()
		equal(t, "Failed", q.Stats().Failed, 1)
		getValue(t, q, "a", "") // neither of them
		equal(t, "PendingDeletes", q.Stats().PendingDeletes, 1)
		g.fail(nil)
		setValue(t, q, "a", "new")
		synctest.Wait()
		equal(t, "PendingDeletes", q.Stats().PendingDeletes, 0)
		time.Sleep(30 * time.Second)
		getValue(t, q, "a", "new")
		g.has(t, "a", "new")
	})
}

func TestFailedDeletesAreGivenUp(t *testing.T) {
	var told []string
	var mu sync.Mutex
	o := QueueOptions{RetryFor: 10 * time.Second, RetryEvery: 3 * time.Second, Capacity: 2, OnError: func(method string, err error) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, method+" "+err.Error())
	}}
	inQueue(t, o, func(t *testing.T, g *gate, q *Queue) {
		g.fail(errDown)
		for _, id := range []string{"a", "b", "c"} {
			wantError(t, "Delete", q.Delete(context.Background(), []byte(id)), errDown)
		}
		equal(t, "PendingDeletes", q.Stats().PendingDeletes, 2)
		equal(t, "DeletesLost", q.Stats().DeletesLost, 1)
		// A second failure of one is no second Delete.
		wantError(t, "Delete", q.Delete(context.Background(), []byte("a")), errDown)
		time.Sleep(time.Hour)
		s := q.Stats()
		equal(t, "PendingDeletes", s.PendingDeletes, 0)
		equal(t, "DeletesLost", s.DeletesLost, 3)
		equal(t, "DeletesRetried", s.DeletesRetried, 8)
		equal(t, "entries", len(q.entries), 0)
	})
	equal(t, "errors told", len(told), 8)
	equal(t, "an error", told[0], "Delete connection refused")
}

func TestAFullQueue(t *testing.T) {
	inQueue(t, QueueOptions{Workers: 1, Capacity: 2, Bytes: 20}, func(t *testing.T, g *gate, q *Queue) {
		open := g.shut()
		setValue(t, q, "busy", "value")
		synctest.Wait()
		setValue(t, q, "a", "12345")
		setValue(t, q, "b", "12345")
		value := []byte("dropped")
		wantError(t, "Set", q.Set(context.Background(), []byte("c"), value, time.Minute), ErrQueueFull)
		if !bytes.Equal(value, make([]byte, len(value))) {
			t.Error("a value that was dropped is not zero")
		}
		getValueIsAsked(t, g, q, "c", open)
		open = g.shut()
		setValue(t, q, "busy", "value")
		synctest.Wait()
		setValue(t, q, "a", "123456789012345") // replaces
		setValue(t, q, "a", "1234567890")
		wantError(t, "Set", q.Set(context.Background(), []byte("b"), []byte("12345678901"), time.Minute), ErrQueueFull)
		setValue(t, q, "b", "1234567890")
		equal(t, "Bytes", q.Stats().Bytes, 20)
		wantError(t, "Set", q.Set(context.Background(), []byte("b"), []byte("12345678901"), time.Minute), ErrQueueFull)
		equal(t, "Dropped", q.Stats().Dropped, 3)
		getValue(t, q, "b", "1234567890")
		open()
		synctest.Wait()
		// A Delete is never dropped.
		equal(t, "Waiting", q.Stats().Waiting, 0)
	})
}

// getValueIsAsked opens the gate and looks for an id that the queue dropped.
func getValueIsAsked(t *testing.T, g *gate, q *Queue, id string, open func()) {
	t.Helper()
	open()
	synctest.Wait()
	getValue(t, q, id, "")
	g.has(t, id, "")
}

func TestValuesExpireInTheQueue(t *testing.T) {
	inQueue(t, QueueOptions{Workers: 1, Timeout: time.Minute}, func(t *testing.T, g *gate, q *Queue) {
		open := g.shut()
		setValue(t, q, "busy", "value")
		synctest.Wait()
		ctx := context.Background()
		q.Set(ctx, []byte("a"), []byte("value"), 2*time.Second)
		q.Set(ctx, []byte("b"), []byte("value"), 10*time.Second)
		time.Sleep(3 * time.Second)
		getValue(t, q, "a", "")
		getValue(t, q, "b", "value")
		open()
		synctest.Wait()
		g.has(t, "a", "")
		equal(t, "Expired", q.Stats().Expired, 1)
		// The rest of its time to live, not all of it again.
		time.Sleep(7*time.Second - 1)
		getValue(t, q, "b", "value")
		time.Sleep(time.Nanosecond)
		getValue(t, q, "b", "")
	})
}

func TestAWriteThatFails(t *testing.T) {
	inQueue(t, QueueOptions{}, func(t *testing.T, g *gate, q *Queue) {
		g.fail(errDown)
		setValue(t, q, "a", "value")
		synctest.Wait()
		g.fail(nil)
		getValue(t, q, "a", "")
		equal(t, "Failed", q.Stats().Failed, 1)
	})
}

func TestAWriteThatHangs(t *testing.T) {
	inQueue(t, QueueOptions{Workers: 1, Timeout: 5 * time.Second}, func(t *testing.T, g *gate, q *Queue) {
		open := g.shut()
		setValue(t, q, "a", "value")
		time.Sleep(5*time.Second + 1)
		synctest.Wait()
		equal(t, "Failed", q.Stats().Failed, 1)
		open()
		setValue(t, q, "a", "value")
		synctest.Wait()
		equal(t, "Written", q.Stats().Written, 1)
	})
}

// A panic in the background is an error, told without its value, and does not
// end the worker.
func TestAWriteThatPanics(t *testing.T) {
	var told error
	o := QueueOptions{Workers: 1, OnError: func(_ string, err error) { told = err }}
	inQueue(t, o, func(t *testing.T, g *gate, q *Queue) {
		g.panicWith("an id")
		setValue(t, q, "a", "value")
		synctest.Wait()
		g.panicWith(nil)
		setValue(t, q, "a", "value")
		synctest.Wait()
		equal(t, "Failed", q.Stats().Failed, 1)
		equal(t, "Written", q.Stats().Written, 1)
	})
	wantError(t, "OnError", told, errPanic)
	if strings.Contains(told.Error(), "an id") {
		t.Errorf("error %q shows what was thrown", told)
	}
}

// A Delete whose store panics is remembered, and the panic is the caller's.
func TestADeleteThatPanics(t *testing.T) {
	inQueue(t, QueueOptions{}, func(t *testing.T, g *gate, q *Queue) {
		setValue(t, q, "a", "value")
		synctest.Wait()
		g.panicWith("a store's bug")
		func() {
			defer func() { equal(t, "recovered", recover(), any("a store's bug")) }()
			q.Delete(context.Background(), []byte("a"))
		}()
		g.panicWith(nil)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		g.has(t, "a", "")
	})
}

func TestClaimsDoNotWaitInTheQueue(t *testing.T) {
	inQueue(t, QueueOptions{}, func(t *testing.T, g *gate, q *Queue) {
		ctx := context.Background()
		granted, err := q.Claim(ctx, []byte("a"), time.Minute)
		if err != nil || !granted {
			t.Errorf("Claim: %v, %v", granted, err)
		}
		equal(t, "calls", g.calls(), "Claim a")
		g.fail(errDown)
		granted, err = q.Claim(ctx, []byte("b"), time.Minute)
		wantError(t, "Claim", err, errDown)
		equal(t, "granted", granted, false)
		g.fail(nil)
		if err := q.Unclaim(ctx, []byte("a")); err != nil {
			t.Error(err)
		}
	})
}

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
