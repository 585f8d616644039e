// Package quicgo shows, in tests, that servers of quic-go keep their sessions in
// package tlscache: resumption, single use, and early data that is accepted
// once. There is nothing in it to import: Server.Install returns the config that
// quic.Listen and http3.Server want.
//
//	config, err := server.Install(&tls.Config{Certificates: ..., NextProtos: []string{"h3"}, MinVersion: tls.VersionTLS13})
//	...
//	h3 := &http3.Server{TLSConfig: config, QUICConfig: &quic.Config{Allow0RTT: true}, ...}
//
// Allow0RTT alone accepts no early data: without Options.EarlyData and
// Options.SingleUse tlscache says in every ticket that there is none.
package quicgo
