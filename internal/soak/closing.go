package soak

import (
	"runtime"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// close closes the cache and accounts for what is left. Nobody uses the cache.
func (w *world) close() {
	w.cache.Close()
	const when = "after Close"
	w.checkpoint(when)
	if s := w.cache.Stats(); s.Number != 0 || s.Bytes != 0 {
		w.fail("%s: Stats has %d sessions and %d bytes of state", when, s.Number, s.Bytes)
	}
	s := w.people.pick(0)
	if w.cache.Add(s) {
		w.fail("%s: Add returned true", when)
	}
	if got, ok := w.cache.GetScoped(s.ID(), s.Scope()); ok {
		w.fail("%s: Get returned a session", when)
		got.Release()
	}
	s.Release()
	w.releaseAll()
}

// releaseAll gives up all references of the harness. Then nobody has one, and
// all states must be zeroed.
func (w *world) releaseAll() {
	own := w.owned()
	for s, n := range own {
		for range n {
			s.Release()
		}
	}
	held := 0
	for s := range own {
		if s.References() != 0 {
			held++
			continue
		}
		w.checkZeroed("in the end", s)
	}
	if held > 0 {
		w.fail("in the end %d sessions are referenced that nobody should have", held)
	}
	if n := w.cache.Stats().OverReleased; n != w.overReleased {
		w.fail("in the end references were released %d times that nobody had", n-w.overReleased)
	}
}

// Heap that may remain beyond what was in use before: what the runtime and
// libraries keep, and the empty buckets of the closed cache, which stays alive
// for the comparison so that whatever hangs on it counts.
const (
	heapTolerance      = 20 << 20 // bytes
	heapTolerancePart  = 10       // and a tenth
	heapPerSession     = 64       // and bytes an id
	goroutinePatience  = 2 * time.Second
	goroutineLookEvery = 5 * time.Millisecond
)

// heap is the heap in use, in bytes.
type heap struct{ before, after, allowed uint64 }

// inUse returns the heap in use after two collections: the first may leave
// what finalizers and pools hold.
func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// forget drops whatever the harness has, apart from the cache.
func (w *world) forget() {
	w.people.number, w.people.slots, w.people.states = nil, nil, nil
	for i := range w.people.retired {
		w.people.retired[i].Store(nil)
	}
	w.store.values, w.store.latest = nil, nil
	w.calls.parked = nil
	for _, k := range w.workers {
		k.held = nil
	}
	w.cache.SetCallbacks(engine.Callbacks{})
}

// checkRemains compares heap and goroutines with what they were before.
func (w *world) checkRemains(before uint64, goroutines int) {
	w.forget()
	w.heap = heap{
		before:  before,
		after:   inUse(),
		allowed: before + before/heapTolerancePart + heapTolerance + heapPerSession*uint64(w.config.Sessions),
	}
	if w.heap.after > w.heap.allowed {
		w.fail("in the end %d bytes of heap are in use, before it were %d; allowed are %d", w.heap.after, w.heap.before, w.heap.allowed)
	}
	runtime.KeepAlive(w.cache)
	deadline := time.Now().Add(goroutinePatience)
	for runtime.NumGoroutine() > goroutines && time.Now().Before(deadline) {
		time.Sleep(goroutineLookEvery)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		w.fail("in the end there are %d goroutines, before there were %d", n, goroutines)
	}
}
