package missratio

import "math"

// Hit ratios of one client's session in a cache without a bound, by its
// lifetime. A time to live from the creation of a session is what TLS has; one
// that is renewed on use stands for caches that do so, and for TLS 1.3, where a
// resumption makes a new session. (B. Jiang, P. Nain, D. Towsley, "On the
// convergence of the TTL approximation for an LRU cache under independent
// stationary request processes", 2017.)

// PoissonFixed returns λT/(1+λT): requests at random, load = λT of them a
// lifetime on average, the lifetime counted from creation.
func PoissonFixed(load float64) float64 {
	if math.IsInf(load, 1) {
		return 1
	}
	return load / (1 + load)
}

// PoissonSliding returns 1-e^-λT: the same, the lifetime renewed on use.
func PoissonSliding(load float64) float64 { return -math.Expm1(-load) }

// PeriodicFixed returns k/(k+1), where k = floor(T/τ): requests every period τ,
// the lifetime T counted from creation; both in the same unit. At the very end
// of its lifetime a session is not expired.
func PeriodicFixed(lifetime, period float64) float64 {
	k := math.Floor(lifetime / period)
	if math.IsInf(k, 1) {
		return 1
	}
	return k / (k + 1)
}

// PeriodicSliding returns 1 if a period is no longer than the lifetime, which
// is renewed on use, and 0 otherwise.
func PeriodicSliding(lifetime, period float64) float64 {
	if period <= lifetime {
		return 1
	}
	return 0
}

// CyclicRandom returns the hit ratio of n clients that come in turns, always
// in the same order, where eviction is random and the cache holds fewer than
// all: LRU and FIFO never hit there. It is the smaller root of
//
//	h = (1 - 1/size)^(n(1-h)),
//
// the chance to survive the evictions of one turn (J. Stevens, H. Chen,
// "Predictive eviction: a novel policy for optimizing TLS session cache
// performance", GLOBECOM 2015, is about such clients).
func CyclicRandom(n, size int) float64 {
	switch {
	case n <= size:
		return 1
	case size <= 1:
		return 0
	}
	survive := float64(n) * math.Log1p(-1/float64(size))
	// From below, the iteration rises towards the smaller root; Newton's steps
	// do so faster, since the right-hand side is convex.
	h := 0.0
	for range 1000 {
		g := math.Exp(survive * (1 - h))
		step := (g - h) / (1 + g*survive)
		if !(step > 1e-15) {
			break
		}
		h += step
	}
	return h
}
