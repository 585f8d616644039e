// Package exact has functions of package math that give the same bits on every
// machine, so that what is drawn from a seed does too.
package exact

import "math"

// The functions of this file are as precise as those of package math, nearly,
// but made of single additions, multiplications and divisions only, which
// IEEE 754 rounds the same everywhere. Package math uses assembly on some
// machines, and a compiler may fuse x*y+z where a product is not converted
// explicitly; either would make a stream depend on the machine.

const (
	ln2High = 6.93147180369123816490e-01 // the upper 33 bits of ln 2
	ln2Low  = 1.90821492927058770002e-10
)

// Log returns ln x for a normal x > 0.
func Log(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	// ln m = 2 atanh t, and |t| <= 0.172.
	t := (m - 1) / (m + 1)
	square := float64(t * t)
	sum := 0.0
	for k := 25; k >= 1; k -= 2 {
		sum = float64(sum*square) + 1/float64(k)
	}
	low := float64(2*float64(t*sum)) + float64(float64(e)*ln2Low)
	return float64(float64(e)*ln2High) + low
}

// Exp returns e to the power of x, |x| < 700.
func Exp(x float64) float64 {
	k := math.Floor(float64(x/math.Ln2) + 0.5)
	r := x - float64(k*ln2High)
	r -= float64(k * ln2Low)
	sum := 1.0
	for n := 16; n >= 1; n-- {
		sum = 1 + float64(float64(r*sum)/float64(n))
	}
	return math.Ldexp(sum, int(k))
}

// near is where series take over, below which the direct forms lose digits.
const near = 0x1p-6

// Expm1Over returns (e^x - 1) / x, 1 at 0.
func Expm1Over(x float64) float64 {
	if math.Abs(x) > near {
		return (Exp(x) - 1) / x
	}
	sum := 1.0
	for n := 9; n >= 2; n-- {
		sum = 1 + float64(float64(x*sum)/float64(n))
	}
	return sum
}

// Log1pOver returns ln(1 + x) / x for x > -1, 1 at 0.
func Log1pOver(x float64) float64 {
	if math.Abs(x) > near {
		return Log(1+x) / x
	}
	sum := 0.0
	for n := 10; n >= 1; n-- {
		sum = 1/float64(n) - float64(x*sum)
	}
	return sum
}
