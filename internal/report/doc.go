// Package report writes what package measure found out: in Go's benchmark
// format, as JSON, and as a table for people.
package report
