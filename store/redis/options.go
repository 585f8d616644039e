package redis

import (
	"fmt"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/reprise-tls/reprise/store"
)

// Defaults and bounds of Options.
const (
	DefaultPrefix = "reprise:"
	MaxPrefix     = 200 // bytes

	// DefaultDialTimeout stands for ClientOption.Dialer.Timeout. A call never
	// waits for longer than its context.
	DefaultDialTimeout = time.Second

	// DefaultConnTimeout stands for ClientOption.ConnWriteTimeout: a
	// connection on which nothing is answered for that long is given up.
	// rueidis's own default is ten times that.
	DefaultConnTimeout = time.Second
)

// Options say where Redis is and how keys begin.
type Options struct {
	// Client are rueidis's options. InitAddress must be set; TLSConfig,
	// credentials, Sentinel and the others may be. A single server and a
	// Cluster are told apart by asking, unless ForceSingleClient is set.
	//
	// Some are not left to the caller: client-side caching is turned off, for
	// it would keep secrets and miss deletions; so are retries, for which a
	// handshake does not wait. Reading from replicas is refused, since a
	// session that was deleted could be found there. Where
	// PipelineMultiplex is 0 it is set to -1, one connection to a server, so
	// that commands arrive in the order in which they were sent.
	Client rueidis.ClientOption

	// Prefix is what all keys begin with, without { and }, which mean
	// something in a Cluster: up to MaxPrefix bytes. Empty stands for
	// DefaultPrefix.
	Prefix string
}

// complete puts in the defaults and returns the first fault.
func (o *Options) complete() error {
	c := &o.Client
	switch {
	case len(c.InitAddress) == 0:
		return &store.ConfigError{Field: "Options.Client.InitAddress", Value: "empty", Allowed: "one address, host:port, or more"}
	case c.SendToReplicas != nil:
		return fromReplicas("SendToReplicas")
	case c.ReplicaOnly:
		return fromReplicas("ReplicaOnly")
	case len(c.Standalone.ReplicaAddress) > 0:
		return fromReplicas("Standalone.ReplicaAddress")
	case len(o.Prefix) > MaxPrefix:
		return &store.ConfigError{Field: "Options.Prefix", Value: fmt.Sprintf("%d bytes", len(o.Prefix)), Allowed: fmt.Sprintf("0 to %d bytes", MaxPrefix)}
	case strings.ContainsAny(o.Prefix, "{}"):
		return &store.ConfigError{Field: "Options.Prefix", Value: fmt.Sprintf("%q", o.Prefix), Allowed: "strings without { and }"}
	}
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	c.InitAddress = append([]string(nil), c.InitAddress...)
	c.DisableCache = true
	c.DisableRetry = true
	if c.PipelineMultiplex == 0 {
		c.PipelineMultiplex = -1
	}
	if c.Dialer.Timeout == 0 {
		c.Dialer.Timeout = DefaultDialTimeout
	}
	if c.ConnWriteTimeout == 0 {
		c.ConnWriteTimeout = DefaultConnTimeout
	}
	return nil
}

func fromReplicas(field string) error {
	return &store.ConfigError{Field: "Options.Client." + field, Value: "set", Allowed: "servers that know of every deletion at once"}
}
