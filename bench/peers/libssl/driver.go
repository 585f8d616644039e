package libssl

// #include "bench.h"
// #include <stdlib.h>
import "C"

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// driver is the [measure.Driver] of libssl. Its methods must not be called at
// the same time, and none after Finish.
type driver struct {
	spec    workload.Spec
	bench   *C.struct_bench
	rings   []*C.struct_ring
	players map[int][]*C.struct_player // by the number of goroutines
	made    []*C.struct_player         // all there are

	description measure.Description
	freed       int64 // sessions that libssl had freed when the pool had been made

	// What was played, by threads that had their sessions to themselves and by
	// threads that shared them.
	alone, racing workload.Counts
}

// open makes the sessions of a workload, a cache that has one session of every
// id, and the players for the numbers of goroutines that are going to be used.
func open(s workload.Spec, o measure.Options) (_ *driver, err error) {
	shortfall := C.bench_shortfall()
	if shortfall < 0 || shortfall > 1 {
		return nil, fmt.Errorf("%s keeps %d sessions less than SSL_CTX_sess_set_cache_size says; supported are 0 and 1", Version(), shortfall)
	}
	d := &driver{spec: s, players: make(map[int][]*C.struct_player)}
	kinds := s.StateKinds()
	var versions [len(kinds)]C.uint16_t
	for i, kind := range kinds {
		versions[i] = C.uint16_t(version(kind))
	}
	d.bench = C.bench_new(C.size_t(s.Pool()), &versions[0], C.uint64_t(workload.NewIDs(s.Seed).Start()))
	if d.bench == nil {
		return nil, fmt.Errorf("libssl: no memory for a pool of %d sessions", s.Pool())
	}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	empty := C.bench_allocated()
	if err := d.makeSessions(time.Now().Unix()); err != nil {
		return nil, err
	}
	d.freed = int64(C.bench_freed())
	full := C.bench_allocated()
	if C.bench_open(d.bench, C.long(s.Capacity())+shortfall) != 1 {
		return nil, fmt.Errorf("%s makes no SSL_CTX", Version())
	}
	if err := d.link(); err != nil {
		return nil, err
	}
	d.description.Memory = &measure.Memory{
		Linked:  s.Sessions,
		Session: (float64(full) - float64(empty)) / float64(s.Pool()),
		Table:   (float64(C.bench_allocated()) - float64(full)) / float64(s.Sessions),
	}
	if err := d.prepare(o.Goroutines); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *driver) makeSessions(created int64) error {
	forms, err := newStates(d.spec.States, created)
	if err != nil {
		return err
	}
	d.description.States = describe(forms)
	kinds, ids, objects := d.spec.StateKinds(), workload.NewIDs(d.spec.Seed), d.spec.ObjectsPerID()
	var id [shards.MaxIDLength]byte
	for i := range d.spec.Pool() {
		number := i / objects
		ids.Put(&id, uint64(number))
		kind := forms[kinds[number%len(kinds)]]
		der := kind[i/len(kinds)%len(kind)]
		if C.bench_make(d.bench, C.size_t(i), (*C.uchar)(&der[0]), C.size_t(len(der)), (*C.uchar)(&id[0])) != 1 {
			return fmt.Errorf("%s makes no session %d of %d", Version(), i, d.spec.Pool())
		}
	}
	return nil
}

// describe names the kinds and the sizes of their ASN.1 forms with an id, in
// bytes.
func describe(forms states) string {
	var parts []string
	for kind, name := range [...]string{"tls13", "tls12", "mtls13", "mtls12"} {
		if len(forms[kind]) > 0 {
			parts = append(parts, fmt.Sprintf("%s %d B", name, len(forms[kind][0])+shards.MaxIDLength))
		}
	}
	return Version() + ", sessions in ASN.1: " + strings.Join(parts, ", ")
}

// link adds one session of every id.
func (d *driver) link() error {
	ctx := C.bench_ctx(d.bench)
	for i := range d.spec.Sessions {
		if C.SSL_CTX_add_session(ctx, d.session(i*d.spec.ObjectsPerID())) != 1 {
			return fmt.Errorf("%s did not take session %d of %d while the cache was filled", Version(), i, d.spec.Sessions)
		}
	}
	return nil
}

