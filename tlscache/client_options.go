package tlscache

import (
	"fmt"
	"strconv"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

// Limits and defaults of a [Client].
const (
	// DefaultClientCapacity is how many tickets a client keeps in all, 4096.
	DefaultClientCapacity = 4096

	// DefaultTicketsPerEndpoint is how many tickets a client keeps of one
	// endpoint, 4: as many connections can be resumed at once before the first
	// of them brings new tickets. OpenSSL's servers send two a connection, Go's
	// one. (RFC 9149 lets a client ask for more; crypto/tls does not.)
	DefaultTicketsPerEndpoint = 4

	// MaxTicketsPerEndpoint is the most tickets of one endpoint. Each Get and
	// each Put looks at all of them.
	MaxTicketsPerEndpoint = 64

	// DefaultClientLifetime is how long a ticket is offered if the server does
	// not say less, 24 h: what RFC 5246, appendix F.1.4, suggests.
	DefaultClientLifetime = 24 * time.Hour

	// maxClientLifetime is the limit of RFC 8446, section 4.6.1.
	maxClientLifetime = 7 * 24 * time.Hour
)

// ClientOptions configure a [Client]. The zero ClientOptions are valid.
type ClientOptions struct {
	// Capacity is the most tickets kept in all, 1 to engine.MaxCapacity; 0
	// stands for DefaultClientCapacity. What was not used for the longest time
	// goes first.
	Capacity int

	// MaxBytes is the most bytes of tickets and session states kept, 0 for no
	// bound but Capacity. A ticket with its state has from half a kilobyte to
	// several, most of it the server's certificates. See engine.Config.MaxBytes.
	MaxBytes int64

	// TicketsPerEndpoint is the most tickets kept of one endpoint, 1 to
	// MaxTicketsPerEndpoint; 0 stands for DefaultTicketsPerEndpoint. A new one
	// takes the place of the oldest. Of TLS 1.2, whose tickets are used again
	// and again, only the newest is kept.
	TicketsPerEndpoint int

	// Lifetime is how long after it was received a ticket is offered, in whole
	// seconds from 1 s to seven days (RFC 8446, section 4.6.1); 0 stands for
	// DefaultClientLifetime. A TLS 1.3 ticket for which the server said less
	// ends with that. (What a TLS 1.2 server says, crypto/tls does not keep.)
	Lifetime time.Duration

	// Clock returns the time in Unix seconds; nil stands for the system's. It
	// is called by any number of goroutines at once. crypto/tls goes by
	// tls.Config.Time besides.
	Clock func() int64

	// Table chooses the table that the tickets are kept in.
	Table engine.TableKind
}

// withDefaults puts the defaults in the place of zeros.
func (o ClientOptions) withDefaults() ClientOptions {
	if o.Capacity == 0 {
		o.Capacity = DefaultClientCapacity
	}
	if o.TicketsPerEndpoint == 0 {
		o.TicketsPerEndpoint = DefaultTicketsPerEndpoint
	}
	if o.Lifetime == 0 {
		o.Lifetime = DefaultClientLifetime
	}
	if o.Clock == nil {
		o.Clock = func() int64 { return time.Now().Unix() }
	}
	return o
}

// check returns the first fault, as a *ConfigError. Zeros have been replaced.
func (o *ClientOptions) check() error {
	switch {
	case o.Capacity < 1 || o.Capacity > engine.MaxCapacity:
		return &ConfigError{"ClientOptions.Capacity", strconv.Itoa(o.Capacity),
			fmt.Sprintf("0 (default, %d) to %d tickets", DefaultClientCapacity, engine.MaxCapacity)}
	case o.MaxBytes < 0:
		return &ConfigError{"ClientOptions.MaxBytes", strconv.FormatInt(o.MaxBytes, 10),
			"0 (no bound) to 9223372036854775807 bytes"}
	case o.TicketsPerEndpoint < 1 || o.TicketsPerEndpoint > MaxTicketsPerEndpoint:
		return &ConfigError{"ClientOptions.TicketsPerEndpoint", strconv.Itoa(o.TicketsPerEndpoint),
			fmt.Sprintf("0 (default, %d) to %d", DefaultTicketsPerEndpoint, MaxTicketsPerEndpoint)}
	case o.Lifetime < time.Second || o.Lifetime > maxClientLifetime || o.Lifetime%time.Second != 0:
		return &ConfigError{"ClientOptions.Lifetime", o.Lifetime.String(),
			fmt.Sprintf("0 (default, %s) and whole seconds from 1s to %s", DefaultClientLifetime, maxClientLifetime)}
	case o.Table > engine.XSync:
		return &ConfigError{"ClientOptions.Table", strconv.Itoa(int(o.Table)), "0 (LockFree) and 1 (XSync)"}
	}
	return nil
}
