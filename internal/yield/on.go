//go:build invariants

package yield

import (
	"sync"
	"sync/atomic"
)

// Enabled tells whether the functions of this package call installed hooks.
const Enabled = true

// Hooks are what a test wants to happen in the code under test. Each is called
// by whichever goroutine gets there; those that are nil change nothing.
type Hooks struct {
	At   func(Point)
	Lane func() uint32
	Wait func(*sync.Mutex) // returns when it may be worth another try to lock
}

var hooks atomic.Pointer[Hooks]

// InstallHooks makes the functions of this package call these hooks and no
// others. It is for tests, which must not run beside each other while there are
// any.
func InstallHooks(h Hooks) { hooks.Store(&h) }

// Install makes At call f, and takes all other hooks away; a nil f too.
func Install(f func(Point)) { InstallHooks(Hooks{At: f}) }

// At calls the installed hook, if there is one.
func At(p Point) {
	if h := hooks.Load(); h != nil && h.At != nil {
		h.At(p)
	}
}

// Lane returns the number by which the calling goroutine is to choose among
// counters that are spread over stripes, if a test wants a certain one.
func Lane() (lane uint32, ok bool) {
	if h := hooks.Load(); h != nil && h.Lane != nil {
		return h.Lane(), true
	}
	return 0, false
}

// Lock locks m. While somebody else has it, the installed hook waits.
func Lock(m *sync.Mutex) {
	At(LockMutex)
	for !m.TryLock() {
		h := hooks.Load()
		if h == nil || h.Wait == nil {
			m.Lock()
			return
		}
		h.Wait(m)
	}
}
