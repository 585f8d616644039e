package shards

import "iter"

// MaxChain is the most sessions one bucket holds. One more evicts the
// chain's worst.
const MaxChain = 32

// Unlimited is the capacity of a table without a bound.
const Unlimited = 0

// A Table is a set of sessions, at most one an id, with a bound on their
// number. Both tables of this package, [LockFree] and [XSync], give the same
// answers; what they guarantee about progress differs and stands with each.
//
// A table holds one reference on every session in it. When a session leaves,
// the table hands that reference over: to the caller of Take, otherwise to the
// [Sink]. No method calls the sink inside a critical section, and the sink may
// call back into the table.
//
// Times are Unix seconds. A session is expired iff now > expiry.
//
// All methods may be called by any number of goroutines at once.
type Table interface {
	// Add links s until expiry, and takes a reference of its own on it. The
	// caller needs one for the duration of the call, like for any use of a
	// session. With refresh, an Identical session gets the new expiry.
	Add(s *Session, expiry, now int64, refresh bool) Outcome

	// AddSince is Add, unless a removal may have concerned the id since
	// Removals returned removals; then it links nothing and the outcome is
	// Outdated. A removal that comes later finds s. TrackRemovals must have
	// been called before Removals was.
	AddSince(s *Session, expiry, now int64, refresh bool, removals uint64) Outcome

	// Lookup finds the session with the given id and adds a reference to it.
	// An expired one is removed. It never misses an id that was present
	// throughout the call, even while that id is replaced.
	Lookup(id []byte, scope Scope, now int64) (*Session, Result)

	// Take is Lookup and removal in one atomic step: of all callers exactly
	// one gets the session, and with it the table's reference. The sink hears
	// nothing of it.
	Take(id []byte, scope Scope, now int64) (*Session, Result)

	// Contains reports whether an unexpired or expired session with the id is
	// in the table, whatever its scope.
	Contains(id []byte) bool

	// Remove removes s itself, not another session with its id, and reports
	// whether it did: true for exactly one of racing callers.
	Remove(s *Session) bool

	// RemoveID removes whichever session has the id and reports whether there
	// was one: true for exactly one of racing callers.
	RemoveID(id []byte) bool

	// Reschedule gives s the new expiry if s is in the table, and reports
	// whether it is. Its place among sessions of equal expiry becomes the
	// youngest's.
	Reschedule(s *Session, expiry int64) bool

	// Promote takes s out of probation, whether or not it is in the table.
	Promote(s *Session)

	// Flush removes the sessions that are expired at now, in tables of one
	// shard earliest expiry first, and returns how many it removed. Nobody
	// waits for it.
	Flush(now int64) int

	// Clear removes all sessions that are in the table when it begins, with
	// reason Flushed, and returns how many.
	Clear() int

	// Evict unlinks one session, the one that an Add to a full table would, and
	// reports whether there was one. Its place is free then; the sink gets it
	// with ReasonEvicted. It is for bounds other than that on the number.
	Evict(now int64) bool

	// Sweep looks at a few sessions, others in each call, and removes the
	// expired ones.
	Sweep(now int64)

	// All yields every session that is in the table throughout the iteration,
	// and may yield others that were there at some time during it. The loop
	// body has a reference on the session until it returns.
	All() iter.Seq2[*Session, int64]

	// SetCapacity sets the bound: Unlimited or more than zero. Shrinking
	// evicts at once, and the new bound holds for every Add that begins
	// after the call returned; an Add that began earlier may link one more
	// each. Only calls of SetCapacity wait for each other.
	SetCapacity(n int)

	// Capacity returns the bound.
	Capacity() int

	// Len returns the number of sessions, never more than the capacity. While
	// others write it is a weakly consistent figure.
	Len() int

	// TrackRemovals makes Removals count. Until it was called a removal is
	// spared the shared counter.
	TrackRemovals()

	// Removals returns a number that has changed if a Remove, RemoveID, Take,
	// Flush or Clear may have concerned the id since an earlier call. It
	// changes before the removal looks for the session. It is what AddSince
	// goes by.
	Removals(id []byte) uint64

	// Retries returns how often an operation had to start over because
	// another got in its way.
	Retries() uint64

	// Close removes all sessions with reason Closed and makes every later
	// Add fail, also one that is under way.
	Close()
}

// Outcome is what became of an Add.
type Outcome uint8

// The outcomes of Add. The table has taken a reference if s was linked: in
// the cases Added, Replaced and AddedAndEvicted.
const (
	Added           Outcome = iota // the id was absent
	Replaced                       // another session had the id; the sink got it with ReasonReplaced
	Identical                      // s itself was there
	AddedAndEvicted                // no place and no victim: s counts as added, and evicted at once
	Unreferenced                   // the reference count of s had reached zero; nothing was changed
	Closed                         // the table is closed
	Outdated                       // AddSince: a removal may have concerned the id; s was not linked
)

// Result is what a lookup found.
type Result uint8

// The results of Lookup and Take.
const (
	Hit        Result = iota
	Miss              // no session with that id
	Expired           // there was one, and its time was over
	OtherScope        // there is one, under another scope
)

// Reason tells why a session left a table.
type Reason uint8

// The reasons.
const (
	ReasonRemoved  Reason = iota // Remove, RemoveID
	ReasonReplaced               // another session with its id took its place
	ReasonEvicted                // its place was needed
	ReasonExpired                // found expired by a lookup or a sweep
	ReasonFlushed                // Flush or Clear
	ReasonClosed                 // Close
)

// String returns the reason as a word, fit for a metric label.
func (r Reason) String() string {
	return [...]string{"removed", "replaced", "evicted", "expired", "flushed", "closed"}[r]
}

// A Sink receives the sessions that leave a table, each together with the
// table's reference, which it must release. It is called by the goroutine
// whose operation unlinked the session, once that operation is done otherwise:
// it may end the goroutine, as runtime.Goexit does, and nothing is lost. It must
// not panic.
type Sink interface {
	Dropped(s *Session, expiry int64, reason Reason)
}

// Options configure a table.
type Options struct {
	// Capacity is the most sessions linked at any instant; Unlimited, or more
	// than zero.
	Capacity int

	// ProbationPercent is the share, 0 to 100, that sessions which were never
	// resumed may take up before they are evicted ahead of sessions that expire
	// earlier: of the table with LockFree, of each shard with XSync.
	ProbationPercent int

	// Sink receives the sessions that leave the table. It must not be nil.
	Sink Sink
}

// check panics if the options are not as Options says.
func (o Options) check() {
	switch {
	case o.Capacity < 0:
		panic("shards: negative capacity")
	case o.ProbationPercent < 0 || o.ProbationPercent > 100:
		panic("shards: probation percentage out of range")
	case o.Sink == nil:
		panic("shards: no sink")
	}
}
