// Package baseline has what one writes instead of the engine: a map behind a
// mutex, one in shards behind read-write mutexes, and sync.Map, each made as
// fast as we know how and with the semantics that matter to a benchmark.
//
// All of them count references by [shards.Session], take an add of a session
// that is there as a no-op, put another session with the same id in the place
// of the old one, and remove by identity. [Mutex] and [RWMutexSharded] have a
// bound and evict the session that was added first; [SyncMap] keeps no order
// and has no bound. None of them has expiry, scopes, probation, callbacks or
// statistics: what the engine does for those comes on top of its figures, not
// of theirs.
//
// Maps are keyed by the 32 bytes of an id. Measured on 2 cores of an EPYC (Go
// 1.26) for a removal and an add among 10,000 sessions: a structure of the
// bytes and their number took 1.25 times as long, a string over bytes in the
// cache's own records 1.1 times, container/list in place of numbered slots 1.7
// times. A string over the bytes inside the session would take 0.9 times as
// long, which a package outside of shards cannot have. Shorter ids go to a
// second map.
package baseline