func (d *driver) session(i int) *C.SSL_SESSION { return C.bench_session(d.bench, C.size_t(i)) }

// Describe implements [measure.Driver].
func (d *driver) Describe() measure.Description { return d.description }

// prepare makes the players for up to the given number of goroutines. Player i
// plays the same stream whatever the number, and goes on where it stopped,
// unless keys are disjoint.
func (d *driver) prepare(goroutines []int) error {
	if !d.spec.Disjoint || d.spec.Kind == workload.AddEvict {
		all, err := d.newPlayers(slices.Max(goroutines))
		if err != nil {
			return err
		}
		for _, g := range goroutines {
			d.players[g] = all[:g]
		}
		return nil
	}
	for _, g := range goroutines {
		var err error
		if d.players[g], err = d.newPlayers(g); err != nil {
			return err
		}
	}
	return nil
}

// plays says what players do with the operations of a workload.
var plays = map[workload.Kind]uint32{
	workload.Churn:     C.PLAY_CHURN,
	workload.AddEvict:  C.PLAY_ADDS,
	workload.Identical: C.PLAY_ADDS,
	workload.Replace:   C.PLAY_ADDS,
	workload.Get:       C.PLAY_GETS,
	workload.Mixed:     C.PLAY_MIXED,
}

func (d *driver) newPlayers(goroutines int) (players []*C.struct_player, err error) {
	play, ok := plays[d.spec.Kind]
	if !ok {
		return nil, fmt.Errorf("target libssl does not play workload %s", d.spec.Kind)
	}
	var ring *C.struct_ring
	for _, stream := range workload.NewStreams(d.spec, goroutines) {
		if first, shared := stream.Ring(); shared && ring == nil {
			if ring = C.ring_new(C.uint64_t(first)); ring == nil {
				return nil, syscall.ENOMEM
			}
			d.rings = append(d.rings, ring)
		}
		operations := stream.Operations()
		p := C.player_new(d.bench, play, (*C.uint32_t)(unsafe.Pointer(&operations[0])), C.size_t(len(operations)), ring)
		if p == nil {
			return nil, fmt.Errorf("%s: no player with %d operations can be made", Version(), len(operations))
		}
		players = append(players, p)
	}
	d.made = append(d.made, players...)
	return players, nil
}

// Slice implements [measure.Driver].
func (d *driver) Slice(goroutines int, length time.Duration, stop *atomic.Bool) measure.Sample {
	done := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() { d.watch(stop, done) })
	sample := d.play(goroutines, length, math.MaxInt64)
	close(done)
	watcher.Wait()
	return sample
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

// play plays for a while, or until each player has played most operations.
func (d *driver) play(goroutines int, length time.Duration, most int64) measure.Sample {
	players := d.players[goroutines]
	if players == nil {
		panic(fmt.Sprintf("libssl: the driver was not opened for %d goroutines", goroutines))
	}
	var out C.struct_outcome
	if e := C.bench_play(d.bench, &players[0], C.int(goroutines), C.int64_t(length), C.uint64_t(most), &out); e != 0 {
		panic(fmt.Sprintf("libssl: starting %d threads: %v", goroutines, syscall.Errno(e)))
	}
	s := measure.Sample{Elapsed: time.Duration(out.elapsed), Counts: counts(out.counts)}
	if goroutines == 1 || d.spec.Disjoint {
		d.alone = d.alone.Plus(s.Counts)
	} else {
		d.racing = d.racing.Plus(s.Counts)
	}
	return s
}

func counts(c C.struct_counts) workload.Counts {
	return workload.Counts{
		Adds: uint64(c.adds), Added: uint64(c.added),
		Removes: uint64(c.removes), Removed: uint64(c.removed),
		Gets: uint64(c.gets), Hits: uint64(c.hits),
	}
}

// close frees everything.
func (d *driver) close() {
	for _, p := range d.made {
		C.player_free(p)
	}
	for _, r := range d.rings {
		C.free(unsafe.Pointer(r))
	}
	C.bench_free(d.bench)
	d.made, d.rings, d.players, d.bench = nil, nil, nil, nil
}
