package libssl

// #include "bench.h"
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// Finish implements [measure.Driver]. It verifies what must hold once nothing
// runs any more: SSL_CTX_sess_number equals a walk, what is there can be found
// by its id and nothing else can, every session is of the pool or was made by a
// handshake of scan, no id is there twice, nothing lies above the capacity,
// what is there is what the operations' answers add up to; and that every
// session of the pool had one reference of the pool and one of the cache if it
// was there, so that freeing the SSL_CTX frees none of them and giving back the
// pool's references frees each exactly once.
func (d *driver) Finish() measure.Finding {
	c := check{driver: d}
	if n := c.freed() - int64(C.bench_made(d.bench)); n > 0 {
		// Their memory is no longer ours; the cache may still point to it.
		c.fail("%d sessions were freed while the pool had references on them; nothing else can be checked", n)
		return measure.Finding{Violations: c.wrong}
	}
	c.linked()
	c.answers()
	d.freePlayers()
	C.bench_close(d.bench)
	if !c.closed() {
		return measure.Finding{Violations: c.wrong}
	}
	kept := c.kept()
	c.released()
	return measure.Finding{Violations: c.wrong, Kept: kept}
}

// check is what has been found out.
type check struct {
	*driver
	walked int // sessions in the cache
	wrong  []string
}

