package handshake

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"time"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/scenario"
)

// Bounds of a config.
const (
	MaxClients = 1_000_000
	MaxRate    = 1e6 // connections a second
)

// Config says what [Run] measures: every target for every combination of mix
// and number of goroutines.
type Config struct {
	Targets    []string // of this package; results are compared with the first
	Remote     *Remote  // a server elsewhere, after the others; nil: none
	Mixes      []Mix
	Goroutines []int

	// Clients is how many clients there are of each kind, each with a session of
	// its own. The goroutines divide them, so there are no fewer.
	Clients int

	Resumed  float64 // percent of connections whose client offers its session
	Aborted  float64 // percent of connections that are given up half-way
	Capacity int     // of targets that have one, in sessions

	Rate     float64           // connections a second in an open loop; 0: a closed loop
	Arrivals scenario.Arrivals // of the open loop
	Late     time.Duration     // what ends later after its intended start has missed its deadline

	Seed     uint64
	Duration time.Duration // of a slice
	Count    int           // slices of each combination
	WarmUp   time.Duration // of a slice that is not counted, before the first; 0: none
	Collect  bool          // garbage, of client and server, before each slice

	Timeout  time.Duration // of a handshake, its connection included
	Closing  time.Duration // how long a server may take to close after close_notify
	Deadline time.Duration // how long the process of a target may take to answer

	// CPUProfile is the file for the profiles of the processes of targets, whose
	// names and mixes go before its extension; empty: none.
	CPUProfile string

	// Command makes a command that calls [Serve].
	Command func() *exec.Cmd

	// Progress, if not nil, is called whenever something begins or ends.
	Progress func(measure.Progress)
}

// Remote is a server that is not of this package.
type Remote struct {
	Target      string // as it was given: HOST:PORT
	Addresses   []netip.AddrPort
	AllowRemote bool // other addresses than those of the loopback interface may be connected to

	ServerName  string           // what its certificate must be for, and is asked for (RFC 6066, section 3)
	Roots       *x509.CertPool   // whom to trust; nil: whom the system does
	Insecure    bool             // its certificate is not verified
	Certificate *tls.Certificate // for mutual handshakes, nil: none
}

// Check reports what is wrong with the config.
func (c *Config) Check() error {
	if c.Command == nil && len(c.Targets) > 0 {
		return errors.New("there is no command for the processes of targets")
	}
	return c.CheckValues()
}

// CheckValues is Check but for the command.
func (c *Config) CheckValues() error {
	switch {
	case len(c.Targets) == 0 && c.Remote == nil:
		return errors.New("at least one target is needed")
	case len(c.Mixes) == 0 || len(c.Goroutines) == 0:
		return errors.New("at least one mix and number of goroutines is needed")
	case c.Resumed < 0 || c.Resumed > 100:
		return fmt.Errorf("%v percent are to be resumed; allowed are 0 to 100", c.Resumed)
	case c.Aborted < 0 || c.Aborted > 100:
		return fmt.Errorf("%v percent are to be aborted; allowed are 0 to 100", c.Aborted)
	case c.Clients < slices.Max(c.Goroutines) || c.Clients > MaxClients:
		return fmt.Errorf("%d clients for %d goroutines; allowed are as many as goroutines or more, up to %d", c.Clients, slices.Max(c.Goroutines), MaxClients)
	case slices.Min(c.Goroutines) < 1 || slices.Max(c.Goroutines) > measure.MaxGoroutines:
		return fmt.Errorf("%v goroutines; allowed are 1 to %d", c.Goroutines, measure.MaxGoroutines)
	case c.Rate < 0 || c.Rate > MaxRate:
		return fmt.Errorf("%v connections a second; allowed are 0, for a closed loop, to %v", c.Rate, MaxRate)
	case c.Duration <= 0 || c.WarmUp < 0 || c.Count < 1 || c.Timeout <= 0 || c.Closing <= 0:
		return errors.New("durations, timeouts and the number of slices must be above 0")
	case c.Deadline <= c.Timeout+c.Closing:
		return fmt.Errorf("the deadline for an answer is %v; allowed is more than %v, the timeouts of a connection, which a target may have to wait for", c.Deadline, c.Timeout+c.Closing)
	}
	for _, name := range c.Targets {
		if _, err := Find(name); err != nil {
			return err
		}
	}
	if c.Remote != nil && c.Remote.Certificate == nil && slices.ContainsFunc(c.Mixes, Mix.Mutual) {
		return fmt.Errorf("a mix has mutual handshakes, and there is no client certificate for %s", c.Remote.Target)
	}
	return nil
}
