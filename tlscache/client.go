package tlscache

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"sync/atomic"

	"github.com/reprise-tls/reprise/engine"
)

// Client keeps the session tickets of a pool of upstream connections: what
// [tls.NewLRUClientSessionCache] is for a few servers and one configuration, for
// many of both. [Client.Realm] and [Client.For] give the views of it that go
// into tls.Config.ClientSessionCache.
//
// It keeps several tickets of an endpoint and offers the newest first. A TLS
// 1.3 ticket is given to exactly one handshake (RFC 8446, appendix C.4: clients
// should not reuse a ticket), a TLS 1.2 one again and again. A ticket whose
// time is over is not offered. Tickets are bounded by number and by bytes, of
// each endpoint and in all; what was not used for the longest time goes first,
// an endpoint's tickets together. "Used" counts in whole seconds, and the order
// is exact up to a capacity of 64 and nearly so beyond.
//
// The tickets live in an engine.Cache, each a session of its own: with ids that
// are derived from realm, endpoint and a number, with the realm as scope, and
// as bytes, so that the secrets are zeroed when a ticket has been used or has
// left for another reason, and that the tickets can be handed over to the next
// process. (What crypto/tls keeps of a ticket that it was given is out of
// reach.)
//
// All methods may be called by any number of goroutines at once. With the
// LockFree table none of them waits for another.
type Client struct {
	cache    *engine.Cache
	places   int   // tickets of an endpoint
	lifetime int64 // seconds
	clock    func() int64
	counters clientCounters

	// turn gives Puts that choose a place at the same time different ones.
	turn atomic.Uint64

	// latest is the order of the ticket that was received last: its time, in
	// 2^-20 s, or one more than that of the one before, whichever is greater.
	// So it says which of two tickets is the newer, also of one that came from
	// an earlier process.
	latest atomic.Int64
}

// NewClient returns a client without tickets. It fails with a *ConfigError,
// which wraps [ErrConfig]. One that is no longer wanted is closed.
func NewClient(o ClientOptions) (*Client, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	c := &Client{
		places:   o.TicketsPerEndpoint,
		lifetime: int64(o.Lifetime.Seconds()),
		clock:    o.Clock,
	}
	cache, err := engine.New(engine.Config{
		Mode:     engine.Client,
		Capacity: o.Capacity,
		MaxBytes: o.MaxBytes,
		// To the cache a ticket expires so long after its endpoint was used
		// last, which is never before the ticket itself does. That makes
		// earliest to expire the same as least recently used.
		Timeout:          c.lifetime,
		ProbationPercent: 100, // none: a ticket is used once
		Clock:            o.Clock,
		Table:            o.Table,
	})
	if err != nil {
		return nil, err
	}
	c.cache = cache
	return c, nil
}

// Realm returns the view of a realm: everything that must be the same for a
// session to be resumed, other than whom one talks to. Configurations with
// other client certificates, other RootCAs or verification callbacks, or other
// protocols in NextProtos belong to different realms, since crypto/tls compares
// none of that but the roots. Names are the caller's choice.
//
// Within a realm crypto/tls tells endpoints apart by tls.Config.ServerName, or,
// where that is empty, by the remote address. net/http sets ServerName to the
// host of the URL, without a port; see [Client.For].
func (c *Client) Realm(name string) tls.ClientSessionCache { return c.For(name, "") }

// For returns the view of one endpoint in a realm, for example the address that
// a pool dials: for servers that have one name and do not share their tickets,
// such as those on several ports or behind several addresses. crypto/tls's own
// key still tells what differs within it.
func (c *Client) For(realm, endpoint string) tls.ClientSessionCache {
	v := &clientView{client: c, scope: realmScope(realm), prefix: make([]byte, 0, 16+len(realm)+len(endpoint))}
	for _, part := range []string{realm, endpoint} {
		v.prefix = binary.BigEndian.AppendUint64(v.prefix, uint64(len(part)))
		v.prefix = append(v.prefix, part...)
	}
	return v
}

// realmScope returns the scope of a realm's tickets.
func realmScope(name string) engine.Scope {
	digest := sha256.Sum256([]byte(name))
	scope, err := engine.NewScope(digest[:]) // a scope has up to 32 bytes
	if err != nil {
		panic(err)
	}
	return scope
}

// ForgetRealm removes all tickets of a realm and returns how many: for example
// when its client certificate has changed, which a resumed session would not
// show. It goes over all tickets. Handshakes that are under way may still bring
// new ones.
func (c *Client) ForgetRealm(name string) (n int) {
	scope := realmScope(name)
	for s := range c.cache.All() {
		if s.Scope() == scope && c.cache.Remove(s) {
			n++
		}
	}
	c.counters.dropped.Add(uint64(n))
	return n
}

// Flush removes the tickets whose time is over and returns how many. It goes
// over all tickets. Without it they leave when their endpoint is used again,
// when they are the least recently used, or when their endpoint was not used
// for ClientOptions.Lifetime; they are never offered.
func (c *Client) Flush() (n int) {
	now := c.clock()
	for s := range c.cache.All() {
		if f, err := clientFactsOf(s); (err != nil || f.expired(now)) && c.cache.Remove(s) {
			n++
		}
	}
	c.counters.expired.Add(uint64(n))
	return n
}

// Cache returns the cache that the tickets are in: for its bounds, its metrics,
// and to hand it over. Its hits count tickets looked at, of which a handshake
// gets at most one; [Client.Stats] counts handshakes. Sessions that others add
// to it are of no use to a client.
func (c *Client) Cache() *engine.Cache { return c.cache }

// Close removes all tickets. Later handshakes find none and leave none.
func (c *Client) Close() { c.cache.Close() }
