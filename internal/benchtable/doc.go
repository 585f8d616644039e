// Package benchtable makes the tables of benchstat
// (golang.org/x/perf/cmd/benchstat) of results in Go's benchmark format, byte
// for byte, as text and as CSV. The statistics, the grouping and the notation
// of figures are those of the public packages of x/perf; what is here is what
// benchstat keeps to itself: which results form a table, a row and a column,
// the row of geometric means, and the layout.
//
// Two things differ from benchstat, where it is plainly wrong: a table whose
// column shares no row with the first is laid out like any other, and the cells
// that warnings beside a CSV name are right beyond column Z.
package benchtable
