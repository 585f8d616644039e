package visits

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// A Kind names a family of laws.
type Kind string

// The families, with their parameters.
const (
	Exponential Kind = "exponential" // mean; visits at random (Poisson)
	Periodic    Kind = "periodic"    // period, jitter: uniform from period·(1-jitter) to period·(1+jitter)
	Lognormal   Kind = "lognormal"   // median, sigma: the logarithm of a gap has this standard deviation
	Pareto      Kind = "pareto"      // minimum, alpha: a gap is longer than g with probability (minimum/g)^alpha
)

// ErrLaw is wrapped by the errors about laws that are none.
var ErrLaw = errors.New("law of visits")

// A Law is a distribution of gaps.
type Law struct {
	Kind  Kind
	Scale float64 // seconds: mean, period, median or minimum; 0: not known yet, see WithMean
	Shape float64 // jitter, 0 to 1; sigma, above 0 to 5; alpha, above 1 to 100; not used by Exponential
}

// MaxGap bounds the scale of a law: 10 years.
const MaxGap = 10 * 365 * 86400.0

// Check reports what is out of range.
func (l Law) Check() error {
	if !(l.Scale >= 0) || l.Scale > MaxGap {
		return fmt.Errorf("%w: %s %v s; allowed are values above 0 up to %v", ErrLaw, l.scaleName(), l.Scale, MaxGap)
	}
	var low, high float64
	switch l.Kind {
	case Exponential:
		return nil
	case Periodic:
		if l.Shape >= 0 && l.Shape <= 1 {
			return nil
		}
		return fmt.Errorf("%w: jitter %v; allowed are 0 to 1", ErrLaw, l.Shape)
	case Lognormal:
		low, high = 0, 5
	case Pareto:
		low, high = 1, 100 // no mean exists at 1
	default:
		return fmt.Errorf("%w: %q; allowed are exponential, periodic, lognormal and pareto", ErrLaw, l.Kind)
	}
	if !(l.Shape > low && l.Shape <= high) {
		return fmt.Errorf("%w: %s %v; allowed are values above %v up to %v", ErrLaw, l.shapeName(), l.Shape, low, high)
	}
	return nil
}

// Mean returns the mean gap.
func (l Law) Mean() float64 { return l.Scale * l.relativeMean() }

func (l Law) relativeMean() float64 {
	switch l.Kind {
	case Lognormal:
		return math.Exp(l.Shape * l.Shape / 2)
	case Pareto:
		return l.Shape / (l.Shape - 1)
	}
	return 1
}

// WithMean returns the law of the same shape with another mean gap.
func (l Law) WithMean(mean float64) Law {
	l.Scale = mean / l.relativeMean()
	return l
}

// Within returns the probability that a gap is t or shorter.
func (l Law) Within(t float64) float64 {
	if t <= 0 {
		return 0
	}
	switch l.Kind {
	case Exponential:
		return -math.Expm1(-t / l.Scale)
	case Periodic:
		low, high := l.Scale*(1-l.Shape), l.Scale*(1+l.Shape)
		switch {
		case t >= high:
			return 1
		case t < low:
			return 0
		}
		return (t - low) / (high - low)
	case Lognormal:
		return normal(math.Log(t/l.Scale) / l.Shape)
	}
	if t <= l.Scale {
		return 0
	}
	return -math.Expm1(l.Shape * math.Log(l.Scale/t))
}

// MeanWithin returns the mean of min(gap, t).
func (l Law) MeanWithin(t float64) float64 {
	if t <= 0 {
		return 0
	}
	if math.IsInf(t, 1) {
		return l.Mean()
	}
	switch l.Kind {
	case Exponential:
		return l.Scale * -math.Expm1(-t/l.Scale)
	case Periodic:
		low, high := l.Scale*(1-l.Shape), l.Scale*(1+l.Shape)
		switch {
		case t >= high:
			return l.Scale
		case t <= low:
			return t
		}
		return t - (t-low)*(t-low)/(2*(high-low))
	case Lognormal:
		z := math.Log(t/l.Scale) / l.Shape
		return l.Mean()*normal(z-l.Shape) + t*normal(-z)
	}
	if t <= l.Scale {
		return t
	}
	a := l.Shape - 1
	return l.Scale + l.Scale/a*-math.Expm1(a*math.Log(l.Scale/t))
}

// normal is the standard normal distribution.
func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// Draw returns a gap.
func (l Law) Draw(r *rand.Rand) float64 {
	switch l.Kind {
	case Exponential:
		return l.Scale * r.ExpFloat64()
	case Periodic:
		return l.Scale * (1 + l.Shape*(2*r.Float64()-1))
	case Lognormal:
		return l.Scale * math.Exp(l.Shape*r.NormFloat64())
	}
	return l.Scale * math.Exp(r.ExpFloat64()/l.Shape)
}

// DrawRemaining returns the time until the next visit of a client that has
// been coming for ever, seen at an arbitrary time: a uniform share of a gap,
// drawn with a probability proportional to its length.
func (l Law) DrawRemaining(r *rand.Rand) float64 {
	share := 1 - r.Float64()
	switch l.Kind {
	case Exponential:
		return l.Scale * r.ExpFloat64()
	case Periodic:
		low, high := 1-l.Shape, 1+l.Shape
		return share * l.Scale * math.Sqrt(low*low+r.Float64()*(high*high-low*low))
	case Lognormal:
		return share * l.Scale * math.Exp(l.Shape*(r.NormFloat64()+l.Shape))
	}
	return share * l.Scale * math.Exp(r.ExpFloat64()/(l.Shape-1))
}
