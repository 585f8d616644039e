// Package paired measures targets beside each other for [compare.Paired].
//
// [Run] starts all processes anew for each launch: those of the base, of the
// base once more, which is where the noise floor comes from, and of the
// candidates. Within a launch they take turns in short slices, in an order that
// turns round (package measure), and from launch to launch another one is the
// first to start.
//
// [Slow] makes a target slower by a given share, to show that a comparison
// notices.
package paired
