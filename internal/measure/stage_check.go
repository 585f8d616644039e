package measure

import (
	"fmt"

	"github.com/reprise-tls/reprise/shards"
)

// Finish ends the scenario: it checks the cache, as far as the target can be
// held to anything, closes it and ends the capture, whose error it returns.
func (g *Stage) Finish() (Finding, error) {
	f := Finding{}
	switch {
	case g.target.Loses != "":
		g.cache.Close()
	case g.target.counts():
		f.Violations = g.check()
	}
	return f, g.capture.close()
}

// check verifies what must hold once nothing runs any more: Len equals a walk,
// no session and no id is there twice, nothing lies above the capacity, every
// session there has the cache's reference, and one of the pool's if it is of
// the pool, and no other; after Close the cache has none.
func (g *Stage) check() (wrong []string) {
	fail := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	cache := inner(g.cache)
	if g.target.Audit != nil {
		if err := g.target.Audit(cache); err != nil {
			fail("audit: %v", err)
		}
	}
	pool := make(map[*shards.Session]bool, len(g.sessions)) // whether it is in the cache
	for _, s := range g.sessions {
		pool[s] = false
	}
	linked := make(map[*shards.Session]struct{})
	ids := make(map[string]struct{})
	walked, references := 0, tally{}
	for s := range cache.All() { // which may hold a reference meanwhile
		walked++
		linked[s] = struct{}{}
		ids[string(s.ID())] = struct{}{}
	}
	for s := range linked {
		want := 1
		if _, ours := pool[s]; ours {
			pool[s] = true
			want = 2
		}
		if n := s.References(); n != want {
			references.count(fmt.Sprintf("one in the cache has %d, not %d", n, want))
		}
	}
	for s, there := range pool {
		if n := s.References(); !there && n != 1 {
			references.count(fmt.Sprintf("one of the pool that is not in the cache has %d, not 1", n))
		}
	}
	if n := cache.Len(); n != walked {
		fail("Len is %d, but a walk finds %d sessions", n, walked)
	}
	if walked != len(linked) || walked != len(ids) {
		fail("a walk finds %d sessions, of which %d are different, with %d different ids", walked, len(linked), len(ids))
	}
	if n := g.scenario.Capacity; n != shards.Unlimited && walked > n {
		fail("%d sessions are in a cache with a capacity of %d", walked, n)
	}
	if references.n > 0 {
		fail("%d sessions have a wrong number of references; the first, %s", references.n, references.first)
	}
	if n := shards.OverReleased() - g.released; n > 0 {
		fail("references were released %d times that nobody held", n)
	}
	g.cache.Close()
	g.checkClosed(linked, pool, fail)
	return wrong
}

func (g *Stage) checkClosed(linked map[*shards.Session]struct{}, pool map[*shards.Session]bool, fail func(string, ...any)) {
	if n := g.cache.Len(); n != 0 {
		fail("after Close, Len is %d", n)
	}
	held := 0
	for s := range linked {
		want := 0
		if _, ours := pool[s]; ours {
			want = 1
		}
		if s.References() != want {
			held++
		}
	}
	if held > 0 {
		fail("after Close, %d sessions do not have the references they must have", held)
	}
}
