package libssl

// #include "bench.h"
import "C"

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
)

// forever is longer than anything that ends by itself.
const forever = math.MaxInt64 / 2

// Slice implements [measure.Driver].
func (d *driver) Slice(goroutines int, length time.Duration, stop *atomic.Bool) measure.Sample {
	done := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() { d.watch(stop, done) })
	defer func() {
		close(done)
		watcher.Wait()
	}()
	players := d.playersFor(goroutines)
	if d.spec.Kind.Rounds() {
		return d.rounds(players, func(s measure.Sample) bool {
			// A flush ends its slice.
			return d.spec.Kind == workload.Fill && s.Elapsed < length && !stop.Load()
		})
	}
	return d.finishSample(players, d.once(players, length, math.MaxInt64))
}

// watchEvery is how often a flag is looked at that C cannot see.
const watchEvery = 10 * time.Millisecond

// watch ends the slice when stop is set.
func (d *driver) watch(stop *atomic.Bool, done <-chan struct{}) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if stop.Load() {
				C.bench_stop(d.bench)
			}
		}
	}
}

// playersFor returns the players of a slice, with no times yet.
func (d *driver) playersFor(goroutines int) []*C.struct_player {
	players := d.players[goroutines]
	if players == nil {
		panic(fmt.Sprintf("libssl: the driver was not opened for %d goroutines", goroutines))
	}
	for _, p := range players {
		if t := C.player_times(p); t != nil {
			t.counts = [C.BUCKETS]C.uint64_t{}
			t.max = 0
		}
	}
	return players
}

// rounds plays whole rounds, at least one and as long as more, of the sample
// so far, returns true. What goes before each round is in no sample.
func (d *driver) rounds(players []*C.struct_player, more func(measure.Sample) bool) (all measure.Sample) {
	for {
		s := d.round(players)
		all.Elapsed += s.Elapsed
		all.Counts = all.Counts.Plus(s.Counts)
		all.Flushed += s.Flushed
		all.Flush += s.Flush
		if !more(all) {
			return d.finishSample(players, all)
		}
	}
}

func (d *driver) round(players []*C.struct_player) measure.Sample {
	if d.spec.Kind == workload.Fill {
		C.bench_remove(d.bench, 0, C.size_t(d.spec.Linked()))
		s := d.once(players, forever, 0)
		d.left = int(s.Counts.Added)
		return s
	}
	d.linkExpired()
	return d.flush(players)
}

// linkExpired links the sessions again that a flush is to remove. Those that
// are not to be removed go out meanwhile: the list is in the order of expiry,
// and if they stood before them, each of these adds would walk past all of
// them.
func (d *driver) linkExpired() {
	expired, linked := C.size_t(d.spec.Sessions), C.size_t(d.spec.Linked())
	C.bench_remove(d.bench, expired, linked)
	C.bench_add(d.bench, 0, expired)
	C.bench_add(d.bench, expired, linked)
	d.left = d.number()
}

// flush has the first thread flush and the others look up until it is done.
func (d *driver) flush(players []*C.struct_player) measure.Sample {
	before := d.number()
	var out C.struct_outcome
	e := C.bench_flush(d.bench, &players[0], C.int(len(players)), C.int64_t(d.created+workload.FlushAfter), &out)
	checkThreads(e, players)
	removed := before - d.number()
	d.left -= removed
	d.missed += d.spec.Sessions - removed
	d.count(players, out.counts)
	return measure.Sample{
		Elapsed: time.Duration(out.elapsed), Counts: counts(out.counts),
		Flushed: uint64(removed), Flush: time.Duration(out.flush),
	}
}

// once plays for a while, or until each player has played most operations, 0
// for its list once.
func (d *driver) once(players []*C.struct_player, length time.Duration, most int64) measure.Sample {
	out := d.race(players, length, most)
	d.count(players, out.counts)
	return measure.Sample{Elapsed: time.Duration(out.elapsed), Counts: counts(out.counts)}
}

func (d *driver) race(players []*C.struct_player, length time.Duration, most int64) (out C.struct_outcome) {
	l := C.struct_length{nanoseconds: C.int64_t(length), operations: C.uint64_t(most)}
	checkThreads(C.bench_play(d.bench, &players[0], C.int(len(players)), l, &out), players)
	return out
}

func checkThreads(e C.int, players []*C.struct_player) {
	if e != 0 {
		panic(fmt.Sprintf("libssl: starting %d threads: %v", len(players), syscall.Errno(e)))
	}
}

// count remembers what was played, for the final check.
func (d *driver) count(players []*C.struct_player, c C.struct_counts) {
	if len(players) == 1 || d.spec.Divided() {
		d.alone = d.alone.Plus(counts(c))
	} else {
		d.racing = d.racing.Plus(counts(c))
	}
}

func counts(c C.struct_counts) workload.Counts {
	return workload.Counts{
		Adds: uint64(c.adds), Added: uint64(c.added),
		Removes: uint64(c.removes), Removed: uint64(c.removed),
		Gets: uint64(c.gets), Hits: uint64(c.hits),
	}
}

// finishSample adds what is known once the last operation is done. Heap is what
// malloc has given out.
func (d *driver) finishSample(players []*C.struct_player, s measure.Sample) measure.Sample {
	s.Foreign, s.Heap, s.RSS = true, uint64(C.bench_allocated()), measure.ResidentMemory()
	if d.options.Every == 0 {
		return s
	}
	all := latency.NewRecorder()
	for _, p := range players {
		merge(all, C.player_times(p))
	}
	s.Latency = all.Summary()
	return s
}

func merge(r *latency.Recorder, t *C.struct_times) {
	n := make([]uint64, len(t.counts))
	for i := range n {
		n[i] = uint64(t.counts[i])
	}
	r.AddBuckets(n, int64(t.max))
}
