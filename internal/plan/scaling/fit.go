package scaling

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// MinDistinct is how many different concurrencies a fit needs at least: with
// three parameters, fewer leave next to nothing to tell how good it is.
const MinDistinct = 6

// Why a fit is refused; errors wrap one of them.
var (
	ErrTooFew         = errors.New("too few different concurrencies")
	ErrOversubscribed = errors.New("concurrency beyond the processors it was measured on")
	ErrPoint          = errors.New("point out of range")
)

// A Point is a measurement.
type Point struct {
	N float64 `json:"n"` // concurrency, 1 or more
	X float64 `json:"x"` // throughput, above 0
}

// A Fit is a model fitted to points, and how far it can be trusted.
type Fit struct {
	Model

	// Errors are the standard errors of the parameters, from the linearised
	// model; 0 for one that lies on its bound.
	Errors Model `json:"standardErrors"`

	// RSE is the residual standard error, sqrt(SSE / DegreesOfFreedom), in the
	// unit of the throughput.
	RSE              float64 `json:"residualStandardError"`
	DegreesOfFreedom int     `json:"degreesOfFreedom"`
	SSE              float64 `json:"sumOfSquares"`

	// AtBound names the parameters that the data would make negative: they
	// are 0.
	AtBound []string `json:"atBound,omitempty"`

	Points []Point `json:"points"`

	free [parameters]bool
}

// Extrapolates reports whether the concurrency n lies outside of what was
// measured.
func (f *Fit) Extrapolates(n float64) bool {
	byN := func(a, b Point) int { return int(math.Copysign(1, a.N-b.N)) }
	return n < slices.MinFunc(f.Points, byN).N || n > slices.MaxFunc(f.Points, byN).N
}

// Residuals returns measured less fitted throughput, point by point.
func (f *Fit) Residuals() []float64 {
	r := make([]float64, len(f.Points))
	for i, p := range f.Points {
		r[i] = p.X - f.Throughput(p.N)
	}
	return r
}

// New fits the law to points by unweighted least squares on the throughput,
// with σ and κ kept from being negative.
//
// cores is the number of processors that the points were measured on, where N
// counts goroutines or threads: N above it is no concurrency, since the
// additional ones only take turns, and such points are refused
// (ErrOversubscribed). 0 says that N is something else, such as clients of a
// server.
func New(points []Point, cores int) (*Fit, error) {
	if err := check(points, cores); err != nil {
		return nil, err
	}
	return leastSquares(points)
}

func check(points []Point, cores int) error {
	if cores < 0 {
		return fmt.Errorf("%w: %d processors; allowed are 1 or more, and 0 where concurrency is not limited by them", ErrPoint, cores)
	}
	distinct := make(map[float64]bool)
	for i, p := range points {
		switch {
		case !(p.N >= 1) || math.IsInf(p.N, 1):
			return fmt.Errorf("%w: point %d: N = %v; allowed are finite values from 1", ErrPoint, i+1, p.N)
		case !(p.X > 0) || math.IsInf(p.X, 1):
			return fmt.Errorf("%w: point %d: X = %v; allowed are finite values above 0", ErrPoint, i+1, p.X)
		case cores > 0 && p.N > float64(cores):
			return fmt.Errorf("%w: N = %v on %d; goroutines beyond the processors take turns instead of contending, so the law does not describe them", ErrOversubscribed, p.N, cores)
		}
		distinct[p.N] = true
	}
	if len(distinct) < MinDistinct {
		return fmt.Errorf("%w: %d; a fit of three parameters needs %d", ErrTooFew, len(distinct), MinDistinct)
	}
	return nil
}

// leastSquares minimises with every combination of parameters held at their
// bound and returns the best solution that is within all bounds: the global
// one must be among these, since a minimum within bounds is one with respect
// to the parameters that are not at them.
func leastSquares(points []Point) (*Fit, error) {
	var best *Fit
	for _, free := range [...][parameters]bool{
		{true, true, true}, {true, false, true}, {true, true, false}, {true, false, false},
	} {
		m, sse, ok := minimise(points, free)
		if !ok || m.Sigma < 0 || m.Kappa < 0 || best != nil && sse >= best.SSE {
			continue
		}
		best = &Fit{Model: m, SSE: sse, Points: slices.Clone(points), free: free}
		if free == [parameters]bool{true, true, true} {
			break // no bound matters
		}
	}
	if best == nil {
		return nil, fmt.Errorf("the least squares did not converge on %d points", len(points))
	}
	best.DegreesOfFreedom = len(points)
	for i, free := range best.free {
		if free {
			best.DegreesOfFreedom--
		} else {
			best.AtBound = append(best.AtBound, [...]string{"lambda", "sigma", "kappa"}[i])
		}
	}
	best.RSE = math.Sqrt(best.SSE / float64(best.DegreesOfFreedom))
	best.standardErrors()
	return best, nil
}
