package shards

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
)

const (
	stressGoroutines = 6
	stressSteps      = 4000
	stressIDs        = 120
)

// Everything at once, on few ids, with the bound changing, and a Close while
// others go on. No session may be lost or released twice, and the bound holds
// all along.
func TestStress(t *testing.T) {
	for _, capacity := range []int{Unlimited, 1, 16, 100} {
		t.Run(fmt.Sprintf("capacity=%d", capacity), func(t *testing.T) {
			onReal(t, Options{Capacity: capacity, ProbationPercent: 25}, func(t *testing.T, f *fixture) {
				f.stress(t, stressIDs, fewer(stressSteps))
			})
		})
	}
}

// The same with hashes that collide.
func TestStressWithCollisions(t *testing.T) {
	for _, capacity := range []int{Unlimited, 10, 100} {
		onEach(t, Options{Capacity: capacity, ProbationPercent: 25}, func(t *testing.T, f *fixture) {
			f.stress(t, 2*MaxChain, fewer(stressSteps))
		})
	}
}

func (f *fixture) stress(t *testing.T, ids, steps int) {
	f.TrackRemovals()
	var closing atomic.Bool
	together(stressGoroutines, func(g int) {
		w := &stresser{fixture: f, random: rand.New(rand.NewPCG(uint64(g), uint64(ids))), ids: ids}
		for i := range steps {
			if g == 0 && i == steps*9/10 {
				closing.Store(true)
				f.Close()
			}
			closed := closing.Load()
			if out := w.step(t); !closed && out == Closed && !closing.Load() {
				t.Error("the table was closed before its time")
			}
		}
		for _, s := range w.own {
			s.Release()
		}
	})
	f.wantLen(t, 0)
	if out := f.add(f.session(1, SessionOptions{}), testExpiry); out != Closed {
		t.Errorf("Add says %s after Close", outcomeNames[out])
	}
}

// stresser is one of the goroutines. It has references on a few sessions.
type stresser struct {
	*fixture
	random *rand.Rand
	ids    int
	own    []*Session
}

func (w *stresser) step(t *testing.T) Outcome {
	now := testNow + int64(w.random.IntN(8))
	expiry := testNow + int64(w.random.IntN(12)) - 1
	switch n := w.random.IntN(100); {
	case n < 40:
		return w.Add(w.some(), expiry, now, n%2 == 0)
	case n < 60:
		w.keep(t, n%4 == 0, now)
	case n < 70:
		w.Remove(w.some())
	case n < 75:
		w.RemoveID(testID(w.random.IntN(w.ids)))
	case n < 80:
		w.Reschedule(w.some(), expiry)
	case n < 85:
		w.Promote(w.some())
	case n < 95:
		w.Sweep(now)
	case n < 97:
		w.Flush(now)
	case n < 98:
		w.walk(t)
	default:
		w.rare()
	}
	if n, c := w.Len(), w.options.Capacity; c != Unlimited && n > c {
		t.Errorf("Len() = %d over the greatest capacity %d", n, c)
	}
	return Added
}

// some returns a new session or one that the goroutine has a reference on.
func (w *stresser) some() *Session {
	if len(w.own) > 0 && w.random.IntN(3) == 0 {
		return w.own[w.random.IntN(len(w.own))]
	}
	s := w.session(w.random.IntN(w.ids), SessionOptions{Promoted: w.random.IntN(4) == 0})
	s.Acquire()
	w.own = append(w.own, s)
	w.forget()
	return s
}

// keep looks a session up or takes it, and keeps the reference for a while.
func (w *stresser) keep(t *testing.T, take bool, now int64) {
	id := testID(w.random.IntN(w.ids))
	lookup := w.Lookup
	if take {
		lookup = w.Take
	}
	s, result := lookup(id, Scope{}, now)
	if result != Hit {
		return
	}
	if !s.HasID(id) || s.References() < 1 || s.StateLength() == 0 {
		t.Error("a lookup found another session, or one that is gone")
	}
	w.own = append(w.own, s)
	w.forget()
}

// forget releases the oldest of the references that the goroutine has.
func (w *stresser) forget() {
	if len(w.own) > 12 {
		w.own[0].Release()
		w.own = w.own[1:]
	}
}

func (w *stresser) walk(t *testing.T) {
	for s := range w.All() {
		if n := s.References(); n < 1 {
			t.Errorf("a walk yields a session of %d references", n)
		}
	}
}

func (w *stresser) rare() {
	switch c := w.options.Capacity; {
	case w.random.IntN(4) == 0:
		w.Clear()
	case c != Unlimited:
		w.SetCapacity(1 + w.random.IntN(c))
	}
}
