//go:build invariants

package interleave

import (
	"fmt"
	"iter"
	"runtime/debug"
	"sync"

	"github.com/reprise-tls/reprise/internal/yield"
)

// Points of the scheduler's own.
const (
	start    yield.Point = "start"
	between  yield.Point = "between operations"
	waiting  yield.Point = "mutex: wait"
	finished yield.Point = "finished"
)

// A Goroutine is one of those of a program. It is a coroutine: it runs while
// the scheduler waits, and the other way round, so no two of them ever run at
// once. It is used for one interleaving after the other.
type Goroutine struct {
	number int
	lane   uint32
	body   func(*Goroutine)

	resume func() (yield.Point, bool) // runs it up to its next point
	stop   func()
	park   func(yield.Point) bool // what it calls to let the scheduler go on

	at    yield.Point // where it is parked
	free  bool        // a switch away from here is no preemption
	done  bool
	parks int   // how often it has been parked
	err   error // the panic that ended it

	mutex *sync.Mutex // the one that it is waiting for
}

// abandoned is what a goroutine panics with when nobody will resume it.
type abandoned struct{}

func newGoroutine(number int) *Goroutine {
	g := &Goroutine{number: number}
	g.resume, g.stop = iter.Pull(g.live)
	return g
}

// Number returns the place of g in its program, from 0.
func (g *Goroutine) Number() int { return g.number }

// Pause ends a step, as yield.At does in the code under test.
func (g *Goroutine) Pause(p yield.Point) { g.wait(p, false) }

// Between ends a step between two operations, where a switch is free.
func (g *Goroutine) Between() { g.wait(between, true) }

func (g *Goroutine) wait(p yield.Point, free bool) {
	g.free = free
	if !g.park(p) {
		panic(abandoned{})
	}
}

// waitFor parks until somebody has unlocked m.
func (g *Goroutine) waitFor(m *sync.Mutex) {
	g.mutex = m
	g.wait(waiting, false)
	g.mutex = nil
}

// isBlocked reports whether the goroutine waits for a mutex that is locked.
// While it asks nobody is running who could lock or unlock it.
func (g *Goroutine) isBlocked() bool {
	if g.done || g.mutex == nil {
		return false
	}
	if !g.mutex.TryLock() {
		return true
	}
	g.mutex.Unlock()
	return false
}

// prepare gives the goroutine what it is to do in the next interleaving.
func (g *Goroutine) prepare(body func(*Goroutine), lane uint32) {
	g.body, g.lane, g.at, g.free, g.done, g.parks, g.err, g.mutex = body, lane, start, true, false, 0, nil, nil
}

// live performs one body after the other.
func (g *Goroutine) live(park func(yield.Point) bool) {
	g.park = park
	for g.perform() && park(finished) {
	}
}

// perform runs the body. A panic in it ends only this body.
func (g *Goroutine) perform() (alive bool) {
	defer func() {
		g.done = true
		switch v := recover().(type) {
		case nil:
		case abandoned:
			alive = false
		default:
			g.err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			alive = true
		}
	}()
	g.body(g)
	return true
}
