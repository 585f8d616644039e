package engine

import (
	"errors"
	"math"
	"runtime"
	"testing"
)

// sized makes a session with the nth id and a state of so many bytes.
func (f *fixture) sized(n, bytes int, o SessionOptions) *Session {
	f.t.Helper()
	s, err := NewSession(testID(n), make([]byte, bytes), o)
	if err != nil {
		f.t.Fatal(err)
	}
	return f.keepTrack(s)
}

// The victims are those of a cache that is full by number, as many as needed.
func TestMaxBytesEvictsInOrder(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Capacity = 10; g.MaxBytes = 1000; g.ProbationPercent = 100 })
		for n := range 4 {
			f.Add(f.sized(n, 250, SessionOptions{Created: startTime, Timeout: int64(100 + n)}))
		}
		equal(t, "Bytes", f.Stats().Bytes, 1000)
		equal(t, "CacheFull", f.Stats().CacheFull, 0)

		equal(t, "Add", f.Add(f.sized(9, 251, SessionOptions{Created: startTime, Timeout: 200})), true)
		for n, there := range []bool{false, false, true, true} {
			equal(t, "the session is there", f.Contains(testID(n)), there)
		}
		equal(t, "the newcomer is there", f.Contains(testID(9)), true)
		s := f.Stats()
		equal(t, "Bytes", s.Bytes, 751)
		equal(t, "CacheFull", s.CacheFull, 2)
		equal(t, "EvictedForBytes", s.EvictedForBytes, 2)
		equal(t, "EvictedBeforeExpiry", s.EvictedBeforeExpiry, 2)

		// What has no bytes needs none.
		equal(t, "Add of an empty state", f.Add(f.sized(10, 0, SessionOptions{Created: startTime, Timeout: 1})), true)
		equal(t, "EvictedForBytes", f.Stats().EvictedForBytes, 2)
	})
}

func TestMaxBytesIsAsExactAsItSays(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.MaxBytes = 100 })
		equal(t, "Add of a state as large as the bound", f.Add(f.sized(1, 100, SessionOptions{Created: startTime})), true)
		equal(t, "it is there", f.Contains(testID(1)), true)

		big := f.sized(1, 101, SessionOptions{Created: startTime - 5})
		f.SetMode(f.Mode() | UpdateTime)
		equal(t, "Add of a larger one", f.Add(big), false)
		equal(t, "its references", big.References(), 1)
		equal(t, "its creation time", big.Created(), startTime-5)
		equal(t, "the one with its id is there", f.has(f.made[0]), true)
		s := f.Stats()
		equal(t, "TooLarge", s.TooLarge, 1)
		equal(t, "Added", s.Added, 1)
		equal(t, "CacheFull", s.CacheFull, 0)
	})
}

// A replacement counts for what it is, not for both.
func TestMaxBytesAndReplacement(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Capacity = 10; g.MaxBytes = 100 })
		f.Add(f.sized(1, 40, SessionOptions{Created: startTime}))
		f.Add(f.sized(2, 40, SessionOptions{Created: startTime}))
		f.Add(f.sized(2, 60, SessionOptions{Created: startTime}))
		equal(t, "Len", f.Len(), 2)
		equal(t, "Bytes", f.Stats().Bytes, 100)
		equal(t, "CacheFull", f.Stats().CacheFull, 0)
		f.Add(f.sized(2, 61, SessionOptions{Created: startTime}))
		equal(t, "Len", f.Len(), 1)
		equal(t, "Bytes", f.Stats().Bytes, 61)
	})
}

