package soak

import (
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// faulty is a cache with faults where a function is set.
type faulty struct {
	*engine.Cache
	calls atomic.Uint64 // of GetScoped

	get    func(f *faulty, s *engine.Session) *engine.Session // every 500th session found
	add    func(f *faulty, s *engine.Session) bool
	take   func(f *faulty, s *engine.Session) *engine.Session
	all    func(f *faulty) iter.Seq[*engine.Session]
	length func(n int) int
	stats  func(s engine.Stats) engine.Stats
	flush  func(n int) int
	close  func(f *faulty)

	kept []byte
}

func (f *faulty) GetScoped(id []byte, scope engine.Scope) (*engine.Session, bool) {
	s, ok := f.Cache.GetScoped(id, scope)
	if ok && f.get != nil && f.calls.Add(1)%500 == 0 {
		return f.get(f, s), true
	}
	return s, ok
}

func (f *faulty) Add(s *engine.Session) bool {
	if f.add != nil {
		return f.add(f, s)
	}
	return f.Cache.Add(s)
}

func (f *faulty) TakeScoped(id []byte, scope engine.Scope) (*engine.Session, bool) {
	s, ok := f.Cache.TakeScoped(id, scope)
	if ok && f.take != nil {
		s = f.take(f, s)
	}
	return s, ok
}

func (f *faulty) All() iter.Seq[*engine.Session] {
	if f.all != nil {
		return f.all(f)
	}
	return f.Cache.All()
}

func (f *faulty) Len() int {
	n := f.Cache.Len()
	if f.length != nil {
		n = f.length(n)
	}
	return n
}

func (f *faulty) Stats() engine.Stats {
	s := f.Cache.Stats()
	if f.stats != nil {
		s = f.stats(s)
	}
	return s
}

func (f *faulty) Flush(now int64) int {
	n := f.Cache.Flush(now)
	if f.flush != nil {
		n = f.flush(n)
	}
	return n
}

func (f *faulty) Close() {
	if f.close != nil {
		f.close(f)
		return
	}
	f.Cache.Close()
}

// instead gives a session back and makes another one in its place.
func instead(s *engine.Session, id, state []byte, scope engine.Scope) *engine.Session {
	defer s.Release()
	other, err := engine.NewSession(id, state, engine.SessionOptions{Scope: scope, Created: s.Created()})
	if err != nil {
		panic(err)
	}
	return other
}

// A soak of a cache with a fault fails and says what is wrong.
func TestFaults(t *testing.T) {
	strange, err := engine.NewScope([]byte("strange"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := func(b []byte, i int) []byte { b[i] ^= 1; return b }
	leak := make(chan struct{})
	defer close(leak)
	for name, c := range map[string]struct {
		want  string
		fault *faulty
	}{
		"Get takes a reference too many": {"have a wrong number of references", &faulty{
			get: func(_ *faulty, s *engine.Session) *engine.Session { s.Acquire(); return s },
		}},
		"Take keeps the table's reference": {"have a wrong number of references", &faulty{
			take: func(_ *faulty, s *engine.Session) *engine.Session { s.Acquire(); return s },
		}},
		"Add takes a reference for an identical session": {"have a wrong number of references", &faulty{
			add: func(f *faulty, s *engine.Session) bool {
				ok := f.Cache.Add(s)
				if !ok {
					s.Acquire()
				}
				return ok
			},
		}},
		"Get returns another id": {"returned a session with another id", &faulty{
			get: func(_ *faulty, s *engine.Session) *engine.Session {
				return instead(s, flipped(s.ID(), 0), s.AppendState(nil), s.Scope())
			},
		}},
		"Get returns another scope": {"returned a session of another scope", &faulty{
			get: func(_ *faulty, s *engine.Session) *engine.Session {
				return instead(s, s.ID(), s.AppendState(nil), strange)
			},
		}},
		"another id's state": {"has the state of a session with another id", &faulty{
			get: func(_ *faulty, s *engine.Session) *engine.Session {
				return instead(s, s.ID(), flipped(s.AppendState(nil), 0), s.Scope())
			},
		}},
		"a state half overwritten": {"has a state of which parts were overwritten", &faulty{
			get: func(_ *faulty, s *engine.Session) *engine.Session {
				return instead(s, s.ID(), flipped(s.AppendState(nil), tagLength+5), s.Scope())
			},
		}},
		"a state zeroed too early": {"has a state that was zeroed", &faulty{
			get: func(_ *faulty, s *engine.Session) *engine.Session {
				return instead(s, s.ID(), make([]byte, s.StateLength()), s.Scope())
			},
		}},
		"Len above the capacity": {"the capacity allows", &faulty{
			length: func(n int) int { return n + 100_000 },
		}},
		"a walk that misses a session": {"the walk met", &faulty{
			all: func(f *faulty) iter.Seq[*engine.Session] {
				return func(yield func(*engine.Session) bool) {
					first := true
					for s := range f.Cache.All() {
						if !first && !yield(s) {
							return
						}
						first = false
					}
				}
			},
		}},
		"a counter that goes down": {"Stats.Misses went from", &faulty{
			stats: func(s engine.Stats) engine.Stats { s.Misses = 1<<40 - s.Misses; return s },
		}},
		"a counter that is wrong": {"Stats.Taken is", &faulty{
			stats: func(s engine.Stats) engine.Stats { s.Taken++; return s },
		}},
		"an over-release": {"Stats.OverReleased is", &faulty{
			stats: func(s engine.Stats) engine.Stats { s.OverReleased += min(1, s.Added); return s },
		}},
		"Flush that miscounts": {"Stats.Flushed is", &faulty{
			flush: func(n int) int { return n + 1 },
		}},
		"Close that does nothing": {"after Close: Stats has", &faulty{
			close: func(*faulty) {},
		}},
		"a goroutine left": {"goroutines, before there were", &faulty{
			close: func(f *faulty) { f.Cache.Close(); go func() { <-leak }() },
		}},
		"heap left": {"bytes of heap are in use", &faulty{
			close: func(f *faulty) { f.Cache.Close(); f.kept = make([]byte, 64<<20) },
		}},
	} {
		t.Run(name, func(t *testing.T) {
			// A fault ends the soak as soon as it is found; those of Close show
			// in the end only.
			g := testConfig(engine.LockFree, 10*time.Second)
			if c.fault.close != nil {
				g.Duration = 100 * time.Millisecond
			}
			g.wrap = func(c0 *engine.Cache) cache { c.fault.Cache = c0; return c.fault }
			s, err := Run(t.Context(), g)
			if err != nil {
				t.Fatal(err)
			}
			if all := strings.Join(s.Violations, "\n"); s.OK() || !strings.Contains(all, c.want) {
				t.Errorf("want a violation with %q; there are:\n%s", c.want, all)
			}
		})
	}
}

// blocked is a cache of which one lookup does not return.
type blocked struct {
	*engine.Cache
	once    atomic.Bool
	release chan struct{}
}

func (b *blocked) GetScoped(id []byte, scope engine.Scope) (*engine.Session, bool) {
	if !b.once.Swap(true) {
		<-b.release
	}
	return b.Cache.GetScoped(id, scope)
}

// An operation that does not return is told of, with the stacks.
func TestStall(t *testing.T) {
	b := &blocked{release: make(chan struct{})}
	g := testConfig(engine.LockFree, time.Minute)
	g.stall = 500 * time.Millisecond
	g.wrap = func(c *engine.Cache) cache { b.Cache = c; return b }
	s, err := Run(t.Context(), g)
	close(b.release)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(s.Violations, "\n")
	if !strings.Contains(all, "has not come out of the cache") || !strings.Contains(all, "soak.(*blocked).GetScoped") {
		t.Errorf("want a violation that names the blocked method; there are:\n%s", all)
	}
}

// A panic in a callback that the harness did not cause is a violation.
func TestStrangePanic(t *testing.T) {
	v := newViolations()
	b := &callbacks{world: &world{violations: v}}
	b.onPanic("New", injectedPanic{}, nil)
	if len(v.list()) != 0 {
		t.Errorf("an injected panic is a violation: %q", v.list())
	}
	b.onPanic("Remove", "strange", nil)
	if all := v.list(); len(all) != 1 || !strings.Contains(all[0], "Remove panicked with a string that nobody injected") {
		t.Errorf("the violations are %q", all)
	}
}
