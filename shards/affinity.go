package shards

import (
	"unsafe"

	"github.com/reprise-tls/reprise/internal/yield"
)

// Affinity returns a number that tends to be the same when the same goroutine
// calls again and to differ between goroutines: a hash of where its stack is.
// It picks among counters that would otherwise share a cache line; a moved
// stack costs speed, never correctness.
//
// A test of interleavings says itself which goroutines meet in one stripe.
func Affinity() uint32 {
	if yield.Enabled {
		if lane, ok := yield.Lane(); ok {
			return lane
		}
	}
	var here byte
	const fibonacci = 0x9E3779B97F4A7C15
	return uint32(uint64(uintptr(unsafe.Pointer(&here))>>11) * fibonacci >> 32)
}
