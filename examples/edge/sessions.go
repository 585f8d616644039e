package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/redis/rueidis"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/seal"
	"github.com/reprise-tls/reprise/store"
	"github.com/reprise-tls/reprise/store/memcached"
	"github.com/reprise-tls/reprise/store/redis"
	"github.com/reprise-tls/reprise/tlscache"
)

// sessions are the cache, what is behind it, and what puts it into TLS.
type sessions struct {
	cache  *engine.Cache
	server *tlscache.Server

	// Without a store these are nil.
	stack        *store.Stack
	closeBackend func() error
	ring         *seal.Ring
}

// openSessions makes an empty cache. handleSecret is what processes share that
// resume each other's sessions; scope names the rules by which clients are
// authenticated. keys may be nil without a store.
func openSessions(o *options, keys *fleetKeys, handleSecret []byte, scope string, log *slog.Logger) (*sessions, error) {
	s := new(sessions)
	if err := s.openStore(o, keys, log); err != nil {
		return nil, errors.Join(err, s.close(context.Background()))
	}
	config := engine.Defaults()
	config.Capacity, config.MaxBytes = o.Sessions, o.SessionBytes
	config.Timeout = int64(o.Lifetime.Seconds())
	if s.stack != nil { // a nil *store.Stack in the interface would not be nil
		config.Store = s.stack
	}
	handleKey, err := derive(handleSecret, "handles")
	if err != nil {
		return nil, errors.Join(err, s.close(context.Background()))
	}
	if s.cache, err = engine.New(config); err != nil {
		return nil, errors.Join(err, s.close(context.Background()))
	}
	s.server, err = tlscache.NewServer(s.cache, tlscache.Options{
		Lifetime:         o.Lifetime,
		AbsoluteLifetime: o.AbsoluteLifetime,
		Scope:            tlscache.FixedScope(scope),
		SingleUse:        o.SingleUse,
		EarlyData:        o.EarlyData,
		HandleKeys:       [][]byte{handleKey},
		Logger:           log,
	})
	if err != nil {
		return nil, errors.Join(err, s.close(context.Background()))
	}
	return s, nil
}

// openStore makes the stack on the store that the flags name, if they do.
func (s *sessions) openStore(o *options, keys *fleetKeys, log *slog.Logger) error {
	if !o.hasStore() {
		return nil
	}
	backend, err := s.openBackend(o)
	if err != nil {
		return err
	}
	// Values are readable for the whole of a session's lifetime after the
	// period in which they were written, and a day's keys are changed daily.
	schedule := seal.Schedule{Secrets: keys.seal, Period: max(seal.DefaultPeriod, o.Lifetime), Overlap: o.Lifetime}
	if s.ring, err = seal.NewScheduledRing(schedule); err != nil {
		return err
	}
	s.stack, err = store.New(backend, store.Options{
		Seal:    store.SealOptions{Ring: s.ring, NameSecret: keys.name},
		Breaker: store.BreakerOptions{OnChange: func(state string) { log.Warn("the store's circuit breaker changed", "state", state) }},
	})
	return err
}

// openBackend returns the store. It need not be up.
func (s *sessions) openBackend(o *options) (engine.Store, error) {
	if o.Redis == "" {
		m, err := memcached.New(memcached.Options{Servers: o.Memcached})
		if err != nil {
			return nil, err
		}
		s.closeBackend = m.Close
		return m, nil
	}
	client, err := redisClient(o.Redis)
	if err != nil {
		return nil, err
	}
	r, err := redis.New(redis.Options{Client: client})
	if err != nil {
		return nil, err
	}
	s.closeBackend = func() error { r.Close(); return nil }
	return r, nil
}

func redisClient(address string) (rueidis.ClientOption, error) {
	if !strings.Contains(address, "://") {
		return rueidis.ClientOption{InitAddress: []string{address}}, checkAddress("redis", address)
	}
	client, err := rueidis.ParseURL(address)
	if err != nil {
		// The error would quote the URL, and with it a password.
		err = errors.New("--redis is a URL that cannot be parsed; allowed are redis:// and rediss:// with HOST:PORT, and unix:// with a path")
	}
	return client, err
}

// close ends everything in the order that leaves nothing half done: who writes
// to the store ends before the store. It waits until ctx ends for what is still
// to be written there.
func (s *sessions) close(ctx context.Context) error {
	var err error
	if s.server != nil {
		s.server.Close()
	}
	if s.cache != nil {
		s.cache.Close()
	}
	if s.stack != nil {
		if err = s.stack.Close(ctx); err != nil {
			err = fmt.Errorf("closing the store: %w", err)
		}
	}
	if s.closeBackend != nil {
		err = errors.Join(err, s.closeBackend())
	}
	if s.ring != nil {
		s.ring.Close()
	}
	return err
}
