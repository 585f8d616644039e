package tlscache

import "sync/atomic"

// ClientStats is a snapshot of a client's counters, made by [Client.Stats]. All
// of them only grow, and each is exact.
type ClientStats struct {
	Offered   uint64 // handshakes that were given a ticket; the server may yet decline it
	Missed    uint64 // handshakes for which there was none
	Stored    uint64 // tickets received and kept
	Displaced uint64 // of these, how many took the place of an older one of a full endpoint
	Expired   uint64 // tickets removed because their time was over
	Dropped   uint64 // tickets removed because a handshake failed, or by ForgetRealm
	Refused   uint64 // tickets received and not kept: empty, too large, or after Close
	Unusable  uint64 // tickets found that could not be decoded, for example made by another version of Go
}

type clientCounters struct {
	offered, missed, stored, displaced, expired, dropped, refused, unusable atomic.Uint64
}

// Stats returns a snapshot of the counters. What left because room was needed
// is counted by the cache: engine.Stats.CacheFull.
func (c *Client) Stats() ClientStats {
	k := &c.counters
	return ClientStats{
		Offered:   k.offered.Load(),
		Missed:    k.missed.Load(),
		Stored:    k.stored.Load(),
		Displaced: k.displaced.Load(),
		Expired:   k.expired.Load(),
		Dropped:   k.dropped.Load(),
		Refused:   k.refused.Load(),
		Unusable:  k.unusable.Load(),
	}
}
