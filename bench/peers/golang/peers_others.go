package golang

// maps are libraries' maps as they are, without a bound.
func maps() []Peer {
	return []Peer{
		{
			Name: "xsync3-map", Doc: "one map of xsync v3, without a bound", Module: "github.com/puzpuzpuz/xsync/v3",
			Identity: Yes, Replacement: Yes, References: Adapter, Expiry: Adapter,
			Waits:   "writers for the mutex of a bucket, all writers while the map grows; lookups and identical adds for nothing",
			Adapter: "keys are hashes, values lists of the sessions with that hash; an entry is allocated for every add",
			NoBound: "xsync keeps no order to evict by", New: always(newXSync3),
		},
		{
			Name: "xsync4-map", Doc: "one map of xsync v4, without a bound", Module: "github.com/puzpuzpuz/xsync/v4",
			Identity: Yes, Replacement: Yes, References: Adapter, Expiry: Adapter,
			Waits:   "writers for the mutex of a bucket; lookups and identical adds for nothing",
			Adapter: "as with v3",
			NoBound: "xsync keeps no order to evict by", New: always(newXSync4),
		},
		{
			Name: "haxmap", Doc: "haxmap, a list with an index, called lock-free", Module: "github.com/alphadose/haxmap",
			Identity: Races, Replacement: Races, References: Races, Expiry: Adapter,
			Waits:   "nothing; but where much was deleted an operation walks far through the index",
			Adapter: "keys are hashes, of which it holds one session each; looks, then changes: nothing compares and deletes in one step",
			Loses:   "an insertion behind an element that is being deleted is lost with it (haxmap issue 32), and with it the reference",
			NoBound: "haxmap keeps no order to evict by", New: always(newHaxmap),
		},
	}
}

// caches are libraries' caches of values.
func caches() []Peer {
	return []Peer{
		{
			Name: "otter", Doc: "otter v2, W-TinyLFU", Module: "github.com/maypok86/otter/v2",
			Identity: Yes, Replacement: Yes, References: Yes, Expiry: Yes,
			Waits:   "writers for the mutex of a bucket, and one of them for the policy's; lookups for nothing",
			Adapter: "Compute compares identity, OnAtomicDeletion drops references; the bound is exceeded until the policy has run, and frequency counts, not age",
			New:     opens(newOtter),
		},
		{
			Name: "ristretto", Doc: "ristretto v2, sampled LFU with TinyLFU before it", Module: "github.com/dgraph-io/ristretto/v2",
			Identity: Races, Replacement: Races, References: Yes, Expiry: Yes,
			Waits:   "everything for one of 256 mutexes, removals also for the policy's goroutine",
			Adapter: "keys are hashes, of which it holds one session each; looks, then changes; a session is there only when a goroutine has admitted it, and one above the bound for a moment",
			Loses:   "adds are dropped when its buffer is full and rejected by its policy, after Add has returned true",
			New:     opens(newRistretto),
		},
		{
			Name: "theine", Doc: "theine, W-TinyLFU", Module: "github.com/Yiling-J/theine-go",
			Identity: Races, Replacement: Races, References: Races, Expiry: Yes,
			Waits:   "everything for one of 16 to 128 mutexes, writers for the policy's goroutine when its buffer is full",
			Adapter: "looks, then changes; the listener drops references, but hears of no replacement, nor of a removal that met an eviction; the bound is exceeded until the policy has run",
			Loses:   "it has no operation that looks and changes in one step, so that references go astray where goroutines meet",
			New:     opens(newTheine),
		},
		{
			Name: "golang-lru", Doc: "golang-lru, LRU behind its own mutex", Module: "github.com/hashicorp/golang-lru/v2",
			Identity: Races, Replacement: Races, References: Races, Bound: Yes, Expiry: Adapter,
			Waits:   "everything for one mutex",
			Adapter: "looks, then changes, but for PeekOrAdd; the callback drops references, but hears of no replacement; what was used last is evicted last",
			Loses:   "it does not remove or replace by identity in one step, so that references go astray where goroutines meet",
			New:     opens(newLRU),
		},
		{
			Name: "golang-lru-expirable", Doc: "golang-lru with expiry, LRU behind its own mutex", Module: "github.com/hashicorp/golang-lru/v2",
			Identity: Races, Replacement: Races, References: Races, Bound: Yes, Expiry: Adapter,
			Waits:   "everything for one mutex",
			Adapter: "as with golang-lru; its own time to live is one for all sessions, the adapter looks at the session's; its goroutine never ends",
			Loses:   "it has no operation that looks and changes in one step, so that references go astray where goroutines meet",
			New:     always(newExpirable),
		},
		{
			Name: "crypto-tls-lru", Doc: "crypto/tls's LRU cache for clients",
			Identity: Races, Replacement: Yes, Bound: Yes, Expiry: Adapter,
			Waits:   "everything for one mutex",
			Adapter: "looks, then changes; tells nobody what it evicts, so no references; cannot count or list; a removal of something absent adds an entry that is nil",
			Loses:   "it counts no references and cannot list what it has",
			New:     always(newTLSLRU),
		},
	}
}

// byteCaches are caches of bytes, which have copies of the sessions.
func byteCaches() []Peer {
	const copies = "a copy of times and state, of which a lookup makes a new session (an allocation or two); an add of a session that is there stores it again; a removal removes whatever has the id; states are not wiped; "
	return []Peer{
		{
			Name: "freecache", Doc: "freecache: copies in rings of bytes", Module: "github.com/coocood/freecache",
			Replacement: Yes, Expiry: Yes,
			Waits:   "everything for one of 256 mutexes",
			Adapter: copies + "a bound in bytes, for sessions of the usual size, at least 2 MiB",
			Loses:   "it has copies of bytes, no references, and overwrites what is there when a ring is full, also of what was removed",
			New:     always(newFreecache),
		},
		{
			Name: "bigcache", Doc: "bigcache: copies in queues of bytes", Module: "github.com/allegro/bigcache/v3",
			Replacement: Yes, Expiry: Adapter,
			Waits:   "everything for one of up to 1024 read-write mutexes, lookups only for writers",
			Adapter: copies + "a bound in megabytes; its own time to live is one for all and does not hide what is over; sessions with the same hash overwrite each other",
			Loses:   "it has copies of bytes, no references, and overwrites what is there when a queue is full, also of what was removed",
			New:     opens(newBigcache),
		},
		{
			Name: "fastcache", Doc: "fastcache: copies in rings of chunks outside the heap", Module: "github.com/VictoriaMetrics/fastcache",
			Replacement: Yes, Expiry: Adapter,
			Waits:   "everything for one of 512 read-write mutexes, lookups only for writers",
			Adapter: copies + "a bound in bytes, at least 32 MiB; knows no time; cannot list; does not say whether a removal did anything",
			Loses:   "it has copies of bytes, no references, and overwrites what is there when a ring is full, also of what was removed",
			New:     always(newFastcache),
		},
	}
}
