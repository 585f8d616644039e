//go:build invariants

package interleave

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// stuckAfter is how long one interleaving, of a few dozen steps, may take
// before the watchdog takes it for a loop without a point in it.
const stuckAfter = time.Minute

// A watchdog ends the process with the schedule at hand when a goroutine loops
// between two points, which the scheduler cannot see.
type watchdog struct {
	lock  sync.Mutex // guards the trace of the scheduler while it changes, and begun
	begun time.Time
	quit  chan struct{}
}

func newWatchdog(s *Scheduler) *watchdog {
	w := &watchdog{quit: make(chan struct{}), begun: time.Now()}
	go func() {
		tick := time.NewTicker(stuckAfter / 4)
		defer tick.Stop()
		for {
			select {
			case <-w.quit:
				return
			case <-tick.C:
				w.look(s)
			}
		}
	}()
	return w
}

// begin says that an interleaving begins.
func (w *watchdog) begin() {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.begun = time.Now()
}

func (w *watchdog) look(s *Scheduler) {
	w.lock.Lock()
	defer w.lock.Unlock()
	if time.Since(w.begun) > stuckAfter {
		debug.SetTraceback("all")
		panic(fmt.Sprintf("interleave: no next point for %v; schedule: %v\n%s", stuckAfter, s.trace, s.trace.Table()))
	}
}

func (w *watchdog) close() { close(w.quit) }
