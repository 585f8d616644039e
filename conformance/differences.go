package conformance

// Difference is something that our cache does differently on purpose.
type Difference struct {
	Name         string
	Ours, Theirs string // what is to be observed, see show
	Reason       string // why ours does it
	Version      string // of OpenSSL that does what Theirs says

	// Handled says by which setting or step the harness levels the difference;
	// Avoided, in its stead, why no sequence comes across it.
	Handled, Avoided string

	// show does it to both sides and returns what it observed: Ours and
	// Theirs. Nil where OpenSSL would crash, or where one side has nothing to
	// look at; Unshown says which.
	show    func(*demonstration) (ours, theirs string)
	Unshown string

	// absent says that the library which is linked does not differ, then
	// Theirs is what Ours is.
	absent func(behaviour) bool
}

// Differences are all there are. The harness counts how often it meets those
// that are not avoided.
var Differences = []*Difference{
	capacity, lateShrink, identity, removeAbsent, reposition, autoClear,
	zeroTimeout, negativeTimeout, zeroContextTimeout,
	modeOffID, idConflict, badSession, clientMiss, externalKept, externalID, flushOrder,
	versionInKey, emptyID, idChange, hugeSize,
	neverOrder, hugeTimeout, before1970, negativeFlush,
	severalContexts, overRelease, reentrancy, sampledEviction,
}

