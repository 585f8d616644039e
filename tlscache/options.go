package tlscache

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// Limits and defaults.
const (
	// MaxLifetime is the longest a session may be resumed after the handshake
	// that authenticated it, over any number of renewals: RFC 8446, section
	// 4.6.1, and what crypto/tls itself enforces for one ticket.
	MaxLifetime = 7 * 24 * time.Hour

	// DefaultAbsoluteLifetime is what RFC 5246, appendix F.1.4, suggests as an
	// upper limit for session ids.
	DefaultAbsoluteLifetime = 24 * time.Hour

	// DefaultReuseWindow is how long a TLS 1.3 ticket that was resumed remains
	// usable beside its successor.
	DefaultReuseWindow = time.Minute

	// DefaultMaxStateBytes holds a client's chain of a few certificates.
	DefaultMaxStateBytes = 16 << 10

	// DefaultMaxScopes is how many scopes given by name a server knows at once.
	DefaultMaxScopes = 1024

	// DefaultEpochInterval is how often epochs are read from the store.
	DefaultEpochInterval = 5 * time.Second

	// HandleKeyLength is the length in bytes of each of Options.HandleKeys.
	HandleKeyLength = 32

	maxScopeName = 255 // bytes
	maxState     = 1 << 20
)

// StoreFailure says what a client gets when its session cannot be stored.
type StoreFailure uint8

const (
	// DeadTicket gives the client random bytes that stand for no session: its
	// next handshake is a full one.
	DeadTicket StoreFailure = iota

	// StatelessTicket gives it a ticket of crypto/tls, encrypted with the
	// session ticket keys of the config that [Server.Install] returned. Scope,
	// expiry and the time of the first authentication travel in it and are
	// checked. Such a ticket can be resumed any number of times, so it cannot
	// be combined with single use, and it is revoked only with its scope.
	StatelessTicket
)

// String returns "dead-ticket" or "stateless-ticket".
func (f StoreFailure) String() string {
	switch f {
	case DeadTicket:
		return "dead-ticket"
	case StatelessTicket:
		return "stateless-ticket"
	}
	return "StoreFailure(" + strconv.Itoa(int(f)) + ")"
}

// A ScopeFunc names the scope of a connection, from its ClientHello and the
// config that will serve it. Sessions resume only under the name they were made
// under; besides, the server name and config.ClientAuth are part of every
// scope, whatever the function says.
//
// Names must differ where the rules by which clients are authenticated differ:
// other ClientCAs, another VerifyPeerCertificate or VerifyConnection. In a fleet
// all members must give the same name to the same rules. A name is 1 to 255
// bytes and ends up in statistics and logs, so it must not be made from what
// clients send; an empty or longer one turns session tickets off for the
// connection, and so does a panic.
//
// It is called once a connection, by any number of goroutines at once, and must
// not wait for anything.
type ScopeFunc func(hello *tls.ClientHelloInfo, config *tls.Config) string

// FixedScope returns a ScopeFunc that gives every connection the same name.
func FixedScope(name string) ScopeFunc {
	return func(*tls.ClientHelloInfo, *tls.Config) string { return name }
}

