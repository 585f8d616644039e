//go:build invariants

package shards

import (
	"fmt"
	"runtime/debug"
	"sync/atomic"
)

// trace remembers who dropped the last reference of a session.
type trace struct {
	last atomic.Pointer[[]byte]
}

func (*trace) acquired() {}

func (t *trace) released(left int32) {
	if left == 0 {
		stack := debug.Stack()
		t.last.Store(&stack)
	}
}

func (t *trace) overReleased() {
	earlier := []byte("(not recorded yet)")
	if p := t.last.Load(); p != nil {
		earlier = *p
	}
	panic(fmt.Sprintf("shards: session released more often than acquired\n\nthe last reference was dropped by:\n%s\nand dropped again by:\n%s", earlier, debug.Stack()))
}
