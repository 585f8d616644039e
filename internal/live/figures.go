package live

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/perf/benchunit"
)

// Scaled writes a number for a person: 5.820M, and below 1000 without a
// fraction.
func Scaled(x float64) string {
	if x < 1000 {
		return fmt.Sprintf("%.0f", x)
	}
	return strings.TrimSpace(benchunit.Scale(x, benchunit.Decimal))
}

// Rounded rounds nanoseconds to three digits.
func Rounded(n int64) time.Duration {
	d := time.Duration(n)
	for unit := time.Duration(1); ; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit)
		}
	}
}