// Options configure a [Server]. The zero Options are valid for a cache without
// a store.
type Options struct {
	// Lifetime is how long a session can be resumed after it was issued, in
	// whole seconds from 1 s to MaxLifetime; 0 stands for the cache's timeout.
	// A TLS 1.3 resumption issues a new session; a TLS 1.2 one goes on with the
	// old one and its time, as in OpenSSL, unless the cache's mode has
	// UpdateTime. (TLS 1.3 clients are told seven days whatever stands here:
	// crypto/tls has no way to say anything else.)
	Lifetime time.Duration

	// AbsoluteLifetime is how long a session and all that were issued by
	// resuming it can be resumed after the full handshake they go back to, in
	// whole seconds up to MaxLifetime; 0 stands for DefaultAbsoluteLifetime.
	// Neither time reaches beyond the end of the client's certificate.
	AbsoluteLifetime time.Duration

	// ReuseWindow is how long a TLS 1.3 ticket can be used again after it was
	// resumed, in whole seconds: for connections opened in parallel, and for
	// clients that lost the new one. RFC 8446, appendix C.4, says that clients
	// should not use a ticket twice. The shorter it is, the sooner the session
	// makes room for others. 0 stands for DefaultReuseWindow; a window as long
	// as Lifetime is none.
	ReuseWindow time.Duration

	// Scope names the scope of a connection. It is needed with a cache that
	// others share, by a store or a Get callback, and for configs with
	// VerifyPeerCertificate. Without it scopes are derived, see the package
	// documentation.
	Scope ScopeFunc

	// ShareNames lets a TLS 1.3 session of one server name resume under
	// another that has the same certificates and client authentication. RFC
	// 8446, section 4.2.11, leaves it to clients to ask for that. TLS 1.2
	// sessions never do (RFC 6066, section 3). It needs derived scopes and
	// static certificates: with GetCertificate nobody knows what another name
	// would get.
	ShareNames bool

	// SingleUse lets each session be resumed once (RFC 8446, section 8.1). It
	// needs TLS 1.3: in TLS 1.2 no hook runs after the client's proof that it
	// knows the secret. With a store, a claim there decides between processes.
	SingleUse bool

	// EarlyData allows 0-RTT, which crypto/tls knows in QUIC only, and needs
	// SingleUse: RFC 8446, section 8, wants each 0-RTT accepted at most once.
	EarlyData bool

	// StoreFailure says what a client gets when its session cannot be stored.
	StoreFailure StoreFailure

	// MaxStateBytes is the longest state that is stored, 1 to 1 MiB; 0 stands
	// for DefaultMaxStateBytes. A state without a client certificate has about
	// 90 bytes, one with a chain a few thousand. For a longer one the client
	// gets a dead ticket.
	MaxStateBytes int

	// HandleKeys authenticate session handles, so that made-up ones are found
	// out before anything is looked up. Each is HandleKeyLength bytes from a
	// random source. The first makes handles, all are accepted. Processes that
	// resume each other's sessions need the same ones, so with a store there must
	// be some; otherwise a random key is used. They are no key to the sessions: who knows one can make the
	// server look up handles that do not exist. They are copied.
	HandleKeys [][]byte

	// MaxScopes is how many names of Scope the server knows at once, 1 to
	// 2^20; 0 stands for DefaultMaxScopes. A connection of one more has session
	// tickets turned off.
	MaxScopes int

	// EpochInterval is how often the epochs of all scopes are read from the
	// store, 10 ms or more; 0 stands for DefaultEpochInterval. A revocation
	// reaches other processes within it.
	EpochInterval time.Duration

	// WithoutALPN says that configs without NextProtos are meant so. Otherwise
	// Install refuses them, since what http.Server adds to its own copy does
	// not reach the config that serves the connection.
	WithoutALPN bool

	// Logger gets what an operator should know; without one slog.Default does.
	// No event has a handle, a ticket or a state, and each kind is written
	// once in ten seconds at most.
	Logger *slog.Logger
}

