package engine

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
)

// Callbacks are OpenSSL's new_session_cb, remove_session_cb and get_session_cb
// of SSL_CTX_sess_set_new_cb(3). Each may be nil.
//
// They are called by the goroutine whose call of the cache led to them, never
// inside a critical section, and may call any method of the cache, also Close,
// SetCapacity and Flush. (In OpenSSL up to 3.6 the remove callback of an
// evicted or flushed session runs under the cache's lock.) The session is
// referenced until they return; one that keeps it calls its Acquire.
//
// A panic in one is recovered, counted as Stats.CallbackPanics and reported to
// Config.OnPanic; the operation goes on as if the callback had returned (Get:
// nil). One that ends its goroutine by runtime.Goexit ends the operation too,
// but no reference, no place in the cache and no other session is lost.
type Callbacks struct {
	// New is told of a session that a handshake has made, whether or not it
	// went into the internal table (OpenSSL 1.1.1 and later). Add does not
	// call it.
	New func(*Session)

	// Remove is told of a session that has left the internal table: removed
	// or taken, evicted, expired, flushed, closed. It is not told of one that
	// was replaced by another with its id, as in every OpenSSL, nor of a
	// Remove that found nothing, which OpenSSL 1.1.0 and later report too.
	Remove func(*Session, Reason)

	// Get is asked by Resume for a session that the internal table does not
	// have; nil means there is none. The reference that it returns passes to
	// the cache, so one that keeps the session acquires another. The cache
	// takes it only if its id and scope are those asked for, it is not
	// expired, and it is still marked resumable. The id is Get's to keep.
	//
	// Where Remove deletes what Get would return, delete that before calling
	// Cache.Remove, not only in the callback: a Resume that asks Get between
	// the two would bring the session back.
	Get func(ctx context.Context, id []byte) *Session
}

// SetCallbacks changes the callbacks. Operations that are under way may still
// call the old ones.
func (c *Cache) SetCallbacks(k Callbacks) {
	if k.Get != nil {
		c.table.TrackRemovals()
	}
	c.callbacks.Store(&k)
}

// Callbacks returns the callbacks.
func (c *Cache) Callbacks() Callbacks { return *c.callbacks.Load() }

func (c *Cache) callNew(s *Session) {
	f := c.callbacks.Load().New
	if f == nil {
		return
	}
	defer c.recovered("New")
	f(s)
}

func (c *Cache) callRemove(s *Session, r Reason) {
	f := c.callbacks.Load().Remove
	if f == nil {
		return
	}
	defer c.recovered("Remove")
	f(s, r)
}

func (c *Cache) callGet(ctx context.Context, id []byte) (s *Session) {
	f := c.callbacks.Load().Get
	if f == nil {
		return nil
	}
	defer c.recovered("Get")
	return f(ctx, id)
}

// recovered is deferred around every call of the application's code.
func (c *Cache) recovered(callback string) {
	if v := recover(); v != nil {
		c.reportPanic(callback, v)
	}
}

func (c *Cache) reportPanic(callback string, value any) {
	c.counters.add(callbackPanics)
	if c.onPanic == nil {
		logPanic(callback, value)
		return
	}
	defer func() {
		if v := recover(); v != nil {
			c.counters.add(callbackPanics)
			logPanic("OnPanic", v)
		}
	}()
	c.onPanic(callback, value, stack())
}

func logPanic(callback string, value any) {
	slog.Default().Error("engine: panic in a callback",
		"callback", callback, "type", fmt.Sprintf("%T", value), "stack", string(stack()))
}

// stack returns the functions and lines of the calling goroutine. Unlike
// debug.Stack it prints no arguments: an id that is passed by value would be
// among them.
func stack() []byte {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	var b bytes.Buffer
	for {
		f, more := frames.Next()
		fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		if !more {
			return b.Bytes()
		}
	}
}
