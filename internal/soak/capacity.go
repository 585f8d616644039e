package soak

import (
	"math"
	"sync/atomic"

	"github.com/reprise-tls/reprise/engine"
)

// capacityLimit is the most sessions that the cache may report. One goroutine
// changes it, any number read it.
type capacityLimit struct {
	limit   atomic.Int64
	version atomic.Uint64 // changes before the cache's capacity does
}

func limitOf(capacity int) int64 {
	if capacity == engine.Unlimited {
		return math.MaxInt64
	}
	return int64(capacity)
}

func (l *capacityLimit) set(capacity int) { l.limit.Store(limitOf(capacity)) }

// load returns the limit and its version. What was read between two loads of
// the same version is bound by the limit of the first.
func (l *capacityLimit) load() (version uint64, limit int64) {
	version = l.version.Load()
	return version, l.limit.Load()
}

// change lets apply change the capacity. Until it has returned, either bound
// may be met.
func (l *capacityLimit) change(capacity int, apply func(int) error) error {
	l.limit.Store(max(l.limit.Load(), limitOf(capacity)))
	l.version.Add(1)
	err := apply(capacity)
	if err == nil {
		l.set(capacity)
	}
	return err
}