// withDefaults puts the defaults in the place of zeros.
func (o Options) withDefaults(cache *engine.Cache) Options {
	if o.Lifetime == 0 {
		if seconds := cache.Timeout(); seconds <= int64(MaxLifetime/time.Second) {
			o.Lifetime = time.Duration(seconds) * time.Second
		}
	}
	if o.AbsoluteLifetime == 0 {
		o.AbsoluteLifetime = DefaultAbsoluteLifetime
	}
	if o.ReuseWindow == 0 && !o.SingleUse {
		o.ReuseWindow = DefaultReuseWindow
	}
	if o.MaxStateBytes == 0 {
		o.MaxStateBytes = DefaultMaxStateBytes
	}
	if o.MaxScopes == 0 {
		o.MaxScopes = DefaultMaxScopes
	}
	if o.EpochInterval == 0 {
		o.EpochInterval = DefaultEpochInterval
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// check returns the first fault of options that have their defaults.
func (o *Options) check(cache *engine.Cache) error {
	if o.Lifetime == 0 {
		return &ConfigError{"Options.Lifetime", fmt.Sprintf("0 and the cache's timeout %d s", cache.Timeout()), lifetimeRange + "; set it, or the cache's timeout"}
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"Options.Lifetime", o.Lifetime},
		{"Options.AbsoluteLifetime", o.AbsoluteLifetime},
	} {
		if d.value < time.Second || d.value > MaxLifetime || d.value%time.Second != 0 {
			return &ConfigError{d.field, d.value.String(), lifetimeRange}
		}
	}
	switch {
	case o.ReuseWindow < 0 || o.ReuseWindow > MaxLifetime || o.ReuseWindow%time.Second != 0:
		return &ConfigError{"Options.ReuseWindow", o.ReuseWindow.String(), "0 (" + DefaultReuseWindow.String() + ") and " + lifetimeRange}
	case o.MaxStateBytes < 0 || o.MaxStateBytes > maxState:
		return &ConfigError{"Options.MaxStateBytes", strconv.Itoa(o.MaxStateBytes), fmt.Sprintf("0 (%d) to %d", DefaultMaxStateBytes, maxState)}
	case o.MaxScopes < 0 || o.MaxScopes > 1<<20:
		return &ConfigError{"Options.MaxScopes", strconv.Itoa(o.MaxScopes), fmt.Sprintf("0 (%d) to %d", DefaultMaxScopes, 1<<20)}
	case o.EpochInterval < 10*time.Millisecond:
		return &ConfigError{"Options.EpochInterval", o.EpochInterval.String(), "0 (" + DefaultEpochInterval.String() + ") and 10ms or more"}
	case o.StoreFailure > StatelessTicket:
		return &ConfigError{"Options.StoreFailure", o.StoreFailure.String(), "DeadTicket and StatelessTicket"}
	}
	for i, key := range o.HandleKeys {
		if len(key) != HandleKeyLength {
			return &ConfigError{fmt.Sprintf("Options.HandleKeys[%d]", i), fmt.Sprintf("%d bytes", len(key)), fmt.Sprintf("%d bytes", HandleKeyLength)}
		}
	}
	return o.checkCombination(cache)
}

var lifetimeRange = "whole seconds from 1s to " + MaxLifetime.String()

// checkCombination refuses what cannot be done safely together.
func (o *Options) checkCombination(cache *engine.Cache) error {
	shared := cache.HasStore() || cache.Callbacks().Get != nil
	switch {
	case cache.Mode()&engine.Server == 0:
		return &ConfigError{"engine.Config.Mode", cache.Mode().String(), "modes with engine.Server: without it no session is kept"}
	case o.Scope == nil && shared:
		return &ConfigError{"Options.Scope", "nil", "functions that name scopes, since the cache has a store or a Get callback: scopes derived in one process mean nothing in another"}
	case len(o.HandleKeys) == 0 && cache.HasStore():
		return &ConfigError{"Options.HandleKeys", "empty", "one or more keys that all processes with this store have: none would accept another's handles"}
	case o.ShareNames && o.Scope != nil:
		return &ConfigError{"Options.ShareNames", "true", "false together with Options.Scope: only derived scopes contain the certificates that names share"}
	case o.EarlyData && !o.SingleUse:
		return &ConfigError{"Options.EarlyData", "true", "false unless Options.SingleUse is true: 0-RTT must not be accepted twice"}
	case o.SingleUse && o.StoreFailure == StatelessTicket:
		return &ConfigError{"Options.StoreFailure", o.StoreFailure.String(), "DeadTicket together with Options.SingleUse: nobody remembers whether a stateless ticket was used"}
	case o.SingleUse && o.ReuseWindow != 0:
		return &ConfigError{"Options.ReuseWindow", o.ReuseWindow.String(), "0 together with Options.SingleUse"}
	case o.SingleUse && cache.Callbacks().Get != nil && !cache.HasStore():
		return &ConfigError{"Options.SingleUse", "true", "false with a Get callback and no store: only an engine.Store can arbitrate between processes"}
	}
	return nil
}
