//go:build invariants

package yield

import "sync/atomic"

// Enabled tells whether At calls the installed hook.
const Enabled = true

var hook atomic.Pointer[func(Point)]

// Install makes At call f, from whichever goroutine reaches a point; nil
// takes the hook away. It is for tests, which must not run beside each other
// while a hook is installed.
func Install(f func(Point)) {
	if f == nil {
		hook.Store(nil)
		return
	}
	hook.Store(&f)
}

// At calls the installed hook, if there is one.
func At(p Point) {
	if f := hook.Load(); f != nil {
		(*f)(p)
	}
}
