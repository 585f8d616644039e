package main

import (
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/tlscache"
)

// options are the flags. kong reads them, calls Validate, and shows what is
// wrong.
type options struct {
	Listen string `default:"127.0.0.1:8443" placeholder:"HOST:PORT" help:"Address for HTTPS over TCP, and over UDP for HTTP/3 (${default})."`
	Admin  string `default:"127.0.0.1:9443" placeholder:"HOST:PORT" help:"Address for /metrics, /healthz, /revoke and /debug/pprof/, without TLS; \"off\" for none (${default})."`

	Cert       []string `placeholder:"FILE" help:"Certificate chain in PEM; once for each server name. Without one the certificate is self-signed."`
	Key        []string `placeholder:"FILE" help:"Private key in PEM, in the order of --cert."`
	ClientCA   string   `name:"client-ca" placeholder:"FILE" help:"Authorities in PEM, from which every client needs a certificate."`
	MinVersion string   `placeholder:"1.2|1.3" help:"Least TLS version: 1.2, or 1.3, which --single-use implies."`

	Upstream string `placeholder:"URL" help:"Where requests go, http or https. Without it the edge answers itself."`
	HTTP3    bool   `name:"http3" default:"true" negatable:"" help:"Serve HTTP/3 as well."`

	Sessions         int           `default:"20480" help:"Most sessions in memory, 0 for no bound (${default})."`
	SessionBytes     int64         `placeholder:"N" help:"Most bytes of session states in memory, 0 for no bound."`
	Lifetime         time.Duration `default:"2h" help:"How long a session can be resumed (${default})."`
	AbsoluteLifetime time.Duration `default:"24h" help:"How long it can be, with all that were issued by resuming it (${default})."`
	SingleUse        bool          `help:"Each session resumes once. Needs TLS 1.3."`
	EarlyData        bool          `help:"Accept 0-RTT requests over HTTP/3. Needs --single-use."`
	Scope            string        `default:"edge" help:"Name of the rules by which clients are authenticated; sessions resume only under the same (${default})."`

	Redis     string   `env:"EDGE_REDIS" placeholder:"ADDRESS" xor:"store" help:"Share sessions by Redis or Valkey: HOST:PORT, or a redis:// or rediss:// URL."`
	Memcached []string `placeholder:"HOST:PORT,..." xor:"store" help:"Share sessions by memcached: the same servers in the same order on all nodes."`
	KeyFile   string   `placeholder:"FILE" help:"Secrets of the fleet; needed with a store."`

	Drain   time.Duration `default:"30s" help:"How long requests under way may take at the end, or after a reload (${default})."`
	PIDFile string        `name:"pid-file" placeholder:"FILE" help:"Where to write the process id, for a supervisor that must follow reloads."`
}

// maxDrain bounds --drain: no reload is possible meanwhile.
const maxDrain = time.Hour

// flagError says what is wrong with a flag. It is for flags whose values are no
// secrets.
func flagError(flag string, value any, allowed string) error {
	return fmt.Errorf("--%s is %v; allowed are %s", flag, value, allowed)
}

// Validate returns the first fault. kong calls it.
func (o *options) Validate() error {
	if err := checkAddress("listen", o.Listen); err != nil {
		return err
	}
	if o.Admin != "off" {
		if err := checkAddress("admin", o.Admin); err != nil {
			return err
		}
	}
	for _, check := range []func() error{o.checkTLS, o.checkSessions, o.checkStore} {
		if err := check(); err != nil {
			return err
		}
	}
	if o.Upstream != "" {
		if u, err := url.Parse(o.Upstream); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return flagError("upstream", fmt.Sprintf("%q", o.Upstream), "URLs such as http://10.0.0.7:8080 and https://backend.internal")
		}
	}
	if o.Drain < 0 || o.Drain > maxDrain {
		return flagError("drain", o.Drain, fmt.Sprintf("0s to %v", maxDrain))
	}
	return nil
}

func checkAddress(flag, address string) error {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return flagError(flag, fmt.Sprintf("%q", address), `HOST:PORT, for example 127.0.0.1:8443, :443 or [::1]:0`)
	}
	return nil
}

func (o *options) checkTLS() error {
	switch {
	case len(o.Cert) != len(o.Key):
		return flagError("key", fmt.Sprintf("there %d times", len(o.Key)), fmt.Sprintf("as many as --cert, %d", len(o.Cert)))
	case o.MinVersion != "" && o.MinVersion != "1.2" && o.MinVersion != "1.3":
		return flagError("min-version", fmt.Sprintf("%q", o.MinVersion), "1.2 and 1.3")
	case o.SingleUse && o.MinVersion == "1.2":
		return flagError("min-version", "1.2", "1.3 together with --single-use: TLS 1.2 cannot tell who used a session")
	case o.EarlyData && !o.SingleUse:
		return flagError("early-data", true, "false without --single-use: what was sent early could be replayed (RFC 8446, section 8)")
	case o.EarlyData && !o.HTTP3:
		return flagError("early-data", true, "false with --no-http3: crypto/tls has it in QUIC only")
	}
	return nil
}

func (o *options) checkSessions() error {
	lifetimes := fmt.Sprintf("whole seconds from 1s to %v", tlscache.MaxLifetime)
	switch {
	case o.Sessions < 0 || o.Sessions > engine.MaxCapacity:
		return flagError("sessions", o.Sessions, fmt.Sprintf("0 (no bound) to %d", engine.MaxCapacity))
	case o.SessionBytes < 0:
		return flagError("session-bytes", o.SessionBytes, "0 (no bound) and more")
	case !wholeSeconds(o.Lifetime):
		return flagError("lifetime", o.Lifetime, lifetimes)
	case !wholeSeconds(o.AbsoluteLifetime):
		return flagError("absolute-lifetime", o.AbsoluteLifetime, lifetimes)
	case o.Scope == "" || len(o.Scope) > maxScope:
		return flagError("scope", fmt.Sprintf("%d bytes long", len(o.Scope)), fmt.Sprintf("1 to %d bytes", maxScope))
	}
	return nil
}

func wholeSeconds(d time.Duration) bool {
	return d >= time.Second && d <= tlscache.MaxLifetime && d%time.Second == 0
}

func (o *options) checkStore() error {
	if o.hasStore() && o.KeyFile == "" {
		return flagError("key-file", "missing", "files of secrets that all nodes have, since there is a store; docs/operations.md says how to make one")
	}
	for _, server := range o.Memcached {
		if err := checkAddress("memcached", server); err != nil {
			return err
		}
	}
	return nil
}

// hasStore reports whether sessions are shared.
func (o *options) hasStore() bool { return o.Redis != "" || len(o.Memcached) > 0 }
