package missratio

import (
	"slices"
	"time"
)

// LRU replays the trace into caches that evict what was requested longest ago.
// Without a lifetime one pass of O(log n) a request serves all sizes. A cache
// learns that a session is expired when it is asked for, or evicts it in its
// turn.
func LRU(r Replay) ([]Point, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	switch {
	case r.resumption() == Renew:
		// Nobody comes back for a session that was resumed, so the order of
		// last use is that of insertion.
		return r.points("lru", func(size int) uint64 { return fifoRenew(r, size) }), nil
	case r.resumption() == Reuse && r.Lifetime > 0:
		// Sessions expire by their creation, which depends on the misses
		// before: caches of different sizes differ in more than their size.
		return r.points("lru", func(size int) uint64 { return lruReuse(r, size) }), nil
	}
	return r.points("lru", recency(r)), nil
}

// recency replays by stack distances and returns the misses by size. A session
// that was renewed longer ago than its lifetime misses in caches of all sizes;
// those requested even longer ago are below it in the stack, so that it does
// not matter how long it stays there.
func recency(r Replay) (misses func(size int) uint64) {
	largest := slices.Max(r.Sizes)
	hits := make([]uint64, min(largest, r.Trace.Distinct)+1) // by distance
	stack := newStack(r.Trace.Distinct, r.Trace.Distinct)
	var last []time.Duration
	if r.Lifetime > 0 {
		last = make([]time.Duration, r.Trace.Distinct)
	}
	for i, id := range r.Trace.IDs {
		d := stack.request(id)
		expired := false
		if last != nil {
			now := r.Trace.Times[i]
			expired = d != 0 && now-last[id] > r.Lifetime
			last[id] = now
		}
		if d != 0 && int(d) < len(hits) && !expired {
			hits[d]++
		}
	}
	for d := 1; d < len(hits); d++ {
		hits[d] += hits[d-1]
	}
	return func(size int) uint64 { return uint64(len(r.Trace.IDs)) - hits[min(size, len(hits)-1)] }
}

// lruReuse replays into one cache with a list from the last used to the first.
func lruReuse(r Replay, size int) (misses uint64) {
	l := newList(r.Trace.Distinct)
	created := make([]time.Duration, r.Trace.Distinct)
	for i, id := range r.Trace.IDs {
		now := r.Trace.Times[i]
		if l.contains(id) {
			l.unlink(id)
			if now-created[id] <= r.Lifetime {
				l.push(id)
				continue
			}
		} else if l.length == size {
			l.unlink(l.last())
		}
		misses++
		created[id] = now
		l.push(id)
	}
	return misses
}

// list is a doubly linked list of ids; the last element of the slices is its
// head.
type list struct {
	next, previous []uint32 // absent: the same number
	length         int
}

func newList(ids int) *list {
	l := &list{next: make([]uint32, ids+1), previous: make([]uint32, ids+1)}
	for i := range l.next {
		l.next[i], l.previous[i] = uint32(i), uint32(i)
	}
	return l
}

func (l *list) head() uint32 { return uint32(len(l.next) - 1) }

func (l *list) last() uint32 { return l.previous[l.head()] }

func (l *list) contains(id uint32) bool { return l.next[id] != id }

func (l *list) push(id uint32) {
	head := l.head()
	first := l.next[head]
	l.next[id], l.previous[id] = first, head
	l.next[head], l.previous[first] = id, id
	l.length++
}

func (l *list) unlink(id uint32) {
	next, previous := l.next[id], l.previous[id]
	l.next[previous], l.previous[next] = next, previous
	l.next[id], l.previous[id] = id, id
	l.length--
}
