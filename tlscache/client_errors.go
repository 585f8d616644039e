package tlscache

import (
	"errors"
	"fmt"
)

// ErrConfig is wrapped by every error of NewClient. All of them are of type
// *ConfigError.
var ErrConfig = errors.New("tlscache: invalid configuration")

// ConfigError says which setting was refused, and what to change.
type ConfigError struct {
	Field   string // for example "ClientOptions.Lifetime"
	Value   string // what it was
	Allowed string // what it may be
}

// Error returns, for example, "tlscache: ClientOptions.Lifetime is 200h0m0s;
// allowed are whole seconds from 1s to 168h0m0s".
func (e *ConfigError) Error() string {
	return fmt.Sprintf("tlscache: %s is %s; allowed are %s", e.Field, e.Value, e.Allowed)
}

// Unwrap returns ErrConfig.
func (e *ConfigError) Unwrap() error { return ErrConfig }
