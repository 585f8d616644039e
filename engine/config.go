package engine

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// TableKind chooses the concurrent table that a cache keeps its sessions in.
// Both give the same answers.
type TableKind uint8

const (
	// LockFree is the project's own table: no lock, channel or goroutine in
	// Add, Get, Take and Remove, and an eviction order that is exact up to 64
	// sessions and nearly exact beyond.
	LockFree TableKind = iota

	// XSync is xsync.MapOf, for those who prefer a library's table. Its
	// writers lock a bucket.
	XSync
)

// String returns "lockfree" or "xsync".
func (k TableKind) String() string {
	switch k {
	case LockFree:
		return "lockfree"
	case XSync:
		return "xsync"
	}
	return "TableKind(" + strconv.Itoa(int(k)) + ")"
}

// DefaultStoreDeadline is how long a store may take unless Config.StoreDeadline
// says otherwise.
const DefaultStoreDeadline = 50 * time.Millisecond

// Config is what [New] makes a cache from. [Defaults] returns what OpenSSL's
// SSL_CTX_new sets; the zero Config is valid too, but is off and unbounded.
type Config struct {
	// Mode says what the cache does by itself. Bits without a meaning are
	// refused.
	Mode Mode

	// Capacity is the most sessions linked at any instant, 0 (Unlimited) to
	// MaxCapacity. BoringSSL keeps as many; OpenSSL 3.0.6 and later keep one
	// fewer.
	Capacity int

	// MaxBytes is the most bytes of state linked, beside Capacity: 0 stands for
	// no bound. States of mutual TLS contain certificate chains and vary from
	// 60 bytes to kilobytes, so a number of sessions says little about memory.
	// What a session takes beside its state, about 200 bytes, is bounded by
	// Capacity and not counted here; Stats.Bytes is the figure that is bounded.
	//
	// An Add that exceeds it evicts, after it has linked its session and in the
	// order that Add describes, until the cache is within the bound; its own
	// session goes too if its turn has come. Adds that
	// do so at once may each evict one session more than was needed. So while
	// adds are under way there is never more linked than the bound and what
	// they carry, and no more than the bound when they have finished. A session
	// whose state alone exceeds it is refused.
	MaxBytes int64

	// Timeout, in seconds, is the timeout of sessions that have none of their
	// own and of those that [Cache.NewSession] makes: 0 (DefaultTimeout) to
	// 2^63-1.
	Timeout int64

	// Scope is the scope of lookups that name none, and of sessions that
	// [Cache.NewSession] makes: 0 to MaxScopeLength bytes. It is copied.
	Scope []byte

	// Table chooses the table: LockFree, the zero value, or XSync.
	Table TableKind

	// Clock returns the time in Unix seconds. It is called by any number of
	// goroutines and must neither panic nor call the cache. It may jump both
	// ways: a session is expired whenever it is looked at and now > created +
	// timeout, and one that has left for it does not come back.
	//
	// Without one the cache uses a clock that all caches of the process share
	// and that a goroutine sets ten times a second, since reading the time
	// costs as much as a lookup. That goroutine ends when the last cache that
	// uses it was closed or collected. Tests with testing/synctest pass a
	// Clock, since the shared one belongs to no bubble.
	Clock func() int64

	// ProbationPercent is the share of the cache, 0 to 100, that sessions
	// which were never resumed may keep: when they have more, the next
	// eviction takes one of them, even if another session expires earlier. So
	// a flood of handshakes that nobody resumes does not drive out the
	// sessions of clients that come back. 100 turns probation off.
	ProbationPercent int

	// Callbacks are what the application wants to be told or asked. They can
	// be changed later by [Cache.SetCallbacks].
	Callbacks Callbacks

	// Store is an external cache behind the internal table, or nil.
	Store Store

	// StoreDeadline bounds each call of the Store: its context ends after
	// that time. 0 stands for DefaultStoreDeadline; a negative one is refused.
	StoreDeadline time.Duration

	// OnPanic is told of a panic in a callback or in the store: its name
	// ("New", "Remove", "Get", "Store.Set", ...), the recovered value and the
	// stack, function and line only, since printed arguments could contain
	// parts of an id. Without it the name, the type of the value (not the
	// value) and the stack are logged by slog.Default.
	OnPanic func(callback string, value any, stack []byte)
}

// Defaults returns the configuration that OpenSSL's SSL_CTX_new gives a
// context, with the engine's own probation: Mode Server, Capacity 20480,
// Timeout 7200 s, ProbationPercent 25.
func Defaults() Config {
	return Config{
		Mode:             Server,
		Capacity:         DefaultCapacity,
		Timeout:          DefaultTimeout,
		ProbationPercent: 25,
	}
}

// check returns the first fault of the configuration, as a *ConfigError.
func (g *Config) check() error {
	switch {
	case g.Mode&^allModes != 0:
		return &ConfigError{Field: "Config.Mode", Value: fmt.Sprintf("%#x", uint32(g.Mode)), Allowed: fmt.Sprintf("the bits of %#x", uint32(allModes))}
	case g.Table > XSync:
		return &ConfigError{Field: "Config.Table", Value: strconv.Itoa(int(g.Table)), Allowed: "0 (LockFree) and 1 (XSync)"}
	case g.ProbationPercent < 0 || g.ProbationPercent > 100:
		return &ConfigError{Field: "Config.ProbationPercent", Value: strconv.Itoa(g.ProbationPercent), Allowed: "0 to 100"}
	case g.StoreDeadline < 0:
		return &ConfigError{Field: "Config.StoreDeadline", Value: g.StoreDeadline.String(), Allowed: "0 (" + DefaultStoreDeadline.String() + ") to " + time.Duration(math.MaxInt64).String()}
	case len(g.Scope) > MaxScopeLength:
		return &ConfigError{Field: "Config.Scope", Value: strconv.Itoa(len(g.Scope)) + " bytes", Allowed: "0 to " + strconv.Itoa(MaxScopeLength) + " bytes", cause: ErrScopeLength}
	}
	if err := checkCapacity("Config.Capacity", g.Capacity); err != nil {
		return err
	}
	if err := checkMaxBytes("Config.MaxBytes", g.MaxBytes); err != nil {
		return err
	}
	return checkTimeout("Config.Timeout", g.Timeout)
}

func checkCapacity(field string, n int) error {
	if n < 0 || n > MaxCapacity {
		return &ConfigError{Field: field, Value: strconv.Itoa(n), Allowed: fmt.Sprintf("0 (unlimited) to %d", MaxCapacity)}
	}
	return nil
}

func checkTimeout(field string, seconds int64) error {
	if seconds < 0 {
		return &ConfigError{
			Field:   field,
			Value:   fmt.Sprintf("%d seconds", seconds),
			Allowed: fmt.Sprintf("0 (default, %d) to %d seconds", DefaultTimeout, int64(math.MaxInt64)),
			cause:   ErrTimeout,
		}
	}
	return nil
}

// effectiveTimeout puts the default in the place of 0.
func effectiveTimeout(seconds int64) int64 {
	if seconds == 0 {
		return DefaultTimeout
	}
	return seconds
}
