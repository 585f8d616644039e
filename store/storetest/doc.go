// Package storetest tests stores of sessions: [Run] holds any [engine.Store]
// against the interface's contract, and [Memory] is a store that needs no
// server and can be made to fail.
package storetest
