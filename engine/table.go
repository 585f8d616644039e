package engine

import "github.com/reprise-tls/reprise/shards"

// table is the cache's table. It knows the concrete types, since through the
// interface every id passed to a lookup would have to be on the heap.
type table struct {
	shards.Table
	lockFree *shards.LockFree // nil: XSync
	xsync    *shards.XSync
}

func newTable(kind TableKind, o shards.Options) table {
	if kind == XSync {
		t := shards.NewXSync(o)
		return table{Table: t, xsync: t}
	}
	t := shards.NewLockFree(o)
	return table{Table: t, lockFree: t}
}

func (t *table) Add(s *Session, expiry, now int64, refresh bool) shards.Outcome {
	if t.lockFree != nil {
		return t.lockFree.Add(s, expiry, now, refresh)
	}
	return t.xsync.Add(s, expiry, now, refresh)
}

func (t *table) Lookup(id []byte, scope Scope, now int64) (*Session, shards.Result) {
	if t.lockFree != nil {
		return t.lockFree.Lookup(id, scope, now)
	}
	return t.xsync.Lookup(id, scope, now)
}

func (t *table) Take(id []byte, scope Scope, now int64) (*Session, shards.Result) {
	if t.lockFree != nil {
		return t.lockFree.Take(id, scope, now)
	}
	return t.xsync.Take(id, scope, now)
}

func (t *table) Contains(id []byte) bool {
	if t.lockFree != nil {
		return t.lockFree.Contains(id)
	}
	return t.xsync.Contains(id)
}

func (t *table) Remove(s *Session) bool {
	if t.lockFree != nil {
		return t.lockFree.Remove(s)
	}
	return t.xsync.Remove(s)
}

func (t *table) RemoveID(id []byte) bool {
	if t.lockFree != nil {
		return t.lockFree.RemoveID(id)
	}
	return t.xsync.RemoveID(id)
}

func (t *table) Removals(id []byte) uint64 {
	if t.lockFree != nil {
		return t.lockFree.Removals(id)
	}
	return t.xsync.Removals(id)
}
