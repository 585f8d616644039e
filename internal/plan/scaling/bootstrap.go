package scaling

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// An Interval holds a value with the given confidence.
type Interval struct {
	Low, High float64
}

// MarshalJSON writes an array of the bounds, null for one that is infinite,
// which JSON cannot say.
func (i Interval) MarshalJSON() ([]byte, error) {
	bounds := []*float64{&i.Low, &i.High}
	for k, b := range bounds {
		if math.IsInf(*b, 0) {
			bounds[k] = nil
		}
	}
	return json.Marshal(bounds)
}

// Intervals are what a bootstrap says about a fit.
type Intervals struct {
	Confidence float64 `json:"confidence"` // for example 0.95
	Resamples  int     `json:"resamples"`  // fits that succeeded
	Failed     int     `json:"failed"`     // fits that did not

	Lambda  Interval   `json:"lambda"`
	Sigma   Interval   `json:"sigma"`
	Kappa   Interval   `json:"kappa"`
	PeakN   Interval   `json:"peakN"` // +Inf where resamples have no peak
	PeakX   Interval   `json:"peakX"`
	Predict []Interval `json:"predictions,omitempty"` // throughput, in the order asked for
}

// Bootstrap refits the law to resamples of the points and returns intervals
// by percentiles: for the parameters, the peak, and the throughput at the
// given concurrencies. The concurrencies stay as they are, and residuals,
// centred and scaled for the degrees of freedom, are drawn with replacement,
// so that every resample has as many different N as the data. The same seed
// gives the same intervals.
//
// confidence is between 0 and 1, resamples 100 to 100,000.
func (f *Fit) Bootstrap(confidence float64, resamples int, seed uint64, at ...float64) (*Intervals, error) {
	if !(confidence > 0 && confidence < 1) {
		return nil, fmt.Errorf("confidence %v is not allowed; allowed are values between 0 and 1", confidence)
	}
	if resamples < 100 || resamples > 100_000 {
		return nil, fmt.Errorf("%d resamples are not allowed; allowed are 100 to 100000", resamples)
	}
	residuals := f.inflatedResiduals()
	random := rand.New(rand.NewPCG(seed, 0x5ca1e))
	result := &Intervals{Confidence: confidence}
	columns := make([][]float64, 5+len(at))
	points := slices.Clone(f.Points)
	for range resamples {
		for i := range points {
			points[i].X = f.Throughput(points[i].N) + residuals[random.IntN(len(residuals))]
		}
		refit, err := leastSquares(points)
		if err != nil {
			result.Failed++
			continue
		}
		n, x := refit.Peak()
		row := []float64{refit.Lambda, refit.Sigma, refit.Kappa, n, x}
		for _, n := range at {
			row = append(row, refit.Throughput(n))
		}
		for i, v := range row {
			columns[i] = append(columns[i], v)
		}
		result.Resamples++
	}
	if result.Resamples < resamples/2 {
		return nil, fmt.Errorf("%d of %d resamples could not be fitted", result.Failed, resamples)
	}
	for i, to := range []*Interval{&result.Lambda, &result.Sigma, &result.Kappa, &result.PeakN, &result.PeakX} {
		*to = percentiles(columns[i], confidence)
	}
	for i := range at {
		result.Predict = append(result.Predict, percentiles(columns[5+i], confidence))
	}
	return result, nil
}

func (f *Fit) inflatedResiduals() []float64 {
	residuals := f.Residuals()
	mean := 0.0
	for _, r := range residuals {
		mean += r / float64(len(residuals))
	}
	inflate := math.Sqrt(float64(len(residuals)) / float64(f.DegreesOfFreedom))
	for i := range residuals {
		residuals[i] = (residuals[i] - mean) * inflate
	}
	return residuals
}

func percentiles(v []float64, confidence float64) Interval {
	slices.Sort(v)
	at := func(q float64) float64 { return v[int(math.Round(q*float64(len(v)-1)))] }
	return Interval{at((1 - confidence) / 2), at((1 + confidence) / 2)}
}
