package openssl

import "github.com/reprise-tls/reprise/engine"

// CTXSetSessionCacheMode is SSL_CTX_set_session_cache_mode(3): it sets the
// mode, all flags at once, and returns the previous one.
func CTXSetSessionCacheMode(ctx *CTX, mode int) int {
	return int(ctx.cache.SetMode(engine.Mode(mode)))
}

// CTXGetSessionCacheMode is SSL_CTX_get_session_cache_mode(3).
func CTXGetSessionCacheMode(ctx *CTX) int { return int(ctx.cache.Mode()) }

// CTXSessSetCacheSize is SSL_CTX_sess_set_cache_size(3): it sets the most
// sessions the cache may have, 0 for no bound, and returns the previous size.
// A negative size returns 0 and changes nothing (OpenSSL 1.1.1 and later);
// one above [engine.MaxCapacity] is lowered to that.
//
// Shrinking evicts at once, where OpenSSL waits for the next add.
func CTXSessSetCacheSize(ctx *CTX, size int) int {
	if size < 0 {
		return 0
	}
	ctx.mu.Lock()
	defer ctx.mu.Unlock()
	previous := ctx.cache.Capacity()
	if ctx.cache.SetCapacity(min(size, engine.MaxCapacity)) != nil {
		return 0
	}
	return previous
}

// CTXSessGetCacheSize is SSL_CTX_sess_get_cache_size(3).
func CTXSessGetCacheSize(ctx *CTX) int { return ctx.cache.Capacity() }

// CTXSetTimeout is SSL_CTX_set_timeout(3): it sets the timeout, in seconds, of
// sessions that handshakes make later, and returns the previous one; 0 for a
// nil ctx.
//
// OpenSSL does not validate it. Here a negative timeout returns 0 and changes
// nothing; 0 sets the default of 7200 s, as in OpenSSL, but is also read back
// as that.
func CTXSetTimeout(ctx *CTX, seconds int64) int64 {
	if ctx == nil {
		return 0
	}
	ctx.mu.Lock()
	defer ctx.mu.Unlock()
	previous := ctx.cache.Timeout()
	if ctx.cache.SetTimeout(seconds) != nil {
		return 0
	}
	return previous
}

// CTXGetTimeout is SSL_CTX_get_timeout(3), in seconds; 0 for a nil ctx.
func CTXGetTimeout(ctx *CTX) int64 {
	if ctx == nil {
		return 0
	}
	return ctx.cache.Timeout()
}

// CTXSetSessionIDContext is SSL_CTX_set_session_id_context(3): sessions that
// [CTX.NewSession] makes later are bound to sidCtx, and [CTX.Resume] finds
// only sessions that are. It returns 1, or 0 if sidCtx is longer than 32
// bytes. Sessions in the cache keep theirs.
func CTXSetSessionIDContext(ctx *CTX, sidCtx []byte) int {
	scope, err := engine.NewScope(sidCtx)
	if err != nil {
		return 0
	}
	ctx.scope.Store(&scope)
	return 1
}
