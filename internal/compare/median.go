package compare

import (
	"math"
	"slices"
)

// Median returns the median, of an even number of values the middle between
// the two in the middle. It returns NaN for none. The values are not changed.
func Median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	return middle(sorted[(n-1)/2], sorted[n/2])
}

// middle returns what lies between two values, infinite ones too.
func middle(low, high float64) float64 {
	switch {
	case low == high:
		return low
	case math.IsInf(low, -1) && math.IsInf(high, 1):
		return 0
	}
	return low + (high-low)/2
}
