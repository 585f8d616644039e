package measure

import (
	"fmt"

	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// Finish implements [Driver].
func (b *Bench) Finish() Finding { return Finding{Violations: b.Check()} }

// Check verifies what must hold once nothing runs any
// more: Len equals a walk, every session has one reference of the pool and one
// of the cache if it is there, no id is there twice, nothing lies above the
// capacity, what is there is what the operations' answers add up to, and after
// Close the cache holds no reference.
func (b *Bench) Check() []string {
	if b.target.Null {
		return nil
	}
	var wrong []string
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }

	if b.target.Audit != nil {
		if err := b.target.Audit(b.cache); err != nil {
			fail("audit: %v", err)
		}
	}
	linked := make(map[*shards.Session]struct{}, b.spec.Sessions)
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
	b.checkPool(linked, fail)
	b.checkAnswers(walked, fail)
	b.cache.Close()
	b.checkClosed(fail)
	return wrong
}

// checkPool compares the references of all sessions with where they are.
func (b *Bench) checkPool(linked map[*shards.Session]struct{}, fail func(string, ...any)) {
	found, wrong, double, first := 0, 0, 0, ""
	objects := b.spec.ObjectsPerID()
	ofID := 0
	for i, s := range b.sessions {
		if i%objects == 0 {
			ofID = 0
		}
		want, where := 1, "not in the cache"
		if _, ok := linked[s]; ok {
			want, where = 2, "in the cache"
			found++
			ofID++
			if ofID == 2 {
				double++
			}
		}
		if n := s.References(); n != want {
			if wrong++; wrong == 1 {
				first = fmt.Sprintf("number %d of the pool is %s and has %d, not %d", i, where, n, want)
			}
		}
	}
	if wrong > 0 {
		fail("%d sessions have a wrong number of references; the first, %s", wrong, first)
	}
	if double > 0 {
		fail("%d ids are in the cache more than once", double)
	}
	if strangers := len(linked) - found; strangers > 0 {
		fail("%d sessions in the cache were never added to it", strangers)
	}
	if n := shards.OverReleased() - b.released; n > 0 {
		fail("references were released %d times that nobody held", n)
	}
}

// checkAnswers compares what is in the cache with what its methods returned.
func (b *Bench) checkAnswers(walked int, fail func(string, ...any)) {
	all := b.alone.Plus(b.racing)
	want := b.spec.Sessions
	switch b.spec.Kind {
	case workload.Churn:
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
	case workload.Get:
		if all.Hits != all.Gets {
			fail("%d of %d lookups of ids that were in the cache throughout missed", all.Gets-all.Hits, all.Gets)
		}
	case workload.AddEvict:
		b.checkFull(walked, fail)
		return
	}
	if walked != want {
		fail("%d sessions are in the cache; by what its methods returned there must be %d", walked, want)
	}
}

// slack is how many sessions a cache may keep less than its capacity:
// OpenSSL 3.0.6 and later keep one less.
const slack = 1

func (b *Bench) checkFull(walked int, fail func(string, ...any)) {
	if walked < b.spec.Sessions-slack {
		fail("%d sessions are in a cache that must be full with %d", walked, b.spec.Sessions)
	}
}

func (b *Bench) checkClosed(fail func(string, ...any)) {
	if n := b.cache.Len(); n != 0 {
		fail("after Close, Len is %d", n)
	}
	held := 0
	for _, s := range b.sessions {
		if s.References() != 1 {
			held++
		}
	}
	if held > 0 {
		fail("after Close, %d sessions do not have exactly the reference of the pool", held)
	}
}
