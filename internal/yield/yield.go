// Package yield names the places in the lock-free code at which another
// goroutine may be made to run. In an ordinary build At is empty and inlined
// away; under the build tag invariants a test can install a hook and so drive
// goroutines through a chosen interleaving.
//
// Two other things keep such a test from deciding what happens: which stripe a
// goroutine works in, which depends on where its stack is, and waiting for a
// mutex, during which a goroutine comes to no point. Lane and Lock are there
// for these.
package yield

// Point names one place. Each stands directly before the atomic step it is
// named for.
type Point string

// The points of the reference count and of the lock-free table.
const (
	AcquireCAS     Point = "reference: acquire CAS"
	ReleaseCAS     Point = "reference: release CAS"
	FreeLoad       Point = "places: free load"
	ReserveCAS     Point = "places: reserve CAS"
	ReturnPlace    Point = "places: return"
	PayDebt        Point = "places: pay debt"
	DebtLoad       Point = "places: debt load"
	ReduceDebt     Point = "places: reduce debt"
	RaiseDebt      Point = "places: raise debt"
	CollectCAS     Point = "places: collect CAS"
	ChangeTotal    Point = "places: change total"
	SpreadPlaces   Point = "places: spread"
	HeadLoad       Point = "bucket: head load"
	LinkCAS        Point = "bucket: link CAS"
	UnlinkCAS      Point = "bucket: unlink CAS"
	HintStore      Point = "bucket: hint store"
	HintCheck      Point = "bucket: hint check"
	RemovalCount   Point = "shard: removal count"
	CurrentLoad    Point = "shard: current load"
	OldLoad        Point = "migration: old load"
	FreezeCAS      Point = "migration: freeze CAS"
	MigrateCAS     Point = "migration: install CAS"
	TablePublish   Point = "migration: publish table"
	MigrationEnd   Point = "migration: end"
	CandidatesLock Point = "eviction: candidates try-lock"
	CloseCAS       Point = "bucket: close CAS"
	ReserveHead    Point = "bucket: reserve CAS"
	CancelCAS      Point = "bucket: cancel CAS"
	LockMutex      Point = "mutex: lock"
)
