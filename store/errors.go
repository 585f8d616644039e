package store

import (
	"errors"
	"fmt"
)

// Errors to test for with errors.Is.
var (
	// ErrOpen is wrapped while a [Breaker] is open: the store was not asked.
	// The error also wraps gobreaker's.
	ErrOpen = errors.New("store: circuit breaker open")

	// ErrQueueFull is returned by Queue.Set when the value was dropped since
	// too many wait.
	ErrQueueFull = errors.New("store: write queue full")

	// ErrClosed is returned by Queue.Set after Close.
	ErrClosed = errors.New("store: closed")

	// ErrTooLarge is wrapped by stores that do not take a value of that size.
	// It says nothing about the store's health.
	ErrTooLarge = errors.New("store: value too large")

	// ErrConfig is wrapped by the errors for options that are not allowed,
	// which are of type *ConfigError or come from package seal.
	ErrConfig = errors.New("store: invalid configuration")
)

// ConfigError says which option was refused, and why.
type ConfigError struct {
	Field   string // for example "QueueOptions.Workers"
	Value   string // what it was
	Allowed string // what it may be
}

// Error returns, for example,
// "store: QueueOptions.Workers is -1; allowed are 0 (default) to 1024".
func (e *ConfigError) Error() string {
	return fmt.Sprintf("store: %s is %s; allowed are %s", e.Field, e.Value, e.Allowed)
}

// Unwrap returns ErrConfig.
func (e *ConfigError) Unwrap() error { return ErrConfig }

// option is a numeric option: what it is, what 0 stands for and its bounds.
type option[T ~int | ~int64 | ~uint32] struct {
	field             string
	value             *T
	byDefault, lo, hi T
}

// complete puts in the default and returns a *ConfigError if the value is out
// of bounds.
func (o option[T]) complete() error {
	if *o.value == 0 {
		*o.value = o.byDefault
	}
	if *o.value < o.lo || *o.value > o.hi {
		return &ConfigError{
			Field:   o.field,
			Value:   fmt.Sprint(*o.value),
			Allowed: fmt.Sprintf("0 (default, %v) and %v to %v", o.byDefault, o.lo, o.hi),
		}
	}
	return nil
}

func checkNext(field string, given bool) error {
	if !given {
		return &ConfigError{Field: field, Value: "nil", Allowed: "stores"}
	}
	return nil
}
