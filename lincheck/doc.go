// Package lincheck shows that the tables of package shards, and the cache of
// package engine on top of them, are linearizable. Its tests run many short
// random histories, each on a fresh table, and give every history to
// [porcupine], which decides whether some order of the operations that agrees
// with real time explains all answers.
//
// # What is recorded
//
// Every call with its arguments, its answer, and two readings of the monotonic
// clock by the goroutine that made it. No counter is shared: taking a number
// from one would order the operations by itself, and hide what is looked for.
// Sessions are the values; each has a number that a lookup's answer is
// compared with, and the number is its state, so that a state wiped too early
// shows as well.
//
// In half of the histories the sink attributes each session that leaves a
// table to the call that unlinked it, by the number of the goroutine, which
// costs microseconds. Then an eviction is an operation like any other, every
// removal must name what it removed, and nothing may vanish without a report.
// The other histories know nothing of that and run closer together.
//
// # What is checked
//
//   - The map model, for tables where nothing can be evicted: the outcomes of
//     Add, the identity of what a lookup returns, exactly one winner of Remove,
//     RemoveID and Take, expiry, Flush and Clear, Close. An id that was present
//     throughout is never missed.
//   - The same with spontaneous removal, for bounded tables: a session may
//     vanish at any moment, but stays away until the next Add.
//   - The same with reported removal, for bounded tables whose drops are
//     attributed: a session is evicted only if the sink got it.
//   - The bound model, over all ids at once: never more sessions than the
//     capacity.
//   - At the end of each history, that every reference is accounted for and
//     every released state is wiped.
//
// Flush, Clear and All are not one operation on the table. For each id they
// count as one, except where a session was replaced meanwhile: the newcomer
// need not be concerned.
//
// # Running
//
// LINCHECK_DURATION (default 10s) is the time for all configurations together,
// LINCHECK_SEED the seed of the workload, which is always printed. The
// schedule cannot be repeated, so a failing history is kept as a picture in
// failures/. With the build tag invariants goroutines give way at random
// points within an operation, which finds most in little time; without it,
// and on more cores, the race is real. go test needs -timeout for more than
// its ten minutes.
//
// [porcupine]: https://github.com/anishathalye/porcupine
package lincheck
