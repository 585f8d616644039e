package measure

import (
	"math"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/bench/baseline"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

func open(t *testing.T, target Target, spec workload.Spec, o Options) *Bench {
	t.Helper()
	b, err := Open(target, spec, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSampleHasEverything(t *testing.T) {
	target := sound
	var retries uint64
	target.Retries = func(workload.Cache) uint64 {
		retries += 5
		return retries
	}
	b := open(t, target, testSpec(workload.Churn), Options{Goroutines: []int{2}, Every: 8})
	for range 2 { // a sample has nothing of the one before
		s := b.Play(2, 40_000)
		if s.Latency == nil || math.Abs(float64(s.Latency.Count)-5_000) > 600 {
			t.Errorf("latencies of 40000 operations, one in 8 timed: %+v", s.Latency)
		}
		if s.Retries == nil || *s.Retries != 5 {
			t.Errorf("retries %v, want 5", s.Retries)
		}
		if s.Heap == 0 || s.Collector < 0 || s.Collector > 1 {
			t.Errorf("heap %d, collector %v", s.Heap, s.Collector)
		}
		if _, err := os.Stat("/proc/self/statm"); err == nil && s.RSS < 1<<20 {
			t.Errorf("%d bytes are resident", s.RSS)
		}
	}
	if s := open(t, sound, testSpec(workload.Churn), Options{Goroutines: []int{1}}).Play(1, 1_000); s.Latency != nil || s.Retries != nil {
		t.Errorf("latency %+v, retries %v of what was not asked for", s.Latency, s.Retries)
	}
}

// hoarder takes a known amount of memory for each session.
type hoarder struct {
	*faulty
	hoard [][]byte
}

const hoarded = 8192 // a size class of the allocator

func (h *hoarder) Add(s *shards.Session) bool {
	h.hoard = append(h.hoard, make([]byte, hoarded))
	return h.faulty.Add(s)
}

func TestMemoryOfSessions(t *testing.T) {
	plain := open(t, sound, testSpec(workload.Churn), Options{Goroutines: []int{1}}).Describe().Memory
	// A session of 128 bytes and a state of 57, which takes 64.
	if plain.Linked != 1_000 || plain.Session < 190 || plain.Session > 260 {
		t.Errorf("a session takes %+v", plain)
	}
	greedy := sound
	greedy.New = func(n int) (workload.Cache, error) {
		return &hoarder{faulty: &faulty{Cache: baseline.NewMutex(n)}}, nil
	}
	m := open(t, greedy, testSpec(workload.Churn), Options{Goroutines: []int{1}}).Describe().Memory
	if more := m.Table - plain.Table; more < hoarded || more > 1.1*hoarded {
		t.Errorf("a cache that takes %d bytes more a session takes %v more than %v", hoarded, more, plain.Table)
	}
	if open(t, idle, testSpec(workload.Churn), Options{Goroutines: []int{1}}).Describe().Memory != nil {
		t.Error("the null target takes memory")
	}
}

func TestKept(t *testing.T) {
	spec := testSpec(workload.AddEvict)
	for _, c := range []struct {
		name     string
		capacity func(int) int
		want     float64
	}{
		{"first in, first out", func(n int) int { return n }, 1},
		{"nine tenths of the capacity", func(n int) int { return n * 9 / 10 }, 0.9},
	} {
		target := sound
		target.New = func(n int) (workload.Cache, error) { return baseline.NewMutex(c.capacity(n)), nil }
		b := open(t, target, spec, Options{Goroutines: []int{1}})
		b.Play(1, 5_000)
		if f := b.Finish(); f.Kept == nil || *f.Kept != c.want {
			t.Errorf("%s: kept %v, want %v", c.name, f.Kept, c.want)
		}
	}
	if f := open(t, sound, testSpec(workload.Churn), Options{Goroutines: []int{1}}).Finish(); f.Kept != nil || len(f.Violations) > 0 {
		t.Errorf("churn: %+v", f)
	}
	leaks := bent("leaks", func(c *faulty) { c.closeFunc = func(*faulty) {} })
	if f := open(t, leaks, spec, Options{Goroutines: []int{1}}).Finish(); len(f.Violations) < 2 || f.Kept != nil {
		t.Errorf("a cache that keeps references: %+v", f)
	}
}

func TestFillsAreWhole(t *testing.T) {
	var stop atomic.Bool
	b := open(t, sound, testSpec(workload.Fill), Options{Goroutines: []int{3}, Every: 1})
	s := b.Slice(3, time.Nanosecond, &stop)
	if s.Counts.Adds != 1_000 || s.Counts.Added != 1_000 || s.Latency.Count != 1_000 {
		t.Errorf("one fill: %+v, %d timed", s.Counts, s.Latency.Count)
	}
	if s := b.Play(3, 2_500); s.Counts.Adds != 3_000 || s.Counts.Added != 3_000 || s.Counts.Removes != 0 {
		t.Errorf("three fills: %+v", s.Counts)
	}
	// One that is cut short leaves what it added.
	stop.Store(true)
	if s := b.Slice(3, time.Hour, &stop); s.Counts.Adds != 0 {
		t.Errorf("a fill that was stopped before it began: %+v", s.Counts)
	}
	if wrong := b.Check(); len(wrong) > 0 {
		t.Errorf("%q", wrong)
	}
}

func TestFlushEndsItsSlice(t *testing.T) {
	var stop atomic.Bool
	flushes := 0
	target := bent("counted", func(c *faulty) {
		c.flush = func(c *faulty, now int64) int {
			flushes++
			return (&faulty{Cache: c.Cache}).Flush(now)
		}
	})
	b := open(t, target, testSpec(workload.Flush), Options{Goroutines: []int{2, 3}, Every: 64})
	for i, g := range []int{2, 3, 2} {
		s := b.Slice(g, time.Hour, &stop)
		if flushes != i+1 || s.Flushed != 1_000 || s.Flush <= 0 || s.Flush > s.Elapsed {
			t.Errorf("%d flushes removed %d sessions in %v of %v", flushes, s.Flushed, s.Flush, s.Elapsed)
		}
		if c := s.Counts; c.Gets < uint64(g-1) || c.Hits != c.Gets || c.Operations() != c.Gets || s.Latency.Count != int64(c.Gets) {
			t.Errorf("%d goroutines: %+v, %d timed", g, c, s.Latency.Count)
		}
	}
	if wrong := b.Check(); len(wrong) > 0 {
		t.Errorf("%q", wrong)
	}
}

// Lookups beside a flush that is over at once would measure how goroutines
// start.
func TestNullFlushLastsAsLongAsASlice(t *testing.T) {
	var stop atomic.Bool
	b := open(t, idle, testSpec(workload.Flush), Options{Goroutines: []int{2}, Every: 1})
	const slice = 5 * time.Millisecond
	if s := b.Slice(2, slice, &stop); s.Flush < slice || s.Flushed != 0 || s.Counts.Gets == 0 {
		t.Errorf("%+v", s)
	}
}

func TestFlushNeedsACacheThatFlushes(t *testing.T) {
	target := sound
	target.New = func(n int) (workload.Cache, error) { return baseline.NewMutex(n), nil }
	if _, err := Open(target, testSpec(workload.Flush), Options{Goroutines: []int{2}}); err == nil {
		t.Error("a target that says it flushes and does not was opened")
	}
}

func TestScanSettles(t *testing.T) {
	gets := 0
	target := bent("counted", func(c *faulty) {
		c.get = func(c *faulty, id []byte) (*shards.Session, bool) {
			gets++
			return c.Cache.Get(id)
		}
	})
	spec := testSpec(workload.Scan)
	open(t, target, spec, Options{Goroutines: []int{1}})
	if want := spec.Settling() / 2; gets != want || want < spec.Sessions {
		t.Errorf("%d lookups before the first slice, want %d", gets, want)
	}
}

func TestFloorRatio(t *testing.T) {
	place := func(target string, g int) *Cell {
		return &Cell{Place: Place{Target: target, Workload: workload.Churn, Sessions: 10}, Goroutines: g}
	}
	slow, fast, alone := place("slow", 2), place("least", 2), place("slow", 1)
	for i, c := range []*Cell{fast, slow, alone} {
		c.Samples = []Sample{{Elapsed: time.Duration(i+1) * time.Second, Counts: workload.Counts{Gets: 1000}}}
	}
	r := &Result{Settings: Settings{Floor: "least"}, Cells: []*Cell{slow, fast, alone}}
	for c, want := range map[*Cell]float64{slow: 2, fast: 1, alone: 0} {
		if got := r.FloorRatio(c); got != want {
			t.Errorf("%s on %d goroutines takes %v times the floor's time, want %v", c.Target, c.Goroutines, got, want)
		}
	}
}
