package tlscache

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"hash"
)

// refusal is why sessions cannot be resumed safely under a config.
type refusal uint8

const (
	accepted refusal = iota
	refusedDisabled
	refusedOwnHooks
	refusedVerifyPeer
	refusedSingleUse
	refusedNoCertificates
	refusedClientAuth
	refusedNoScope
	refusedScopes
	refusedPools
	refusedConflict
	refusalCount
)

// String returns what to change, for logs.
func (r refusal) String() string {
	return [...]string{
		"",
		"the config has SessionTicketsDisabled",
		"the config has UnwrapSession or WrapSession of its own",
		"the config has VerifyPeerCertificate, which is not called for resumed sessions, and there is no Options.Scope",
		"the config allows TLS 1.2, which cannot have Options.SingleUse: set MinVersion to TLS 1.3",
		"the config has GetCertificate, so Options.ShareNames cannot tell whether names share their certificates",
		"ClientAuth is none of crypto/tls's policies",
		"Options.Scope gave no name of 1 to 255 bytes",
		"there are more scopes than Options.MaxScopes",
		"there are more different ClientCAs than can be told apart",
		"two configs with different ClientCAs have the same scope name: name them differently, or revoke the scope when ClientCAs change",
	}[r]
}

// clientAuthPolicies is how many values tls.ClientAuthType has.
const clientAuthPolicies = int(tls.RequireAndVerifyClientCert) + 1

// A profile is what of a config matters to the sessions made under it.
type profile struct {
	refusal    refusal
	clientAuth tls.ClientAuthType
	pool       int               // number of ClientCAs, 0: none, or of no effect
	seed       [sha256.Size]byte // of derived scopes
}

// newProfile looks at a config.
func (s *Server) newProfile(config *tls.Config) *profile {
	p := &profile{clientAuth: config.ClientAuth, refusal: s.refuse(config)}
	if p.refusal != accepted {
		return p
	}
	if config.ClientAuth != tls.NoClientCert {
		number, ok := s.pools.number(config.ClientCAs)
		if !ok {
			p.refusal = refusedPools
			return p
		}
		p.pool = number
	}
	p.seed = s.derive(config, p.pool)
	// Otherwise every clone would fill a key that it does not use with random
	// bytes, under a lock.
	_, _ = config.DecryptTicket(nil, tls.ConnectionState{})
	return p
}

// refuse returns why sessions cannot be resumed under a config.
func (s *Server) refuse(config *tls.Config) refusal {
	o := &s.options
	switch {
	case config.SessionTicketsDisabled:
		return refusedDisabled
	case config.UnwrapSession != nil || config.WrapSession != nil:
		return refusedOwnHooks
	case config.VerifyPeerCertificate != nil && o.Scope == nil:
		return refusedVerifyPeer
	case o.SingleUse && config.MinVersion < tls.VersionTLS13:
		return refusedSingleUse
	case o.ShareNames && (config.GetCertificate != nil || len(config.Certificates) == 0):
		return refusedNoCertificates
	case config.ClientAuth < tls.NoClientCert || config.ClientAuth > tls.RequireAndVerifyClientCert:
		return refusedClientAuth
	}
	return accepted
}

// derive returns the seed of a derived scope: how clients are authenticated,
// with which certificates the server does, and the protocols it offers. It
// contains a secret of this server, since numbers of pools mean nothing to
// another.
func (s *Server) derive(config *tls.Config, pool int) (seed [sha256.Size]byte) {
	h := sha256.New()
	h.Write(s.nonce[:])
	hashInts(h, int(config.ClientAuth), pool, len(config.Certificates))
	for i := range config.Certificates {
		if chain := config.Certificates[i].Certificate; len(chain) > 0 {
			hashBytes(h, chain[0])
		} else {
			hashBytes(h, nil)
		}
	}
	if config.GetCertificate != nil {
		hashInts(h, 1)
	} else {
		hashInts(h, 0)
	}
	hashInts(h, len(config.NextProtos))
	for _, protocol := range config.NextProtos {
		hashBytes(h, []byte(protocol))
	}
	h.Sum(seed[:0])
	return seed
}

func hashInts(h hash.Hash, values ...int) {
	var b [8]byte
	for _, v := range values {
		binary.BigEndian.PutUint64(b[:], uint64(v))
		h.Write(b[:])
	}
}

func hashBytes(h hash.Hash, b []byte) {
	hashInts(h, len(b))
	h.Write(b)
}

// checkConfig returns why Install refuses a config, as a *ConfigError.
func (s *Server) checkConfig(config *tls.Config) error {
	if config == nil {
		return &ConfigError{"tls.Config", "nil", "configs of a server"}
	}
	switch s.refuse(config) {
	case refusedDisabled:
		return &ConfigError{"tls.Config.SessionTicketsDisabled", "true", "false: it would turn the hooks off too; no session is in a ticket of this server"}
	case refusedOwnHooks:
		return &ConfigError{"tls.Config.UnwrapSession and WrapSession", "set", "nil: the server sets both"}
	case refusedVerifyPeer:
		return &ConfigError{"tls.Config.VerifyPeerCertificate", "set", "nil, since it is not called for resumed sessions: use VerifyConnection, or set Options.Scope to name what it checks"}
	case refusedSingleUse:
		return &ConfigError{"tls.Config.MinVersion", tls.VersionName(config.MinVersion), "tls.VersionTLS13 and later together with Options.SingleUse"}
	case refusedNoCertificates:
		return &ConfigError{"tls.Config.GetCertificate", "set, or Certificates is empty", "nil together with Options.ShareNames: it needs certificates that do not depend on the name"}
	case refusedClientAuth:
		return &ConfigError{"tls.Config.ClientAuth", fmt.Sprint(int(config.ClientAuth)), "crypto/tls's policies, 0 to 4"}
	}
	switch {
	case len(config.NextProtos) == 0 && !s.options.WithoutALPN:
		return &ConfigError{"tls.Config.NextProtos", "empty", `for example "h2" and "http/1.1", set before Install, since what http.Server adds to its own copy comes too late; a server that negotiates no protocol sets Options.WithoutALPN`}
	case len(config.Certificates) == 0 && config.GetCertificate == nil && config.GetConfigForClient == nil:
		return &ConfigError{"tls.Config.Certificates", "empty", "one or more, or GetCertificate or GetConfigForClient, set before Install: what http.Server loads into its own copy comes too late"}
	}
	return nil
}
