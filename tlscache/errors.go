package tlscache

import (
	"errors"
	"fmt"
)

// Errors to test for with errors.Is. No error of this package contains a
// handle, a ticket, a state or a key.
var (
	// ErrConfig is wrapped by every error of NewServer, Server.Install and NewClient. All
	// of them are of type *ConfigError.
	ErrConfig = errors.New("tlscache: invalid configuration")

	// ErrScope is wrapped by the errors of Server.Revoke for a scope that
	// cannot be revoked by its name.
	ErrScope = errors.New("tlscache: no such scope")

	// ErrEpoch is wrapped by the errors of Server.Revoke, RevokeAll and Sync
	// when an epoch could not be read from the store or written to it.
	ErrEpoch = errors.New("tlscache: epoch")
)

// ConfigError says which setting was refused, and what to change.
type ConfigError struct {
	Field   string // for example "Options.Lifetime" or "tls.Config.NextProtos"
	Value   string // what it was
	Allowed string // what it may be
}

// Error returns, for example, "tlscache: Options.Lifetime is 200h0m0s; allowed
// are whole seconds from 1s to 168h0m0s".
func (e *ConfigError) Error() string {
	return fmt.Sprintf("tlscache: %s is %s; allowed are %s", e.Field, e.Value, e.Allowed)
}

// Unwrap returns ErrConfig.
func (e *ConfigError) Unwrap() error { return ErrConfig }
