package shards

import "testing"

// hinted returns a table of one shard that evicts by sampling, with one
// session in it, and the session's bucket.
func hinted(t *testing.T, expiry int64) (table *LockFree, s *Session, at uint32) {
	t.Helper()
	table = NewLockFree(Options{Capacity: exactCapacity + 1, Sink: &countingSink{}, ProbationPercent: 25})
	if len(table.shards) != 1 || table.places.exact() {
		t.Fatal("a table of this capacity does not sample, or has several shards")
	}
	s = numbered(t, 1)
	if got := table.Add(s, expiry, 1000, false); got != Added {
		t.Fatal(got)
	}
	return table, s, uint32(s.Hash() & table.shards[0].current.Load().mask)
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
	if n := table.unlinkAt(candidate{order: gone, slot: at}, 1000); n != nil {
		t.Error("a session was evicted that is later than the hint said")
	}
	if got := b.hint.Load(); got != want {
		t.Errorf("the hint is %#x, want %#x", got, want)
	}
	if !table.Contains(s.ID()) {
		t.Fatal("the session has left the table")
	}

	n := table.unlinkAt(candidate{order: want, slot: at}, 1000)
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
	n := table.unlinkAt(candidate{order: order(s, 4000), slot: at}, 5001)
	if n == nil || n.session != s {
		t.Error("an expired session was not evicted")
	}
}

// A promotion makes eviction look into the bucket again: what its hint says
// of the session is out of date.
func TestPromotionClearsTheHint(t *testing.T) {
	table, s, at := hinted(t, 5000)
	table.Promote(s)
	if got := table.shards[0].current.Load().slots[at].hint.Load(); got != 0 {
		t.Errorf("the hint is %#x after the promotion, want none", got)
	}
	k := &table.candidates[0]
	k.scan(table, 1)
	if k.probation.count != 0 || k.promoted.count != 1 {
		t.Errorf("%d candidates on probation and %d promoted, want the session among the latter",
			k.probation.count, k.promoted.count)
	}
}

// A bucket whose sessions are still in the old array is not taken for empty.
func TestUnmigratedBucketIsNotEmpty(t *testing.T) {
	table, s, _ := hinted(t, 5000)
	sh := &table.shards[0]
	old := sh.current.Load()
	table.resizeShard(sh, old, 2*len(old.slots))
	c := sh.current.Load()
	at := s.Hash() & c.mask
	b := &c.slots[at]
	b.resolve(c)
	if got := b.hint.Load(); got != 0 {
		t.Fatalf("the hint of a bucket that has not been migrated is %#x", got)
	}
	table.migrate(c, old, at)
	k := &table.candidates[0]
	k.slot = int(at)
	k.scan(table, 1)
	if k.probation.count != 1 {
		t.Errorf("%d candidates after the migration, want the session", k.probation.count)
	}
}

// Over a long time eviction goes round the whole table, whoever evicts: of the
// newest sessions nearly all are there. See candidates for how many.
func TestOldestFirst(t *testing.T) {
	const n = 5000
	sink := &countingSink{}
	table := NewLockFree(Options{Capacity: n, Sink: sink, ProbationPercent: 25})
	var newest []*Session
	for i := range 3 * n {
		s := numbered(t, i)
		table.Add(s, 5000, 1000, false)
		if i >= 2*n {
			newest = append(newest, s)
		}
	}
	kept := 0
	for _, s := range newest {
		if table.Contains(s.ID()) {
			kept++
		}
	}
	if kept < n*95/100 {
		t.Errorf("%d of the newest %d sessions are kept, want 95 %% at least", kept, n)
	}
}

// The hint of a bucket with sessions of both classes says so, whichever came
// first, and is the order of the earliest; without having touched the others.
func TestHintTellsBothClasses(t *testing.T) {
	for _, promoted := range [][3]bool{
		{false, false, false}, {true, true, true},
		{true, false, false}, {false, true, false}, {true, true, false}, {false, false, true},
	} {
		table := newLockFree(Options{Capacity: exactCapacity + 1, Sink: &countingSink{}}, 0) // one bucket
		b := &table.shards[0].current.Load().slots[0]
		for i, p := range promoted {
			s := numbered(t, i)
			if p {
				s.marks.Or(markPromoted) // Promote would make the hint unknown
			}
			mustAdd(t, table, s)
			_, want := b.head.Load().earliest()
			if got := b.hint.Load(); got != want {
				t.Errorf("with %v the hint after %d sessions is %#x, want %#x", promoted, i+1, got, want)
			}
			mixed := p != promoted[0] || i == 2 && promoted[1] != promoted[0]
			if got := want&mixedHint != 0; got != mixed {
				t.Errorf("with %v after %d sessions, both classes: %v, want %v", promoted, i+1, got, mixed)
			}
			if _, least := b.head.Load().earliest(); least&^mixedHint != order(firstOf(b.head.Load()), s.Expiry(DefaultTimeout)) {
				t.Errorf("the hint %#x is not the order of the session added first", least)
			}
		}
	}
}

// firstOf returns the session that was added first to a chain of which none
// was removed.
func firstOf(head *node) *Session {
	for head.next != nil {
		head = head.next
	}
	return head.session
}

// A bucket that was picked for a session on probation gives that one up, not
// the promoted one that is earlier, unless the latter is expired.
func TestPickOnProbation(t *testing.T) {
	for _, test := range []struct {
		now  int64
		want int
	}{{1000, 1}, {5001, 0}} {
		table := newLockFree(Options{Capacity: exactCapacity + 1, Sink: &countingSink{}}, 0)
		list := []*Session{numbered(t, 0), numbered(t, 1), numbered(t, 2)}
		table.Promote(list[0])
		for i, s := range list {
			if got := table.Add(s, 5000+int64(i), 1000, false); got != Added {
				t.Fatal(got)
			}
		}
		pick := candidate{order: order(list[1], 5001)}
		if n := table.unlinkAt(pick, test.now); n == nil || n.session != list[test.want] {
			t.Errorf("at %d not session %d was unlinked", test.now, test.want)
		}
	}
}
