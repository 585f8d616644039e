package libssl

// #include "bench.h"
// #include <stdlib.h>
import "C"

import (
	"time"
	"unsafe"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/workload"
)

// Single calls. Most are for tests, in whose files cgo cannot be used.

func (d *driver) session(i int) *C.SSL_SESSION { return C.bench_session(d.bench, C.size_t(i)) }

func (d *driver) add(i int) bool {
	return C.SSL_CTX_add_session(C.bench_ctx(d.bench), d.session(i)) == 1
}

func (d *driver) remove(i int) bool {
	return C.SSL_CTX_remove_session(C.bench_ctx(d.bench), d.session(i)) == 1
}

func (d *driver) upRef(i int) bool { return C.SSL_SESSION_up_ref(d.session(i)) == 1 }

func (d *driver) free(i int) { C.SSL_SESSION_free(d.session(i)) }

func (d *driver) number() int { return int(C.bench_number(d.bench)) }

// form returns a session in its ASN.1 form.
func (d *driver) form(i int) []byte {
	p := C.malloc(C.size_t(C.i2d_SSL_SESSION(d.session(i), nil)))
	defer C.free(p)
	end := (*C.uchar)(p)
	n := C.i2d_SSL_SESSION(d.session(i), &end)
	return C.GoBytes(p, n)
}

// playHere plays in one thread that nobody stops.
func (d *driver) playHere(p *C.struct_player, length time.Duration) workload.Counts {
	var c C.struct_counts
	C.bench_play_here(d.bench, p, C.int64_t(length), &c)
	d.alone = d.alone.Plus(counts(c))
	return counts(c)
}

// linkedNow returns the numbers of the pool's sessions that are in the cache.
func (d *driver) linkedNow() (numbers []int) {
	there := make(map[*C.SSL_SESSION]bool)
	for _, s := range d.walk() {
		there[s] = true
	}
	for i := range d.spec.Pool() {
		if there[d.session(i)] {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

// firstMade returns a session in the cache that a handshake made.
func (d *driver) firstMade() *C.SSL_SESSION {
	pool := make(map[*C.SSL_SESSION]bool)
	for i := range d.spec.Pool() {
		pool[d.session(i)] = true
	}
	for _, s := range d.walk() {
		if !pool[s] {
			return s
		}
	}
	return nil
}

func (d *driver) removeMade() { C.SSL_CTX_remove_session(C.bench_ctx(d.bench), d.firstMade()) }

func (d *driver) upRefMade() { C.SSL_SESSION_up_ref(d.firstMade()) }

// addStranger adds a session with an id that no object has.
func (d *driver) addStranger() {
	s := C.SSL_SESSION_dup(d.session(0))
	id := [...]C.uchar{1, 2, 3}
	C.SSL_SESSION_set1_id(s, &id[0], C.uint(len(id)))
	C.SSL_CTX_add_session(C.bench_ctx(d.bench), s)
	C.SSL_SESSION_free(s)
}

// record records times in buckets and adds them to r.
func record(r *latency.Recorder, nanoseconds []int64) {
	t := C.times_new(1, 0)
	defer C.free(unsafe.Pointer(t))
	for _, n := range nanoseconds {
		C.times_record(t, C.int64_t(n))
	}
	merge(r, t)
}
