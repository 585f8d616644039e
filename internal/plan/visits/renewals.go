package visits

import "math"

// steps is into how many equal steps a lifetime is divided. The result is good
// to about 1e-4 for laws that are smooth over a step.
const steps = 2000

// Renewals is how often a client that is given a session comes back to use it,
// by the time since then.
type Renewals struct {
	law    Law
	q      float64
	step   float64
	number []float64 // by step
}

// NewRenewals tabulates the mean number of returns up to times in [0, most],
// most above 0, where each return counts with probability q and one that does
// not is the last: the client has another session after it. It solves the renewal
// equation
//
//	m(t) = q·F(t) + q·∫ m(t-x) dF(x)
//
// by M. Xie's midpoint method ("On the solution of renewal-type integral
// equations", 1989).
func NewRenewals(l Law, q, most float64) *Renewals {
	r := &Renewals{law: l, q: q, step: most / steps}
	if r.exact() {
		return r
	}
	half := make([]float64, steps+1) // F in the middle of steps
	for i := range half {
		half[i] = q * l.Within((float64(i)+0.5)*r.step)
	}
	r.number = make([]float64, steps+1)
	grown := make([]float64, steps+1) // within a step
	for i := 1; i <= steps; i++ {
		sum := q * l.Within(float64(i)*r.step)
		for j := 1; j < i; j++ {
			sum += grown[j] * half[i-j]
		}
		r.number[i] = (sum - r.number[i-1]*half[0]) / (1 - half[0])
		// Rounding and steps of F must not take it back.
		r.number[i] = max(r.number[i], r.number[i-1])
		grown[i] = r.number[i] - r.number[i-1]
	}
	return r
}

// exact reports whether there is a formula.
func (r *Renewals) exact() bool {
	return r.law.Kind == Periodic && r.law.Shape == 0 || r.law.Kind == Exponential
}

// Until returns m(t) for t in [0, most].
func (r *Renewals) Until(t float64) float64 {
	if t <= 0 {
		return 0
	}
	if r.exact() {
		load := t / r.law.Scale
		switch {
		case r.law.Kind == Exponential && r.q == 1:
			return load
		case r.law.Kind == Exponential:
			return r.q / (1 - r.q) * -math.Expm1(-(1-r.q)*load)
		case r.q == 1:
			return math.Floor(load)
		}
		// A sum of powers of q.
		return r.q * (1 - math.Pow(r.q, math.Floor(load))) / (1 - r.q)
	}
	at := t / r.step
	i := min(int(at), steps-1)
	return r.number[i] + (at-float64(i))*(r.number[i+1]-r.number[i])
}

// AfterFirst returns the mean number of returns of a session that is
// there until age first only, or, once it was returned to, until age last:
//
//	∫ from 0 to first of q·(1 + m(last-g)) dF(g).
//
// first is at most last.
func (r *Renewals) AfterFirst(first, last float64) float64 {
	if first >= last {
		return r.Until(last)
	}
	if r.law.Kind == Periodic && r.law.Shape == 0 {
		if first < r.law.Scale {
			return 0
		}
		return r.q * (1 + r.Until(last-r.law.Scale))
	}
	const parts = 32
	sum, before := 0.0, 0.0
	for i := 1; i <= parts; i++ {
		g := first * float64(i) / parts
		within := r.law.Within(g)
		sum += (within - before) * (1 + r.Until(last-g+first/(2*parts)))
		before = within
	}
	return r.q * sum
}
