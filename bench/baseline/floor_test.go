package baseline

import (
	"runtime"
	"testing"

	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

type noSink struct{}

func (noSink) Dropped(s *shards.Session, _ int64, _ shards.Reason) { s.Release() }

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// The floor's array is as large as the engine's: it is nearly all that an
// empty table takes.
func TestFloorHasTheEnginesArray(t *testing.T) {
	for _, capacity := range []int{11_180, 20_480, 65_536, 65_537, 102_586, 1_016_649} {
		before := heap()
		table := shards.NewLockFree(shards.Options{Capacity: capacity, Sink: noSink{}})
		engine := heap() - before
		runtime.KeepAlive(table)
		floor := int64(len(NewFloor(capacity).buckets)) * 16
		// What comes on top of it are the shards themselves.
		if floor > engine || floor < engine*2/3 {
			t.Errorf("capacity %d: the floor's array has %d bytes, the engine's table %d", capacity, floor, engine)
		}
	}
	if n := len(NewFloor(10_000_000).buckets); n != 1<<23 {
		t.Errorf("capacity 10,000,000: %d buckets; the engine grows to 2^23", n)
	}
}

func prepared(t *testing.T, kind workload.Kind) (*Floor, []*shards.Session) {
	t.Helper()
	all := sessions(t, 2)
	c := NewFloor(1_000)
	c.Prepare(workload.Spec{Kind: kind}, all)
	for c.bucket(all[0]) == c.bucket(all[1]) { // one in two thousand
		all[1] = sessions(t, 1)[0]
		c.Prepare(workload.Spec{Kind: kind}, all)
	}
	return c, all
}

func TestFloorOfChurn(t *testing.T) {
	c, all := prepared(t, workload.Churn)
	for _, s := range all {
		for range 3 { // whatever the bucket has
			if !c.Add(s) || c.bucket(s).session.Load() != s {
				t.Error("an add did not change its bucket")
			}
		}
		if !c.Remove(s) || c.bucket(s).session.Load() != nil {
			t.Error("a removal did not change its bucket")
		}
	}
}

func TestFloorOfLookups(t *testing.T) {
	c, all := prepared(t, workload.Get)
	s := all[0]
	if _, ok := c.Get(s.ID()); ok {
		t.Error("a lookup in an empty array found something")
	}
	c.Add(s)
	found, ok := c.Get(s.ID())
	if !ok || found != s {
		t.Fatalf("found %v, %v", found, ok)
	}
	references(t, "after a lookup", s, 2)
	found.Release()
}

func TestFloorOfWhatIsThere(t *testing.T) {
	c, all := prepared(t, workload.Identical)
	if !c.Add(all[0]) || c.Add(all[0]) {
		t.Error("only the first add of a session does something")
	}
	c, all = prepared(t, workload.Mixed)
	if !c.Add(all[0]) || c.Add(all[0]) || c.Remove(all[1]) || !c.Remove(all[0]) || c.Remove(all[0]) {
		t.Error("of a mixture only what finds something to do does it")
	}
}
