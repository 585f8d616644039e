// Package handshake makes real TLS handshakes against servers and measures
// them: servers of its own, each in a process of its own, that keep sessions in
// different ways, or any server on the network.
//
// # What runs where
//
// The clients run in the process that calls [Run], the same ones for every
// target. A target of its own is a process that calls [Serve] and listens on
// the loopback interface. So the time of a handshake includes what the kernel
// does for a connection, which a server cannot avoid and a pipe in memory would
// leave out, and the processor time of the two ends is known apart: that of a
// process is counted by the system (getrusage).
//
// # What a connection does
//
// It connects, makes a handshake with a session of its client's or without one,
// says close_notify (RFC 8446, section 6.1), reads up to the server's end, by
// which the session tickets of TLS 1.3 arrive, and closes with a reset
// (SO_LINGER 0), since a port that waits for a minute (RFC 9293, section
// 3.4.2) would limit a client to some 470 connections a second. Its latency
// ends with the handshake and begins before the connection is made.
//
// A connection that is to be aborted is reset when the client's second flight
// is due: the server has done its part and waits.
package handshake
