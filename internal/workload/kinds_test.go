package workload

import (
	"math"
	"slices"
	"testing"

	"github.com/reprise-tls/reprise/shards"
)

func TestEveryKindIsDescribed(t *testing.T) {
	for _, k := range Kinds() {
		if k.Doc() == "" || k.Benchmark() == "" {
			t.Errorf("%s has no doc or no name of a benchmark", k)
		}
		if got, err := ParseKind(string(k)); got != k || err != nil {
			t.Errorf("ParseKind(%q) = %q, %v", k, got, err)
		}
	}
	if got := ExpiryMixed.Benchmark(); got != "ExpiryMixed" {
		t.Errorf("expiry-mixed is called %s", got)
	}
}

// Every kind's objects fit its pool, and what is linked fits its cache.
func TestSpecsAddUp(t *testing.T) {
	for _, kind := range Kinds() {
		for _, sessions := range []int{2, 50, 1_001, 10_000} {
			spec := testSpec(kind)
			spec.Sessions = sessions
			if err := spec.Check(); err != nil {
				t.Fatalf("%s, %d sessions: %v", kind, sessions, err)
			}
			if spec.Linked() > spec.Capacity() || spec.Linked()*spec.ObjectsPerID() > spec.Pool() {
				t.Errorf("%s: %d sessions are linked; the capacity is %d, the pool %d", kind, spec.Linked(), spec.Capacity(), spec.Pool())
			}
			for i, s := range NewStreams(spec, 2) {
				for _, o := range s.Operations() {
					if o.Key() >= spec.Pool() {
						t.Fatalf("%s: goroutine %d uses object %d of %d", kind, i, o.Key(), spec.Pool())
					}
				}
			}
		}
	}
}

func TestMixedTimeouts(t *testing.T) {
	spec := testSpec(ExpiryMixed)
	const n, parts = 200_000, 16
	var counts [parts]float64
	timeout, again := spec.Timeouts(), spec.Timeouts()
	ends := make(map[int64]bool)
	for i := range n {
		s := timeout(i)
		if s < 1 || s > MaxMixedTimeout || s != again(i) {
			t.Fatalf("object %d has a timeout of %d s, and again %d", i, s, again(i))
		}
		counts[(s-1)*parts/MaxMixedTimeout]++
		if s == 1 || s == MaxMixedTimeout {
			ends[s] = true
		}
	}
	for i, c := range counts {
		if want := float64(n) / parts; math.Abs(c-want) > 6*math.Sqrt(want) {
			t.Errorf("%v of %d timeouts lie in part %d of %d, expected %v", c, n, i, parts, want)
		}
	}
	if len(ends) != 2 {
		t.Errorf("of the shortest and the longest timeout only %v were drawn", ends)
	}
	other := spec
	other.Seed = 2
	if different := other.Timeouts(); timeout(1) == different(1) && timeout(2) == different(2) && timeout(3) == different(3) {
		t.Error("another seed gives the same timeouts")
	}
}

// Sessions have the times that their workload says, and none ends while it
// runs.
func TestTimesOfSessions(t *testing.T) {
	const now = 1_700_000_000
	states, err := NewStates(StateMix{TLS13: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []Kind{ExpiryMixed, Flush, Get} {
		spec := testSpec(kind)
		spec.Sessions, spec.States = 1_000, StateMix{TLS13: 100}
		pool, err := NewSessions(spec, states, now)
		if err != nil {
			t.Fatal(err)
		}
		ended := 0
		for i, s := range pool {
			if s.Timeout() != spec.Timeouts()(i) || s.Created() != now+spec.CreatedAhead() {
				t.Fatalf("%s: session %d was created at %d with a timeout of %d", kind, i, s.Created(), s.Timeout())
			}
			if s.Expiry(shards.DefaultTimeout) < now+3600 {
				t.Fatalf("%s: session %d expires %d s after the beginning", kind, i, s.Expiry(shards.DefaultTimeout)-now)
			}
			if now+FlushAfter > s.Expiry(shards.DefaultTimeout) {
				ended++
			}
		}
		if kind == Flush && ended != 1_000 {
			t.Errorf("by the clock of the flush %d sessions have ended, want 1000", ended)
		}
	}
}

func TestHotIsOneSession(t *testing.T) {
	for _, s := range NewStreams(testSpec(Hot), 3) {
		if o := slices.Compact(slices.Clone(s.Operations())); !slices.Equal(o, []Operation{CodeGet}) {
			t.Errorf("the operations are %v", o)
		}
	}
}

// The shares of a fill are all sessions, each once.
func TestFillShares(t *testing.T) {
	spec := testSpec(Fill)
	spec.Sessions = 1_001
	for _, goroutines := range []int{1, 3} {
		seen := make([]int, spec.Sessions)
		for _, s := range NewStreams(spec, goroutines) {
			n := 0
			for n < len(s.operations) {
				for _, o := range s.next(100) {
					n++
					if o.Code() != CodeAdd {
						t.Fatalf("operation %x is no add", o)
					}
					seen[o.Key()]++
				}
			}
			if n != len(s.operations) || n < 1_001/goroutines {
				t.Errorf("a share of %d goroutines has %d sessions, %d were played", goroutines, len(s.operations), n)
			}
		}
		if !slices.Equal(seen, slices.Repeat([]int{1}, spec.Sessions)) {
			t.Errorf("%d goroutines do not add every session once", goroutines)
		}
	}
}

func TestFlushLooksUpLiveSessions(t *testing.T) {
	spec := testSpec(Flush)
	seen := make(map[int]bool)
	for _, o := range NewStreams(spec, 2)[1].Operations() {
		if k := o.Key(); o.Code() != CodeGet || k < spec.Sessions || k >= spec.Linked() {
			t.Fatalf("operation %x; the live sessions are %d to %d", o, spec.Sessions, spec.Linked()-1)
		}
		seen[o.Key()] = true
	}
	if len(seen) != LiveSessions {
		t.Errorf("%d live sessions are looked up, want %d", len(seen), LiveSessions)
	}
}

// The flood goes through all its objects before one comes up again, also where
// the ring begins again, and every lookup is followed by its share.
func TestScanRing(t *testing.T) {
	for _, flood := range []int{0, 1, 3, 64} {
		spec := testSpec(Scan)
		spec.Keys, spec.Flood = Scan.DefaultKeys(), flood
		stream := NewStreams(spec, 1)[0]
		population, objects := spec.Population(), spec.floodObjects()
		if flood > 0 && objects < 3*spec.Sessions {
			t.Fatalf("the flood has %d objects, want at least %d", objects, 3*spec.Sessions)
		}
		resumed, added, next := 0, 0, -1
		for range 2 * len(stream.operations) / BlockLength {
			for _, o := range stream.next(BlockLength) {
				if o.Code() == CodeResume {
					if resumed++; o.Key() >= population {
						t.Fatalf("client %d of %d comes back", o.Key(), population)
					}
					continue
				}
				added++
				if next < 0 {
					// Behind those that are linked at the beginning, by less
					// than a block.
					next = o.Key()
					if next < spec.Linked() || next > spec.Linked()+BlockLength {
						t.Errorf("the flood begins with object %d, %d are linked", next, spec.Linked())
					}
				}
				if o.Key() != next || o.Code() != CodeAdd {
					t.Fatalf("operation %x, want an add of object %d", o, next)
				}
				next = population + (next+1-population)%max(objects, 1)
			}
		}
		if added != flood*resumed {
			t.Errorf("a flood of %d: %d adds for %d lookups", flood, added, resumed)
		}
	}
}
