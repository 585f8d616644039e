package engine

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// ways are all the ways in which a session can leave with a callback. Each
// needs a cache of capacity 2 that has sessions 1 and 2, of which 1 is the
// earlier to expire.
var ways = map[string]struct {
	reason Reason
	leave  func(*fixture)
}{
	"Remove":      {ReasonRemoved, func(f *fixture) { f.Remove(f.made[0]) }},
	"RemoveID":    {ReasonRemoved, func(f *fixture) { f.RemoveID(testID(1)) }},
	"Take":        {ReasonRemoved, func(f *fixture) { s, _ := f.Take(testID(1)); s.Release() }},
	"Add":         {ReasonEvicted, func(f *fixture) { f.Add(f.made[2]) }},
	"SetCapacity": {ReasonEvicted, func(f *fixture) { _ = f.SetCapacity(1) }},
	"Get":         {ReasonExpired, func(f *fixture) { f.time.Add(DefaultTimeout); f.Get(testID(1)) }},
	"Flush":       {ReasonFlushed, func(f *fixture) { f.Flush(startTime + DefaultTimeout) }},
	"Clear":       {ReasonFlushed, func(f *fixture) { f.Clear() }},
	"Close":       {ReasonClosed, func(f *fixture) { f.Close() }},
	"Resume, which keeps a session from outside": {ReasonEvicted, func(f *fixture) {
		if s, ok := f.Resume(context.Background(), testID(3), Scope{}); ok {
			s.Release()
		}
	}},
}

// forEachWay runs a test on a cache for each way and table. remove is the
// Remove callback.
func forEachWay(t *testing.T, remove func(*fixture, *Session, Reason), test func(*fixture, func(*fixture), Reason)) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for name, way := range ways {
			t.Run(name, func(t *testing.T) {
				var f *fixture
				f = newFixture(t, kind, func(g *Config) {
					g.Capacity = 2
					g.Callbacks.Remove = func(s *Session, r Reason) { remove(f, s, r) }
					g.Callbacks.Get = func(_ context.Context, id []byte) *Session {
						if !bytes.Equal(id, testID(3)) || !f.made[2].Acquire() {
							return nil
						}
						return f.made[2]
					}
				})
				f.Add(f.sessionWith(1, SessionOptions{Created: startTime - 1}))
				f.Add(f.session(2))
				f.session(3)
				test(f, way.leave, way.reason)
			})
		}
	})
}

func TestRemoveCallbackRunsOnceWithTheReason(t *testing.T) {
	var told []Reason
	forEachWay(t, func(f *fixture, s *Session, r Reason) {
		if s == f.made[0] {
			equal(f.t, "references in the callback", s.References(), 2)
			told = append(told, r)
		}
	}, func(f *fixture, leave func(*fixture), want Reason) {
		told = nil
		leave(f)
		if len(told) != 1 || told[0] != want {
			f.t.Errorf("Remove was told %v, want %v", told, want)
		}
	})
}

// test_remove_session_cb_not_under_lock of OpenSSL (pull request 31540), for
// every way a session can leave and every method a callback can call.
func TestRemoveCallbackMayCallEveryMethod(t *testing.T) {
	depth := 0
	forEachWay(t, func(f *fixture, s *Session, _ Reason) {
		if depth++; depth > 1 {
			depth--
			return
		}
		defer func() { depth-- }()
		equal(f.t, "Remove of what was removed", f.Remove(s), false) // trafficserver issue 1389
		f.Add(s)
		f.Add(f.session(100))
		f.has(s)
		f.Reschedule(s)
		f.Promote(s)
		f.Contains(s.ID())
		f.RemoveID(s.ID())
		if got, ok := f.Take(testID(100)); ok {
			got.Release()
		}
		f.Flush(startTime - 1)
		if err := f.SetCapacity(5); err != nil {
			f.t.Error(err)
		}
		if err := f.SetCapacity(1); err != nil {
			f.t.Error(err)
		}
		if err := f.SetCapacity(2); err != nil {
			f.t.Error(err)
		}
		f.SetMode(Server | NoAutoClear)
		f.SetCallbacks(f.Callbacks())
		f.Stats()
		for range f.All() {
			break
		}
		f.resume(3)
		f.HandshakeFinished(context.Background(), RoleServer, f.session(101), false)
		f.Clear()
	}, func(f *fixture, leave func(*fixture), _ Reason) {
		leave(f)
		equal(f.t, "the callback's depth", depth, 0)
	})
}

func TestRemoveCallbackMayCloseTheCache(t *testing.T) {
	forEachWay(t, func(f *fixture, _ *Session, _ Reason) {
		f.Close()
	}, func(f *fixture, leave func(*fixture), _ Reason) {
		leave(f)
		equal(f.t, "Len", f.Len(), 0)
		equal(f.t, "Add after Close", f.Add(f.session(7)), false)
	})
}

// A panic is recovered, counted and reported; the operation goes on.
func TestPanicInRemoveCallbackLosesNothing(t *testing.T) {
	var reported []string
	forEachWay(t, func(*fixture, *Session, Reason) { panic("a callback's bug") },
		func(f *fixture, leave func(*fixture), _ Reason) {
			reported = nil
			f.onPanic = func(name string, value any, stack []byte) {
				equal(f.t, "the value", value, any("a callback's bug"))
				if !strings.Contains(string(stack), "TestPanicInRemoveCallbackLosesNothing") {
					f.t.Errorf("the stack does not show the callback:\n%s", stack)
				}
				reported = append(reported, name)
			}
			leave(f)
			equal(f.t, "CallbackPanics", f.Stats().CallbackPanics, uint64(len(reported)))
			if len(reported) == 0 || reported[0] != "Remove" {
				f.t.Errorf("reported were %q", reported)
			}
			equal(f.t, "references of what left", f.made[0].References(), 1)
		})
}

