//go:build invariants

package shards

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
)

// trace remembers who dropped the last reference of a session.
type trace struct {
	last atomic.Pointer[[]uintptr]
}

func (*trace) acquired() {}

func (t *trace) released(left int32) {
	if left == 0 {
		var callers [32]uintptr
		stack := callers[:runtime.Callers(2, callers[:])]
		t.last.Store(&stack)
	}
}

func (t *trace) overReleased() {
	earlier := "(not recorded yet)"
	if p := t.last.Load(); p != nil {
		earlier = stackOf(*p)
	}
	panic(fmt.Sprintf("shards: session released more often than acquired\n\nthe last reference was dropped by:\n%s\nand dropped again by:\n%s", earlier, debug.Stack()))
}

// stackOf writes out the callers that runtime.Callers recorded, which is far
// cheaper to keep than the text.
func stackOf(callers []uintptr) string {
	var b strings.Builder
	for frames := runtime.CallersFrames(callers); ; {
		f, more := frames.Next()
		fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		if !more {
			return b.String()
		}
	}
}
