package conformance

// What no sequence comes across.
var (
	versionInKey = &Difference{
		Name:    "protocol version in the key",
		Ours:    "1 session of one id and two versions",
		Theirs:  "2 sessions of one id and two versions",
		Reason:  "a session's state is opaque to the engine; BoringSSL's key is the id alone too",
		Version: "all",
		Avoided: "all sessions are of TLS 1.2",
		show:    showVersionInKey,
	}
	emptyID = &Difference{
		Name:    "an empty id",
		Ours:    "refused",
		Theirs:  "added, and cannot be removed",
		Reason:  "one at the end of OpenSSL's list stops eviction for good (CVE-2024-2511)",
		Version: "all",
		Avoided: "there is no such session on our side",
		show:    showEmptyID,
	}
	idChange = &Difference{
		Name:    "changing the id of a session in the cache",
		Ours:    "there is no function for it",
		Theirs:  "found under neither id, 1 session in the cache",
		Reason:  "see there",
		Version: "1.1.0 and later",
		Avoided: "there is no such function on our side",
		show:    showIDChange,
	}
	hugeSize = &Difference{
		Name:    "a size above 2^31-1",
		Ours:    "reads back as 2147483647",
		Theirs:  "reads back as 2147483648",
		Reason:  "the bound of a table; a session takes some 200 bytes",
		Version: "all, where long has 64 bits",
		Avoided: "sizes are small",
		show:    showHugeSize,
	}
	neverOrder = &Difference{
		Name:    "order of sessions that never expire",
		Ours:    "the first added is evicted",
		Theirs:  "the first created is evicted",
		Reason:  "sums saturate, so they are all equal",
		Version: "3.0 and 3.1, which compare what is left of the sum",
		Avoided: "sums stay below 2^63 ns",
		show:    showNeverOrder,
		absent:  func(b behaviour) bool { return !b.before(3, 2) },
	}
	hugeTimeout = &Difference{
		Name:    "a timeout of 2^55 s",
		Ours:    "there one second later",
		Theirs:  "gone one second later",
		Reason:  "sums saturate; OpenSSL multiplies by 10^9 modulo 2^64",
		Version: "3.2 and later",
		Avoided: "sums stay below 2^63 ns",
		show:    showHugeTimeout,
		absent:  func(b behaviour) bool { return b.before(3, 2) },
	}
	before1970 = &Difference{
		Name:    "a session made before 1970",
		Ours:    "expired in 1970",
		Theirs:  "never expires",
		Reason:  "a negative time is just early",
		Version: "3.0 and later",
		Avoided: "the clock shows a later year",
		show:    showBefore1970,
	}
	negativeFlush = &Difference{
		Name:    "a flush at a negative time",
		Ours:    "1 session left",
		Theirs:  "0 sessions left",
		Reason:  "a negative time is just early; OpenSSL's wraps to the year 2554",
		Version: "3.2 and later (nothing is removed up to 3.1)",
		Avoided: "flushes are at 0 or later",
		show:    showNegativeFlush,
		absent:  func(b behaviour) bool { return b.before(3, 2) },
	}
	severalContexts = &Difference{
		Name:    "a session in several contexts",
		Ours:    "allowed",
		Theirs:  "corrupts the list of the first",
		Reason:  "the links are outside the session",
		Version: "all (BoringSSL refuses)",
		Avoided: "there is one context",
		Unshown: "libssl would crash",
	}
	overRelease = &Difference{
		Name:    "using a session whose last reference is gone",
		Ours:    "refused; a release too many is counted",
		Theirs:  "undefined",
		Reason:  "Go has no dangling pointers to protect against it, so the count must",
		Version: "all",
		Avoided: "the harness holds a reference on what it uses, or the cache does",
		Unshown: "libssl would crash",
	}
	reentrancy = &Difference{
		Name:    "a remove callback that uses the cache",
		Ours:    "allowed",
		Theirs:  "waits for ever if the session was evicted or flushed",
		Reason:  "callbacks are outside critical sections, as in OpenSSL since 2026",
		Version: "before 4be956b9cd of June 2026",
		Avoided: "the callbacks of the harness only write down",
		Unshown: "libssl would not return",
	}
	sampledEviction = &Difference{
		Name:    "eviction in large caches",
		Ours:    "nearly the earliest to expire",
		Theirs:  "the earliest to expire",
		Reason:  "a bounded number of steps an add",
		Version: "3.0 and later",
		Avoided: "caches that evict are made for at most 64 sessions",
		Unshown: "it is a matter of how often",
	}
)
