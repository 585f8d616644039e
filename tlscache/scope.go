package tlscache

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/reprise-tls/reprise/engine"
)

// A scope is one that Options.Scope has named, or, with an empty name, what
// stands for all scopes of the server.
type scope struct {
	name       string
	epoch      epoch
	seeds      [clientAuthPolicies][sha256.Size]byte // by ClientAuth
	rebinding  sync.Mutex
	binding    atomic.Pointer[binding] // written under rebinding
	handshakes handshakeCounters
	metric     bool // has a place of its own in Stats.Scopes
}

// binding says which ClientCAs the configs under a name have, in one pair of
// epochs.
type binding struct {
	epochs [2]uint64
	pool   int
}

func newScope(name string, shared bool) *scope {
	c := &scope{name: name}
	c.epoch.init(shared)
	for auth := range c.seeds {
		h := sha256.New()
		h.Write([]byte("reprise tlscache scope 1"))
		hashInts(h, auth)
		hashBytes(h, []byte(name))
		h.Sum(c.seeds[auth][:0])
	}
	return c
}

// bind reports whether the pool is the one that configs under this name have,
// and the epochs in which that is so. The first config in an epoch decides: a
// name that stood for other ClientCAs must be revoked before it stands for new
// ones.
func (c *scope) bind(pool int, all *epoch) (epochs [2]uint64, same bool) {
	b := c.binding.Load()
	if epochs = c.epochs(all); b != nil && b.epochs == epochs {
		return epochs, b.pool == pool
	}
	// Whoever gets here reads the epochs under the lock. They only go up, so no
	// binding is replaced by one of an earlier epoch.
	c.rebinding.Lock()
	defer c.rebinding.Unlock()
	b, epochs = c.binding.Load(), c.epochs(all)
	if b == nil || b.epochs != epochs {
		b = &binding{epochs: epochs, pool: pool}
		c.binding.Store(b)
	}
	return epochs, b.pool == pool
}

// epochs returns the epochs of all scopes and of this one.
func (c *scope) epochs(all *epoch) [2]uint64 { return [2]uint64{all.load(), c.epoch.load()} }

// scopes are the scopes that have been named.
type scopes struct {
	byName sync.Map // string: *scope
	mu     sync.Mutex
	n      int // under mu
	max    int
	shared bool // their epochs are in a store
}

// get returns the scope of a name, and whether it was made just now; nil if
// there are too many.
func (c *scopes) get(name string) (*scope, bool) {
	if known, ok := c.byName.Load(name); ok {
		return known.(*scope), false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.byName.Load(name); ok {
		return known.(*scope), false
	}
	if c.n == c.max {
		return nil, false
	}
	c.n++
	made := newScope(strings.Clone(name), c.shared)
	made.metric = c.n <= MetricScopes && name != OtherScopes
	c.byName.Store(made.name, made)
	return made, true
}

// all calls f with each scope.
func (c *scopes) all(f func(*scope)) {
	c.byName.Range(func(_, v any) bool {
		f(v.(*scope))
		return true
	})
}

func (c *scopes) snapshot() map[string]Handshakes {
	m := map[string]Handshakes{}
	c.all(func(sc *scope) {
		name, h := OtherScopes, sc.handshakes.snapshot()
		if sc.metric {
			name = sc.name
		}
		sum := m[name]
		m[name] = Handshakes{Full: sum.Full + h.Full, Resumed: sum.Resumed + h.Resumed}
	})
	return m
}

// naming is what the scope of one connection is made from. The epochs are those
// of the moment its ClientHello came, so that a session of a client that was
// authenticated before a revocation does not outlive it.
type naming struct {
	seed       [sha256.Size]byte
	epochs     [2]uint64 // of all scopes, and of its own
	serverName string
	shareNames bool
	named      *scope // nil: derived
}

const _ = uint(engine.MaxScopeLength - sha256.Size) // a hash is a scope

// scope returns the scope for a version of TLS.
func (n *naming) scope(version uint16) engine.Scope {
	var buffer [2*sha256.Size + 256]byte
	b := append(buffer[:0], n.seed[:]...)
	b = binary.BigEndian.AppendUint64(b, n.epochs[0])
	b = binary.BigEndian.AppendUint64(b, n.epochs[1])
	if n.shareNames && version >= tls.VersionTLS13 {
		b = append(b, 1)
	} else {
		b = append(b, 0)
		b = append(b, n.serverName...)
	}
	sum := sha256.Sum256(b)
	made, err := engine.NewScope(sum[:])
	if err != nil {
		panic(err) // the length is checked above
	}
	return made
}

// nameScope decides the scope of a connection.
func (s *Server) nameScope(hello *tls.ClientHelloInfo, config *tls.Config, p *profile) (naming, refusal) {
	n := naming{
		seed:       p.seed,
		epochs:     [2]uint64{s.all.epoch.load(), 0},
		serverName: strings.ToLower(hello.ServerName), // RFC 6066, section 3: names are compared without case
		shareNames: s.options.ShareNames,
	}
	if s.options.Scope == nil {
		return n, accepted
	}
	name, ok := s.callScope(hello, config)
	if !ok || name == "" || len(name) > maxScopeName {
		return n, refusedNoScope
	}
	named, isNew := s.scopes.get(name)
	if named == nil {
		return n, refusedScopes
	}
	if isNew {
		s.follower.wake()
	}
	n.named = named
	n.seed = named.seeds[p.clientAuth]
	if config.ClientAuth == tls.NoClientCert {
		n.epochs = named.epochs(&s.all.epoch)
		return n, accepted
	}
	epochs, same := named.bind(p.pool, &s.all.epoch)
	if !same {
		return n, refusedConflict
	}
	n.epochs = epochs
	return n, accepted
}

// callScope calls Options.Scope, and reports whether it returned.
func (s *Server) callScope(hello *tls.ClientHelloInfo, config *tls.Config) (name string, ok bool) {
	defer func() {
		if v := recover(); v != nil {
			s.counters.scopePanics.Add(1)
			s.events.panicked("Options.Scope", v)
		}
	}()
	return s.options.Scope(hello, config), true
}
