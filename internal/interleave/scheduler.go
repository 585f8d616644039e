//go:build invariants

package interleave

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/reprise-tls/reprise/internal/yield"
)

// maxGoroutines is the most goroutines of a program, its bystander included.
const maxGoroutines = 6

// A Program is what a few goroutines do with something they share. It is made
// anew for each interleaving and must do the same each time: what it does may
// depend on the order of its steps and on nothing else.
type Program struct {
	// Goroutines are two or more.
	Goroutines []func(*Goroutine)

	// Bystander, if not nil, runs after the others, in explorations that stop
	// one of them: before the stopped one goes on.
	Bystander func(*Goroutine)

	// Lanes are the lanes of the goroutines, by number, the bystander's last;
	// those for whom there is none are in lane 0. So is whoever makes and
	// checks the program.
	Lanes []uint32

	// Invariant, if not nil, is called after each step.
	Invariant func() error

	// Check is called when all goroutines have finished.
	Check func() error
}

// laneOf returns the lane of the goroutine of that number.
func (p *Program) laneOf(number int) uint32 {
	if number < len(p.Lanes) {
		return p.Lanes[number]
	}
	return 0
}

// A Scheduler runs the goroutines of one program at a time. While there is one,
// it owns the hooks of package yield: no two may exist at once.
type Scheduler struct {
	goroutines []*Goroutine
	running    *Goroutine
	bystander  int // its number, -1 if there is none
	trace      Schedule
	watch      *watchdog
}

func newScheduler() *Scheduler {
	s := &Scheduler{}
	s.watch = newWatchdog(s)
	yield.InstallHooks(yield.Hooks{
		At: func(p yield.Point) {
			if g := s.running; g != nil {
				g.wait(p, false)
			}
		},
		Lane: func() uint32 {
			if g := s.running; g != nil {
				return g.lane
			}
			return 0
		},
		Wait: func(m *sync.Mutex) { s.running.waitFor(m) },
	})
	return s
}

func (s *Scheduler) close() {
	s.abandon()
	yield.Install(nil)
	s.watch.close()
}

// abandon ends the coroutines, wherever they are.
func (s *Scheduler) abandon() {
	for _, g := range s.goroutines {
		g.stop()
	}
	s.goroutines = nil
}

// Running returns the number of the goroutine that is running, -1 if none is.
func (s *Scheduler) Running() int {
	if s.running == nil {
		return -1
	}
	return s.running.number
}

// A picker chooses who makes the next step.
type picker interface {
	// pick returns one of those that can. If the goroutine that made the last
	// step is among them it is the first, and preempts says whether choosing
	// another is a preemption.
	pick(ready []*Goroutine, preempts bool) (*Goroutine, error)
}

// A stall stops a goroutine, once it has been parked so often, until all others
// have finished.
type stall struct{ goroutine, parks int }

func (s *stall) holds(g *Goroutine) bool {
	return s != nil && g.number == s.goroutine && g.parks >= s.parks
}

// errEndless ends an interleaving that has taken too many steps.
var errEndless = errors.New("the program does not end")

// errDeadlock ends one in which everybody left waits for a mutex.
var errDeadlock = errors.New("deadlock")

// run runs one interleaving of p. It reports whether the stall took place.
func (s *Scheduler) run(p *Program, by picker, st *stall, maxSteps int) (stalled bool, err error) {
	defer func() {
		if err != nil {
			s.abandon()
		}
	}()
	s.prepare(p)
	s.watch.begin()
	var buffer [maxGoroutines]*Goroutine
	last := -1
	for {
		ready := s.ready(buffer[:0], last, st)
		if len(ready) == 0 {
			if slices.ContainsFunc(s.goroutines, (*Goroutine).isBlocked) {
				return stalled, errDeadlock
			}
			break
		}
		if len(s.trace) >= maxSteps {
			return stalled, fmt.Errorf("%w within %d steps", errEndless, maxSteps)
		}
		preempts := ready[0].number == last && !ready[0].free
		g, err := by.pick(ready, preempts)
		if err != nil {
			return stalled, err
		}
		last = g.number
		if err := s.step(g); err != nil {
			return stalled, err
		}
		if p.Invariant != nil {
			if err := p.Invariant(); err != nil {
				return stalled, err
			}
		}
		stalled = stalled || !g.done && st.holds(g)
	}
	return stalled, p.Check()
}

func (s *Scheduler) prepare(p *Program) {
	bodies := p.Goroutines
	s.bystander = -1
	if p.Bystander != nil {
		s.bystander = len(bodies)
		bodies = append(bodies[:len(bodies):len(bodies)], p.Bystander)
	}
	if len(bodies) > maxGoroutines {
		panic(fmt.Sprintf("interleave: a program of %d goroutines, allowed are %d", len(bodies), maxGoroutines))
	}
	for len(s.goroutines) < len(bodies) {
		s.goroutines = append(s.goroutines, newGoroutine(len(s.goroutines)))
	}
	for i, g := range s.goroutines {
		if i < len(bodies) {
			g.prepare(bodies[i], p.laneOf(i))
		} else {
			g.done = true
		}
	}
	s.trace = s.trace[:0]
}

// step runs g to its next point.
func (s *Scheduler) step(g *Goroutine) error {
	s.watch.lock.Lock()
	s.trace = append(s.trace, Step{g.number, g.at})
	s.watch.lock.Unlock()
	s.running = g
	p, alive := g.resume()
	s.running = nil
	g.at = p
	g.parks++
	if !alive && g.err == nil {
		return fmt.Errorf("goroutine %d has gone", g.number)
	}
	return g.err
}

// ready appends the goroutines that may make a step, the last one first. The
// bystander comes after the others, one who is held after the bystander. Who
// waits for a mutex that is locked makes none.
func (s *Scheduler) ready(to []*Goroutine, last int, st *stall) []*Goroutine {
	var waits [2]*Goroutine
	for _, g := range s.goroutines {
		switch {
		case g.done, g.isBlocked():
		case g.number == s.bystander:
			waits[0] = g
		case st.holds(g):
			waits[1] = g
		case g.number == last:
			to = append(to, g)
			copy(to[1:], to)
			to[0] = g
		default:
			to = append(to, g)
		}
	}
	for _, g := range waits {
		if len(to) == 0 && g != nil {
			to = append(to, g)
		}
	}
	return to
}
