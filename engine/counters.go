package engine

import (
	"runtime"
	"sync/atomic"

	"github.com/reprise-tls/reprise/shards"
)

// counter is one of the cache's counters; Stats documents them.
type counter uint8

const (
	hits counter = iota
	misses
	timeouts
	scopeMismatches
	added
	identical
	replaced
	removed
	taken
	evictedExpired // those evicted before are in the histogram
	expired
	flushed
	closed
	linkedBytes   // states linked while there was no bound on bytes; goes up
	unlinkedBytes // states unlinked then; goes up
	accept
	acceptGood
	connect
	connectGood
	callbackHits
	callbackPanics
	externalRejected
	storeHits
	storeMisses
	storeErrors
	storeWrites
	evictedForBytes
	tooLarge
	counterCount
)

// counters are spread over stripes that goroutines choose by affinity, so that
// an event is one atomic add to a line that few others write.
type counters struct {
	stripes []counterStripe
	mask    uint32
	bytes   byteBound
}

type counterStripe struct {
	n           [counterCount]atomic.Uint64
	evictionAge [HistogramBuckets]atomic.Uint64
	_           [128]byte // the next stripe, or object, shares no line with these
}

func (k *counters) init() {
	n := 32 // fewer, and two goroutines would often meet in one
	for n < 4*runtime.GOMAXPROCS(0) && n < 256 {
		n *= 2
	}
	k.stripes = make([]counterStripe, n)
	k.mask = uint32(n - 1)
}

func (k *counters) mine() *counterStripe { return &k.stripes[shards.Affinity()&k.mask] }

func (k *counters) add(n counter) { k.mine().n[n].Add(1) }

// sum adds the stripes up. While others count it is a weakly consistent
// figure.
func (k *counters) sum() (total [counterCount]uint64, age Histogram) {
	for i := range k.stripes {
		for j := range total {
			total[j] += k.stripes[i].n[j].Load()
		}
		for j := range age {
			age[j] += k.stripes[i].evictionAge[j].Load()
		}
	}
	return total, age
}

// ofResult is the counter of a lookup's result.
var ofResult = [...]counter{
	shards.Hit:        hits,
	shards.Miss:       misses,
	shards.Expired:    timeouts,
	shards.OtherScope: scopeMismatches,
}

// ofReason is the counter of a session's leaving, other than by eviction.
var ofReason = [...]counter{
	shards.ReasonRemoved:  removed,
	shards.ReasonReplaced: replaced,
	shards.ReasonEvicted:  evictedExpired,
	shards.ReasonExpired:  expired,
	shards.ReasonFlushed:  flushed,
	shards.ReasonClosed:   closed,
}

// linked counts a session that was put into the table, and returns how many its
// stripe has counted.
func (k *counters) linked(s *Session) (nth uint64) {
	m := k.mine()
	nth = m.n[added].Add(1)
	k.countBytes(m, s.StateLength())
	return nth
}

// unlinked counts a session that has left the table.
func (k *counters) unlinked(s *Session, why counter) {
	m := k.mine()
	m.n[why].Add(1)
	k.countBytes(m, -s.StateLength())
}

// evicted counts a session that was evicted before its expiry, at the given
// age in seconds.
func (k *counters) evicted(s *Session, age int64) {
	m := k.mine()
	m.evictionAge[histogramBucket(age)].Add(1)
	k.countBytes(m, -s.StateLength())
}
