package store

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

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
		getValue(t, q, "a", "")
		open()
		synctest.Wait()
		getValue(t, q, "a", "")
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
