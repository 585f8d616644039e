package workload

import (
	"iter"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reprise-tls/reprise/shards"
)

// plain is a cache for one goroutine that counts its calls.
type plain struct {
	sessions map[string]*shards.Session
	calls    Counts
	promoted int
}

func (c *plain) Add(s *shards.Session) bool {
	id := string(s.ID())
	old, present := c.sessions[id]
	if old == s || !s.Acquire() {
		c.calls.countAdd(false)
		return false
	}
	if present {
		old.Release()
	}
	c.sessions[id] = s
	c.calls.countAdd(true)
	return true
}

func (c *plain) Remove(s *shards.Session) bool {
	id := string(s.ID())
	there := c.sessions[id] == s
	if there {
		delete(c.sessions, id)
		s.Release()
	}
	c.calls.countRemove(there)
	return there
}

func (c *plain) Get(id []byte) (*shards.Session, bool) {
	s, ok := c.sessions[string(id)]
	c.calls.countGet(ok && s.Acquire())
	return s, ok
}

func (c *plain) Promote(*shards.Session)        { c.promoted++ }
func (c *plain) Len() int                       { return len(c.sessions) }
func (c *plain) All() iter.Seq[*shards.Session] { return func(func(*shards.Session) bool) {} }
func (c *plain) Close()                         {}

// plainStates are states without client certificates, made once.
var plainStates = sync.OnceValues(func() (*States, error) { return NewStates(StateMix{TLS13: 100}) })

func testPlayer(t *testing.T, spec Spec, every int) (*Player, *plain) {
	t.Helper()
	spec.States = StateMix{TLS13: 100}
	states, err := plainStates()
	if err != nil {
		t.Fatal(err)
	}
	maker := NewMaker(spec, states, 1_700_000_000)
	pool := make([]*shards.Session, spec.Pool())
	if err := maker.MakeAll(pool); err != nil {
		t.Fatal(err)
	}
	c := &plain{sessions: make(map[string]*shards.Session)}
	for i := range spec.Linked() {
		c.Add(pool[i*spec.ObjectsPerID()])
	}
	c.calls = Counts{}
	return NewPlayer(c, pool, NewIDs(spec.Seed), NewStreams(spec, 1)[0], PlayerOptions{Maker: maker, Every: every, Seed: 1}), c
}

// A player that times operations does the same as one that does not, counts
// the same, and times as many as it was told to.
func TestTimingChangesNothing(t *testing.T) {
	for _, kind := range Kinds() {
		spec := testSpec(kind)
		spec.Sessions = 1_000
		untimed, want := testPlayer(t, spec, 0)
		total := untimed.Play(30_000, nil)
		if total != want.calls {
			t.Errorf("%s: the player counts %+v, the cache %+v", kind, total, want.calls)
		}
		if untimed.Latencies() != nil {
			t.Errorf("%s: there are latencies although nothing is timed", kind)
		}
		for _, every := range []int{1, 2, 64} {
			p, c := testPlayer(t, spec, every)
			got := p.Play(10_000, nil).Plus(p.Play(20_000, nil))
			if got != total || c.calls != total || c.promoted != want.promoted {
				t.Errorf("%s, one in %d timed: counts %+v, calls %+v, want %+v", kind, every, got, c.calls, total)
			}
			checkTimed(t, kind, every, total, p.Latencies().Count())
		}
	}
}

// checkTimed compares the number of times with 30,000 operations of a stream.
func checkTimed(t *testing.T, kind Kind, every int, total Counts, timed int64) {
	t.Helper()
	steps := 30_000.0
	if kind == Churn || kind == ExpiryMixed {
		steps = 60_000 // both calls of a step are timed
	}
	want := steps / float64(every)
	// Distances have a standard deviation of every / √3.
	if math.Abs(float64(timed)-want) > 6*math.Sqrt(2*want) {
		t.Errorf("%s, one in %d timed: %d times of %d operations", kind, every, timed, total.Operations())
	}
	if every == 1 && float64(timed) != want {
		t.Errorf("%s: %d times of %v, all were wanted", kind, timed, want)
	}
}

// A fixed distance would meet lookups only, or adds only, where they alternate.
func TestTimedOperationsAreOfAllSorts(t *testing.T) {
	for _, every := range []int{2, 64} {
		s := newSampler(every, 1)
		odd, n, at := 0, 20_000, s.left
		for range n {
			odd += at % 2
			at += 1 + s.distance()
		}
		if math.Abs(float64(odd)/float64(n)-0.5) > 0.03 {
			t.Errorf("one in %d: %d of %d timed operations stand at odd places", every, odd, n)
		}
		if mean := float64(at) / float64(n); math.Abs(mean/float64(every)-1) > 0.03 {
			t.Errorf("one in %d: the mean distance is %v", every, mean)
		}
	}
}

func TestScanMakesHandshakes(t *testing.T) {
	spec := testSpec(Scan)
	spec.Sessions = 1_000
	p, c := testPlayer(t, spec, 0)
	gone := make(map[string]*shards.Session)
	for i := range spec.Population() / 2 {
		s := p.sessions[i]
		gone[string(s.ID())] = s
		delete(c.sessions, string(s.ID()))
	}
	total := p.Play(40_000, nil)
	if misses := total.Gets - total.Hits; misses == 0 || misses > uint64(len(gone)) || total.Added < misses {
		t.Errorf("%d sessions are gone, the player counts %+v", len(gone), total)
	}
	for id, old := range gone {
		s, ok := c.sessions[id]
		if !ok {
			continue // that client did not come back
		}
		if s == old || s.References() != 1 {
			t.Fatalf("a handshake added the old object again (%v), or has not let go of the new one: %d references", s == old, s.References())
		}
	}
	if c.promoted != int(total.Hits) {
		t.Errorf("%d sessions were resumed, the cache was told of %d", total.Hits, c.promoted)
	}
}

func TestPlayingEndsWhenItIsTold(t *testing.T) {
	p, _ := testPlayer(t, testSpec(Get), 0)
	var set atomic.Bool
	set.Store(true)
	if n := p.PlayWhile(&set).Gets; n == 0 || n > idsAtOnce {
		t.Errorf("%d lookups although it was done from the beginning, want one round", n)
	}
	if n := p.Play(1_000, &set).Gets; n != 0 {
		t.Errorf("%d lookups after stop was set", n)
	}
}
