package openssl

import "iter"

// CTXAddSession is SSL_CTX_add_session(3): it puts s into the cache of ctx,
// which takes a reference of its own, and returns 1. Another session with the
// same id makes way for s: its reference is dropped, no callback is told.
//
// It returns 0, and changes nothing, if s itself is in the cache already (but
// for its time, under SESS_CACHE_UPDATE_TIME), if its last reference was
// dropped, if ctx was freed, or if one of them is nil.
func CTXAddSession(ctx *CTX, s *SESSION) int {
	if ctx == nil || s == nil {
		return 0
	}
	ctx.adopt(s)
	created, timeout := s.Created(), s.Timeout()
	if !ctx.cache.Add(s) {
		return 0
	}
	if s.Created() != created || s.Timeout() != timeout {
		// SESSIONSetTime came between: it may have looked for s before s was
		// there.
		ctx.cache.Reschedule(s)
	}
	return 1
}

// AddSession is SSL_add_session, a synonym of [CTXAddSession] in OpenSSL up to
// 1.0.2.
func AddSession(ctx *CTX, s *SESSION) int { return CTXAddSession(ctx, s) }

// CTXRemoveSession is SSL_CTX_remove_session(3) of OpenSSL 0.9.8 to 1.0.2: it
// takes s out of the cache of ctx, drops the cache's reference, marks s as not
// resumable and calls the remove callback. It returns 1; of racing callers
// exactly one gets that.
//
// It returns 0, and does none of this, if s is not in the cache; another
// session with the same id stays. [engine.Cache.RemoveID] removes by id.
func CTXRemoveSession(ctx *CTX, s *SESSION) int {
	if ctx == nil || s == nil {
		return 0
	}
	return truth(ctx.cache.Remove(s))
}

// RemoveSession is SSL_remove_session, a synonym of [CTXRemoveSession] in
// OpenSSL up to 1.0.2.
func RemoveSession(ctx *CTX, s *SESSION) int { return CTXRemoveSession(ctx, s) }

// CTXFlushSessions is SSL_CTX_flush_sessions(3), and its _ex: it removes the
// sessions that are expired at the time t, in Unix seconds, that is those with
// t > time + timeout; all sessions if t is 0. Each is marked not resumable and
// given to the remove callback. Nobody waits for it.
func CTXFlushSessions(ctx *CTX, t int64) {
	switch {
	case ctx == nil:
	case t == 0:
		ctx.cache.Clear()
	default:
		ctx.cache.Flush(t)
	}
}

// CTXSessions is SSL_CTX_sessions(3). Instead of the hash table itself it
// gives an iterator, see [engine.Cache.All]; the cache may change meanwhile.
func CTXSessions(ctx *CTX) iter.Seq[*SESSION] { return ctx.cache.All() }

// HasMatchingSessionID is SSL_has_matching_session_id: 1 if a session with the
// id is in the internal cache, whether or not it is expired, whatever its
// session id context and the mode; else 0. OpenSSL's takes an SSL instead of
// the context.
func HasMatchingSessionID(ctx *CTX, id []byte) int {
	return truth(ctx.cache.Contains(id))
}

// truth returns 1 for true, as C does.
func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}
