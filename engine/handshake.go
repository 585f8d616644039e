package engine

import "context"

// HandshakeStarted counts a handshake that begins: Stats.Accept for a server,
// Stats.Connect for a client.
func (c *Cache) HandshakeStarted(role Role) {
	if role == RoleClient {
		c.counters.add(connect)
	} else {
		c.counters.add(accept)
	}
}

// HandshakeFinished tells of a handshake that succeeded, as OpenSSL's state
// machine tells its cache by ssl_update_cache. s is the handshake's session,
// or nil if it has none to cache; the caller keeps its reference.
//
// After a full handshake s is cached as [Cache.Issued] says. After a resumed
// one nothing is cached; s is taken out of probation, a client's handshake
// counts as a hit (a server's did in Resume), and the table is swept a little
// unless NoAutoClear. Either way Stats.AcceptGood or ConnectGood counts it.
//
// With TLS 1.3 each session ticket is a session of its own: pass nil here, or
// the session that was resumed, and each new one to Issued.
func (c *Cache) HandshakeFinished(ctx context.Context, role Role, s *Session, resumed bool) {
	// OpenSSL counts after it has cached.
	if role == RoleClient {
		defer c.counters.add(connectGood)
	} else {
		defer c.counters.add(acceptGood)
	}
	if !resumed {
		c.Issued(ctx, role, s)
		return
	}
	if s != nil {
		c.Promote(s)
	}
	if role == RoleClient {
		c.counters.add(hits)
	}
	if mode := c.Mode(); mode.has(Mode(role)) && !mode.has(NoAutoClear) && !c.closed.Load() {
		c.table.Sweep(c.now())
	}
}

// Issued caches a session that a handshake has made: ssl_update_cache without
// the counting, once for each ticket in TLS 1.3, also in a resumed handshake.
// If the mode has the role's bit, s is added to the internal table unless
// NoInternalStore, written to the store, and given to Callbacks.New, whether
// or not it could be added (OpenSSL 1.1.1 and later). It does nothing if s is
// nil or marked not resumable (OpenSSL since CVE-2024-2511), or if the cache
// is closed.
//
// It reports whether the table or the store has taken s: a server whose client
// was about to get a ticket for it may prefer to give none. A callback that
// keeps the session does not count.
//
// The store gets Config.StoreDeadline and not longer than ctx, which must not
// be nil; that it failed shows only in Stats.StoreErrors. Callbacks.New comes
// after it, so that a callback that removes the session removes it there too.
func (c *Cache) Issued(ctx context.Context, role Role, s *Session) bool {
	mode := c.Mode()
	if s == nil || !s.Resumable() || c.closed.Load() || Mode(role)&Both == 0 || !mode.has(Mode(role)) {
		return false
	}
	kept := !mode.has(NoInternalStore) && c.Add(s)
	if c.store != nil && c.storeSet(ctx, s) == nil {
		kept = true
	}
	c.callNew(s)
	return kept
}
