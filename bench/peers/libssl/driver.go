package libssl

// #include "bench.h"
// #include <stdlib.h>
import "C"

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	spec      workload.Spec
	options   measure.Options
	shortfall C.long // sessions that libssl keeps less than it is told
	created   int64  // the Unix second that the sessions' times go by
	bench     *C.struct_bench
	rings     []*C.struct_ring
	players   map[int][]*C.struct_player // by the number of goroutines
	made      []*C.struct_player         // all there are

	description measure.Description
	freed       int64 // sessions that libssl had freed when the pool had been made

	// What was played, by threads that had their sessions to themselves and by
	// threads that shared them.
	alone, racing workload.Counts

	// left is how many sessions the last round left in the cache; of workloads
	// without rounds it is what was linked at the beginning.
	left int

	missed int // sessions that flushes should have removed and did not
}

// open makes the sessions of a workload, a cache with those that are linked at
// the beginning, and the players for the numbers of goroutines that are going
// to be used.
func open(s workload.Spec, o measure.Options) (_ *driver, err error) {
	play, ok := plays[s.Kind]
	if !ok {
		return nil, fmt.Errorf("target libssl does not play workload %q", s.Kind)
	}
	d := &driver{
		spec: s, options: o, shortfall: C.bench_shortfall(), created: time.Now().Unix(), left: s.Linked(),
		players: make(map[int][]*C.struct_player),
	}
	if d.shortfall < 0 || d.shortfall > 1 {
		return nil, fmt.Errorf("%s keeps %d sessions less than SSL_CTX_sess_set_cache_size says; supported are 0 and 1", Version(), d.shortfall)
	}
	kinds := s.StateKinds()
	var versions [len(kinds)]C.uint16_t
	for i, kind := range kinds {
		versions[i] = C.uint16_t(version(kind))
	}
	d.bench = C.bench_new(C.size_t(s.Pool()), &versions[0], C.uint64_t(workload.NewIDs(s.Seed).Start()))
	if d.bench == nil {
		return nil, fmt.Errorf("libssl: a pool of %d sessions: %w", s.Pool(), syscall.ENOMEM)
	}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if err := d.fillPool(); err != nil {
		return nil, err
	}
	if err := d.preparePlayers(play); err != nil {
		return nil, err
	}
	d.settle()
	return d, nil
}

// fillPool makes the sessions, links those that are linked at the beginning
// and measures the memory of both.
func (d *driver) fillPool() error {
	empty := C.bench_allocated()
	if err := d.makeSessions(); err != nil {
		return err
	}
	d.freed = int64(C.bench_freed())
	full := C.bench_allocated()
	if err := d.openContext(); err != nil {
		return err
	}
	if err := d.link(); err != nil {
		return err
	}
	if linked := C.bench_allocated(); linked > 0 {
		d.description.Memory = &measure.Memory{
			Linked:  d.spec.Linked(),
			Session: (float64(full) - float64(empty)) / float64(d.spec.Pool()),
			Table:   (float64(linked) - float64(full)) / float64(d.spec.Linked()),
		}
	}
	return nil
}

