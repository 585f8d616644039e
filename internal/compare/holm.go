package compare

import (
	"cmp"
	"math"
	"slices"
)

// Holm returns the adjusted p-values (S. Holm, Scandinavian Journal of
// Statistics 6, 1979): with the rows whose adjusted value is below alpha
// called different, the chance that any of them is called wrongly is at most
// alpha, whatever depends on what.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted := make([]float64, len(p))
	least := 0.0
	for i, row := range order {
		least = math.Max(least, math.Min(1, float64(len(p)-i)*p[row]))
		adjusted[row] = least
	}
	return adjusted
}
