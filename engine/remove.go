package engine

// Remove removes s, not another session with its id, and reports whether it
// did: true for exactly one of racing callers. That is SSL_CTX_remove_session
// of OpenSSL 0.9.8 to 1.1.0 and of BoringSSL; [Cache.RemoveID] is that of
// OpenSSL 1.1.1 and later. The cache's reference is dropped, s is marked not
// resumable (a client does not offer it again; lookups on a server ignore the
// mark, as OpenSSL's do), and Callbacks.Remove is told with reason removed.
//
// With a store, the id of s is first deleted there, whether or not s is in the
// internal table; the call may take as long as Config.StoreDeadline, and a
// failure shows only in Stats.StoreErrors. Other processes keep what they have
// in their own tables.
func (c *Cache) Remove(s *Session) bool {
	if s == nil {
		return false
	}
	if c.store != nil {
		c.storeDelete(s.ID())
	}
	return c.table.Remove(s)
}

// RemoveID removes whichever session has the id, under any scope, and reports
// whether there was one: true for exactly one of racing callers. In all else
// it is like Remove.
func (c *Cache) RemoveID(id []byte) bool {
	if c.store != nil && validID(id) {
		c.storeDelete(clone(id))
	}
	return c.table.RemoveID(id)
}

// Flush removes the sessions that are expired at now, in Unix seconds, and
// returns how many: SSL_CTX_flush_sessions(3), except that 0 has no special
// meaning; that is [Cache.Clear]. A session is expired iff now > created +
// timeout. Callbacks.Remove is told with reason flushed, in caches of capacity
// 64 or less earliest expiry first. Nobody waits for it, and it may run beside
// itself. The store is left alone; its entries expire by themselves.
func (c *Cache) Flush(now int64) int { return c.table.Flush(now) }

// Clear removes all sessions that are in the cache when it begins, with reason
// flushed, and returns how many: SSL_CTX_flush_sessions(3) with time 0. The
// store is left alone: sessions there can still be resumed until they expire.
func (c *Cache) Clear() int { return c.table.Clear() }
