package memcached

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/reprise-tls/reprise/store"
)

// Defaults and bounds of Options.
const (
	DefaultPrefix   = "reprise:"
	MaxPrefix       = 200 // bytes: a key has 250 at most, an id makes 43 characters
	DefaultTimeout  = 40 * time.Millisecond
	MinTimeout      = time.Millisecond
	MaxTimeout      = time.Minute
	DefaultParallel = 32
	MaxParallel     = 1 << 12

	// DefaultMaxValue is what fits into a server's items, 1 MiB unless it was
	// started with -I, with a key and what the server adds.
	DefaultMaxValue = 1<<20 - 1<<10
	MaxValue        = 1 << 30
)

// Options say where memcached is and how it is used.
type Options struct {
	// Servers are addresses, host:port or the path of a socket. They are
	// resolved once, by New. All nodes need the same in the same order, since
	// the place in the list decides which server has a key.
	Servers []string

	// Prefix is what all keys begin with: printable ASCII without spaces, up
	// to MaxPrefix bytes. Empty stands for DefaultPrefix.
	Prefix string

	// Timeout bounds each call, dialling and a second try included, MinTimeout
	// to MaxTimeout; 0 stands for DefaultTimeout. The deadline of a call's
	// context does, too, if it is earlier.
	Timeout time.Duration

	// Parallel is how many calls are under way at a time, 1 to MaxParallel; 0
	// stands for DefaultParallel. Others wait, until their contexts end. There
	// are as many connections to each server, at most.
	Parallel int

	// MaxValue is the size in bytes of the largest value that the servers
	// take, 1 to MaxValue; 0 stands for DefaultMaxValue. Larger ones are
	// refused with an error that wraps store.ErrTooLarge.
	MaxValue int

	// DialContext makes the connections, for example with TLS by the method
	// of a tls.Dialer. nil stands for that of a net.Dialer.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
}

// complete puts in the defaults and returns the first fault.
func (o *Options) complete() error {
	if len(o.Servers) == 0 {
		return &store.ConfigError{Field: "Options.Servers", Value: "empty", Allowed: "one address or more"}
	}
	o.Servers = append([]string(nil), o.Servers...)
	if len(o.Prefix) > MaxPrefix {
		return &store.ConfigError{Field: "Options.Prefix", Value: fmt.Sprintf("%d bytes", len(o.Prefix)), Allowed: fmt.Sprintf("0 to %d bytes", MaxPrefix)}
	}
	for _, c := range []byte(o.Prefix) {
		if c <= ' ' || c > '~' {
			return &store.ConfigError{Field: "Options.Prefix", Value: strconv.Quote(o.Prefix), Allowed: "printable ASCII characters without spaces"}
		}
	}
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Timeout < MinTimeout || o.Timeout > MaxTimeout {
		return &store.ConfigError{Field: "Options.Timeout", Value: o.Timeout.String(), Allowed: fmt.Sprintf("0 (default, %v) and %v to %v", DefaultTimeout, MinTimeout, MaxTimeout)}
	}
	if err := number("Options.Parallel", &o.Parallel, DefaultParallel, MaxParallel); err != nil {
		return err
	}
	if o.DialContext == nil {
		o.DialContext = new(net.Dialer).DialContext
	}
	return number("Options.MaxValue", &o.MaxValue, DefaultMaxValue, MaxValue)
}

func number(field string, n *int, byDefault, most int) error {
	if *n == 0 {
		*n = byDefault
	}
	if *n < 1 || *n > most {
		return &store.ConfigError{Field: field, Value: strconv.Itoa(*n), Allowed: fmt.Sprintf("0 (default, %d) and 1 to %d", byDefault, most)}
	}
	return nil
}
