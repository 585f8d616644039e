package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// list is a flag whose values are separated by commas.
type list []string

func (l list) each(parse func(string) error) error {
	for i, s := range l {
		if err := parse(s); err != nil {
			return err
		}
		if slices.Contains(l[:i], s) {
			return fmt.Errorf("%q appears twice", s)
		}
	}
	return nil
}

// number parses a whole number in the given range.
func number(s string, low, high int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q is not allowed; allowed are whole numbers from %d to %d", s, low, high)
	}
	return n, nil
}

// decimal parses a number in the given range. NaN is in none.
func decimal(s string, low, high float64) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= low && v <= high) {
		return 0, fmt.Errorf("%q is not allowed; allowed are numbers from %g to %g", s, low, high)
	}
	return v, nil
}

// numbers parses whole numbers in the given range, each at most once.
func (l list) numbers(low, high int) (numbers []int, err error) {
	err = l.each(func(s string) error {
		n, err := number(s, low, high)
		if err == nil && slices.Contains(numbers, n) {
			err = fmt.Errorf("%d appears twice", n)
		}
		numbers = append(numbers, n)
		return err
	})
	return numbers, err
}

// single parses the only number of the list.
func (l list) single(low, high int) (int, error) {
	if len(l) != 1 {
		return 0, fmt.Errorf("%q is not allowed in a scenario; allowed is one number", l.String())
	}
	return number(l[0], low, high)
}

// flagError names the flag that an error is about.
func flagError(flag string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("--%s: %w", flag, err)
}

func (l list) String() string { return strings.Join(l, ",") }
