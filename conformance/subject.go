package conformance

import (
	"context"

	"github.com/reprise-tls/reprise/conformance/libssl"
	"github.com/reprise-tls/reprise/openssl"
)

// subject is our side: the functions of package openssl, or a version of them
// that is wrong on purpose.
type subject interface {
	Add(*openssl.CTX, *openssl.SESSION) int
	Remove(*openssl.CTX, *openssl.SESSION) int
	Flush(*openssl.CTX, int64)
	SetSize(*openssl.CTX, int) int
	Resume(context.Context, *openssl.CTX, []byte) *openssl.SESSION
	SetRemoveCB(*openssl.CTX, openssl.RemoveSessionCB)
	Counters(*openssl.CTX) libssl.Counters
	SetTime(*openssl.SESSION, int64) int64
	IsResumable(*openssl.SESSION) int
	FreeCTX(*openssl.CTX)
}

// genuine is package openssl itself.
type genuine struct{}

func (genuine) Add(ctx *openssl.CTX, s *openssl.SESSION) int { return openssl.CTXAddSession(ctx, s) }
func (genuine) Remove(ctx *openssl.CTX, s *openssl.SESSION) int {
	return openssl.CTXRemoveSession(ctx, s)
}
func (genuine) Flush(ctx *openssl.CTX, t int64)           { openssl.CTXFlushSessions(ctx, t) }
func (genuine) SetSize(ctx *openssl.CTX, n int) int       { return openssl.CTXSessSetCacheSize(ctx, n) }
func (genuine) SetTime(s *openssl.SESSION, t int64) int64 { return openssl.SESSIONSetTime(s, t) }
func (genuine) IsResumable(s *openssl.SESSION) int        { return openssl.SESSIONIsResumable(s) }
func (genuine) FreeCTX(ctx *openssl.CTX)                  { openssl.CTXFree(ctx) }

func (genuine) Resume(goctx context.Context, ctx *openssl.CTX, id []byte) *openssl.SESSION {
	return ctx.Resume(goctx, id)
}

func (genuine) SetRemoveCB(ctx *openssl.CTX, cb openssl.RemoveSessionCB) {
	openssl.CTXSessSetRemoveCB(ctx, cb)
}

func (genuine) Counters(ctx *openssl.CTX) libssl.Counters {
	return libssl.Counters{
		Number:      openssl.CTXSessNumber(ctx),
		Connect:     openssl.CTXSessConnect(ctx),
		ConnectGood: openssl.CTXSessConnectGood(ctx),
		Accept:      openssl.CTXSessAccept(ctx),
		AcceptGood:  openssl.CTXSessAcceptGood(ctx),
		Hits:        openssl.CTXSessHits(ctx),
		CBHits:      openssl.CTXSessCBHits(ctx),
		Misses:      openssl.CTXSessMisses(ctx),
		Timeouts:    openssl.CTXSessTimeouts(ctx),
		CacheFull:   openssl.CTXSessCacheFull(ctx),
	}
}
