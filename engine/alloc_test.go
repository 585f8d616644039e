package engine

import (
	"context"
	"testing"
)

func allocations(t *testing.T, what string, want float64, run func()) {
	t.Helper()
	if got := testing.AllocsPerRun(200, run); got != want {
		t.Errorf("%s makes %v allocations, want %v", what, got, want)
	}
}

func TestLookupsAllocateNothing(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, func(g *Config) { g.Clock = nil })
		s := f.add(1)
		ctx := context.Background()
		allocations(t, "Get", 0, func() {
			id := [MaxIDLength]byte(testIDs[1]) // on the caller's stack
			if got, ok := f.Get(id[:]); ok {
				got.Release()
			}
		})
		allocations(t, "Get that misses", 0, func() {
			id := [MaxIDLength]byte(testIDs[2])
			f.Get(id[:])
		})
		allocations(t, "Resume", 0, func() {
			id := [MaxIDLength]byte(testIDs[1])
			if got, ok := f.Resume(ctx, id[:], Scope{}); ok {
				got.Release()
			}
		})
		allocations(t, "Contains", 0, func() {
			id := [MaxIDLength]byte(testIDs[1])
			f.Contains(id[:])
		})
		allocations(t, "Add of the same session", 0, func() { f.Add(s) })
	})
}

var testIDs = [3][]byte{testID(0), testID(1), testID(2)}

// The embedded node: an Add into an empty bucket, whichever way it became
// empty.
func TestAddIntoAnEmptyBucketAllocatesNothing(t *testing.T) {
	f := newFixture(t, LockFree, func(g *Config) { g.Clock = nil })
	s := f.session(1)
	allocations(t, "Add and Remove", 0, func() {
		f.Add(s)
		f.Remove(s)
	})
	allocations(t, "Add and Take", 0, func() {
		id := [MaxIDLength]byte(testIDs[1])
		f.Add(s)
		if got, ok := f.Take(id[:]); ok {
			got.Release()
		}
	})
	allocations(t, "Add and RemoveID", 0, func() {
		id := [MaxIDLength]byte(testIDs[1])
		f.Add(s)
		f.RemoveID(id[:])
	})
}
