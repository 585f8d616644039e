package engine

import "github.com/reprise-tls/reprise/shards"

// Stats is a snapshot of a cache's counters, made by [Cache.Stats]. The first
// group is OpenSSL's (SSL_CTX_sess_number(3)), counted where OpenSSL counts.
//
// Counters only grow, apart from Number and Bytes. Each is exact, but while
// others use the cache they are read one after the other, so sums need not
// come out even. When nobody does,
//
//	Number = Added - Replaced - Removed - Taken - CacheFull - Expired - Flushed - Closed
type Stats struct {
	Number       int    // sessions in the internal table, never more than the capacity
	Accept       uint64 // handshakes started as a server
	AcceptGood   uint64 // and finished, resumed ones included
	Connect      uint64 // handshakes started as a client
	ConnectGood  uint64 // and finished, resumed ones included
	Hits         uint64 // lookups that found a session, in the table, by Callbacks.Get or in the store; handshakes resumed as a client
	CallbackHits uint64 // sessions, marked resumable, that Callbacks.Get returned; counted before its id, scope and expiry are checked
	Misses       uint64 // lookups in the internal table that found no session with the id; none under NoInternalLookup
	Timeouts     uint64 // lookups that found an expired session; neither hits nor misses
	CacheFull    uint64 // sessions evicted because their place or their bytes were needed, or a bound was lowered

	Added     uint64 // adds that put a session into the table, Replaced included
	Replaced  uint64 // sessions whose place another one with the same id took
	Identical uint64 // adds of a session that was in the table already: no-ops
	Removed   uint64 // sessions removed by Remove and RemoveID
	Taken     uint64 // sessions removed by Take
	Expired   uint64 // sessions removed by a lookup or by sweeping because their time was over
	Flushed   uint64 // sessions removed by Flush and Clear
	Closed    uint64 // sessions removed by Close

	EvictedBeforeExpiry uint64    // those of CacheFull whose time was not over: what a larger cache would have kept
	EvictionAge         Histogram // their ages when they were evicted, in seconds since they were created

	ScopeMismatches uint64 // lookups that found a session under another scope; neither hits nor misses
	Bytes           uint64 // bytes of state linked: what Config.MaxBytes bounds
	EvictedForBytes uint64 // those of CacheFull that went because of Config.MaxBytes
	TooLarge        uint64 // adds refused because the state alone exceeds Config.MaxBytes
	Retries         uint64 // operations of the table that had to start over because another got in their way
	OverReleased    uint64 // releases of references that nobody held, in the whole process: bugs of its callers
	CallbackPanics  uint64 // panics of callbacks, of the store and of OnPanic

	ExternalRejected uint64 // answers of Callbacks.Get or of the store that did not decode, had another id or were no longer resumable
	StoreHits        uint64 // values found in the store; counted before they are checked
	StoreMisses      uint64 // ErrNotFound
	StoreErrors      uint64 // other errors and panics of the store, deadlines included
	StoreWrites      uint64 // sessions written to the store
}

// Stats returns a snapshot of the counters. It takes no lock and may be called
// at any time by any number of goroutines, also after Close.
func (c *Cache) Stats() Stats {
	n, age := c.counters.sum()
	early := age.Count()
	return Stats{
		Number:       c.table.Len(),
		Accept:       n[accept],
		AcceptGood:   n[acceptGood],
		Connect:      n[connect],
		ConnectGood:  n[connectGood],
		Hits:         n[hits],
		CallbackHits: n[callbackHits],
		Misses:       n[misses],
		Timeouts:     n[timeouts],
		CacheFull:    early + n[evictedExpired],

		Added:     n[added],
		Replaced:  n[replaced],
		Identical: n[identical],
		Removed:   n[removed],
		Taken:     n[taken],
		Expired:   n[expired],
		Flushed:   n[flushed],
		Closed:    n[closed],

		EvictedBeforeExpiry: early,
		EvictionAge:         age,

		ScopeMismatches: n[scopeMismatches],
		Bytes:           c.counters.linkedNow(n[linkedBytes], n[unlinkedBytes]),
		EvictedForBytes: n[evictedForBytes],
		TooLarge:        n[tooLarge],
		Retries:         c.table.Retries(),
		OverReleased:    shards.OverReleased(),
		CallbackPanics:  n[callbackPanics],

		ExternalRejected: n[externalRejected],
		StoreHits:        n[storeHits],
		StoreMisses:      n[storeMisses],
		StoreErrors:      n[storeErrors],
		StoreWrites:      n[storeWrites],
	}
}

// linkedNow returns the bytes linked: what the stripes say, and what was
// counted since there is a bound. A session may be counted as unlinked before
// the add that linked it gets to count it.
func (k *counters) linkedNow(linked, unlinked uint64) uint64 {
	n := int64(linked-unlinked) + k.bytes.linked.Load()
	return uint64(max(0, n))
}
