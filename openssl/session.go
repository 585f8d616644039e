package openssl

import (
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// SESSION is SSL_SESSION: the engine's session, the same object, so that it
// can pass between this package and the engine's other users. It may be used
// by any number of goroutines that hold a reference.
//
// This package keeps in Session.Extra which contexts a session was added to;
// use [SESSIONSetExData] for values of your own.
type SESSION = engine.Session

// SESSIONNew is SSL_SESSION_new(3) with SSL_SESSION_set1_id: a session with
// copies of id (1 to 32 bytes) and of state, created now, with a timeout of
// 304 s and an empty session id context. The caller owns the first reference.
// It returns nil if the id or the state is too long, or the id empty.
//
// An id is given at birth and never changes: OpenSSL's SSL_SESSION_set1_id
// makes a session in a cache unfindable, and an empty id there stops eviction
// for good (CVE-2024-2511).
func SESSIONNew(id, state []byte) *SESSION { return SESSIONNewInContext(id, state, nil) }

// SESSIONNewInContext is SESSIONNew with SSL_SESSION_set1_id_context(3): the
// session is bound to sidCtx, at most 32 bytes; nil is returned if there are
// more. Like the id, the context never changes.
func SESSIONNewInContext(id, state, sidCtx []byte) *SESSION {
	scope, err := engine.NewScope(sidCtx)
	if err != nil {
		return nil
	}
	s, err := engine.NewSession(id, state, engine.SessionOptions{Scope: scope, Created: time.Now().Unix(), Timeout: sessionTimeout})
	if err != nil {
		return nil
	}
	s.SetExtra(&exData{})
	return s
}

// SESSIONUpRef is SSL_SESSION_up_ref(3): it adds a reference and returns 1, or
// 0 if s is nil or its last reference was dropped.
func SESSIONUpRef(s *SESSION) int { return truth(s != nil && s.Acquire()) }

// SESSIONFree is SSL_SESSION_free(3): it drops a reference; the last one
// zeroes the state. A nil s is left alone. A reference that nobody held is
// counted by Stats.OverReleased, where C would free memory twice.
func SESSIONFree(s *SESSION) {
	if s != nil {
		s.Release()
	}
}

// SESSIONDup is SSL_SESSION_dup(3): a copy with one reference, in no cache,
// resumable only if src is. The value set by SESSIONSetExData is shared.
func SESSIONDup(src *SESSION) *SESSION {
	if src == nil {
		return nil
	}
	state := src.AppendState(nil)
	defer clear(state)
	s, err := engine.NewSession(src.ID(), state, engine.SessionOptions{
		Scope: src.Scope(), Created: src.Created(), Timeout: src.Timeout(), Promoted: src.Promoted(),
		NotResumable: !src.Resumable(),
	})
	if err != nil {
		return nil
	}
	s.SetExtra(&exData{})
	if v := SESSIONGetExData(src); v != nil {
		SESSIONSetExData(s, v)
	}
	return s
}

// SESSIONIsResumable is SSL_SESSION_is_resumable(3): 0 once a session was
// removed from a cache in any way but by replacement, or was evicted from it.
func SESSIONIsResumable(s *SESSION) int { return truth(s != nil && s.Resumable()) }

// SESSIONGetID is SSL_SESSION_get_id(3). It returns a copy.
func SESSIONGetID(s *SESSION) []byte { return s.ID() }

// SESSIONGet0IDContext is SSL_SESSION_get0_id_context(3). It returns a copy.
func SESSIONGet0IDContext(s *SESSION) []byte { return s.Scope().Bytes() }

// SESSIONGetTime is SSL_SESSION_get_time(3), and its _ex: when the session was
// made, in Unix seconds; 0 for nil.
func SESSIONGetTime(s *SESSION) int64 {
	if s == nil {
		return 0
	}
	return s.Created()
}

// SESSIONSetTime is SSL_SESSION_set_time(3), and its _ex: it sets the time, in
// Unix seconds, from which the timeout counts, and returns it; 0 for nil. As
// in OpenSSL 3.0 and later, contexts that have s then go by the new time.
func SESSIONSetTime(s *SESSION, t int64) int64 {
	if s == nil {
		return 0
	}
	s.SetCreated(t)
	reschedule(s)
	return t
}

// SESSIONGetTimeout is SSL_SESSION_get_timeout(3), in seconds; 0 for nil.
func SESSIONGetTimeout(s *SESSION) int64 {
	if s == nil {
		return 0
	}
	return s.Timeout()
}

// SESSIONSetTimeout is SSL_SESSION_set_timeout(3): it sets the timeout, in
// seconds, and returns 1; 0, without an effect, for nil and for a negative one
// (OpenSSL 3.0 and later). Contexts that have s then go by the new timeout. A
// timeout of 0 stands for the context's own, where OpenSSL's session expires
// with the second it was made in.
func SESSIONSetTimeout(s *SESSION, seconds int64) int {
	if s == nil || s.SetTimeout(seconds) != nil {
		return 0
	}
	reschedule(s)
	return 1
}
