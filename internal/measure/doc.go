// Package measure runs workloads on targets and takes the time.
//
// A target is a kind of session cache. Each one is driven in a process of its
// own, so that its heap, its garbage collector and its hangs are its own: the
// program starts itself again once a target and talks to the copies over their
// standard input and output. The copies take turns in short slices, in an
// order that rotates and turns round, so that all of them see the same noise.
//
// [Run] does that. [Bench] is what runs inside a copy, and what Go benchmarks
// use.
package measure
