// Package engine is a bounded, revocable cache of TLS sessions with the
// semantics of OpenSSL's SSL_CTX_add_session(3) and SSL_CTX_remove_session(3),
// whose adds, lookups and removals run in parallel without locks.
//
//	cache, err := engine.New(engine.Defaults())
//	...
//	s, err := cache.NewSession(id, state) // id: 1 to 32 bytes
//	cache.Add(s)                          // the cache takes a reference of its own
//	s.Release()                           // this goroutine needs s no more
//	...
//	if s, ok := cache.Get(id); ok {
//		state = s.AppendState(state[:0])
//		s.Release()
//	}
//
// The package knows neither TLS nor networks: to it a session is an id, opaque
// state bytes, a scope and two times. Adapters for crypto/tls build on it.
//
// # Units
//
// Times are Unix seconds and timeouts are seconds, both int64, as in OpenSSL.
// A session expires at created + timeout, which saturates at [Never], and is
// expired iff now > expiry: in the second of its expiry it is still valid
// (OpenSSL; BoringSSL's ends one second earlier). So a timeout of 2^62 or
// 2^63-1 s means for ever, and a negative creation time is just early. The
// clock may jump both ways: every operation goes by what the clock says then.
// A creation time in the future does not make a session invalid. Durations of
// the Go kind occur only in Config.StoreDeadline and in [Store].
//
// # References
//
// A session has a reference count that starts at one. NewSession, Get, Take,
// Resume and Session.Acquire each give the caller a reference, and whoever has
// one calls Session.Release when done. The cache has one on each session in
// it. The last Release zeroes the state; what a TLS library copied out of it
// is out of reach, and so is a session that is dropped without a Release.
// Acquire refuses a session whose count has reached zero, and with it Add
// does. To release more often than acquired is a bug: it is counted in
// Stats.OverReleased, and panics with both stacks in a build with the tag
// invariants.
//
// The state is read only by copy (Session.AppendState), since a view would be
// zeroed under its reader. Id, state and scope of a session never change; its
// two times do by Session.SetCreated and SetTimeout, which a cache heeds once
// [Cache.Reschedule] was called. A session may be in several caches at once
// (OpenSSL's list is corrupted by that; BoringSSL refuses it).
//
// # Who may call what, and when
//
// Any method of a [Cache] may be called by any goroutine at any time: by
// several at once, from callbacks, in the body of a loop over All, and after
// Close. A method of a session needs a reference. With the LockFree table Add,
// Get, Take, Remove, RemoveID, Contains, Reschedule and Promote use no lock,
// channel or goroutine: one that is stalled anywhere keeps no other from
// finishing. With the XSync table writers lock a bucket. Callbacks and stores
// run in the calling goroutine, outside critical sections; their time is the
// caller's.
//
// Each operation on one id is atomic: among racing Remove, RemoveID and Take
// exactly one gets the session, of racing adds of several sessions with one id
// one stays, and a Get of an id that is only ever replaced never misses. Len,
// Stats, All and Audit are weakly consistent while others write.
//
// # Errors
//
// Only construction and settings fail with an error: [NewSession], [NewScope],
// [ParseSession], [New], [Cache.SetCapacity], [Cache.SetMaxBytes], [Cache.SetTimeout]. It names the
// field, the value and what is allowed, wraps one of this package's Err
// variables, and never contains an id, a state or a scope. Operations answer
// with a bool. What goes wrong outside, in a callback or a [Store], never
// fails an operation; it is counted in [Stats], and costs a full handshake at
// most.
//
// # Two ways to use it
//
// By hand: Add, Get, Take and Remove work on the internal table whatever the
// mode, as SSL_CTX_add_session and SSL_CTX_remove_session do.
//
// By handshake: an adapter calls HandshakeStarted, Resume, HandshakeFinished
// and, for TLS 1.3, Issued at the places where OpenSSL's state machine calls
// its cache; [Mode], [Callbacks] and [Store] then decide what is looked up and
// kept where.
//
// # Where the rules come from
//
//	an id is 1 to 32 bytes                  RFC 5246, 7.4.1.2; an empty one stops eviction in OpenSSL (CVE-2024-2511)
//	Add of the same session: no-op, false   SSL_CTX_add_session(3), OpenSSL 0.9.8 and later
//	Add of another with that id: replaces   the same; no callback, and the old one stays resumable, in every release
//	Remove goes by identity                 OpenSSL 0.9.8 to 1.1.0, BoringSSL
//	RemoveID goes by id                     OpenSSL 1.1.1 and later
//	Take has one winner                     RFC 8446, 8.1
//	capacity N keeps N sessions             BoringSSL, OpenSSL up to 3.0.5; later ones keep N-1
//	earliest expiry is evicted first        OpenSSL 3.0 and later; before and in BoringSSL, the oldest
//	shrinking evicts at once                the engine's; OpenSSL waits for the next add
//	probation                               the engine's
//	7200 s, 20480 sessions, Server          SSL_CTX_new of OpenSSL 1.1.0 and later
//	now > created + timeout, saturating     OpenSSL 3.0 and later
//	callbacks outside critical sections     OpenSSL pull request 31540
//	modes and where they act                SSL_CTX_set_session_cache_mode(3) and its code
//	a lookup under another scope misses     CVE-2025-23419, CVE-2025-68121; OpenSSL since 0.9.8f
//	the id that comes back is compared      OpenSSL's ssl_get_prev_session, 2026
//	not resumable: not cached, not taken    OpenSSL since CVE-2024-2511
package engine
