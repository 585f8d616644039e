package openssl

import (
	"context"

	"github.com/reprise-tls/reprise/engine"
)

// NewSessionCB is the callback of SSL_CTX_sess_set_new_cb(3): a handshake has
// made s, whether or not it was added to the internal cache (OpenSSL 1.1.1 and
// later). It gets a reference on s: it returns 1 to keep that, and calls
// SESSIONFree one day, or 0 to have it dropped. As in OpenSSL, and against its
// man page, 0 does not remove s from the cache.
//
// OpenSSL's gets an SSL instead of the context, as does GetSessionCB.
type NewSessionCB func(ctx *CTX, s *SESSION) int

// RemoveSessionCB is the callback of SSL_CTX_sess_set_remove_cb(3): s has left
// the internal cache because it was removed, evicted, expired, flushed, or ctx
// was freed, but not because another session took its place. s is referenced
// until the callback returns.
type RemoveSessionCB func(ctx *CTX, s *SESSION)

// GetSessionCB is the callback of SSL_CTX_sess_set_get_cb(3): the internal
// cache does not have the id that a client offers. It returns a session or
// nil. *copy is 1 at first: the cache then takes a reference of its own. By
// setting it to 0 the callback hands its reference over. goctx is the one that
// was given to [CTX.Resume].
type GetSessionCB func(goctx context.Context, ctx *CTX, id []byte, copy *int) *SESSION

type callbacks struct {
	onNew    NewSessionCB
	onRemove RemoveSessionCB
	onGet    GetSessionCB
}

// setCallbacks changes the callbacks by change and tells the engine.
func (ctx *CTX) setCallbacks(change func(*callbacks)) {
	ctx.mu.Lock()
	defer ctx.mu.Unlock()
	change(&ctx.callbacks)
	var k engine.Callbacks
	if cb := ctx.callbacks.onNew; cb != nil {
		k.New = func(s *SESSION) { ctx.callNew(cb, s) }
	}
	if cb := ctx.callbacks.onRemove; cb != nil {
		k.Remove = func(s *SESSION, _ engine.Reason) { cb(ctx, s) }
	}
	if cb := ctx.callbacks.onGet; cb != nil {
		k.Get = func(goctx context.Context, id []byte) *SESSION { return ctx.callGet(goctx, cb, id) }
	}
	ctx.cache.SetCallbacks(k)
}

// callNew gives the callback its reference and takes it back unless it is
// kept, also if the callback panics.
func (ctx *CTX) callNew(cb NewSessionCB, s *SESSION) {
	ctx.adopt(s)
	if !s.Acquire() {
		return
	}
	kept := false
	defer func() {
		if !kept {
			s.Release()
		}
	}()
	kept = cb(ctx, s) != 0
}

// callGet returns a session whose reference the engine may drop.
func (ctx *CTX) callGet(goctx context.Context, cb GetSessionCB, id []byte) *SESSION {
	copied := 1
	s := cb(goctx, ctx, id, &copied)
	if s == nil || copied != 0 && !s.Acquire() {
		return nil
	}
	return s
}

func (ctx *CTX) getCallbacks() callbacks {
	ctx.mu.Lock()
	defer ctx.mu.Unlock()
	return ctx.callbacks
}

// CTXSessSetNewCB is SSL_CTX_sess_set_new_cb(3); nil takes the callback away.
// Operations under way may still call the old one, here and below.
func CTXSessSetNewCB(ctx *CTX, cb NewSessionCB) {
	ctx.setCallbacks(func(k *callbacks) { k.onNew = cb })
}

// CTXSessSetRemoveCB is SSL_CTX_sess_set_remove_cb(3).
func CTXSessSetRemoveCB(ctx *CTX, cb RemoveSessionCB) {
	ctx.setCallbacks(func(k *callbacks) { k.onRemove = cb })
}

// CTXSessSetGetCB is SSL_CTX_sess_set_get_cb(3).
func CTXSessSetGetCB(ctx *CTX, cb GetSessionCB) {
	ctx.setCallbacks(func(k *callbacks) { k.onGet = cb })
}

// CTXSessGetNewCB is SSL_CTX_sess_get_new_cb(3); nil if none is set.
func CTXSessGetNewCB(ctx *CTX) NewSessionCB { return ctx.getCallbacks().onNew }

// CTXSessGetRemoveCB is SSL_CTX_sess_get_remove_cb(3); nil if none is set.
func CTXSessGetRemoveCB(ctx *CTX) RemoveSessionCB { return ctx.getCallbacks().onRemove }

// CTXSessGetGetCB is SSL_CTX_sess_get_get_cb(3); nil if none is set.
func CTXSessGetGetCB(ctx *CTX) GetSessionCB { return ctx.getCallbacks().onGet }
