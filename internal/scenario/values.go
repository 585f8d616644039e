package scenario

import (
	"fmt"
	"math"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// processors is how many goroutines there are unless the scenario says so.
func processors() int { return runtime.GOMAXPROCS(0) }

var validName = regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`)

// maxName bounds a name, in bytes.
const maxName = 64

// parseName reads what may be part of a benchmark's name.
func parseName(v string) (string, error) {
	if len(v) > maxName || !validName.MatchString(v) {
		return "", fmt.Errorf("%q is not allowed; allowed are up to %d letters and digits, with single hyphens between them", v, maxName)
	}
	return v, nil
}

func parseSeed(v string) (uint64, error) {
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not allowed; allowed are whole numbers from 0 to %d", v, uint64(math.MaxUint64))
	}
	return n, nil
}

func whole(to *int, low, high int) func(string) error {
	return func(v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < low || n > high {
			return fmt.Errorf("%q is not allowed; allowed are whole numbers from %d to %d", v, low, high)
		}
		*to = n
		return nil
	}
}

func number(to *float64, low, high float64) func(string) error {
	return func(v string) error {
		x, err := strconv.ParseFloat(v, 64)
		if err != nil || !finite(x, low, high) {
			return fmt.Errorf("%q is not allowed; allowed are numbers from %s to %s", v, plain(low), plain(high))
		}
		*to = x
		return nil
	}
}

func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// share reads a percentage. The sign is wanted, since 0.5 could be either.
func share(to *Share) func(string) error {
	return func(v string) error {
		number, ok := strings.CutSuffix(v, "%")
		x, err := strconv.ParseFloat(number, 64)
		if !ok || err != nil || !finite(x, 0, 100) {
			return fmt.Errorf("%q is not allowed; allowed are percentages from 0%% to 100%%, such as 2.5%%", v)
		}
		*to = Share(x / 100)
		return nil
	}
}

func duration(to *time.Duration, low, high time.Duration) func(string) error {
	return func(v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d < low || d > high {
			return fmt.Errorf("%q is not allowed; allowed are times from %v to %v, such as 500ms or 2m", v, low, high)
		}
		*to = d
		return nil
	}
}

func truth(to *bool) func(string) error {
	return func(v string) error {
		if v != "true" && v != "false" {
			return fmt.Errorf("%q is not allowed; allowed are true and false", v)
		}
		*to = v == "true"
		return nil
	}
}

func times(to *Times) func(string) error {
	return func(v string) (err error) {
		law, err := ParseTimes(v)
		if err == nil {
			*to = law
		}
		return err
	}
}

func arrivals(to *Arrivals) func(string) error {
	return func(v string) (err error) {
		process, err := ParseArrivals(v)
		if err == nil {
			*to = process
		}
		return err
	}
}
