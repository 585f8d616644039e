// Package sweep makes contention curves of a run that measured several numbers
// of goroutines: throughput over concurrency, with a fit of the Universal
// Scalability Law where the data allow one.
package sweep
