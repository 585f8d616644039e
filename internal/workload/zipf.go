package workload

import "github.com/reprise-tls/reprise/internal/exact"

// zipf draws ranks 1 to n, rank k with probability proportional to k^-theta,
// for any theta > 0, by rejection-inversion (W. Hörmann, G. Derflinger,
// "Rejection-inversion to generate variates from monotone discrete
// distributions", 1996): set-up takes the same few operations for any n, and
// a draw needs hardly more than one uniform number. math/rand/v2's Zipf needs
// an exponent above 1.
//
// With h(x) = x^-theta and its integral H, a number drawn uniformly from
// H(1.5)-h(1) to H(n+0.5) and taken back through H lands near rank k in an
// interval at least as long as h(k); what it is too long is rejected.
type zipf struct {
	n          float64
	theta      float64
	first, end float64 // the interval of H to draw from
	accepted   float64 // closer than this above its rank, a value is never rejected
}

func newZipf(n uint64, theta float64) zipf {
	z := zipf{n: float64(n), theta: theta}
	z.first = z.integral(1.5) - 1
	z.end = z.integral(z.n + 0.5)
	z.accepted = 2 - z.inverse(z.integral(2.5)-z.density(2))
	return z
}

// rank returns a rank, 1 to n.
func (z *zipf) rank(r random) uint64 {
	for {
		u := z.end + float64(r.float64()*(z.first-z.end))
		x := z.inverse(u)
		// The conversion rounds half up, and x is positive.
		k := min(max(float64(uint64(x+0.5)), 1), z.n)
		if k-x <= z.accepted || u >= z.integral(k+0.5)-z.density(k) {
			return uint64(k)
		}
	}
}

// density is h(x) = x^-theta.
func (z *zipf) density(x float64) float64 { return exact.Exp(-float64(z.theta * exact.Log(x))) }

// integral is H(x) = (x^(1-theta) - 1) / (1-theta), ln x where theta is 1.
func (z *zipf) integral(x float64) float64 {
	l := exact.Log(x)
	return float64(exact.Expm1Over(float64((1-z.theta)*l)) * l)
}

// inverse undoes integral.
func (z *zipf) inverse(y float64) float64 {
	// Rounding may take the argument below what H can reach.
	t := max(float64(y*(1-z.theta)), -1+0x1p-52)
	return exact.Exp(float64(exact.Log1pOver(t) * y))
}