func (c *check) fail(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

// freed returns how many sessions libssl has freed since the pool was made.
func (c *check) freed() int64 { return int64(C.bench_freed()) - c.driver.freed }

// walk returns all sessions in the cache.
func (d *driver) walk() []*C.SSL_SESSION {
	found := make([]*C.SSL_SESSION, d.number())
	n := int(C.bench_walk(d.bench, unsafe.SliceData(found), C.size_t(len(found))))
	if n > len(found) {
		found = make([]*C.SSL_SESSION, n)
		C.bench_walk(d.bench, unsafe.SliceData(found), C.size_t(len(found)))
	}
	return found[:n]
}

// linked looks at what is in the cache.
func (c *check) linked() {
	found := c.walk()
	c.walked = len(found)
	if n := c.number(); n != c.walked {
		c.fail("SSL_CTX_sess_number is %d, but a walk finds %d sessions", n, c.walked)
	}
	if n := c.spec.Capacity(); c.walked > n {
		c.fail("%d sessions are in a cache with a capacity of %d", c.walked, n)
	}
	left := make(map[*C.SSL_SESSION]struct{}, c.walked)
	for _, s := range found {
		left[s] = struct{}{}
	}
	if len(left) != c.walked {
		c.fail("a walk finds %d sessions, of which only %d are different", c.walked, len(left))
	}
	ofID := c.pooled(left)
	made := 0
	if c.spec.Kind == workload.Scan {
		made = c.madeByHandshakes(left, ofID)
	}
	if n := len(left) - made; n > 0 {
		c.fail("%d sessions in the cache were never added to it", n)
	}
	double, lost := 0, 0
	for id, n := range ofID {
		if n > 1 {
			double++
		}
		if has := C.player_has(c.made[0], C.size_t(id)) == 1; has != (n > 0) {
			lost++
		}
	}
	if double > 0 {
		c.fail("%d ids are in the cache more than once", double)
	}
	if lost > 0 {
		c.fail("for %d ids, SSL_has_matching_session_id and a walk do not agree", lost)
	}
}

// pooled takes the sessions of the pool out of those that are left, and
// returns how many there were of each id.
func (c *check) pooled(left map[*C.SSL_SESSION]struct{}) (ofID []int) {
	objects := c.spec.ObjectsPerID()
	ofID = make([]int, c.spec.Pool()/objects)
	for i := range c.spec.Pool() {
		s := c.session(i)
		if _, ok := left[s]; ok {
			ofID[i/objects]++
			delete(left, s)
		}
	}
	return ofID
}

// madeByHandshakes counts the sessions among those that are left that may be a
// handshake's, and adds them to those of their ids. All others that handshakes
// made must have been freed.
func (c *check) madeByHandshakes(left map[*C.SSL_SESSION]struct{}, ofID []int) (made int) {
	ids := workload.NewIDs(c.spec.Seed)
	numbers := make(map[[shards.MaxIDLength]byte]int, c.spec.Population())
	for i := range c.spec.Population() {
		var id [shards.MaxIDLength]byte
		ids.Put(&id, uint64(i))
		numbers[id] = i
	}
	for s := range left {
		var length C.uint
		p := C.SSL_SESSION_get_id(s, &length)
		if length != shards.MaxIDLength {
			continue
		}
		if i, ok := numbers[*(*[shards.MaxIDLength]byte)(unsafe.Pointer(p))]; ok {
			ofID[i]++
			made++
		}
	}
	if gone := int64(C.bench_made(c.bench)) - int64(made); c.freed() != gone {
		c.fail("%d sessions that handshakes made are no longer in the cache, %d were freed", gone, c.freed())
	}
	return made
}

// answers compares what is in the cache with what libssl's functions returned.
func (c *check) answers() {
	all := c.alone.Plus(c.racing)
	want := c.left
	switch c.spec.Kind {
	case workload.Churn, workload.ExpiryMixed:
		// Every removal is followed by an add of the same session.
		if a := c.alone; a.Added != a.Adds || a.Removed != a.Removes {
			c.fail("of %d removals and %d adds of sessions that no other thread used, %d and %d did something", a.Removes, a.Adds, a.Removed, a.Added)
		}
	case workload.Mixed:
		want += int(all.Added) - int(all.Removed)
	case workload.Identical:
		if all.Added != 0 {
			c.fail("%d of %d adds of a session that was in the cache returned 1", all.Added, all.Adds)
		}
	case workload.Get, workload.Hot, workload.Flush:
		if all.Hits != all.Gets {
			c.fail("%d of %d lookups of ids that were in the cache throughout missed", all.Gets-all.Hits, all.Gets)
		}
		if c.missed != 0 {
			c.fail("flushes removed %d sessions less than were expired", c.missed)
		}
	case workload.Fill:
		if all.Added != all.Adds {
			c.fail("%d of %d adds to a cache with room for all did nothing", all.Adds-all.Added, all.Adds)
		}
	}
	if c.walked != want {
		c.fail("%d sessions are in the cache; by what libssl returned there must be %d", c.walked, want)
	}
}

// closed looks at what freeing the SSL_CTX has freed, and reports whether the
// pool's sessions are still there.
func (c *check) closed() bool {
	made := int64(C.bench_made(c.bench))
	if n := c.freed() - made; n > 0 {
		c.fail("freeing the SSL_CTX freed %d sessions on which the pool had references", n)
		return false
	} else if n < 0 {
		c.fail("after freeing the SSL_CTX, %d sessions that handshakes made are still there", -n)
	}
	return true
}

// kept measures how well the cache chooses whom to evict, nil where eviction
// is not what the workload is about: one thread adds 3N sessions to another
// SSL_CTX with a capacity of N and looks which of the newest N are there.
func (c *check) kept() *float64 {
	if c.spec.Kind != workload.AddEvict {
		return nil
	}
	if err := c.openContext(); err != nil {
		c.fail("%v", err)
		return nil
	}
	n := c.spec.Sessions
	C.bench_add(c.bench, 0, C.size_t(3*n))
	there := make(map[*C.SSL_SESSION]struct{}, n)
	for _, s := range c.walk() {
		there[s] = struct{}{}
	}
	found := 0
	for i := 2 * n; i < 3*n; i++ {
		if _, ok := there[c.session(i)]; ok {
			found++
		}
	}
	C.bench_close(c.bench)
	share := float64(found) / float64(n)
	return &share
}

// released gives back the pool's references and everything else.
func (c *check) released() {
	before, many := c.freed(), 0
	for i := range c.spec.Pool() {
		if C.bench_release(c.bench, C.size_t(i)) != 1 {
			many++
		}
	}
	if many > 0 {
		c.fail("%d sessions were not freed when the pool gave back what must have been the last reference", many)
	} else if n := c.freed() - before; n != int64(c.spec.Pool()) {
		c.fail("%d sessions of %d were freed", n, c.spec.Pool())
	}
	c.close()
}
