package missratio

import "time"

// FIFO replays the trace into caches that evict what was added longest ago, in
// O(1) a request and size. With equal lifetimes it is also what evicts the
// earliest to expire, as OpenSSL does, and what expires leaves from the same
// end; so it does not matter when a cache notices that.
func FIFO(r Replay) ([]Point, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	switch r.resumption() {
	case Renew:
		return r.points("fifo", func(size int) uint64 { return fifoRenew(r, size) }), nil
	case SingleUse:
		// To take a session out and add its successor is to move it to the
		// front: what LRU does.
		return r.points("fifo", recency(r)), nil
	}
	return r.points("fifo", func(size int) uint64 { return fifoReuse(r, size) }), nil
}

// fifoReuse goes by counts: what was added as number k is evicted by number
// k+size. Of the sessions added after one that is not expired, none is expired
// either, so all of these are still there and count.
func fifoReuse(r Replay, size int) (misses uint64) {
	added := make([]uint64, r.Trace.Distinct) // by which miss, from 1; 0: never
	var created []time.Duration
	if r.Lifetime > 0 {
		created = make([]time.Duration, r.Trace.Distinct)
	}
	for i, id := range r.Trace.IDs {
		k := added[id]
		hit := k != 0 && misses-k < uint64(size)
		if created != nil {
			now := r.Trace.Times[i]
			if hit = hit && now-created[id] <= r.Lifetime; !hit {
				created[id] = now
			}
		}
		if !hit {
			misses++
			added[id] = misses
		}
	}
	return misses
}

// fifoRenew adds a session in every request.
func fifoRenew(r Replay, size int) (misses uint64) {
	requested := make([]int, r.Trace.Distinct) // by which request, from 1; 0: never
	for i, id := range r.Trace.IDs {
		k := requested[id]
		if k == 0 || i+1-k > size || r.time(i)-r.time(k-1) > r.Lifetime {
			misses++
		}
		requested[id] = i + 1
	}
	return misses
}
