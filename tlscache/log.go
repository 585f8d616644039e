package tlscache

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

// event is a kind of log message.
type event uint8

const (
	eventTicketsOff event = iota
	eventScopePanic
	eventEpochUnreadable
	eventEpochAdopted
	eventRevoked
	eventDead
	eventCount
)

// quiet is how long one kind of event stays silent after it was written.
const quiet = 10 * time.Second

// events writes log messages, each kind at most once in quiet, so that a flood
// of handshakes is no flood of messages.
type events struct {
	logger *slog.Logger
	start  time.Time
	kinds  [eventCount]struct {
		next       atomic.Int64 // nanoseconds since start
		suppressed atomic.Uint64
	}
}

func newEvents(logger *slog.Logger) *events { return &events{logger: logger, start: time.Now()} }

func (e *events) write(kind event, level slog.Level, message string, attributes ...any) {
	k := &e.kinds[kind]
	now := int64(time.Since(e.start)) // monotonic: the wall clock may jump
	next := k.next.Load()
	if now < next || !k.next.CompareAndSwap(next, now+int64(quiet)) {
		k.suppressed.Add(1)
		return
	}
	if n := k.suppressed.Swap(0); n > 0 {
		attributes = append(attributes, "suppressed", n)
	}
	e.logger.Log(context.Background(), level, "tlscache: "+message, attributes...)
}

// panicked reports a panic of the application's code. The value stays out of
// the log, and so do arguments in the stack, since parts of a handle could be
// in both.
func (e *events) panicked(callback string, value any) {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var stack strings.Builder
	for {
		f, more := frames.Next()
		fmt.Fprintf(&stack, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		if !more {
			break
		}
	}
	e.write(eventScopePanic, slog.LevelError, "panic in a callback",
		"callback", callback, "type", fmt.Sprintf("%T", value), "stack", stack.String())
}
