package store

import (
	"bytes"
	"context"
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
