// Package tlscache keeps the sessions of crypto/tls and QUIC servers in an
// [engine.Cache]: bounded, revocable, and shared by a fleet if the cache has a
// store.
//
//	cache, err := engine.New(engine.Defaults())
//	...
//	server, err := tlscache.NewServer(cache, tlscache.Options{})
//	...
//	config, err = server.Install(config) // NextProtos and Certificates are set
//	...
//	listener, err := tls.Listen("tcp", address, config)
//
// # How it works
//
// crypto/tls knows session tickets only. A [Server] gives clients a handle of 32
// bytes as their ticket (UnwrapSession and WrapSession of tls.Config) and keeps
// the session itself: so a ticket is small however many certificates the client
// has, a session can be revoked or used once, and no key exists whose loss would
// open all sessions ever recorded.
//
// The hooks of one handshake know nothing of each other, so Install makes a copy
// of the config for each connection, in GetConfigForClient, whose hooks share one
// small struct. The connection keeps both, some 700 bytes, until it ends.
//
// # Failures
//
// No failure of the cache, the store or the network behind it fails a handshake:
// it costs the client a full one. A store is asked at most once a ClientHello,
// within engine.Config.StoreDeadline, and never for a handle that was made up.
//
// # Scopes
//
// A session resumes only in the scope it was made in. To that always belong the
// server name that the client asked for (RFC 6066, section 3), the ClientAuth of
// the config, and the epochs that revocation raises. Besides:
//
//   - Without Options.Scope: ClientCAs, the server's certificates, and the
//     protocols it offers. Such scopes mean something in this Server only. Pools of
//     ClientCAs are told apart by CertPool.Equal.
//   - With it: the name that it gives, so that a fleet, and the next process after
//     a handover, can share sessions. As a guard, configs of one name with
//     different ClientCAs are noticed within a process: the later ones get no
//     session tickets until the name is revoked.
//
// That is what a cache needs lest a client authenticated by one server block is
// let in by another (CVE-2025-23419, GHSA-gv8r-9rw9-9697) or by one whose
// ClientCAs have changed since (CVE-2025-68121). VerifyConnection is called for
// resumed sessions too. VerifyPeerCertificate is not, so it needs Options.Scope.
// Applications that must authenticate clients anew each time (NIST SP 800-52r2,
// section 3.6) set SessionTicketsDisabled for those.
//
// # Lifetimes
//
// Three ends, of which the first counts: Options.Lifetime after the session was
// issued, Options.AbsoluteLifetime after the full handshake that it goes back to
// over any number of resumptions (RFC 8446, section 4.6.1), and the end of the
// client's certificate.
//
// # TLS 1.2, TLS 1.3, QUIC
//
// In TLS 1.2 a resumed session goes on under its handle: one entry, however often
// it is resumed. In TLS 1.3 each resumption issues a new session, and the old one
// remains usable for Options.ReuseWindow.
//
// In QUIC the application sends the ticket (QUICConn.SendSessionTicket), and QUIC
// libraries append to SessionState.Extra and change EarlyData; both are kept, and
// every use has a SessionState of its own. Install the server on the config given
// to the library, which may copy the result: hooks and callback are values. The
// context of a ClientHelloInfo must end with the handshake, as crypto/tls's does.
//
// # Single use
//
// With Options.SingleUse a session resumes once (RFC 8446, section 8.1).
// UnwrapSession reserves it; Wrap or VerifyConnection of a resumed handshake, which
// come after the client's binder was checked, confirm that and remove the session;
// the next identity, or the end of the handshake, releases it. Others who ask
// meanwhile get a full handshake. So who only knows the handle, from the wire,
// cannot use a session up. With a store, a claim there decides between processes.
// It is not deleted after use but runs out, since others may have the session in
// memory; and a process that dies holding a claim costs that one session.
//
// # Probation
//
// A session of a full handshake is on probation until it is resumed, one issued by
// resuming is not. So a flood of handshakes that nobody resumes drives out
// its own sessions and not those of clients that come back, see
// engine.Config.ProbationPercent. With TLS 1.3 crypto/tls issues a ticket before
// the client has finished, so handshakes that break off add sessions too.
//
// # Not possible by hooks
//
// RFC 5246, section 7.2.2, wants a session forgotten after a fatal alert. The hooks
// of crypto/tls do not learn of alerts. A certificate that was revoked stays with
// the sessions it authenticated until their time is over or their scope is revoked.
// And what crypto/tls copied of a session, it does not zero.
package tlscache
