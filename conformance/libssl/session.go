package libssl

// #include "libssl.h"
// #include <stdlib.h>
import "C"

import "unsafe"

// Session is an SSL_SESSION with a number by which callbacks and states name
// it. No method but Freed and Forget may be called once it was freed.
type Session struct{ o *C.struct_object }

// NewSession is SSL_SESSION_new with an id (0 to 32 bytes) and a session id
// context (0 to 32 bytes), ready for resumption with TLS 1.2. The caller owns
// the first reference. It returns nil if OpenSSL refuses.
func NewSession(number int, id, sidCtx []byte) *Session {
	p, n := bytes(id)
	q, m := bytes(sidCtx)
	return session(C.object_new(C.int(number), p, n, q, m))
}

func session(o *C.struct_object) *Session {
	if o == nil {
		return nil
	}
	return &Session{o}
}

// Dup is SSL_SESSION_dup.
func (s *Session) Dup(number int) *Session { return session(C.object_dup(s.o, C.int(number))) }

// UpRef is SSL_SESSION_up_ref.
func (s *Session) UpRef() int { return int(C.SSL_SESSION_up_ref(s.o.session)) }

// Free is SSL_SESSION_free.
func (s *Session) Free() { C.SSL_SESSION_free(s.o.session) }

// Freed reports whether the last reference is gone and libssl has freed the
// session.
func (s *Session) Freed() bool { return s.o.freed != 0 }

// Forget frees what is remembered of a session that was freed.
func (s *Session) Forget() {
	C.free(unsafe.Pointer(s.o))
	s.o = nil
}

// SetID is SSL_SESSION_set1_id.
func (s *Session) SetID(id []byte) int {
	p, n := bytes(id)
	return int(C.SSL_SESSION_set1_id(s.o.session, p, n))
}

// SetProtocolVersion is SSL_SESSION_set_protocol_version.
func (s *Session) SetProtocolVersion(v int) int {
	return int(C.SSL_SESSION_set_protocol_version(s.o.session, C.int(v)))
}

// IsResumable is SSL_SESSION_is_resumable.
func (s *Session) IsResumable() int { return int(C.SSL_SESSION_is_resumable(s.o.session)) }

// SetTime is SSL_SESSION_set_time.
func (s *Session) SetTime(t int64) int64 {
	return int64(C.SSL_SESSION_set_time(s.o.session, C.long(t)))
}

// Time is SSL_SESSION_get_time.
func (s *Session) Time() int64 { return int64(C.SSL_SESSION_get_time(s.o.session)) }

// SetTimeout is SSL_SESSION_set_timeout.
func (s *Session) SetTimeout(seconds int64) int {
	return int(C.SSL_SESSION_set_timeout(s.o.session, C.long(seconds)))
}

// Timeout is SSL_SESSION_get_timeout.
func (s *Session) Timeout() int64 { return int64(C.SSL_SESSION_get_timeout(s.o.session)) }

// SessionState is what can be seen of a session. Of one that was freed that
// alone is known.
type SessionState struct {
	Freed         bool
	Resumable     int
	Time, Timeout int64
}

// States appends the state of each session to dst.
func States(dst []SessionState, sessions []*Session) []SessionState {
	if len(sessions) == 0 {
		return dst
	}
	objects := make([]*C.struct_object, len(sessions))
	for i, s := range sessions {
		objects[i] = s.o
	}
	out := make([]C.struct_session_state, len(sessions))
	C.object_state(&objects[0], C.int(len(objects)), &out[0])
	for _, s := range out {
		dst = append(dst, SessionState{s.freed != 0, int(s.resumable), int64(s.time), int64(s.timeout)})
	}
	return dst
}
