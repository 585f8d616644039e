package measure

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/scenario"
	"github.com/reprise-tls/reprise/internal/trace"
	"github.com/reprise-tls/reprise/internal/workload"
)

// clocked is the engine under a scenario's clock.
var clocked = Target{
	Name: "engine",
	New: func(n int) (workload.Cache, error) {
		g := engine.Defaults()
		g.Capacity = n
		return engine.New(g)
	},
	NewWithClock: func(n int, now func() int64) (workload.Cache, error) {
		g := engine.Defaults()
		g.Capacity, g.Clock = n, now
		return engine.New(g)
	},
	Evicted: func(c workload.Cache) uint64 { return c.(*engine.Cache).Stats().CacheFull },
}

func scenarioOf(t *testing.T, text string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Read(strings.NewReader(text), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fewRequests are enough for shares of them to show.
const fewRequests = 1_000

// playAll plays the phases, and returns an interval for each, the sum of those
// there were. A busy machine may need several intervals for what others do in
// one, and several blocks until there are a few requests.
func playAll(t *testing.T, target Target, s *scenario.Scenario, capture string) []Interval {
	t.Helper()
	g, err := OpenStage(target, s, capture)
	if err != nil {
		t.Fatal(err)
	}
	var all []Interval
	for n, p := range s.Phases {
		b := block{Phase: n, Length: p.For, Last: true}
		for again := true; again; b.Number++ {
			over, err := g.Block(b, new(atomic.Bool), func(i Interval) error {
				if last := len(all) - 1; last >= 0 && all[last].Phase == i.Phase {
					all[last] = sumOf(t, all[last], i)
					return nil
				}
				all = append(all, i)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			again = p.Measured() && !over && all[len(all)-1].Requests < fewRequests
		}
	}
	f, err := g.Finish()
	if err != nil || len(f.Violations) > 0 {
		t.Errorf("%s: %v, violations %q", target.Name, err, f.Violations)
	}
	return all
}

// sumOf returns the interval i with what was done in one before it.
func sumOf(t *testing.T, before, i Interval) Interval {
	t.Helper()
	i.Counts = before.Counts.Plus(i.Counts)
	i.Requests += before.Requests
	i.Elapsed += before.Elapsed
	if i.Handshakes != nil {
		h := before.Handshakes.Plus(*i.Handshakes)
		i.Handshakes = &h
	}
	if i.Arrivals != nil {
		a := *i.Arrivals
		a.Due += before.Arrivals.Due
		a.Missed += before.Arrivals.Missed
		a.Dropped += before.Arrivals.Dropped
		merged, err := latency.Merge(before.Arrivals.Latency, a.Latency)
		if err != nil {
			t.Fatal(err)
		}
		a.Latency = merged
		i.Arrivals = &a
	}
	service, err := latency.Merge(before.Service, i.Service)
	if err != nil {
		t.Fatal(err)
	}
	i.Service = service
	return i
}

func TestAPopulationOnTheStage(t *testing.T) {
	const text = `
capacity: 400
speedup: 10000
goroutines: 2
populations:
  - {clients: 300, connections: 2, sessions: 2, gap: exponential:10m, tls12: 30%, mtls: 20%, aborted: 10%, roaming: 10%}
  - {clients: 50, rate: 0.1, visits: 3, single-use: true, gap: periodic:5m:10%, tls12: 50%}
phases: [{phase: fill}, {phase: measure, for: 150ms}, {phase: storm, for: 50ms, returning: 100%, within: 1s}, {phase: drain, for: 10ms}]
`
	for _, target := range []Target{clocked, sound} {
		intervals := playAll(t, target, scenarioOf(t, text), "")
		if len(intervals) != 4 {
			t.Fatalf("%s: %d intervals", target.Name, len(intervals))
		}
		fill, measured, storm, drain := intervals[0], intervals[1], intervals[2], intervals[3]
		if n := fill.Counts.Added; n < 250 || n > 350 || uint64(fill.Sessions) > n || fill.Clock != 0 {
			t.Errorf("%s: the fill added %d of 350 sessions; the clock shows %v", target.Name, n, fill.Clock)
		}
		var due, requests uint64
		for _, i := range []Interval{measured, storm} {
			h := i.Handshakes
			if h.Connections == 0 || h.Connections != h.Resumed+h.Full+h.Aborted || h.Connections != i.Requests || h.Offered != i.Counts.Gets {
				t.Errorf("%s, %s: %+v, %+v", target.Name, i.Phase, h, i.Counts)
			}
			if h.Elsewhere == 0 || h.Elsewhere > h.Offered || h.Resumed > i.Counts.Hits || i.Counts.Removed == 0 {
				t.Errorf("%s, %s: %+v, %+v", target.Name, i.Phase, h, i.Counts)
			}
			if i.Arrivals == nil || i.Service == nil || i.Service.Count != int64(i.Requests) || !i.Measured {
				t.Fatalf("%s, %s: %+v, %+v", target.Name, i.Phase, i.Arrivals, i.Service)
			}
			// What one phase did not get to, the next one does, where it was not
			// due: only all of it together was due before it was done.
			due += i.Arrivals.Due
			requests += i.Requests
			if due < requests {
				t.Errorf("%s, up to %s: %d were due and %d done", target.Name, i.Phase, due, requests)
			}
			if i.Sessions > 400 {
				t.Errorf("%s, %s: %d sessions", target.Name, i.Phase, i.Sessions)
			}
		}
		if (measured.Evicted != nil) != (target.Evicted != nil) {
			t.Errorf("%s: evictions are there: %v", target.Name, measured.Evicted != nil)
		}
		if storm.Arrivals.Due < 400 {
			t.Errorf("%s: %d connections are due in a storm of 350 clients, most of whom open two", target.Name, storm.Arrivals.Due)
		}
		if drain.Requests != 0 || drain.Counts != (workload.Counts{}) || drain.Clock <= storm.Clock {
			t.Errorf("%s: while it drains %+v", target.Name, drain)
		}
	}
}

// Sessions expire by the clock, whether the target knows it or not.
func TestSessionsExpireByTheClock(t *testing.T) {
	const text = `
capacity: 5000
speedup: 100000
goroutines: 1
lifetime: %s
populations: [{clients: 1000, gap: exponential:1h, tls12: 100%%}]
phases: [{phase: fill}, {phase: measure, for: 200ms}, {phase: drain, for: 100ms}]
`
	for _, target := range []Target{clocked, sound} {
		short := playAll(t, target, scenarioOf(t, fmt.Sprintf(text, "fixed:1s")), "")
		if m := short[1]; m.Counts.Gets < 100 || m.HitShare() > 0.02 {
			t.Errorf("%s: of %d lookups of sessions that live for a second %.3f hit", target.Name, m.Counts.Gets, m.HitShare())
		}
		long := playAll(t, target, scenarioOf(t, fmt.Sprintf(text, "fixed:10000h")), "")
		if m := long[1]; m.Counts.Gets < 100 || m.HitShare() != 1 {
			t.Errorf("%s: of %d lookups of sessions that live for ever %.3f hit", target.Name, m.Counts.Gets, m.HitShare())
		}
		if d := long[2]; d.Sessions != 1000 {
			t.Errorf("%s: %d of 1000 sessions are left", target.Name, d.Sessions)
		}
	}
	// By the drain's end all are an hour old and more; only the engine flushes.
	drained := playAll(t, clocked, scenarioOf(t, fmt.Sprintf(text, "fixed:1s")), "")
	if n := drained[2].Sessions; n != 0 {
		t.Errorf("%d sessions are left after the drain", n)
	}
}

func TestOperationsOnTheStage(t *testing.T) {
	for _, rate := range []string{"0", "20000"} {
		s := scenarioOf(t, `
capacity: 300
goroutines: 2
sample: 8
operations: {sessions: 1000, keys: zipf:0.99, mix: "get=40,add=10,remove=10,resume=40"}
phases: [{phase: fill}, {phase: measure, for: 100ms, rate: `+rate+`}]
`)
		intervals := playAll(t, clocked, s, "")
		fill, m := intervals[0], intervals[1]
		if fill.Counts.Added != 1000 || fill.Sessions != 300 {
			t.Errorf("the fill: %+v, %d sessions", fill.Counts, fill.Sessions)
		}
		if (m.Arrivals != nil) != (rate != "0") || m.Requests == 0 || m.Counts.Hits == 0 || m.Counts.Hits == m.Counts.Gets || m.Counts.Removed == 0 || m.Service == nil {
			t.Errorf("rate %s: %+v", rate, m)
		}
		if a := m.Arrivals; a != nil {
			// Within five standard deviations of Poisson's law.
			if want := 20_000 * m.Elapsed.Seconds(); math.Abs(float64(a.Due)-want) > 5*math.Sqrt(want) {
				t.Errorf("%d were due in %v", a.Due, m.Elapsed)
			}
			if a.Dropped > a.Missed || a.Missed > a.Due || uint64(a.Latency.Count)+a.Dropped != a.Due {
				t.Errorf("%+v, %d done", a, a.Latency.Count)
			}
		}
	}
}

func TestATraceOnTheStage(t *testing.T) {
	name := filepath.Join(t.TempDir(), "ids.txt")
	var lines strings.Builder
	for i := range 3_000 {
		fmt.Fprintln(&lines, i%100)
	}
	if err := os.WriteFile(name, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	const text = "capacity: %d\ngoroutines: 1\ntrace: {file: %q, passes: 2}\nphases: [{phase: measure, for: 1m}]"
	// A cyclic trace: a cache with room for all misses each id once, and one
	// that evicts the oldest misses everything when it has room for one less.
	for _, c := range []struct {
		target   Target
		capacity int
		hits     uint64
	}{{clocked, 200, 5_900}, {sound, 100, 5_900}, {sound, 99, 0}} {
		intervals := playAll(t, c.target, scenarioOf(t, fmt.Sprintf(text, c.capacity, name)), "")
		if len(intervals) != 1 {
			t.Fatalf("%d intervals of a trace that is over at once", len(intervals))
		}
		if i := intervals[0]; i.Requests != 6_000 || i.Counts.Gets != 6_000 || i.Counts.Hits != c.hits {
			t.Errorf("%s, capacity %d: %+v", c.target.Name, c.capacity, i.Counts)
		}
	}
}

func TestATraceAtItsTimes(t *testing.T) {
	name := filepath.Join(t.TempDir(), "ids.csv")
	text := "id,time\n"
	for i := range 100 {
		text += fmt.Sprintf("%d,%d\n", i%10, 1_000+i*10)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := scenarioOf(t, fmt.Sprintf("speedup: 10000\nlifetime: fixed:95s\ngoroutines: 1\ntrace: {file: %q, time-column: time, times: true}\nphases: [{phase: measure, for: 1m}]", name))
	// An id comes back after 100 s of the clock, when its session has expired.
	i := playAll(t, clocked, s, "")[0]
	if i.Requests != 100 || i.Counts.Hits != 0 || i.Arrivals == nil || i.Arrivals.Due != 100 || i.Clock < 990*time.Second {
		t.Errorf("%+v, clock %v", i.Counts, i.Clock)
	}
	s.Lifetime = scenarioOf(t, "lifetime: fixed:101s\noperations: {}").Lifetime
	// A lifetime begins with the session, so of every two returns one hits.
	if i := playAll(t, clocked, s, "")[0]; i.Counts.Hits != 50 {
		t.Errorf("%d hits of 100 lookups of ids that come back once before they expire", i.Counts.Hits)
	}
}

// What a trace's times make due is counted whether or not somebody got to it.
func TestTheBacklogOfATrace(t *testing.T) {
	s := scenarioOf(t, "speedup: 10\ngoroutines: 2\ntrace: {file: unread, times: true, passes: 2}\nphases: [{phase: measure}]")
	g := &Stage{scenario: s}
	loaded := &trace.Trace{IDs: make([]uint32, 11), Times: make([]time.Duration, 11)}
	for k := range loaded.Times {
		loaded.Times[k] = time.Duration(100+k) * time.Second
	}
	var both []*traceTraffic
	for k := range 2 {
		r := &traceTraffic{trace: loaded, setup: s.Trace, cursor: &g.cursor, first: k == 0}
		r.stage = g
		both = append(both, r)
	}
	backlog := func(before time.Duration) uint64 { return both[0].backlog(before) + both[1].backlog(before) }
	// A request each tenth of a second; a pass takes ten and a gap of 10/11.
	for before, want := range map[time.Duration]uint64{0: 0, 1: 1, 450 * time.Millisecond: 5, 1_085 * time.Millisecond: 11, 1_095 * time.Millisecond: 12, time.Hour: 22} {
		if n := backlog(before); n != want {
			t.Errorf("%d are due before %v, want %d", n, before, want)
		}
	}
	both[1].due() // takes one, which is due as before
	if n := backlog(450 * time.Millisecond); n != 5 {
		t.Errorf("%d are due, one of which was taken", n)
	}
}

// A captured trace has what was looked up or first added, and can be played.
func TestCapture(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "captured.txt")
	s := scenarioOf(t, `
capacity: 1000
speedup: 10000
goroutines: 2
populations: [{clients: 200, gap: exponential:10m}]
phases: [{phase: fill}, {phase: measure, for: 100ms}]
`)
	intervals := playAll(t, clocked, s, name)
	want := intervals[0].Counts.Adds + intervals[1].Counts.Gets + intervals[1].Handshakes.Connections - intervals[1].Handshakes.Offered
	loaded, err := trace.LoadFile(name, trace.Options{})
	if err != nil || uint64(len(loaded.IDs)) != want {
		t.Fatalf("%d ids were captured, want %d (%v)", len(loaded.IDs), want, err)
	}
	replay := scenarioOf(t, fmt.Sprintf("capacity: 0\ngoroutines: 1\nlifetime: fixed:1000h\ntrace: {file: %q}\nphases: [{phase: measure, for: 1m}]", name))
	if i := playAll(t, clocked, replay, "")[0]; i.Counts.Hits != want-uint64(loaded.Distinct) {
		t.Errorf("%d of %d lookups hit, of %d different ids", i.Counts.Hits, want, loaded.Distinct)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%d files are left (%v)", len(entries), err)
	}
}

func TestStagesThatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	malformed := filepath.Join(dir, "bad.txt")
	if err := os.WriteFile(malformed, []byte("1\ntwo words\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const population = "populations: [{clients: 1}]"
	foreign := sound
	foreign.Open = func(workload.Spec, Options) (Driver, error) { return nil, nil }
	unbounded := sound
	unbounded.NoBound = "it has no order"
	for _, c := range []struct {
		target  Target
		text    string
		capture string
		want    []string
	}{
		{sound, "trace: {file: " + dir + "/absent}\nphases: [{phase: measure}]", "", []string{"absent"}},
		{sound, "trace: {file: " + malformed + "}\nphases: [{phase: measure}]", "", []string{"bad.txt", "2"}},
		{sound, "trace: {file: " + malformed + ", format: csv}\nphases: [{phase: measure}]", "", []string{"bad.txt"}},
		{sound, population, filepath.Join(dir, "absent", "capture.txt"), []string{"capture.txt"}},
		{foreign, population, "", []string{"sound", "not driven from Go"}},
		{unbounded, population, "", []string{"sound", "20480", "no order"}},
	} {
		_, err := OpenStage(c.target, scenarioOf(t, c.text), c.capture)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v does not say %q", c.text, err, want)
			}
		}
	}
}

// What a cache does wrong is found at the end of a scenario too.
func TestStageFindsFaults(t *testing.T) {
	s := scenarioOf(t, "capacity: 500\nspeedup: 10000\ngoroutines: 2\npopulations: [{clients: 3000, gap: exponential:1m}]\nphases: [{phase: fill}, {phase: measure, for: 100ms}]")
	targets := testTargets()
	for name, want := range map[string]string{"leaks": "references", "sound": ""} {
		target, err := Find(targets, name)
		if err != nil {
			t.Fatal(err)
		}
		g, err := OpenStage(target, s, "")
		if err != nil {
			t.Fatal(err)
		}
		for n, p := range s.Phases {
			if _, err := g.Block(block{Phase: n, Length: p.For}, new(atomic.Bool), func(Interval) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		f, err := g.Finish()
		if err != nil {
			t.Fatal(err)
		}
		found := slices.ContainsFunc(f.Violations, func(v string) bool { return strings.Contains(v, want) })
		if found != (want != "") {
			t.Errorf("%s: violations %q", name, f.Violations)
		}
	}
}
