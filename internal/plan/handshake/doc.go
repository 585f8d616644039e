// Package handshake measures what handshakes cost a server on this machine, by
// making them: real ones of crypto/tls, full and resumed, between a server and a
// client in this process.
package handshake
