package cli

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/reprise-tls/reprise/internal/workload"
)

func duration(s string, low time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < low || d > maxDuration {
		return 0, fmt.Errorf("%q is not allowed; allowed are durations from %v to %v, such as 500ms or 2s", s, low, maxDuration)
	}
	return d, nil
}

func objects(s string) (int, error) {
	n, err := number(s, 2, workload.MaxObjects)
	if err == nil && n%2 != 0 {
		err = fmt.Errorf("%q is odd; allowed are even numbers from 2 to %d", s, workload.MaxObjects)
	}
	return n, err
}

func seed(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not allowed; allowed are whole numbers from 0 to %d", s, uint64(math.MaxUint64))
	}
	return n, nil
}

// positive parses a number in the given range.
func positive(s string, low, high float64) (float64, error) {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || !(x >= low && x <= high) {
		return 0, fmt.Errorf("%q is not allowed; allowed are numbers from %s to %s", s,
			strconv.FormatFloat(low, 'f', -1, 64), strconv.FormatFloat(high, 'f', -1, 64))
	}
	return x, nil
}
