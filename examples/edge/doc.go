// Command edge is a TLS-terminating reverse proxy whose clients resume their
// sessions from a Reprise cache: HTTP/1.1, HTTP/2 and HTTP/3 in front, whatever
// speaks HTTP behind.
//
//	go run .                                  # a self-signed certificate, an upstream of its own
//	edge --cert=c.pem --key=k.pem --upstream=http://10.0.0.7:8080
//	edge ... --redis=redis-1:6379 --key-file=sessions.keys   # sessions shared by a fleet
//	kill -HUP PID                             # reload: a new process takes listeners and sessions over
//
// It needs Unix, since a reload passes file descriptors on.
//
// It is an example to be read: each file has one of the things that an
// application needs to do.
//
//	options.go      flags and what they may be
//	sessions.go     the cache, the store behind it, tlscache.Server
//	keyfile.go      the secrets of a fleet
//	certificate.go  tls.Config
//	handshakes.go   knowing when the last handshake is over
//	proxy.go        the handler
//	front.go        the listeners and the HTTP servers
//	fresh.go        connections that a shutdown must wait for
//	admin.go        metrics, health, revocation, profiles
//	edge.go         what happens in which order
//	estate.go       what a process leaves to the next one
//	reload.go       the old process's side of a reload
//	takeover.go     the new one's
package main
