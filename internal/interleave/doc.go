// Package interleave runs short concurrent programs under every order of their
// steps. It needs the build tag invariants, under which each call of
// [yield.At] in the code under test ends a step: exactly one goroutine of a
// program runs at a time, from one point to its next, and a schedule says
// which. A goroutine that waits for a mutex, by [yield.Lock], makes no steps, and
// which goroutines share a stripe of spread counters is up to the program.
//
// Which orders are run is bounded by the number of preemptions, as in CHESS
// (Musuvathi and Qadeer, PLDI 2007): a switch away from a goroutine that could
// have gone on. Switches at the end of a goroutine or between two of its
// operations are free. Most bugs need one or two preemptions. Schedules are
// tried in the order of that bound, so the first that fails is among the
// simplest.
//
// A step is atomic, so only what happens between two points is explored, under
// sequential consistency. Code whose accesses are not all atomic needs the race
// detector as well.
package interleave
