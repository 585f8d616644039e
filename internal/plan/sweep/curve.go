package sweep

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/plan/scaling"
)

// A Curve is throughput over goroutines, of one target under one workload.
type Curve struct {
	measure.Place
	Cores  int     `json:"cores"` // that goroutines could run on at once
	Points []Point `json:"points"`

	// Fit is nil where none is allowed; then Refused says why.
	Fit       *scaling.Fit       `json:"fit,omitempty"`
	Intervals *scaling.Intervals `json:"intervals,omitempty"`
	Refused   string             `json:"fitRefused,omitempty"`
}

// A Point is what some goroutines did.
type Point struct {
	Goroutines int     `json:"goroutines"`
	Rate       float64 `json:"operationsPerSecond"` // median of the samples
	Low        float64 `json:"low"`                 // of its interval; -Inf, null in JSON, if there are too few samples
	High       float64 `json:"high"`
	Samples    int     `json:"samples"`

	// Oversubscribed says that there were more goroutines than cores: they
	// took turns, and the point is in no fit.
	Oversubscribed bool `json:"oversubscribed"`
}

// confidence of intervals, as benchstat has it.
const confidence = 0.95

// resamples of a fit.
const resamples = 1000

// Curves makes the curves of a result. cores is how many goroutines could run
// at once.
func Curves(r *measure.Result, cores int, seed uint64) (curves []*Curve) {
	for _, cell := range r.Cells {
		if len(cell.Samples) == 0 {
			continue // it failed, which the result says
		}
		i := slices.IndexFunc(curves, func(c *Curve) bool { return c.Place == cell.Place })
		if i < 0 {
			i = len(curves)
			curves = append(curves, &Curve{Place: cell.Place, Cores: cores})
		}
		curves[i].Points = append(curves[i].Points, point(cell, cores))
	}
	for _, c := range curves {
		slices.SortFunc(c.Points, func(a, b Point) int { return a.Goroutines - b.Goroutines })
		c.fit(seed)
	}
	return curves
}

func point(cell *measure.Cell, cores int) Point {
	rates := make([]float64, len(cell.Samples))
	for i, s := range cell.Samples {
		rates[i] = s.Rate()
	}
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(rates, &benchmath.DefaultThresholds), confidence)
	return Point{
		Goroutines: cell.Goroutines, Rate: s.Center, Low: s.Lo, High: s.Hi, Samples: len(rates),
		Oversubscribed: cell.Goroutines > cores,
	}
}

// fit fits the medians of the points that are no more goroutines than cores,
// or notes why not.
func (c *Curve) fit(seed uint64) {
	var points []scaling.Point
	for _, p := range c.Points {
		if !p.Oversubscribed {
			points = append(points, scaling.Point{N: float64(p.Goroutines), X: p.Rate})
		}
	}
	fit, err := scaling.New(points, c.Cores)
	if err != nil {
		c.Refused = err.Error()
		return
	}
	intervals, err := fit.Bootstrap(confidence, resamples, seed)
	if err != nil {
		c.Refused = err.Error()
		return
	}
	c.Fit, c.Intervals = fit, intervals
}

// finite returns nil for what JSON cannot say.
func finite(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	return &v
}
