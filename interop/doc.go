// Package interop shows that clients other than Go's resume sessions of
// package tlscache: openssl and curl, which must be installed, and net/http. A
// browser is in interop/browser, QUIC in tlscache/quicgo, each a module of its
// own.
//
// What is in it besides tests is for those modules' tests.
package interop
