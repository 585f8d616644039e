package shards

import (
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"unsafe"
)

// Limits and defaults of a session, OpenSSL's.
const (
	MaxIDLength    = 32   // bytes; SSL_MAX_SSL_SESSION_ID_LENGTH
	MaxScopeLength = 32   // bytes; SSL_MAX_SID_CTX_LENGTH
	DefaultTimeout = 7200 // seconds; every TLS method of OpenSSL 1.1.0 and later

	// MaxStateLength bounds a state, in bytes. A TLS handshake message, the
	// largest thing a state could have come from, is no longer than 2^24-1.
	MaxStateLength = 1<<24 - 1
)

// Never is the expiry of a session that does not expire.
const Never = math.MaxInt64

// Errors that [NewSession] wraps; test for them with errors.Is.
var (
	ErrIDLength    = errors.New("session id length")
	ErrScopeLength = errors.New("scope length")
	ErrStateLength = errors.New("session state length")
	ErrTimeout     = errors.New("session timeout")
)

// A Session is one resumable TLS session: an id, the opaque bytes from which a
// TLS library can take the session up again, and a reference count.
//
// The id, the state and the scope never change. A Session may be in several
// tables at once: all that a table keeps about it, apart from the two fields
// named below, lives in the table.
//
// All methods may be called by any number of goroutines, each of which must
// hold a reference: from [NewSession], from a lookup, or from [Session.Acquire].
//
// The layout matters: a change touches the first 64 bytes, only the use of the
// id, the scope or the state touches the second. The allocator
// places 128-byte objects on 128-byte boundaries.
type Session struct {
	trace trace // empty unless built with the tag invariants

	// embedded is the node of a chain that consists of this session alone and
	// uses the expiry the session was made with. Its content never changes,
	// so any table may link it at any time, and again after unlinking it.
	embedded node
	refs     atomic.Int32
	marks    atomic.Uint32
	// stamp orders sessions by insertion. It is written by the Add that is
	// about to link the session; for a session in several tables, the latest.
	stamp       atomic.Uint64
	created     atomic.Int64 // Unix seconds
	stateLength uint32
	idLength    uint8

	id      [MaxIDLength]byte
	scope   Scope
	state   *byte
	timeout atomic.Int64 // seconds; 0: the cache's default
	extra   atomic.Pointer[any]
}

// Marks of a session.
const (
	markNotResumable = 1 << iota
	markPromoted
	markOwnTimeout // made with a timeout of its own
	markRetimed    // SetCreated or SetTimeout was called
)

// SessionOptions are the optional properties of a new session.
type SessionOptions struct {
	Scope    Scope // the zero Scope is the empty one
	Created  int64 // Unix seconds
	Timeout  int64 // seconds from Created, 0 or more; 0: the default of the cache it is added to
	Promoted bool  // not on probation: its client has resumed before

	NotResumable bool // as if it had been removed from a cache
}

// NewSession makes a session with a copy of id (1 to 32 bytes) and of state
// (up to [MaxStateLength] bytes, may be empty). The caller gets the first
// reference.
//
// An empty id is refused because in OpenSSL it stops eviction for good
// (CVE-2024-2511). An error names the field and what is allowed; ids and
// states never appear in it.
func NewSession(id, state []byte, o SessionOptions) (*Session, error) {
	switch {
	case len(id) == 0 || len(id) > MaxIDLength:
		return nil, fmt.Errorf("%w: %d bytes, allowed are 1 to %d", ErrIDLength, len(id), MaxIDLength)
	case len(state) > MaxStateLength:
		return nil, fmt.Errorf("%w: %d bytes, allowed are 0 to %d", ErrStateLength, len(state), MaxStateLength)
	case o.Timeout < 0:
		return nil, fmt.Errorf("%w: %d seconds, allowed are 0 to %d", ErrTimeout, o.Timeout, int64(math.MaxInt64))
	}
	s := &Session{scope: o.Scope, idLength: uint8(len(id)), stateLength: uint32(len(state))}
	copy(s.id[:], id)
	if len(state) > 0 {
		s.state = unsafe.SliceData(append(make([]byte, 0, len(state)), state...))
	}
	s.created.Store(o.Created)
	s.timeout.Store(o.Timeout)
	var marks uint32
	if o.Promoted {
		marks |= markPromoted
	}
	if o.Timeout != 0 {
		marks |= markOwnTimeout
	}
	if o.NotResumable {
		marks |= markNotResumable
	}
	s.marks.Store(marks)
	s.embedded = node{session: s, expiry: s.sum(DefaultTimeout), hash: Hash(id)}
	s.refs.Store(1)
	return s, nil
}

