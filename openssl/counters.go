package openssl

// The counters of SSL_CTX_sess_number(3). Each call but that of CTXSessNumber
// adds up all counters of the context; a program that wants many of them reads
// Cache().Stats() once.

// CTXSessNumber returns the number of sessions in the internal cache.
func CTXSessNumber(ctx *CTX) int { return ctx.cache.Len() }

// CTXSessConnect returns the number of handshakes started as a client.
func CTXSessConnect(ctx *CTX) int { return int(ctx.cache.Stats().Connect) }

// CTXSessConnectGood returns how many of those were finished.
func CTXSessConnectGood(ctx *CTX) int { return int(ctx.cache.Stats().ConnectGood) }

// CTXSessAccept returns the number of handshakes started as a server.
func CTXSessAccept(ctx *CTX) int { return int(ctx.cache.Stats().Accept) }

// CTXSessAcceptGood returns how many of those were finished.
func CTXSessAcceptGood(ctx *CTX) int { return int(ctx.cache.Stats().AcceptGood) }

// CTXSessHits returns the number of sessions that were found for a client and,
// as a client, resumed.
func CTXSessHits(ctx *CTX) int { return int(ctx.cache.Stats().Hits) }

// CTXSessCBHits returns the number of sessions that the get callback found.
func CTXSessCBHits(ctx *CTX) int { return int(ctx.cache.Stats().CallbackHits) }

// CTXSessMisses returns the number of searches of the internal cache that
// found no session with the id. One that the get callback then serves counts
// as a miss, a callback hit and a hit.
func CTXSessMisses(ctx *CTX) int { return int(ctx.cache.Stats().Misses) }

// CTXSessTimeouts returns the number of sessions that were found but expired.
func CTXSessTimeouts(ctx *CTX) int { return int(ctx.cache.Stats().Timeouts) }

// CTXSessCacheFull returns the number of sessions that were evicted.
func CTXSessCacheFull(ctx *CTX) int { return int(ctx.cache.Stats().CacheFull) }
