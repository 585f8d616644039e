package seal

import (
	"errors"
	"fmt"
)

// Errors to test for with errors.Is.
var (
	// ErrMalformed is wrapped when an envelope or a stream has a version that
	// is not known, or lengths that no sealed value has.
	ErrMalformed = errors.New("seal: malformed")

	// ErrUnknownKey is wrapped when the ring does not have, or no longer has,
	// the key that the envelope or stream names, and by Activate and Retire.
	ErrUnknownKey = errors.New("seal: unknown key")

	// ErrNotAuthentic is returned when what was to be opened is not what was
	// sealed with that key, for that purpose, scope and id.
	ErrNotAuthentic = errors.New("seal: not authentic")

	// ErrTruncated is wrapped by Reader.Read when a stream ends before its
	// last chunk.
	ErrTruncated = errors.New("seal: truncated stream")

	// ErrNoKey is returned by what seals when no key is active: the ring has
	// none, or is closed.
	ErrNoKey = errors.New("seal: no active key")

	// ErrActive is wrapped by Retire for the key that seals.
	ErrActive = errors.New("seal: the key is active")

	// ErrScheduled is returned by Activate on a scheduled ring, and by Retire
	// for one of its schedule's keys: time does that.
	ErrScheduled = errors.New("seal: the schedule changes the keys")

	// ErrConfig is wrapped by the errors of functions that make keys, rings
	// and names from settings that are not allowed, all of type *ConfigError,
	// and by those of ReadKeys.
	ErrConfig = errors.New("seal: invalid configuration")
)

// ConfigError says which setting was refused, and why. It never contains a
// key: for those Value is their length.
type ConfigError struct {
	Field   string // for example "Schedule.Period"
	Value   string // what it was
	Allowed string // what it may be
}

// Error returns, for example,
// "seal: Schedule.Period is 0s; allowed are 1m0s to 672h0m0s".
func (e *ConfigError) Error() string {
	return fmt.Sprintf("seal: %s is %s; allowed are %s", e.Field, e.Value, e.Allowed)
}

// Unwrap returns ErrConfig.
func (e *ConfigError) Unwrap() error { return ErrConfig }
