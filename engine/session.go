package engine

import "github.com/reprise-tls/reprise/shards"

// Session is one resumable TLS session: an id of 1 to 32 bytes, the opaque
// bytes from which a TLS library can take the session up again, and a
// reference count. Whoever got a session from NewSession, Get, Take, Resume or
// Acquire owns one reference and gives it back by Release; the last Release
// zeroes the state.
//
// Its methods are documented by package shards:
// [github.com/reprise-tls/reprise/shards.Session].
type Session = shards.Session

// SessionOptions are the optional properties of a new session: its scope, the
// time it was created (Unix seconds), its timeout (seconds; 0 stands for the
// default of the cache it is added to), and whether its client has resumed
// before, so that it is not on probation.
type SessionOptions = shards.SessionOptions

// Scope is what a session is bound to: OpenSSL's session id context, at most
// 32 bytes. Scopes are compared with ==; the zero Scope is the empty one.
type Scope = shards.Scope

// Reason tells a [Callbacks].Remove why a session left the cache. Its String
// method gives a word that is fit for a metric label.
type Reason = shards.Reason

// The reasons.
const (
	ReasonRemoved  = shards.ReasonRemoved  // Remove, RemoveID or Take
	ReasonReplaced = shards.ReasonReplaced // another session with its id took its place; never given to a callback
	ReasonEvicted  = shards.ReasonEvicted  // its place was needed, or the capacity was lowered
	ReasonExpired  = shards.ReasonExpired  // found expired by a lookup or by the sweeping that adds do
	ReasonFlushed  = shards.ReasonFlushed  // Flush or Clear
	ReasonClosed   = shards.ReasonClosed   // Close
)

// Limits and defaults. They are OpenSSL's, apart from MaxCapacity and
// MaxStateLength.
const (
	MaxIDLength    = shards.MaxIDLength    // bytes, 32: SSL_MAX_SSL_SESSION_ID_LENGTH
	MaxScopeLength = shards.MaxScopeLength // bytes, 32: SSL_MAX_SID_CTX_LENGTH
	MaxStateLength = shards.MaxStateLength // bytes, 2^24-1
	DefaultTimeout = shards.DefaultTimeout // seconds, 7200: every TLS method of OpenSSL 1.1.0 and later

	// DefaultCapacity is SSL_SESSION_CACHE_MAX_SIZE_DEFAULT, 20480 sessions.
	DefaultCapacity = 1024 * 20

	// MaxCapacity is the largest bound a cache may have, 2^31-1 sessions.
	MaxCapacity = 1<<31 - 1

	// Unlimited is the capacity of a cache without a bound, as in
	// SSL_CTX_sess_set_cache_size.
	Unlimited = shards.Unlimited

	// Never is the expiry of a session that does not expire: sums of creation
	// time and timeout saturate there.
	Never = shards.Never
)

// NewSession makes a session with a copy of id (1 to 32 bytes) and of state
// (up to MaxStateLength bytes, may be empty). The caller owns the first
// reference. [Cache.NewSession] fills in the cache's clock, timeout and scope.
//
// It fails with an error that wraps ErrIDLength, ErrStateLength or ErrTimeout.
func NewSession(id, state []byte, o SessionOptions) (*Session, error) {
	return shards.NewSession(id, state, o)
}

// NewScope returns the scope that the given bytes (0 to 32) name. It fails
// with an error that wraps ErrScopeLength.
func NewScope(b []byte) (Scope, error) { return shards.NewScope(b) }
