// Package shards has the session, with its reference count, and the
// concurrent tables it lives in. It knows no policy: modes, callbacks and
// clocks are package engine's, which most programs should use instead.
//
// # References
//
// A [Session] is born with one reference, its maker's. A table takes one of
// its own when it links the session, and hands it to the [Sink], or to the
// caller of Take, when the session leaves. A lookup adds one for its caller.
// The last [Session.Release] zeroes the state. A count that has reached zero
// never rises again: [Session.Acquire] is a compare-and-swap that refuses.
//
// # Tables
//
// [LockFree] is the default; [XSync] is built on a library's concurrent map.
// Both pass the same tests and give the same answers. They differ in what
// happens when goroutines meet: nothing in LockFree ever waits, while writers
// of XSync lock a bucket.
//
// # Build tags
//
// Under the tag invariants the package checks itself: a session released more
// often than acquired panics with both stacks instead of being counted, a gauge
// checks the capacity before every link, and named points before each atomic
// step let tests choose interleavings.
package shards
