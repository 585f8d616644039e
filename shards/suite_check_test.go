package shards

import (
	"math"
	"testing"
)

// placesOf returns what keeps the bound of a table.
func placesOf(table Table) *places {
	switch table := table.(type) {
	case *LockFree:
		return &table.places
	case *XSync:
		return &table.places
	}
	panic("unknown kind of table")
}

// oneShard reports whether a table has a single shard and so evicts exactly.
func oneShard(table Table) bool {
	switch table := table.(type) {
	case *LockFree:
		return len(table.shards) == 1
	case *XSync:
		return len(table.shards) == 1
	}
	panic("unknown kind of table")
}

func (p *places) freePlaces() (n int64) {
	for i := range p.stripes {
		n += p.stripes[i].free.Load()
	}
	return n
}

// checkTable checks what must hold for a table that nobody is using:
//
//   - a walk yields as many sessions as Len says, no id twice, no more than
//     the capacity allows;
//   - a walk and lookups agree, and every session has a reference of the
//     table's;
//   - every place is free or a linked session's, and none is owed.
func checkTable(t *testing.T, table Table) {
	t.Helper()
	ids := map[string]bool{}
	for s := range table.All() {
		checkLinked(t, table, s)
		if id := string(s.ID()); ids[id] {
			t.Error("an id is in the table twice")
		} else {
			ids[id] = true
		}
	}
	if n := table.Len(); n != len(ids) {
		t.Errorf("Len() = %d, but a walk finds %d sessions", n, len(ids))
	}
	if c := table.Capacity(); c != Unlimited && len(ids) > c {
		t.Errorf("%d sessions in a table of capacity %d", len(ids), c)
	}
	checkPlaces(t, placesOf(table), int64(len(ids)))
}

// checkLinked checks a session that a walk has yielded, and on which it holds
// a reference.
func checkLinked(t *testing.T, table Table, s *Session) {
	t.Helper()
	if n := s.References(); n < 2 {
		t.Errorf("a session that is in the table has %d references beside the walk's", n-1)
	}
	if !table.Contains(s.ID()) {
		t.Error("a walk yields a session that Contains denies")
	}
	found, result := table.Lookup(s.ID(), s.Scope(), math.MinInt64)
	if result != Hit {
		t.Errorf("a walk yields a session for which Lookup says %v", result)
		return
	}
	if found.Release(); found != s {
		t.Error("a walk and a lookup find different sessions with one id")
	}
}

func checkPlaces(t *testing.T, p *places, linked int64) {
	t.Helper()
	free, total, debt, capacity := p.freePlaces(), p.total.Load(), p.debt.Load(), p.capacity.Load()
	if free+linked != total {
		t.Errorf("%d places free + %d sessions linked, but %d places", free, linked, total)
	}
	if total != capacity+debt || debt != 0 {
		t.Errorf("%d places and %d owed at rest, for a capacity of %d", total, debt, capacity)
	}
	for i := range p.stripes {
		if n := p.stripes[i].free.Load(); n < 0 {
			t.Errorf("stripe %d has %d free places", i, n)
		}
	}
	checkGauge(t, &p.linked, linked)
}