// AppendID appends the id to dst. The id is no secret on the wire, yet it
// never belongs in a log: whoever knows it can make a server look it up.
func (s *Session) AppendID(dst []byte) []byte { return append(dst, s.id[:s.idLength]...) }

// ID returns a copy of the id, 1 to 32 bytes.
func (s *Session) ID() []byte { return s.AppendID(nil) }

// AppendState appends a copy of the state to dst. No view of the state is
// handed out: it is zeroed at the last release, and tls.ParseSessionState
// keeps parts of its input.
func (s *Session) AppendState(dst []byte) []byte { return append(dst, s.stateBytes()...) }

// StateLength returns the length of the state in bytes.
func (s *Session) StateLength() int { return int(s.stateLength) }

func (s *Session) stateBytes() []byte { return unsafe.Slice(s.state, s.stateLength) }

// Scope returns what the session is bound to: it is found only by lookups
// under the same scope.
func (s *Session) Scope() Scope { return s.scope }

// Created returns the time from which the timeout counts, in Unix seconds.
func (s *Session) Created() int64 { return s.created.Load() }

// Timeout returns the timeout in seconds; 0 stands for the cache's default.
func (s *Session) Timeout() int64 { return s.timeout.Load() }

// SetCreated sets the time from which the timeout counts, in Unix seconds. A
// cache that has the session goes by the old time until told otherwise.
func (s *Session) SetCreated(t int64) {
	s.marks.Or(markRetimed)
	s.created.Store(t)
}

// SetTimeout sets the timeout, in seconds; a negative one is an error. A cache
// that has the session goes by the old timeout until told otherwise.
func (s *Session) SetTimeout(t int64) error {
	if t < 0 {
		return fmt.Errorf("%w: %d seconds, allowed are 0 to %d", ErrTimeout, t, int64(math.MaxInt64))
	}
	s.marks.Or(markRetimed)
	s.timeout.Store(t)
	return nil
}

// Expiry returns the last second at which the session is valid, in Unix
// seconds; byDefault is the timeout, in seconds, of a session that has none of
// its own. Sums saturate at [Never].
func (s *Session) Expiry(byDefault int64) int64 {
	if m := s.marks.Load(); m&markRetimed == 0 && (m&markOwnTimeout != 0 || byDefault == DefaultTimeout) {
		return s.embedded.expiry // nearly always, and at hand
	}
	return s.sum(byDefault)
}

// sum returns created + timeout.
func (s *Session) sum(byDefault int64) int64 {
	timeout := s.timeout.Load()
	if timeout == 0 {
		timeout = byDefault
	}
	created := s.created.Load()
	if created > 0 && timeout > math.MaxInt64-created {
		return Never
	}
	return created + timeout
}

// Resumable reports whether a client should still offer the session. Removal
// clears it; lookups on a server ignore it, as OpenSSL's do.
func (s *Session) Resumable() bool { return s.marks.Load()&markNotResumable == 0 }

// markNotResumable writes only what is not there yet: a session that comes and
// goes was marked when it went first, and an atomic write costs far more than
// a load.
func (s *Session) markNotResumable() {
	if s.Resumable() {
		s.marks.Or(markNotResumable)
	}
}

// Promoted reports whether the session is out of probation.
func (s *Session) Promoted() bool { return s.marks.Load()&markPromoted != 0 }

// SetExtra attaches a value of the application's to the session, as
// SSL_SESSION_set_ex_data does. It is not wiped.
func (s *Session) SetExtra(v any) { s.extra.Store(&v) }

// Extra returns the value attached last, nil if none was.
func (s *Session) Extra() any {
	if p := s.extra.Load(); p != nil {
		return *p
	}
	return nil
}

// Hash returns what [Hash] returns for the id. It was computed when the session
// was made.
func (s *Session) Hash() uint64 { return s.embedded.hash }

// HasID reports whether the session has the given id, without copying it. It
// reads only what never changes, so that a table may call it for a session
// that it holds no reference to any more.
func (s *Session) HasID(id []byte) bool { return string(s.id[:s.idLength]) == string(id) }

// sameID reports whether both sessions have the same id.
func (s *Session) sameID(other *Session) bool {
	return s.embedded.hash == other.embedded.hash && s.idLength == other.idLength && s.id == other.id
}