var (
	capacity = &Difference{
		Name:    "capacity",
		Ours:    "3 of 5 are kept at size 3",
		Theirs:  "2 of 5 are kept at size 3",
		Reason:  "a cache of size N keeps N, as the manual says and BoringSSL does; OpenSSL evicts after it has counted the new session",
		Version: "3.0.6 and later (N up to 3.0.5, and 1 at size 1)",
		Handled: "libssl's size is one more",
		show:    showCapacity,
	}
	lateShrink = &Difference{
		Name:    "shrinking",
		Ours:    "2 sessions after size 2 was set",
		Theirs:  "5 sessions after size 2 was set",
		Reason:  "a lowered bound that does not hold is none",
		Version: "all",
		Handled: "libssl is given a session more, which makes it evict, and which is removed again",
		show:    showLateShrink,
	}
	identity = &Difference{
		Name:    "removing a copy",
		Ours:    "returns 0, 1 session left",
		Theirs:  "returns 1, 0 sessions left",
		Reason:  "0.9.8 to 1.1.0 and BoringSSL remove by identity, which the manual pages describe; RemoveID removes by id",
		Version: "1.1.1 and later",
		Handled: "ours is then told to remove by id, or libssl is given back what it has removed",
		show:    showIdentity,
	}
	removeAbsent = &Difference{
		Name:    "removing what is absent",
		Ours:    "0 calls of the remove callback, resumable 1",
		Theirs:  "1 call of the remove callback, resumable 0",
		Reason:  "the callback tells of what has left; a callback that removes would recurse for ever; and a session that was nowhere should not be marked",
		Version: "1.1.0 and later (0.9.8 to 1.0.2 as ours)",
		Handled: "the call is expected of libssl; ours is marked by another cache",
		show:    showRemoveAbsent,
	}
	reposition = &Difference{
		Name:    "adding the same session again",
		Ours:    "the first of two is evicted, though it was added again",
		Theirs:  "the second of two is evicted",
		Reason:  "a no-op changes nothing; 1.x, and OpenSSL since 2026, do not move it",
		Version: "3.0 to 3.6, before 0a72e6ae74 of March 2026",
		Handled: "ours is told to reschedule the session, which makes it the youngest of its expiry",
		show:    showReposition,
		absent:  func(b behaviour) bool { return !b.repositions },
	}
	autoClear = &Difference{
		Name:    "automatic flush",
		Ours:    "0 expired sessions after 100 adds",
		Theirs:  "1 expired session after 100 adds",
		Reason:  "small steps in every add instead of one walk, under the lock, in every 256th handshake",
		Version: "all",
		Handled: "NO_AUTO_CLEAR is always set",
		show:    showAutoClear,
	}
	zeroTimeout = &Difference{
		Name:    "a session's timeout of 0",
		Ours:    "there one second later",
		Theirs:  "gone one second later",
		Reason:  "0 stands for the default everywhere, as in SSL_CTX_set_timeout",
		Version: "all",
		Handled: "the context's timeout is set on both sides at once",
		show:    showZeroTimeout,
	}
	negativeTimeout = &Difference{
		Name:    "a context's negative timeout",
		Ours:    "refused",
		Theirs:  "accepted",
		Reason:  "a configuration that makes no sense is refused",
		Version: "all",
		Handled: "libssl's is set back",
		show:    showNegativeTimeout,
	}
	zeroContextTimeout = &Difference{
		Name:    "a context's timeout of 0",
		Ours:    "reads back as 7200",
		Theirs:  "reads back as 0",
		Reason:  "both mean 7200; ours says so",
		Version: "all; 7200 since 1.1.0",
		Handled: "libssl is given what ours reads back",
		show:    showZeroContextTimeout,
	}
	modeOffID = &Difference{
		Name:    "a server's session with SESS_CACHE_SERVER off",
		Ours:    "resumable 1",
		Theirs:  "resumable 0",
		Reason:  "libssl takes the id away, so that the client gets none; on our side the adapter for crypto/tls decides what it sends",
		Version: "all",
		Handled: "the session is dropped on both sides, in no cache",
		show:    showModeOffID,
	}
	idConflict = &Difference{
		Name:    "a new session whose id is taken",
		Ours:    "takes the place of the other",
		Theirs:  "fails the handshake",
		Reason:  "ids are made at random elsewhere; the cache only adds",
		Version: "all",
		Handled: "the id of a server's new session is one that is absent",
		show:    showIDConflict,
	}
	badSession = &Difference{
		Name:    "a connection that was not shut down",
		Ours:    "nothing",
		Theirs:  "SSL_free removes its session",
		Reason:  "the engine has no connections",
		Version: "all",
		Handled: "connections are marked as shut down before they are freed",
		Unshown: "there is nothing like it on our side",
	}
	clientMiss = &Difference{
		Name:    "a client's miss",
		Ours:    "sess_misses 0",
		Theirs:  "sess_misses 1",
		Reason:  "Misses counts lookups; what a client offered in vain the engine is not told",
		Version: "all",
		Handled: "they are subtracted from libssl's",
		show:    showClientMiss,
	}
	externalKept = &Difference{
		Name:    "a session from the get callback that is expired or of another scope",
		Ours:    "0 sessions in the cache",
		Theirs:  "1 session in the cache",
		Reason:  "what is of no use is not kept: it could evict something that is",
		Version: "all",
		Handled: "NO_INTERNAL_STORE is set for that handshake; that libssl then removes an expired one, which is absent, is as above",
		show:    showExternalKept,
	}
	externalID = &Difference{
		Name:    "a session from the get callback with another id",
		Ours:    "sess_hits 0",
		Theirs:  "sess_hits 1",
		Reason:  "an external cache may be wrong; OpenSSL compares since 2026",
		Version: "before 4e8593e7eb of May 2026",
		Avoided: "the callback of the harness returns what has the id",
		show:    showExternalID,
		absent:  func(b behaviour) bool { return b.checksID },
	}
	flushOrder = &Difference{
		Name:    "order of a flush, large caches",
		Ours:    "callbacks in another order",
		Theirs:  "callbacks in order of expiry",
		Reason:  "a cache made for more than 64 sessions, or without a bound, has shards",
		Version: "3.0 to 3.6 (later ones reverse it, earlier ones have none)",
		Handled: "callbacks of one flush are compared as a set, where the cache was made without a bound",
		show:    showFlushOrder,
	}
)
