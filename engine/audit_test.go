package engine

import (
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/shards"
)

func TestAuditCounts(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Capacity = 300 })
		for n := range 200 {
			f.add(n)
		}
		held, _ := f.Get(testID(5))
		r, err := f.Audit()
		if err != nil {
			t.Error(err)
		}
		equal(t, "the report", r, AuditReport{
			Sessions: 200, Len: 200, Capacity: 300, StateBytes: 200 * stateLength, References: 401, Outstanding: 201,
		})
		held.Release()
		equal(t, "references after it", f.made[5].References(), 2)
	})
}

// Somebody released the cache's reference.
func TestAuditNoticesASessionReleasedTooOften(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		c, err := New(Config{Table: kind, Clock: func() int64 { return startTime }})
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.NewSession(testID(1), nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Add(s)
		s.Release()
		s.Release()
		_, err = c.Audit()
		if !errors.Is(err, ErrAudit) || !strings.Contains(err.Error(), "Len is 1, the walk met 0 sessions") {
			t.Errorf("the audit says: %v", err)
		}
		// Such a session is never found, and harms no operation.
		if _, ok := c.Get(testID(1)); ok {
			t.Error("Get found it")
		}
		if c.Add(s) {
			t.Error("Add added it")
		}
		other, err := c.NewSession(testID(2), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !c.Add(other) {
			t.Error("Add of another session failed")
		}
	})
}

// brokenTable yields what no table should.
type brokenTable struct {
	shards.Table
	yield []*Session
}

func (b brokenTable) All() iter.Seq2[*Session, int64] {
	return func(yield func(*Session, int64) bool) {
		for _, s := range b.yield {
			s.Acquire()
			more := yield(s, Never)
			s.Release()
			if !more {
				return
			}
		}
	}
}

func (brokenTable) Len() int      { return 2 }
func (brokenTable) Capacity() int { return 2 }

func TestAuditReportsEveryFault(t *testing.T) {
	f := newFixture(t, LockFree, nil)
	a, twin, b := f.session(1), f.session(1), f.session(2)
	f.Cache.table.Table = brokenTable{f.table.Table, []*Session{a, twin, b, a}}
	_, err := f.Audit()
	f.Cache.table.Table = f.table.lockFree
	if !errors.Is(err, ErrAudit) {
		t.Fatalf("the audit says: %v", err)
	}
	for _, want := range []string{
		"Len is 2, the walk met 4 sessions",
		"4 sessions, the capacity is 2",
		"Stats.Bytes is 0, the walk met 228 bytes",
		"2 sessions whose id another one has",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the audit lacks %q: %v", want, err)
		}
	}
}
