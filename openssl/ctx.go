package openssl

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"weak"

	"github.com/reprise-tls/reprise/engine"
)

// CTX is the part of an SSL_CTX that caches sessions. All functions that take
// one may be called by any number of goroutines at once, also from callbacks.
type CTX struct {
	cache *engine.Cache
	refs  atomic.Int32
	scope atomic.Pointer[engine.Scope]
	self  weak.Pointer[CTX] // how the sessions remember it

	mu        sync.Mutex // makes each setter return the value it replaces
	callbacks callbacks
}

// CTXNew is SSL_CTX_new(3): a context with OpenSSL's defaults, mode
// SESS_CACHE_SERVER, 20480 sessions, 7200 s. The caller owns the first
// reference.
//
// Probation, which OpenSSL lacks, is off, so that eviction goes by expiry
// alone. The clock is the engine's coarse one.
func CTXNew() *CTX {
	c := engine.Defaults()
	c.ProbationPercent = 100
	ctx, err := CTXNewWithConfig(c)
	if err != nil {
		return nil // as in C; the defaults are valid, so it does not happen
	}
	return ctx
}

// CTXNewWithConfig makes a context with all that an engine can be given: a
// clock, the other table, a store, probation. It has no counterpart in
// OpenSSL. Errors are those of [engine.New]; Config.Callbacks must be empty,
// since the functions CTXSessSet...CB set them.
func CTXNewWithConfig(c engine.Config) (*CTX, error) {
	if k := c.Callbacks; k.New != nil || k.Remove != nil || k.Get != nil {
		return nil, errors.New("openssl: Config.Callbacks is set; allowed are none, CTXSessSetNewCB and its like set them")
	}
	cache, err := engine.New(c)
	if err != nil {
		return nil, err
	}
	ctx := &CTX{cache: cache}
	ctx.self = weak.Make(ctx)
	ctx.refs.Store(1)
	scope := cache.Scope()
	ctx.scope.Store(&scope)
	return ctx, nil
}

// CTXUpRef is SSL_CTX_up_ref: it adds a reference and returns 1, or 0 if the
// last one is gone already.
func CTXUpRef(ctx *CTX) int {
	if ctx == nil {
		return 0
	}
	for {
		n := ctx.refs.Load()
		if n <= 0 {
			return 0
		}
		if ctx.refs.CompareAndSwap(n, n+1) {
			return 1
		}
	}
}

// CTXFree is SSL_CTX_free(3): it drops a reference; the last one empties the
// cache, with a call of the remove callback for every session, and closes it.
// Later adds return 0 and later lookups miss. A nil ctx, and one that was
// freed already, is left alone.
func CTXFree(ctx *CTX) {
	if ctx == nil {
		return
	}
	for {
		n := ctx.refs.Load()
		if n <= 0 {
			return
		}
		if ctx.refs.CompareAndSwap(n, n-1) {
			if n == 1 {
				ctx.cache.Clear()
				ctx.cache.Close()
			}
			return
		}
	}
}

// Cache returns the engine's cache behind the context. What OpenSSL's state
// machine does with a cache in handshakes is called there: HandshakeStarted,
// HandshakeFinished, Issued. Its callbacks belong to this package.
func (ctx *CTX) Cache() *engine.Cache { return ctx.cache }

// NewSession makes the session of a full handshake, as OpenSSL does there in
// ssl_get_new_session: created now, with the context's timeout and session id
// context. It returns nil where SESSIONNew does. It does not add the session.
func (ctx *CTX) NewSession(id, state []byte) *SESSION {
	s, err := ctx.cache.NewSession(id, state)
	if err != nil {
		return nil
	}
	if scope := *ctx.scope.Load(); scope != s.Scope() {
		defer s.Release()
		s, err = engine.NewSession(id, state, engine.SessionOptions{Scope: scope, Created: s.Created(), Timeout: s.Timeout()})
		if err != nil {
			return nil
		}
	}
	ctx.adopt(s)
	return s
}

// Resume finds the session that a client offers, as OpenSSL's server does in
// ssl_get_prev_session, under the context's session id context; nil means a
// full handshake. The caller owns a reference on what it returns.
// [engine.Cache.Resume] has the details. goctx reaches the get callback and
// the store.
func (ctx *CTX) Resume(goctx context.Context, id []byte) *SESSION {
	s, ok := ctx.cache.Resume(goctx, id, *ctx.scope.Load())
	if !ok {
		return nil
	}
	ctx.adopt(s)
	return s
}
