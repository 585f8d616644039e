package exact

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestExactFunctions(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	check := func(name string, x, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 4e-15*math.Max(math.Abs(want), 1e-300) && math.Abs(got-want) > 1e-16 {
			t.Errorf("%s(%v) = %v, package math says %v", name, x, got, want)
		}
	}
	for range 100_000 {
		x := math.Exp(r.Float64()*80 - 40)
		check("Log", x, Log(x), math.Log(x))
		y := r.Float64()*200 - 100
		got, want := Exp(y), math.Exp(y)
		// The argument's own rounding is worth |y| half ulps.
		if math.Abs(got/want-1) > 4e-15+math.Abs(y)*3e-16 {
			t.Errorf("Exp(%v) = %v, package math says %v", y, got, want)
		}
		for _, scale := range []float64{1e-6, 1e-2, 0.03, 0.9} {
			z := (r.Float64()*2 - 1) * scale
			if z == 0 {
				continue
			}
			if got, want := Expm1Over(z), math.Expm1(z)/z; math.Abs(got/want-1) > 1e-13 {
				t.Errorf("Expm1Over(%v) = %v, package math says %v", z, got, want)
			}
			if got, want := Log1pOver(z), math.Log1p(z)/z; math.Abs(got/want-1) > 1e-13 {
				t.Errorf("Log1pOver(%v) = %v, package math says %v", z, got, want)
			}
		}
	}
	if Expm1Over(0) != 1 || Log1pOver(0) != 1 {
		t.Error("at 0 both quotients are 1")
	}
}