func TestSetMaxBytes(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		equal(t, "MaxBytes", f.MaxBytes(), 0)
		for n := range 10 {
			f.add(n)
		}
		set := func(bound int64, want int) {
			t.Helper()
			if err := f.SetMaxBytes(bound); err != nil {
				t.Fatal(err)
			}
			equal(t, "MaxBytes", f.MaxBytes(), bound)
			equal(t, "Len", f.Len(), want)
			equal(t, "Bytes", f.Stats().Bytes, uint64(want*stateLength))
			f.check()
		}
		set(math.MaxInt64, 10)
		set(7*stateLength, 7)
		set(7*stateLength-1, 6)
		f.add(10)
		equal(t, "Len within the bound", f.Len(), 6)
		set(0, 6)
		for n := range 100 {
			f.add(100 + n)
		}
		equal(t, "Len without a bound", f.Len(), 106)
		set(3*stateLength, 3)
		set(1, 0)
		equal(t, "Add of what is too large", f.Add(f.session(1)), false)

		err := f.SetMaxBytes(-1)
		equal(t, "the error is ErrConfig", errors.Is(err, ErrConfig), true)
		equal(t, "the error", err.Error(), "engine: max bytes is -1; allowed are 0 (no bound) to 9223372036854775807 bytes")
		equal(t, "MaxBytes", f.MaxBytes(), 1)
	})
}

// While adds are under way no more is linked than the bound and what they
// carry; when they have finished, no more than the bound.
func TestMaxBytesUnderLoad(t *testing.T) {
	const workers, rounds, bound, largest = 4, 500, 20_000, 500
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for _, capacity := range []int{64, 100, Unlimited} {
			f := newFixture(t, kind, func(g *Config) { g.Capacity = capacity; g.MaxBytes = bound })
			parallel(workers, func(w int) {
				for n := range rounds {
					s := f.sized((n*7+w)%900, (n*31+w)%largest+1, SessionOptions{Created: startTime, Promoted: n%4 == 0})
					f.Add(s)
					if n%3 == 0 {
						f.Remove(s)
					}
					if n%100 == 0 {
						var met int
						for s := range f.All() {
							met += s.StateLength()
						}
						// Those that left while the walk passed may be in
						// the sum with those that came: a walk is no snapshot.
						if met > 2*(bound+workers*largest) {
							t.Errorf("%d bytes met, the bound is %d", met, bound)
						}
					}
				}
			})
			if n := f.Stats().Bytes; n > bound {
				t.Errorf("%d bytes when all have finished, the bound is %d", n, bound)
			}
			f.check()
		}
	})
}

// The first bound comes while others add and remove: nothing is counted twice
// or lost.
func TestTheFirstBoundUnderLoad(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for round := range 8 {
			f := newFixture(t, kind, func(g *Config) { g.Capacity = 200 })
			parallel(4, func(w int) {
				for n := range 200 {
					if n == 50+w*10 {
						if err := f.SetMaxBytes(5000 + int64(w)*1000); err != nil {
							t.Error(err)
						}
					}
					s, err := f.NewSession(testID(n%250), testState(n))
					if err != nil {
						t.Error(err)
						return
					}
					f.Add(s)
					if (n+round)%2 == 0 {
						f.Remove(s)
					}
					s.Release()
				}
			})
			f.check()
			if n, bound := f.Stats().Bytes, f.MaxBytes(); int64(n) > bound {
				t.Errorf("%d bytes when all have finished, the bound is %d", n, bound)
			}
		}
	})
}

// A callback that ends its goroutine leaves the bound kept all the same.
func TestMaxBytesWhenACallbackEndsTheGoroutine(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) {
			g.Capacity = 10
			g.MaxBytes = 300
			g.Callbacks.Remove = func(*Session, Reason) { runtime.Goexit() }
		})
		for n := range 3 {
			f.Add(f.sized(n, 100, SessionOptions{Created: startTime}))
		}
		parallel(1, func(int) { f.Add(f.sized(3, 250, SessionOptions{Created: startTime + 1})) })
		equal(t, "Bytes", f.Stats().Bytes, 250)
		equal(t, "EvictedForBytes", f.Stats().EvictedForBytes, 3)
		f.SetCallbacks(Callbacks{})
	})
}
