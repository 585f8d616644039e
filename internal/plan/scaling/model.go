package scaling

import (
	"fmt"
	"math"
)

// A Model is the law with its parameters.
type Model struct {
	Lambda float64 `json:"lambda"` // throughput of one, in the unit of the points' throughput
	Sigma  float64 `json:"sigma"`  // contention, 0 or more
	Kappa  float64 `json:"kappa"`  // coherency, 0 or more
}

// relative is X(N)/λ.
func (m Model) relative(n float64) float64 {
	return n / (1 + m.Sigma*(n-1) + m.Kappa*n*(n-1))
}

// Throughput returns X(N).
func (m Model) Throughput(n float64) float64 { return m.Lambda * m.relative(n) }

// Latency returns N/X(N), by Little's law the time one unit of work takes at
// concurrency N, in the inverse unit of the throughput.
func (m Model) Latency(n float64) float64 { return n / m.Throughput(n) }

// Peak returns the concurrency beyond which more of it does harm,
// sqrt((1-σ)/κ), and the throughput there. Without coherency cost there is
// none: +Inf and the limit.
func (m Model) Peak() (n, throughput float64) {
	if m.Kappa == 0 && m.Sigma < 1 {
		return math.Inf(1), m.Limit()
	}
	n = 1.0
	if m.Sigma < 1 {
		n = max(1, math.Sqrt((1-m.Sigma)/m.Kappa))
	}
	return n, m.Throughput(n)
}

// Limit returns λ/σ, which throughput could not exceed even if coherency cost
// nothing (Amdahl); +Inf where there is no contention.
func (m Model) Limit() float64 { return m.Lambda / m.Sigma }

// Optimum returns 1/σ, the concurrency at which linear growth would reach
// Limit: more than that mostly queues. +Inf where there is no contention.
func (m Model) Optimum() float64 { return 1 / m.Sigma }

// ConcurrencyAt returns the two concurrencies whose throughput is x: the one
// before the peak and the one beyond it, +Inf where there is no peak. They are
// the roots of
//
//	κx N² + (σx - κx - λ) N + x(1-σ) = 0.
//
// The formula (σ-1)/(σx-λ), which other libraries have from Gunther's book,
// leaves κ out and is too small. It fails for an x that is not positive or
// above the peak.
func (m Model) ConcurrencyAt(x float64) (below, beyond float64, err error) {
	_, peak := m.Peak()
	if !(x > 0) || x > peak {
		return 0, 0, fmt.Errorf("throughput %v is out of the model's range; allowed are values above 0, up to the peak %v", x, peak)
	}
	if m.Kappa == 0 && x == peak {
		return math.Inf(1), math.Inf(1), nil
	}
	below, beyond = roots(m.Kappa*x, m.Sigma*x-m.Kappa*x-m.Lambda, x*(1-m.Sigma))
	return below, beyond, nil
}

// ConcurrencyAtLatency returns the concurrency at which a unit of work takes
// the given time. It fails for less time than one alone takes.
func (m Model) ConcurrencyAtLatency(r float64) (float64, error) {
	least := m.Latency(1)
	if !(r >= least) || math.IsInf(r, 1) {
		return 0, fmt.Errorf("latency %v is out of the model's range; allowed are finite values from %v, the latency of one alone", r, least)
	}
	if m.Kappa == 0 && m.Sigma == 0 {
		return 0, fmt.Errorf("latency %v does not determine a concurrency, since neither contention nor coherency cost anything: it is %v always", r, least)
	}
	// κN² + (σ-κ)N + 1-σ-λr = 0; the larger root is the one from 1 upwards.
	if m.Kappa == 0 {
		return (m.Lambda*r - 1 + m.Sigma) / m.Sigma, nil
	}
	_, n := roots(m.Kappa, m.Sigma-m.Kappa, 1-m.Sigma-m.Lambda*r)
	return n, nil
}

// roots returns the real roots of ax² + bx + c, the smaller one first; for
// a = 0 and b < 0 the second is +Inf. It subtracts no numbers that are nearly
// equal, and takes a discriminant that rounding made negative for 0.
func roots(a, b, c float64) (low, high float64) {
	if a == 0 {
		return -c / b, math.Inf(1)
	}
	d := math.Sqrt(max(0, b*b-4*a*c))
	q := -(b + math.Copysign(d, b)) / 2
	if q == 0 {
		return 0, 0
	}
	low, high = q/a, c/q
	return min(low, high), max(low, high)
}
