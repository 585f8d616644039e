package shards

import (
	"runtime"
	"testing"
)

func TestXSyncShards(t *testing.T) {
	for capacity, want := range map[int]int{
		Unlimited: 256, 1: 1, 63: 1, 64: 1, 65: 2, 128: 2, 255: 2, 256: 4, 1000: 8, 20480: 256, 1_000_000: 4096, 1 << 30: 4096,
	} {
		if n := xsyncShards(capacity); n != want {
			t.Errorf("%d shards for a capacity of %d, want %d", n, capacity, want)
		}
	}
}

// The bits that choose the shard are not those that the map uses, so every
// shard gets its part of the sessions.
func TestXSyncUsesAllShards(t *testing.T) {
	f := newFixture(tableKinds[1], Options{}, realHash)
	table := f.Table.(*XSync)
	const n = 256 * 40
	f.mustAdd(t, testExpiry, f.sessions(n)...)
	for i := range table.shards {
		if size := table.shards[i].m.Size(); size < 10 || size > 80 {
			t.Errorf("shard %d has %d of %d sessions", i, size, n)
		}
	}
	f.closeAndAccount(t)
}

// A full table of many shards evicts from the shard of each new session, so
// what it keeps is nearly what was added last.
func TestXSyncKeepsTheNewest(t *testing.T) {
	const n = 4096
	f := newFixture(tableKinds[1], Options{Capacity: n, ProbationPercent: 25}, realHash)
	list := f.sessions(4 * n)
	f.mustAdd(t, testExpiry, list...)
	f.wantLen(t, n)
	kept := 0
	for _, s := range list[3*n:] {
		if f.Contains(s.ID()) {
			kept++
		}
	}
	if kept < n*85/100 {
		t.Errorf("%d of the newest %d sessions are left", kept, n)
	}
	checkTable(t, f.Table)
	f.closeAndAccount(t)
}

// When the shard of a new session is empty another one gives up a session.
func TestXSyncEvictsFromOtherShards(t *testing.T) {
	f := newFixture(tableKinds[1], Options{Capacity: 128}, realHash)
	table := f.Table.(*XSync)
	var inFirst, inSecond []*Session
	for i := 0; len(inFirst) < 128 || len(inSecond) < 1; i++ {
		s := f.session(i, SessionOptions{})
		if s.Hash()>>table.shift == 0 {
			inFirst = append(inFirst, s)
		} else {
			inSecond = append(inSecond, s)
		}
	}
	f.mustAdd(t, testExpiry, inFirst[:128]...)
	f.mustAdd(t, testExpiry, inSecond[0])
	f.sink.want(t, event{inFirst[0], testExpiry, ReasonEvicted})
	f.closeAndAccount(t)
}

// Shrinking takes from every shard the same number, as long as it has that
// many. How many a shard has to begin with is up to the hash.
func TestXSyncShrinksEvenly(t *testing.T) {
	const n = 4096
	f := newFixture(tableKinds[1], Options{Capacity: n}, realHash)
	f.mustAdd(t, testExpiry, f.sessions(n)...)
	table := f.Table.(*XSync)
	before := make([]int, len(table.shards))
	for i := range table.shards {
		before[i] = table.shards[i].m.Size()
	}
	part := n / 4 / len(table.shards)
	f.SetCapacity(n - part*len(table.shards))
	f.wantLen(t, n-part*len(table.shards))
	for i := range table.shards {
		if size := table.shards[i].m.Size(); before[i] > part+1 && size < before[i]-part-1 {
			t.Errorf("shard %d has %d sessions left of %d, and should have given up %d", i, size, before[i], part)
		}
	}
	checkTable(t, f.Table)
	f.closeAndAccount(t)
}

// What the library stores again because its Compute cannot decline keeps its
// session and expiry.
func TestXSyncStoresAgainWhatItDeclines(t *testing.T) {
	f := newFixture(tableKinds[1], Options{}, realHash)
	table := f.Table.(*XSync)
	s := f.session(1, SessionOptions{})
	f.mustAdd(t, testExpiry, s)
	k := table.key(s)
	for range 3 {
		if _, ok := table.unlink(table.shard(k.hash), k, func(xsyncEntry) bool { return false }); ok {
			t.Error("an entry that was not wanted was removed")
		}
	}
	f.wantExpiry(t, s, testExpiry)
	absent := table.key(f.session(2, SessionOptions{}))
	if _, ok := table.unlink(table.shard(absent.hash), absent, anyEntry); ok || f.Contains(testID(2)) {
		t.Error("unlinking an absent entry stored it")
	}
	checkTable(t, f.Table)
	f.closeAndAccount(t)
}

func TestXSyncRefusesBadOptions(t *testing.T) {
	sink := &recorder{}
	for name, o := range map[string]Options{
		"negative capacity":  {Capacity: -1, Sink: sink},
		"negative probation": {ProbationPercent: -1, Sink: sink},
		"probation over 100": {ProbationPercent: 101, Sink: sink},
		"no sink":            {},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is accepted", name)
				}
			}()
			NewXSync(o)
		}()
	}
}

// finish comes to an end although every step ends the goroutine, or panics.
func TestFinish(t *testing.T) {
	for name, end := range map[string]func(){
		"return": func() {},
		"Goexit": runtime.Goexit,
	} {
		steps := 0
		inGoroutine(func() {
			finish(func() bool {
				if steps == 1000 {
					return false
				}
				steps++
				end()
				return true
			})
		})
		if steps != 1000 {
			t.Errorf("%s: %d steps of 1000", name, steps)
		}
	}
	steps := 0
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was lost")
			}
		}()
		finish(func() bool {
			steps++
			if steps == 2 {
				panic("in a step")
			}
			return steps < 5
		})
	}()
	if steps != 5 {
		t.Errorf("%d steps of 5 after a panic", steps)
	}
}
