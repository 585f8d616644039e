package workload

import "math/bits"

// Times of the sessions, in seconds.
const (
	// MaxMixedTimeout is the longest timeout in ExpiryMixed, the shortest is 1.
	MaxMixedTimeout = 7200

	// FlushAfter is how long after the sessions of Flush were created their
	// flush believes it is. The timeouts of those that it is to remove end
	// before that, those of the live ones after; by the cache's own clock none
	// has ended, so that nothing goes before the flush takes it.
	FlushAfter = 7200

	expiredTimeout = 3600
	liveTimeout    = 86_400
	month          = 30 * 86_400
)

// CreatedAhead is how far in the future sessions count as created, in seconds:
// 30 days for ExpiryMixed, longer than any run, else 0.
func (s Spec) CreatedAhead() int64 {
	if s.Kind == ExpiryMixed {
		return month
	}
	return 0
}

// Timeouts returns what gives each object of the pool its timeout, in seconds:
// for ExpiryMixed any of 1 to MaxMixedTimeout, as the seed says; 0 stands for
// the cache's own and is what most kinds have.
func (s Spec) Timeouts() func(object int) int64 {
	switch s.Kind {
	case ExpiryMixed:
		const gamma = 0x9E3779B97F4A7C15
		start := newRandom(s.Seed, domainTimeouts, 0).uint64()
		return func(object int) int64 {
			high, _ := bits.Mul64(mix(start+uint64(object)*gamma), MaxMixedTimeout)
			return 1 + int64(high)
		}
	case Flush:
		return func(object int) int64 {
			if object < s.Sessions {
				return expiredTimeout
			}
			return liveTimeout
		}
	}
	return func(int) int64 { return 0 }
}
