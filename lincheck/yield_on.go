//go:build invariants

package lincheck

import (
	"math/rand/v2"
	"runtime"

	"github.com/reprise-tls/reprise/internal/yield"
)

// yielding says that operations give way at random points.
const yielding = true

// processorCounts are the values of GOMAXPROCS, each as often as it is to be
// likely.
var processorCounts = []int{1, 2, 2, 3, 4}

// installYields makes goroutines give way before some of the atomic steps of
// an operation, so that others run in between: mostly once, sometimes for as
// long as others need for whole operations.
func installYields() (remove func()) {
	yield.Install(func(yield.Point) {
		switch k := rand.IntN(128); {
		case k < 12:
			runtime.Gosched()
		case k == 127:
			for range 1 << rand.IntN(10) {
				runtime.Gosched()
			}
		}
	})
	return func() { yield.Install(nil) }
}
