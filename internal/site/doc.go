// Package site makes pages of the results in files: of runs, comparisons,
// sweeps, miss-ratio curves and plans in the JSON that loadgen writes, of runs
// in Go's benchmark format, and of their history, with an index over all. It
// writes them into a directory or serves them.
package site
