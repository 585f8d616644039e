// Package bench has what is measured: the engine on both of its tables and
// what one would write instead of it, as targets of the load generator, and Go
// benchmarks that run the same workloads on them.
//
//	go test ./bench -bench Churn
//	go test ./bench -bench . -count 6 | benchstat -col /impl -
//
// A benchmark fails if the cache has lost or kept a session it should not
// have.
package bench
