package measure

import (
	"fmt"
	"slices"

	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// Finish implements [Driver].
func (b *Bench) Finish() (f Finding) {
	if b.target.Loses != "" {
		f.Losses, f.Kept = b.losses()
	} else {
		f.Violations = b.Check()
	}
	if b.spec.Kind != workload.AddEvict || !b.target.counts() {
		return f
	}
	kept, err := b.kept()
	if err != nil {
		f.Violations = append(f.Violations, err.Error())
		return f
	}
	f.Kept = &kept
	return f
}

// Check verifies what must hold once nothing runs any more: Len equals a walk,
// every session has one reference of the pool and one of the cache if it is
// there, no id is there twice, nothing lies above the capacity, what is there
// is what the operations' answers add up to, and after Close the cache holds
// no reference.
func (b *Bench) Check() []string {
	if !b.target.counts() {
		return nil
	}
	var wrong []string
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }

	if b.target.Audit != nil {
		if err := b.target.Audit(b.cache); err != nil {
			fail("audit: %v", err)
		}
	}
	linked := make(map[*shards.Session]struct{}, b.spec.Linked())
	walked := 0
	for s := range b.cache.All() {
		linked[s] = struct{}{}
		walked++
	}
	if n := b.cache.Len(); n != walked {
		fail("Len is %d, but a walk finds %d sessions", n, walked)
	}
	if walked != len(linked) {
		fail("a walk finds %d sessions, of which only %d are different", walked, len(linked))
	}
	if n := b.spec.Capacity(); walked > n {
		fail("%d sessions are in a cache with a capacity of %d", walked, n)
	}
	made := b.checkPool(linked, fail)
	b.checkAnswers(walked, fail)
	b.cache.Close()
	b.checkClosed(made, fail)
	return wrong
}

// checkPool compares the references of all sessions with where they are. It
// returns those in the cache that were made on the way.
func (b *Bench) checkPool(linked map[*shards.Session]struct{}, fail func(string, ...any)) (made []*shards.Session) {
	var references, double tally
	objects := b.spec.ObjectsPerID()
	ofID := 0
	for i, s := range b.sessions {
		if i%objects == 0 {
			ofID = 0
		}
		want, where := 1, "not in the cache"
		if _, ok := linked[s]; ok {
			want, where = 2, "in the cache"
			delete(linked, s)
			if ofID++; ofID == 2 {
				double.count("")
			}
		}
		if n := s.References(); n != want {
			references.count(fmt.Sprintf("number %d of the pool is %s and has %d, not %d", i, where, n, want))
		}
	}
	strangers := len(linked)
	if b.spec.Kind == workload.Scan {
		made = b.checkMade(linked, &references, &double)
		strangers -= len(made)
	}
	if references.n > 0 {
		fail("%d sessions have a wrong number of references; the first, %s", references.n, references.first)
	}
	if double.n > 0 {
		fail("%d ids are in the cache more than once", double.n)
	}
	if strangers > 0 {
		fail("%d sessions in the cache were never added to it", strangers)
	}
	if n := shards.OverReleased() - b.released; n > 0 {
		fail("references were released %d times that nobody held", n)
	}
	return made
}

// tally counts faults and keeps what the first was.
type tally struct {
	n     int
	first string
}

func (t *tally) count(what string) {
	if t.n++; t.n == 1 {
		t.first = what
	}
}

// checkMade looks at the sessions in the cache that are not of the pool: each
// must be one that a handshake of Scan made, on which only the cache has a
// reference. It returns those.
func (b *Bench) checkMade(strangers map[*shards.Session]struct{}, references, double *tally) (made []*shards.Session) {
	present := make(map[[shards.MaxIDLength]byte]bool, b.spec.Population()) // whose session is there
	for i := range b.spec.Population() {
		var id [shards.MaxIDLength]byte
		b.ids.Put(&id, uint64(i))
		present[id] = b.sessions[i].References() > 1
	}
	for s := range strangers {
		var id [shards.MaxIDLength]byte
		s.AppendID(id[:0])
		there, known := present[id]
		if !known {
			continue
		}
		made = append(made, s)
		if there {
			double.count("")
		}
		present[id] = true
		if n := s.References(); n != 1 {
			references.count(fmt.Sprintf("one that was made on the way is in the cache and has %d, not 1", n))
		}
	}
	return made
}

// checkAnswers compares what is in the cache with what its methods returned.
func (b *Bench) checkAnswers(walked int, fail func(string, ...any)) {
	all := b.alone.Plus(b.racing)
	want := b.left
	switch b.spec.Kind {
	case workload.Churn, workload.ExpiryMixed:
		// Every removal is followed by an add of the same session.
		if a := b.alone; a.Added != a.Adds || a.Removed != a.Removes {
			fail("of %d removals and %d adds of sessions that no other goroutine used, %d and %d did something", a.Removes, a.Adds, a.Removed, a.Added)
		}
	case workload.Mixed:
		want += int(all.Added) - int(all.Removed)
	case workload.Identical:
		if all.Added != 0 {
			fail("%d of %d adds of a session that was in the cache returned true", all.Added, all.Adds)
		}
	case workload.Get, workload.Hot, workload.Flush:
		if all.Hits != all.Gets {
			fail("%d of %d lookups of ids that were in the cache throughout missed", all.Gets-all.Hits, all.Gets)
		}
		if b.missed != 0 {
			fail("flushes removed %d sessions less than were expired", b.missed)
		}
	case workload.Fill:
		if all.Added != all.Adds {
			fail("%d of %d adds to a cache with room for all did nothing", all.Adds-all.Added, all.Adds)
		}
	case workload.AddEvict, workload.Scan:
		b.checkFull(walked, fail)
		return
	}
	if walked != want {
		fail("%d sessions are in the cache; by what its methods returned there must be %d", walked, want)
	}
}

// checkFull allows for what a cache may keep less than its capacity: OpenSSL
// 3.0.6 and later keep one less, and where goroutines race to add sessions of
// one id, each may have evicted for an add that then replaced.
func (b *Bench) checkFull(walked int, fail func(string, ...any)) {
	slack := 1
	if b.spec.Kind == workload.Scan {
		slack += slices.Max(b.options.Goroutines)
	}
	if walked < b.spec.Sessions-slack {
		fail("%d sessions are in a cache that must be full with %d", walked, b.spec.Sessions)
	}
}

func (b *Bench) checkClosed(made []*shards.Session, fail func(string, ...any)) {
	if n := b.cache.Len(); n != 0 {
		fail("after Close, Len is %d", n)
	}
	if held := b.held(); held > 0 {
		fail("after Close, %d sessions do not have exactly the reference of the pool", held)
	}
	held := 0
	for _, s := range made {
		if s.References() != 0 {
			held++
		}
	}
	if held > 0 {
		fail("after Close, %d sessions that were made on the way are still referenced", held)
	}
}

// held returns how many sessions of the pool have other references than its
// own.
func (b *Bench) held() (n int) {
	for _, s := range b.sessions {
		if s.References() != 1 {
			n++
		}
	}
	return n
}
