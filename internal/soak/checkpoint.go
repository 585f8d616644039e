package soak

import (
	"github.com/reprise-tls/reprise/engine"
)

// checkKind is what was checked, to be counted.
type checkKind int

const (
	checkSession checkKind = iota
	checkLen
	checkStats
	checkReferences
	checkZeroed
	checkpoints
	checkKinds
)

var checkNames = [checkKinds]string{
	"sessions and states returned", "Len against the capacity", "counters that only grow",
	"references of a session", "states zeroed", "checkpoints",
}

// checkpoint checks what must hold while nobody uses the cache.
func (w *world) checkpoint(when string) {
	w.done.checks[checkpoints].Add(1)
	if _, err := w.cache.Audit(); err != nil {
		w.fail("%s: %v", when, err)
	}
	linked := make(map[*engine.Session]struct{})
	for s := range w.cache.All() {
		w.intact(s, "All at a checkpoint")
		linked[s] = struct{}{}
	}
	if n := w.cache.Len(); n != len(linked) {
		w.fail("%s: Len is %d, but the walk met %d different sessions", when, n, len(linked))
	}
	w.checkReferences(when, linked)
	w.checkCounters(when)
}

// owned returns how many references the harness has on each session that it
// has one on.
func (w *world) owned() map[*engine.Session]int {
	own := make(map[*engine.Session]int, len(w.people.slots))
	for i := range w.people.slots {
		own[w.people.slots[i].Load()]++
	}
	for _, k := range w.workers {
		for _, s := range k.held {
			own[s]++
		}
	}
	for _, s := range w.calls.parked {
		own[s]++
	}
	return own
}

// checkReferences compares the count of every session that the harness knows
// with what it must be: the harness's own references, and one of the cache's if
// the session is linked. Where nobody has one the state must be zeroed.
func (w *world) checkReferences(when string, linked map[*engine.Session]struct{}) {
	own := w.owned()
	wrong, first, firstWant := 0, 0, 0
	check := func(s *engine.Session) {
		w.done.checks[checkReferences].Add(1)
		want := own[s]
		if _, ok := linked[s]; ok {
			want++
		}
		n := s.References()
		if n != want {
			if wrong++; wrong == 1 {
				first, firstWant = n, want
			}
		} else if n == 0 {
			w.checkZeroed(when, s)
		}
	}
	for s := range own {
		check(s)
	}
	for s := range linked {
		if own[s] == 0 {
			check(s)
		}
	}
	for i := range w.people.retired {
		if s := w.people.retired[i].Load(); s != nil && own[s] == 0 {
			check(s)
		}
	}
	if wrong > 0 {
		w.fail("%s: %d sessions have a wrong number of references; the first has %d, the harness and the cache have %d", when, wrong, first, firstWant)
	}
}

func (w *world) checkZeroed(when string, s *engine.Session) {
	w.done.checks[checkZeroed].Add(1)
	if !zeroed(s.AppendState(nil)) {
		w.fail("%s: a session without references has a state that was not zeroed", when)
	}
}

// checkCounters compares the cache's counters with each other and with what
// the harness has counted.
func (w *world) checkCounters(when string) {
	s := w.cache.Stats()
	equal := func(what string, got, want uint64) {
		if got != want {
			w.fail("%s: %s is %d, must be %d", when, what, got, want)
		}
	}
	left := s.Removed + s.Taken + s.CacheFull + s.Expired + s.Flushed + s.Closed
	equal("Stats.Number", uint64(s.Number), s.Added-s.Replaced-left)
	equal("Stats.Taken", s.Taken, w.done.taken.Load())
	equal("Stats.Flushed", s.Flushed, w.done.flushed.Load())
	equal("Stats.Accept", s.Accept, w.done.accept.Load())
	equal("Stats.Connect", s.Connect, w.done.connect.Load())
	equal("Stats.AcceptGood + ConnectGood", s.AcceptGood+s.ConnectGood, w.done.good.Load())
	equal("the number of calls of Callbacks.Remove", w.calls.removed.Load(), left)
	equal("the number of calls of Config.OnPanic", w.calls.recovered.Load(), w.calls.panicked.Load())
	equal("Stats.CallbackPanics", s.CallbackPanics, w.calls.panicked.Load())
	equal("Stats.StoreHits", s.StoreHits, w.store.hits.Load())
	equal("Stats.StoreMisses", s.StoreMisses, w.store.misses.Load())
	equal("Stats.StoreErrors", s.StoreErrors, w.store.errors.Load())
	equal("Stats.StoreWrites", s.StoreWrites, w.store.writes.Load())
	equal("Stats.OverReleased", s.OverReleased, w.overReleased)
}