// runtime.Goexit, for example by t.FailNow, ends the operation that the
// callback was called from; no reference, place or session may be lost.
func TestGoexitInRemoveCallbackLosesNothing(t *testing.T) {
	exits := true
	forEachWay(t, func(*fixture, *Session, Reason) {
		if exits {
			runtime.Goexit()
		}
	}, func(f *fixture, leave func(*fixture), _ Reason) {
		exits = true
		var wg sync.WaitGroup
		returned := false
		wg.Go(func() {
			leave(f)
			returned = true
		})
		wg.Wait()
		exits = false
		equal(f.t, "the operation returned", returned, false)
		f.check()
		equal(f.t, "references of what left", f.made[0].References(), 1)
		if f.closed.Load() {
			equal(f.t, "Len after Close", f.Len(), 0)
			return
		}
		// Every place is still there.
		capacity := f.Capacity()
		f.Clear()
		full := f.Stats().CacheFull
		for n := range capacity {
			f.add(50 + n)
		}
		equal(f.t, "Len", f.Len(), capacity)
		equal(f.t, "evictions of a cache that is not full", f.Stats().CacheFull, full)
	})
}

func TestGoexitInNewAndGetCallbacks(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) {
			g.Callbacks.New = func(*Session) { runtime.Goexit() }
			g.Callbacks.Get = func(context.Context, []byte) *Session { runtime.Goexit(); return nil }
		})
		s := f.session(1)
		var wg sync.WaitGroup
		wg.Go(func() { f.HandshakeFinished(context.Background(), RoleServer, s, false) })
		wg.Go(func() { f.resume(2) })
		wg.Wait()
		equal(t, "found", f.has(s), true)
		equal(t, "AcceptGood", f.Stats().AcceptGood, 1)
	})
}

func TestPanicsInNewAndGetCallbacks(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		var names []string
		f := newFixture(t, kind, func(g *Config) {
			g.Callbacks.New = func(*Session) { panic(1) }
			g.Callbacks.Get = func(context.Context, []byte) *Session { panic(2) }
			g.OnPanic = func(name string, _ any, _ []byte) { names = append(names, name) }
		})
		s := f.session(1)
		f.HandshakeFinished(context.Background(), RoleServer, s, false)
		equal(t, "found", f.has(s), true)
		_, ok := f.resume(2)
		equal(t, "Resume", ok, false)
		equal(t, "reported", strings.Join(names, " "), "New Get")
		stats := f.Stats()
		equal(t, "CallbackPanics", stats.CallbackPanics, 2)
		equal(t, "CallbackHits", stats.CallbackHits, 0)
	})
}

// captureLog makes slog.Default write to the returned buffer.
func captureLog(t *testing.T) *bytes.Buffer {
	var b bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{
		// The time has digits that tests look for.
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})))
	t.Cleanup(func() { slog.SetDefault(old) })
	return &b
}

// The value of a panic may contain an id, and so may a printed argument.
func TestPanicsAreLoggedWithoutTheirValue(t *testing.T) {
	log := captureLog(t)
	f := newFixture(t, LockFree, func(g *Config) {
		g.Callbacks.Remove = func(s *Session, _ Reason) { panicWith([4]byte(s.ID()[8:12])) }
	})
	f.add(1)
	f.RemoveID(testID(1))
	line := log.String()
	for _, want := range []string{"callback=Remove", "type=[4]uint8", "panicWith", "callbacks_test.go"} {
		if !strings.Contains(line, want) {
			t.Errorf("the log lacks %q: %s", want, line)
		}
	}
	for _, secret := range []string{"165", "a5", "A5", "0x"} {
		if strings.Contains(line, secret) {
			t.Errorf("the log contains %q, a part of the id or an argument: %s", secret, line)
		}
	}
}

//go:noinline
func panicWith(id [4]byte) { panic(id) }

func TestPanicInOnPanicIsLogged(t *testing.T) {
	log := captureLog(t)
	f := newFixture(t, LockFree, func(g *Config) {
		g.Callbacks.Remove = func(*Session, Reason) { panic("first") }
		g.OnPanic = func(string, any, []byte) { panic("second") }
	})
	f.add(1)
	equal(t, "RemoveID", f.RemoveID(testID(1)), true)
	equal(t, "CallbackPanics", f.Stats().CallbackPanics, 2)
	if !strings.Contains(log.String(), "callback=OnPanic") {
		t.Errorf("the log says %q", log)
	}
}

func TestSetCallbacksTakesEffect(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		equal(t, "a Remove callback", f.Callbacks().Remove == nil, true)
		calls := 0
		f.SetCallbacks(Callbacks{Remove: func(*Session, Reason) { calls++ }})
		f.add(1)
		f.RemoveID(testID(1))
		f.SetCallbacks(Callbacks{})
		f.add(2)
		f.RemoveID(testID(2))
		equal(t, "calls", calls, 1)
	})
}
