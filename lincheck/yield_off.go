//go:build !invariants

package lincheck

// yielding says that operations give way at random points.
const yielding = false

// processorCounts are the values of GOMAXPROCS, each as often as it is to be
// likely. One processor overlaps nothing unless operations give way.
var processorCounts = []int{2, 2, 3, 4}

// installYields does nothing in this build.
func installYields() (remove func()) { return func() {} }
