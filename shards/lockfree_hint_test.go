package shards

import "testing"

// hinted returns a table of one shard that evicts by sampling, with one
// session in it, and the session's bucket.
func hinted(t *testing.T, expiry int64) (table *LockFree, s *Session, at uint64) {
	t.Helper()
	table = NewLockFree(Options{Capacity: exactCapacity + 1, Sink: &countingSink{}, ProbationPercent: 25})
	if len(table.shards) != 1 || table.places.exact() {
		t.Fatal("a table of this capacity does not sample, or has several shards")
	}
	s = numbered(t, 1)
	if got := table.Add(s, expiry, 1000, false); got != Added {
		t.Fatal(got)
	}
	return table, s, s.hash & table.shards[0].current.Load().mask
}

// A bucket that does not have what its hint promised keeps its session, and
// gets the right hint; one that has something as early gives it up.
func TestEvictionCorrectsHints(t *testing.T) {
	table, s, at := hinted(t, 5000)
	c := table.shards[0].current.Load()
	b := &c.slots[at]
	want := order(s, 5000)
	if got := b.hint.Load(); got != want {
		t.Fatalf("the hint is %#x after Add, want %#x", got, want)
	}

	gone := order(s, 4000) // of a session that somebody removed
	b.hint.Store(gone)
	if n := table.unlinkAt(c, candidate{order: gone, bucket: at}, 1000); n != nil {
		t.Error("a session was evicted that is later than the hint said")
	}
	if got := b.hint.Load(); got != want {
		t.Errorf("the hint is %#x, want %#x", got, want)
	}
	if !table.Contains(s.ID()) {
		t.Fatal("the session has left the table")
	}

	n := table.unlinkAt(c, candidate{order: want, bucket: at}, 1000)
	if n == nil || n.session != s {
		t.Fatal("a session as early as the hint said was not evicted")
	}
	s.Release() // the table's reference
	table.places.giveBack()
	if table.Len() != 0 {
		t.Errorf("Len() = %d", table.Len())
	}
}

// What is expired goes, whatever the hint said.
func TestEvictionTakesTheExpiredWhateverTheHint(t *testing.T) {
	table, s, at := hinted(t, 5000)
	c := table.shards[0].current.Load()
	n := table.unlinkAt(c, candidate{order: order(s, 4000), bucket: at}, 5001)
	if n == nil || n.session != s {
		t.Error("an expired session was not evicted")
	}
}

// A promotion makes eviction look into the bucket again: what its hint says
// of the session is out of date.
func TestPromotionClearsTheHint(t *testing.T) {
	table, s, at := hinted(t, 5000)
	sh := &table.shards[0]
	table.Promote(s)
	if got := sh.current.Load().slots[at].hint.Load(); got != 0 {
		t.Errorf("the hint is %#x after the promotion, want none", got)
	}
	sh.scan(sh.current.Load(), at)
	if sh.probation.count != 0 || sh.promoted.count != 1 {
		t.Errorf("%d candidates on probation and %d promoted, want the session among the latter",
			sh.probation.count, sh.promoted.count)
	}
}
