package tlscache

import (
	"crypto/rand"
	"crypto/tls"
	"sync"
	"time"
	"weak"

	"github.com/reprise-tls/reprise/engine"
)

// Server lets servers of crypto/tls and QUIC keep their sessions in an
// [engine.Cache]. [NewServer] makes one; [Server.Install] puts it into a
// tls.Config. It may serve any number of configs, and a cache any number of
// servers.
//
// All methods may be called by any number of goroutines at any time.
type Server struct {
	cache    *engine.Cache
	options  Options
	lifetime int64 // seconds, as are the following
	absolute int64
	reuse    int64
	nonce    [32]byte // of derived scopes
	keys     handleKeys

	all      *scope // its epoch is part of every scope
	scopes   scopes
	pools    pools
	reserved sync.Map // handle: *handshake, with single use
	counters counters
	events   *events
	follower follower
	removals sync.WaitGroup // of used sessions, under way
}

// NewServer returns a server that keeps its sessions in cache, which must
// outlive it, or a *ConfigError that wraps [ErrConfig].
//
// With a store the server has a goroutine that follows the epochs there, so one
// that is no longer wanted is closed.
func NewServer(cache *engine.Cache, options Options) (*Server, error) {
	if cache == nil {
		return nil, &ConfigError{"cache", "nil", "caches made by engine.New"}
	}
	o := options.withDefaults(cache)
	if err := o.check(cache); err != nil {
		return nil, err
	}
	keys, err := newHandleKeys(o.HandleKeys)
	if err != nil {
		return nil, err
	}
	o.HandleKeys = nil
	s := &Server{
		cache:    cache,
		options:  o,
		lifetime: int64(o.Lifetime / time.Second),
		absolute: int64(o.AbsoluteLifetime / time.Second),
		reuse:    int64(o.ReuseWindow / time.Second),
		keys:     keys,
		all:      newScope("", cache.HasStore()),
		scopes:   scopes{max: o.MaxScopes, shared: cache.HasStore()},
		events:   newEvents(o.Logger),
	}
	rand.Read(s.nonce[:])
	s.follow()
	return s, nil
}

// Close ends what the server does in the background, and waits for it.
// Handshakes go on as before, but revocations by other processes no longer
// arrive. The cache is not closed. Calls after the first do nothing.
func (s *Server) Close() {
	s.follower.end()
	s.follower.done.Wait()
	s.removals.Wait()
}

// Install returns a copy of config whose connections keep their sessions in the
// server's cache. It fails with a *ConfigError, which says what to change, for
// a config under which that could not be done safely.
//
// Whatever belongs to the config must be set before: each connection gets a copy
// of config as it was, or of what its GetConfigForClient returns, with the hooks
// set. What http.Server and others set later on the result (NextProtos,
// Certificates) has no effect.
//
// A config that GetConfigForClient returns is looked at when it is used. One that
// Install would refuse must not fail the handshake: the connection has its session
// tickets turned off, which is counted in Stats.TicketsOff and logged.
//
// Callbacks of the config are called as ever. One that panics ends its connection
// as it would without the server.
func (s *Server) Install(config *tls.Config) (*tls.Config, error) {
	if err := s.checkConfig(config); err != nil {
		return nil, err
	}
	in := &installation{server: s, base: config.Clone(), choose: config.GetConfigForClient}
	in.base.GetConfigForClient = nil
	in.profile = s.newProfile(in.base)
	if in.profile.refusal == refusedPools {
		return nil, &ConfigError{"tls.Config.ClientCAs", "one more than 256 different pools", "pools that were installed before; make a new Server for more"}
	}
	in.installed = config.Clone()
	in.installed.GetConfigForClient = in.configFor
	return in.installed, nil
}

// installation is one config that a server was installed on.
type installation struct {
	server    *Server
	base      *tls.Config // as it was given
	installed *tls.Config // what Install returned: its ticket keys are used for stateless tickets
	choose    func(*tls.ClientHelloInfo) (*tls.Config, error)
	profile   *profile // of base
	chosen    profiles
}

// configFor is the GetConfigForClient of installed configs.
func (in *installation) configFor(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	config, p := in.base, in.profile
	if in.choose != nil {
		chosen, err := in.choose(hello)
		if err != nil {
			return nil, err
		}
		if chosen != nil {
			config, p = chosen, in.chosen.get(in.server, chosen)
		}
	}
	in.server.cache.HandshakeStarted(engine.RoleServer)
	return in.begin(hello, config, p), nil
}

// profiles remembers the profiles of configs that GetConfigForClient returned.
// It does not keep the configs alive.
type profiles struct {
	mu    sync.RWMutex
	known map[weak.Pointer[tls.Config]]*profile
}

// maxProfiles bounds them, for applications that make a config a connection.
const maxProfiles = 1024

func (c *profiles) get(s *Server, config *tls.Config) *profile {
	key := weak.Make(config)
	c.mu.RLock()
	p := c.known[key]
	c.mu.RUnlock()
	if p != nil {
		return p
	}
	p = s.newProfile(config)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) == maxProfiles {
		c.known = make(map[weak.Pointer[tls.Config]]*profile)
	}
	c.known[key] = p
	return p
}
