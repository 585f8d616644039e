package libssl

// #include "bench.h"
import "C"

import (
	"fmt"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
)

// Finish implements [measure.Driver]. It verifies what must hold once nothing
// runs any more: SSL_CTX_sess_number equals a walk, what is there can be found
// by its id and nothing else can, every session is of the pool and no id is
// there twice, nothing lies above the capacity, what is there is what the
// operations' answers add up to; and that every session had one reference of
// the pool and one of the cache if it was there, so that freeing the SSL_CTX
// frees none and giving back the pool's references frees each exactly once.
func (d *driver) Finish() measure.Finding {
	var c check
	if n := int64(C.bench_freed()) - d.freed; n > 0 {
		// Their memory is no longer ours; the cache may still point to it.
		c.fail("%d sessions were freed while the pool had references on them; nothing else can be checked", n)
		return measure.Finding{Violations: c.wrong}
	}
	walked := d.checkLinked(&c)
	d.checkAnswers(walked, &c)
	d.checkReferences(&c)
	return measure.Finding{Violations: c.wrong}
}

type check struct{ wrong []string }

func (c *check) fail(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

// checkLinked looks at what is in the cache and returns how many sessions a
// walk finds.
func (d *driver) checkLinked(c *check) (walked int) {
	number := int(C.bench_number(d.bench))
	found := make([]*C.SSL_SESSION, max(number, 1))
	walked = int(C.bench_walk(d.bench, &found[0], C.size_t(len(found))))
	if number != walked {
		c.fail("SSL_CTX_sess_number is %d, but a walk finds %d sessions", number, walked)
	}
	linked := make(map[*C.SSL_SESSION]struct{}, walked)
	for _, s := range found[:min(walked, len(found))] {
		linked[s] = struct{}{}
	}
	if n := d.spec.Capacity(); walked > n {
		c.fail("%d sessions are in a cache with a capacity of %d", walked, n)
	}
	objects, ofPool, double, lost := d.spec.ObjectsPerID(), 0, 0, 0
	for id := range d.spec.Pool() / objects {
		ofID := 0
		for i := range objects {
			if _, ok := linked[d.session(id*objects+i)]; ok {
				ofID++
			}
		}
		ofPool += ofID
		if ofID > 1 {
			double++
		}
		if has := C.player_has(d.made[0], C.size_t(id)) == 1; has != (ofID > 0) {
			lost++
		}
	}
	if strangers := walked - ofPool; strangers > 0 {
		c.fail("%d sessions in the cache were never added to it, or are there twice", strangers)
	}
	if double > 0 {
		c.fail("%d ids are in the cache more than once", double)
	}
	if lost > 0 {
		c.fail("for %d ids, SSL_has_matching_session_id and a walk do not agree", lost)
	}
	return walked
}

// checkAnswers compares what is in the cache with what libssl's functions
// returned.
func (d *driver) checkAnswers(walked int, c *check) {
	all := d.alone.Plus(d.racing)
	want := d.spec.Sessions
	switch d.spec.Kind {
	case workload.Churn:
		// Every removal is followed by an add of the same session.
		if a := d.alone; a.Added != a.Adds || a.Removed != a.Removes {
			c.fail("of %d removals and %d adds of sessions that no other thread used, %d and %d did something", a.Removes, a.Adds, a.Removed, a.Added)
		}
	case workload.Mixed:
		want += int(all.Added) - int(all.Removed)
	case workload.Identical:
		if all.Added != 0 {
			c.fail("%d of %d adds of a session that was in the cache returned 1", all.Added, all.Adds)
		}
	case workload.Get:
		if all.Hits != all.Gets {
			c.fail("%d of %d lookups of ids that were in the cache throughout missed", all.Gets-all.Hits, all.Gets)
		}
	}
	if walked != want {
		c.fail("%d sessions are in the cache; by what libssl returned there must be %d", walked, want)
	}
}

// checkReferences frees everything.
func (d *driver) checkReferences(c *check) {
	for _, p := range d.made {
		C.player_free(p) // it has references on the SSL_CTX
	}
	d.made = nil
	C.bench_close(d.bench)
	if n := int64(C.bench_freed()) - d.freed; n > 0 {
		c.fail("freeing the SSL_CTX freed %d sessions on which the pool had references", n)
		return // the pool's pointers may be dangling
	}
	many := 0
	for i := range d.spec.Pool() {
		if C.bench_release(d.bench, C.size_t(i)) != 1 {
			many++
		}
	}
	if many > 0 {
		c.fail("%d sessions were not freed when the pool gave back what must have been the last reference", many)
	}
	if n := int64(C.bench_freed()) - d.freed; many == 0 && n != int64(d.spec.Pool()) {
		c.fail("%d sessions of %d were freed", n, d.spec.Pool())
	}
	d.close()
}
