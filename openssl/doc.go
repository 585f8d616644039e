// Package openssl has the functions and flags of OpenSSL's session cache under
// their own names, over package engine. Each returns what the C function
// returns. It is for those who know OpenSSL's manual, who port a program that
// uses it, or who want to compare the two; everybody else uses package engine.
//
// The names drop the prefix SSL_ and the underscores: SSL_CTX_add_session is
// [CTXAddSession], SSL_SESSION_up_ref is [SESSIONUpRef]; flags keep their
// underscores. Times are Unix seconds, timeouts are seconds.
//
// # Functions
//
//	here                          OpenSSL                          different, see below
//	----                          -------                          --------------------
//	CTXAddSession, AddSession     SSL_CTX_add_session              1 2 3 4
//	CTXRemoveSession,             SSL_CTX_remove_session           5
//	RemoveSession
//	CTXFlushSessions              SSL_CTX_flush_sessions, _ex      6
//	HasMatchingSessionID          SSL_has_matching_session_id      1
//	CTXSessions                   SSL_CTX_sessions                 an iterator, not the table
//	CTXNew, CTXUpRef, CTXFree     SSL_CTX_new, _up_ref, _free
//	CTXSet/GetSessionCacheMode    SSL_CTX_set/get_session_cache_mode
//	CTXSessSet/GetCacheSize       SSL_CTX_sess_set/get_cache_size  2 7
//	CTXSet/GetTimeout             SSL_CTX_set/get_timeout          8
//	CTXSetSessionIDContext        SSL_CTX_set_session_id_context
//	CTXSessSet/GetNewCB           SSL_CTX_sess_set/get_new_cb      9
//	CTXSessSet/GetRemoveCB        SSL_CTX_sess_set/get_remove_cb   5 9
//	CTXSessSet/GetGetCB           SSL_CTX_sess_set/get_get_cb      9
//	CTXSessNumber, Connect,       SSL_CTX_sess_number and the      10
//	ConnectGood, Accept,          others of that manual page
//	AcceptGood, Hits, CBHits,
//	Misses, Timeouts, CacheFull
//	SESSIONNew,                   SSL_SESSION_new, _set1_id,       1 11
//	SESSIONNewInContext           _set1_id_context
//	SESSIONUpRef, SESSIONFree     SSL_SESSION_up_ref, _free        12
//	SESSIONDup                    SSL_SESSION_dup
//	SESSIONIsResumable            SSL_SESSION_is_resumable
//	SESSIONGetID                  SSL_SESSION_get_id               a copy
//	SESSIONGet0IDContext          SSL_SESSION_get0_id_context      a copy
//	SESSIONSet/GetTime            SSL_SESSION_set/get_time, _ex    3
//	SESSIONSet/GetTimeout         SSL_SESSION_set/get_timeout      3 8
//	SESSIONSet/GetExData          SSL_SESSION_set/get_ex_data      one index
//	CTX.NewSession                ssl_get_new_session (internal)
//	CTX.Resume                    ssl_get_prev_session (internal)
//	CTX.Cache.HandshakeStarted,   the state machine and            13
//	HandshakeFinished, Issued     ssl_update_cache (internal)
//
// # Deliberate differences
//
//  1. A session is known by its id alone, as in BoringSSL; OpenSSL's key also
//     has the protocol version, which a session's opaque state conceals here.
//     An id has 1 to 32 bytes: OpenSSL adds a session with an empty one, which
//     it can never remove again and which stops eviction (CVE-2024-2511).
//  2. A cache of size N keeps N sessions, as OpenSSL up to 3.0.5 and BoringSSL
//     do. OpenSSL 3.0.6 and later keep N-1 for N > 1, since they evict after
//     the new session was counted; its own tests ask only for at most N. The
//     session to make way is the earliest to expire, in the order of insertion
//     where they are equal, as in 3.0 and later (the first inserted in earlier
//     ones); that is exact up to a size of 64 and nearly so beyond, so that an
//     add takes a bounded number of steps.
//  3. A session may be in several contexts at once. OpenSSL does not check and
//     corrupts its list, BoringSSL refuses. SESSIONSetTime and
//     SESSIONSetTimeout reach all of them. Adding the very same session again
//     leaves its place in the order of eviction as it was, as OpenSSL up to
//     1.1.1 and since 2026 does; under SESS_CACHE_UPDATE_TIME the place
//     follows the new time.
//  4. Expired sessions leave by small steps in every add, not in one walk in
//     every 256th handshake, which in OpenSSL holds the write lock.
//     SESS_CACHE_NO_AUTO_CLEAR turns off either.
//  5. Removal is by identity, as in OpenSSL 0.9.8 to 1.1.0 and BoringSSL: a
//     copy does not remove the original. Since 1.1.1 OpenSSL removes whatever
//     has the id: [engine.Cache.RemoveID]. The remove callback is called, and
//     the session marked not resumable, only if it was in the cache (up to
//     1.0.2; since 1.1.0 always, which lets a callback that removes recurse
//     for ever).
//  6. The remove callback never runs under a lock, and may call anything; in
//     OpenSSL before 2026 evicted and flushed sessions' callbacks deadlock if
//     they do. Up to a size of 64 the order is earliest expiry first, as in 3.0
//     to 3.6. A negative time removes only what expired before 1970 (nothing
//     up to 3.1, nearly everything since 3.2).
//  7. Shrinking evicts at once; OpenSSL waits for the next add.
//  8. Sums of time and timeout saturate: a session with a timeout of 2^62 s
//     never expires. (Undefined before 3.0; seconds times 10^9 wrap since 3.2,
//     so that 2^55 s are none.) A negative timeout is refused, also for a
//     context, and 0 stands for the default of 7200 s, also for a session,
//     where OpenSSL lets it expire with the second it was made in.
//  9. Callbacks get the context, not an SSL, which this package does not have,
//     and the get callback a context.Context. A panic in one is recovered; see
//     [engine.Callbacks].
//  10. A session found under another session id context is neither a hit nor a
//     miss, as in OpenSSL, but it is counted: Stats.ScopeMismatches. A session
//     from the get callback whose id is not the one asked for is refused, as
//     by OpenSSL since 2026; Stats.ExternalRejected counts it.
//  11. The id and the id context of a session never change. OpenSSL lets one
//     change the id of a session in a cache, which can then not be found.
//  12. One release too many is counted, and panics under the build tag
//     invariants; in C it is a double free. SESSIONUpRef returns 0 after the
//     last release.
//  13. What depends on TLS is left to those who have a connection (package
//     tlscache): protocol version, VERIFY_PEER without an id context, removal
//     after a fatal alert or a missing close_notify, anti-replay.
//  14. A client's session that the server declines is no miss here (libssl
//     counts it), and a server whose cache mode lacks SESS_CACHE_SERVER keeps
//     the id of its sessions (libssl empties it).
//  15. A session from the get callback is looked at before it is stored; libssl
//     stores it first, then removes an expired one with a call of the remove
//     callback.
//  16. A new session whose id is in the cache replaces the one there; libssl
//     fails the handshake.
//  17. A session made before 1970 expires like any other; in libssl it never
//     does. Among sessions that never expire the order is that of insertion;
//     3.0 and 3.1 order them by what is left of the overflowed sum.
//
// Not here, since a session's state is opaque or crypto/tls has no such thing:
// d2i_SSL_SESSION and i2d_SSL_SESSION (the engine has an encoding of its own,
// [engine.AppendSession]), SSL_SESSION_print, the getters of keys and
// certificates, SSL_SESSION_set_protocol_version, the counters of
// renegotiation, SSL_CTX_set_generate_session_id,
// SSL_CTX_set_not_resumable_session_callback and SSL_CTX_set_num_tickets.
package openssl
