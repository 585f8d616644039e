package shards

import (
	"math"
	"sync/atomic"

	"github.com/reprise-tls/reprise/internal/yield"
)

// overReleased counts releases of references that nobody held.
var overReleased atomic.Uint64

// OverReleased returns how often, in this process, a session was released more
// often than it was acquired. Anything but zero is a bug in the caller; under
// the build tag invariants the second release panics instead.
func OverReleased() uint64 { return overReleased.Load() }

// Acquire adds a reference and reports whether it did: a count that has
// reached zero stays there, and one at its limit (2^31-1) stays below it.
//
// Lock-free: a failed compare-and-swap means that another goroutine changed
// the count. Linearizes at the successful compare-and-swap, or at the load
// that saw zero or the limit.
func (s *Session) Acquire() bool {
	for {
		n := s.refs.Load()
		if n <= 0 || n == math.MaxInt32 {
			return false
		}
		yield.At(yield.AcquireCAS)
		if s.refs.CompareAndSwap(n, n+1) {
			s.trace.acquired()
			return true
		}
	}
}

// Release drops a reference. The last one zeroes the state; the id stays,
// because lock-free readers may still compare it. What a TLS library copied
// out of the state is out of reach.
//
// Lock-free, linearizes at the successful compare-and-swap.
func (s *Session) Release() {
	for {
		n := s.refs.Load()
		if n <= 0 {
			overReleased.Add(1)
			s.trace.overReleased()
			return
		}
		yield.At(yield.ReleaseCAS)
		if s.refs.CompareAndSwap(n, n-1) {
			s.trace.released(n - 1)
			if n == 1 {
				// Every other reference was dropped by an earlier
				// compare-and-swap on the same word, so whatever its holder
				// read of the state happened before this.
				clear(s.stateBytes())
			}
			return
		}
	}
}

// References returns the reference count, as it was at some moment during the
// call.
func (s *Session) References() int { return int(s.refs.Load()) }