func (d *driver) makeSessions() error {
	forms, err := newStates(d.spec.States, d.created+d.spec.CreatedAhead())
	if err != nil {
		return err
	}
	d.description.Note = describe(forms)
	kinds, timeout := d.spec.StateKinds(), d.spec.Timeouts()
	ids, objects := workload.NewIDs(d.spec.Seed), d.spec.ObjectsPerID()
	var id [shards.MaxIDLength]byte
	for i := range d.spec.Pool() {
		number := i / objects
		ids.Put(&id, uint64(number))
		kind := forms[kinds[number%len(kinds)]]
		der := kind[i/len(kinds)%len(kind)]
		if C.bench_make(d.bench, C.size_t(i), (*C.uchar)(&der[0]), C.size_t(len(der)), (*C.uchar)(&id[0]), C.long(timeout(i))) != 1 {
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

func (d *driver) openContext() error {
	if C.bench_open(d.bench, C.long(d.spec.Capacity())+d.shortfall) != 1 {
		return fmt.Errorf("%s makes no SSL_CTX", Version())
	}
	return nil
}

// link adds what is linked at the beginning.
func (d *driver) link() error {
	for n, i := range d.linkOrder() {
		if !d.add(i) {
			return fmt.Errorf("%s did not take session %d of %d while the cache was filled", Version(), n, d.spec.Linked())
		}
	}
	return nil
}

// linkOrder returns the numbers of the objects that are linked at the
// beginning, by their expiry: libssl keeps a list in that order and begins with
// the latest when it looks for a place in it. In any other order the n-th add
// takes n steps, so that linking a million sessions would take hours.
func (d *driver) linkOrder() []int {
	order := make([]int, d.spec.Linked())
	for i := range order {
		order[i] = i * d.spec.ObjectsPerID()
	}
	timeout := d.spec.Timeouts()
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(timeout(i), timeout(j)) })
	return order
}

// Describe implements [measure.Driver].
func (d *driver) Describe() measure.Description { return d.description }

// plays says what players do with the operations of a workload.
var plays = map[workload.Kind]uint32{
	workload.Churn:       C.PLAY_CHURN,
	workload.AddEvict:    C.PLAY_ADDS,
	workload.Identical:   C.PLAY_ADDS,
	workload.Replace:     C.PLAY_ADDS,
	workload.Get:         C.PLAY_GETS,
	workload.Mixed:       C.PLAY_MIXED,
	workload.ExpiryMixed: C.PLAY_CHURN,
	workload.Hot:         C.PLAY_GETS,
	workload.Fill:        C.PLAY_ADDS,
	workload.Scan:        C.PLAY_SCAN,
	workload.Flush:       C.PLAY_GETS,
}

// preparePlayers makes the players for all numbers of goroutines. Player i
// plays the same stream whatever the number, and goes on where it stopped,
// unless players divide the sessions.
func (d *driver) preparePlayers(play uint32) error {
	if !d.spec.Divided() {
		all, err := d.newPlayers(play, slices.Max(d.options.Goroutines))
		for _, g := range d.options.Goroutines {
			d.players[g] = all[:min(g, len(all))]
		}
		return err
	}
	for _, g := range d.options.Goroutines {
		var err error
		if d.players[g], err = d.newPlayers(play, g); err != nil {
			return err
		}
	}
	return nil
}

func (d *driver) newPlayers(play uint32, goroutines int) (players []*C.struct_player, err error) {
	every := d.options.Every
	if d.spec.Kind == workload.Flush && every > 0 {
		every = 1
	}
	streams := workload.NewStreams(d.spec, goroutines)
	var ring *C.struct_ring
	if first, shared := streams[0].Ring(); shared {
		if ring = C.ring_new(C.uint64_t(first)); ring == nil {
			return nil, syscall.ENOMEM
		}
		d.rings = append(d.rings, ring)
	}
	for i, stream := range streams {
		operations := stream.Operations()
		p := C.player_new(d.bench, play, (*C.uint32_t)(unsafe.Pointer(unsafe.SliceData(operations))), C.size_t(len(operations)),
			ring, C.uint64_t(every), C.uint64_t(i))
		if p == nil {
			return nil, errors.New(Version() + " makes no SSL, or there is no memory")
		}
		d.made = append(d.made, p)
		players = append(players, p)
	}
	return players, nil
}

// settle plays what goes before the first slice.
func (d *driver) settle() {
	if n := d.spec.Settling(); n > 0 {
		player := d.players[slices.Min(d.options.Goroutines)][:1]
		d.count(player, d.race(player, forever, int64(n)).counts)
	}
}

// close frees everything.
func (d *driver) close() {
	d.freePlayers()
	C.bench_free(d.bench)
	d.bench = nil
}

// freePlayers frees the players, which have references on the SSL_CTX.
func (d *driver) freePlayers() {
	for _, p := range d.made {
		C.player_free(p)
	}
	for _, r := range d.rings {
		C.free(unsafe.Pointer(r))
	}
	d.made, d.rings, d.players = nil, nil, nil
}
