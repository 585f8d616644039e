//go:build race

package conformance

// The run is of one goroutine, so that the race detector has little to find
// and makes it ten times slower.
func init() { defaultSteps = 20_000 }
