package soak

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/reprise-tls/reprise/engine"
)

// injectedPanic is what callbacks panic with.
type injectedPanic struct{}

// callbacks are the callbacks of the cache. Some calls use the cache, some
// keep the session, some panic.
type callbacks struct {
	world *world

	fresh, removed, asked atomic.Uint64 // calls of New, Remove and Get
	panicked, recovered   atomic.Uint64

	mu     sync.Mutex
	parked []*engine.Session // with a reference each
}

func (b *callbacks) all() engine.Callbacks {
	return engine.Callbacks{New: b.onNew, Remove: b.onRemove, Get: b.onGet}
}

// The calls, one in so many, that do something out of the ordinary: primes, so
// that all combinations come up.
const (
	panicEvery  = 1021
	parkEvery   = 67
	addEvery    = 127
	removeEvery = 61
	getEvery    = 31
	flushEvery  = 4093

	maxParked = 256
)

func (b *callbacks) panics(n uint64) {
	if n%panicEvery == 0 {
		b.panicked.Add(1)
		panic(injectedPanic{})
	}
}

func (b *callbacks) onNew(s *engine.Session) {
	w, n := b.world, b.fresh.Add(1)
	w.intact(s, "Callbacks.New")
	if n%getEvery == 0 {
		w.lookUp(s.ID(), s.Scope(), "Get within Callbacks.New")
	}
	if n%removeEvery == 0 {
		w.cache.Remove(s)
	}
	b.panics(n)
}

func (b *callbacks) onRemove(s *engine.Session, r engine.Reason) {
	w, n := b.world, b.removed.Add(1)
	w.intact(s, "Callbacks.Remove")
	if r == engine.ReasonReplaced {
		w.fail("Callbacks.Remove was told of a session that was replaced")
	}
	if n%parkEvery == 0 {
		b.park(s)
	}
	if n%getEvery == 0 {
		w.lookUp(s.ID(), s.Scope(), "Get within Callbacks.Remove")
	}
	if n%addEvery == 0 {
		w.cache.Add(s)
	}
	if n%flushEvery == 0 {
		w.flush(w.clock.Load())
	}
	b.panics(n)
}

func (b *callbacks) onGet(_ context.Context, id []byte) *engine.Session {
	w, n := b.world, b.asked.Add(1)
	b.panics(n)
	p := w.people
	k, ok := p.number[sessionID(id)]
	if !ok {
		w.fail("Callbacks.Get was asked for an id that nobody offered")
		return nil
	}
	other := (k + 1) % uint64(len(p.number))
	switch luck := n * 0x9E3779B97F4A7C15; n % 16 {
	case 0, 1: // what the harness has, resumable or not
		return p.pick(k * objectsPerID)
	case 2:
		return b.hand(p.session(k, luck, p.scope(k), w.clock.Load()))
	case 3:
		return b.hand(p.session(other, luck, p.scope(k), w.clock.Load()))
	case 4:
		return b.hand(p.session(k, luck, p.scope(k), 1)) // expired
	case 5:
		return b.hand(p.session(k, luck, p.otherScope(k), w.clock.Load()))
	case 6:
		w.cache.Contains(id)
		w.cache.RemoveID(id)
	}
	return nil
}

// hand passes a reference on to the cache.
func (b *callbacks) hand(s *engine.Session) *engine.Session {
	b.world.people.retire(s)
	return s
}

// park keeps a session for a while after the callback.
func (b *callbacks) park(s *engine.Session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.parked) >= maxParked {
		return
	}
	if !s.Acquire() {
		b.world.fail("Callbacks.Remove could not acquire the session that it was told of")
		return
	}
	b.parked = append(b.parked, s)
}

// unpark gives up what was kept.
func (b *callbacks) unpark() {
	b.mu.Lock()
	parked := b.parked
	b.parked = nil
	b.mu.Unlock()
	for _, s := range parked {
		b.world.intact(s, "a callback that kept it")
		b.world.people.retire(s)
		s.Release()
	}
}

// onPanic is Config.OnPanic.
func (b *callbacks) onPanic(callback string, value any, stack []byte) {
	b.recovered.Add(1)
	if _, ok := value.(injectedPanic); !ok {
		b.world.fail("%s panicked with a %T that nobody injected:\n%s", callback, value, stack)
	}
}
