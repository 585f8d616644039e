// Package golang has the Go libraries, and two tables written for the purpose,
// that one might use instead of the engine, each behind
// [github.com/reprise-tls/reprise/internal/workload.Cache]: as fast as we know
// how to use it and with the semantics of a session cache as far as it can
// have them. [Peers] says how far that is.
//
// An adapter does not put a lock of its own around a library that has its own:
// where the library has no operation that looks and changes in one step, the
// adapter looks and then changes, and what goes wrong when goroutines meet in
// between is shown, not hidden.
package golang
