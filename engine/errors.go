package engine

import (
	"errors"
	"fmt"

	"github.com/reprise-tls/reprise/shards"
)

// Errors to test for with errors.Is. No error of this package contains an id,
// a state or a scope.
var (
	// ErrIDLength is wrapped by the error of NewSession for an id that is
	// empty or longer than MaxIDLength. An empty id stops eviction for good
	// in OpenSSL (CVE-2024-2511).
	ErrIDLength = shards.ErrIDLength

	// ErrScopeLength is wrapped by the error of NewScope for a scope longer
	// than MaxScopeLength, and by that of New for such a Config.Scope.
	ErrScopeLength = shards.ErrScopeLength

	// ErrStateLength is wrapped by the error of NewSession for a state longer
	// than MaxStateLength.
	ErrStateLength = shards.ErrStateLength

	// ErrTimeout is wrapped by the errors for a negative timeout: of
	// NewSession, Session.SetTimeout, Cache.SetTimeout and New.
	ErrTimeout = shards.ErrTimeout

	// ErrConfig is wrapped by every error of New, Cache.SetCapacity,
	// Cache.SetMaxBytes and Cache.SetTimeout. All of them are of type
	// *ConfigError.
	ErrConfig = errors.New("engine: invalid configuration")

	// ErrNotFound is what Store.Get returns, wrapped or not, when the store
	// has no value for the id.
	ErrNotFound = errors.New("engine: session not in the store")

	// ErrNoStore is what StoreGet, StoreSet, StoreClaim and StoreUnclaim return
	// for a cache without a store.
	ErrNoStore = errors.New("engine: the cache has no store")

	// ErrEncoding is wrapped by the errors of ParseSession.
	ErrEncoding = errors.New("engine: invalid session encoding")

	// ErrAudit is wrapped by every fault that Cache.Audit reports.
	ErrAudit = errors.New("engine: audit")
)

// ConfigError says which setting was refused, and why.
type ConfigError struct {
	Field   string // for example "Config.Capacity"
	Value   string // what it was
	Allowed string // what it may be
	cause   error  // a narrower sentinel, or nil
}

// Error returns, for example,
// "engine: Config.Capacity is -1; allowed are 0 (unlimited) to 2147483647".
func (e *ConfigError) Error() string {
	return fmt.Sprintf("engine: %s is %s; allowed are %s", e.Field, e.Value, e.Allowed)
}

// Unwrap returns ErrConfig, and ErrTimeout or ErrScopeLength where it applies.
func (e *ConfigError) Unwrap() []error {
	if e.cause == nil {
		return []error{ErrConfig}
	}
	return []error{ErrConfig, e.cause}
}
