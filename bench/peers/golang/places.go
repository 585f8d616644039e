package golang

import "sync/atomic"

// keptPlaces is how many free places a part of a table keeps for itself, so
// that removing and adding writes no line that all parts share. A full table
// may evict although other parts have those.
const keptPlaces = 4

// spare are the places of a table that no part has. Together with those of the
// parts and those that are taken they are as many as the table's capacity, so
// that there are never more sessions than that.
type spare struct{ n atomic.Int64 }

// take takes a place and reports whether there was one.
func (s *spare) take() bool {
	for {
		n := s.n.Load()
		if n <= 0 {
			return false
		}
		if s.n.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

func (s *spare) giveBack() { s.n.Add(1) }

// Sizes of the parts of a table.
const (
	// sessionsPerPart is the least: with fewer, the oldest of a part says
	// little about the oldest of all.
	sessionsPerPart = 256

	// manyParts is enough for goroutines to meet in one rarely; small parts
	// would buy no more.
	manyParts = 256
)

// partsFor returns the number of parts of a table, a power of two; at most as
// many sessions to a part as the second argument says.
func partsFor(capacity, mostSessions int) int {
	n := 1
	for n < manyParts && capacity >= 2*n*sessionsPerPart || capacity > n*mostSessions {
		n *= 2
	}
	return n
}
