package golang

// written are the peers that were made to have the engine's semantics.
func written() []Peer {
	return []Peer{
		{
			Name: "locked", Doc: "a hash table in parts behind mutexes, written for this comparison; lookups without them",
			Identity: Yes, Replacement: Yes, References: Yes, Bound: Yes, OldestFirst: Yes, Expiry: Yes,
			Waits:   "writers for the mutex of one of up to 256 parts (more above a million sessions); lookups and identical adds for nothing",
			Adapter: "no library; needs a bound, does not grow; the oldest of a part, not of all",
			New:     opens(NewLocked), Flushes: true,
		},
		{
			Name: "xsync4-bounded", Doc: "xsync v4 with a bound and queues of ages beside it", Module: "github.com/puzpuzpuz/xsync/v4",
			Identity: Yes, Replacement: Yes, References: Adapter, Bound: Adapter, OldestFirst: Adapter, Expiry: Adapter,
			Waits:   "writers for the mutex of a bucket and of a queue; lookups and identical adds for nothing",
			Adapter: "keys are hashes, values lists of the sessions with that hash; an entry is allocated for every add; places and queues beside the map; the oldest of a queue, not of all",
			New:     opens(newXSync4Bounded), Flushes: true,
		},
		{
			Name: "golang-lru-locked", Doc: "golang-lru's simplelru behind one mutex", Module: "github.com/hashicorp/golang-lru/v2",
			Identity: Adapter, Replacement: Adapter, References: Adapter, Bound: Yes, OldestFirst: Yes, Expiry: Adapter,
			Waits:   "everything for one mutex",
			Adapter: "a mutex around looking and changing; lookups do not move what they find",
			New:     opens(newSimpleLRU), Flushes: true,
		},
	}
}

// onBench are the peers that package bench has targets of.
func onBench() []Peer {
	return []Peer{
		{
			Name: "xsync", Doc: "the engine on the table of xsync v3", Module: "github.com/puzpuzpuz/xsync/v3",
			Identity: Yes, Replacement: Yes, References: Yes, Bound: Yes, OldestFirst: Yes, Expiry: Yes,
			Waits:   "writers for the mutex of a bucket, evictions for those of a shard",
			Adapter: "the engine's own, with all that the engine does; evicts what expires first",
			Flushes: true,
		},
		{
			Name: "rwmutex-sharded", Doc: "maps and lists behind 256 read-write mutexes",
			Identity: Yes, Replacement: Yes, References: Yes, Bound: Yes, OldestFirst: Yes, Expiry: No,
			Waits:   "everything for one of 256 mutexes, lookups only for writers",
			Adapter: "no library; sessions stay when their time is over",
		},
		{
			Name: "mutex", Doc: "a map and a list behind one mutex",
			Identity: Yes, Replacement: Yes, References: Yes, Bound: Yes, OldestFirst: Yes, Expiry: No,
			Waits:   "everything for one mutex",
			Adapter: "no library; sessions stay when their time is over",
		},
		{
			Name: "syncmap", Doc: "sync.Map",
			Identity: Yes, Replacement: Yes, References: Adapter,
			Waits:   "writers for the mutex of a node",
			Adapter: "sessions stay when their time is over",
			NoBound: "sync.Map keeps no order to evict by",
		},
	}
}
