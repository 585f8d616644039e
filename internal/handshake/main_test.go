package handshake

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// The test binary is also the process of a target.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "target" {
		if err := Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// targetCommand makes this binary the process of a target.
func targetCommand(t testing.TB) func() *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return func() *exec.Cmd { return exec.Command(self, "target") }
}

// forever is longer than any test: none depends on how busy the machine is.
const forever = 10 * time.Minute

// small is a run of a fraction of a second.
func small(t testing.TB, targets ...string) Config {
	return Config{
		Targets: targets, Mixes: []Mix{{TLS13: 100}}, Goroutines: []int{2}, Clients: 4, Resumed: 100, Capacity: 100,
		Late: forever, Seed: 1, Duration: 30 * time.Millisecond, Count: 2, Timeout: forever, Closing: forever, Deadline: 3 * forever,
		Command: targetCommand(t),
	}
}

// run measures, and fails the test if anything went wrong or does not add up.
func run(t *testing.T, ctx context.Context, c Config) *Result { //nolint:revive // t first, as everywhere in tests
	t.Helper()
	r, err := Run(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK(0) {
		for _, c := range r.Cells {
			t.Logf("%s: %v", c.describe(), c.Errors())
		}
		t.Fatalf("failures %+v, violations %+v", r.Failures, r.Violations)
	}
	if want := len(c.Mixes) * len(c.Goroutines) * len(r.Settings.Targets); len(r.Cells) != want {
		t.Fatalf("%d cells; want %d", len(r.Cells), want)
	}
	for _, cell := range r.Cells {
		if n := len(cell.Samples); n != c.Count && !r.Partial {
			t.Errorf("%s: %d samples; want %d", cell.describe(), n, c.Count)
		}
		for _, s := range cell.Samples {
			check(t, cell, s)
		}
	}
	return r
}

// check verifies what must add up in a sample.
func check(t *testing.T, cell *Cell, s Sample) {
	t.Helper()
	n := s.Counts
	var kinds uint64
	for kind, count := range n.Kinds {
		kinds += count
		if cell.Mix[kind] == 0 && count > 0 {
			t.Errorf("%s: %d connections of kind %s", cell.describe(), count, Kind(kind))
		}
	}
	if n.Full+n.Resumed+n.Aborted+n.Failed != n.Started || kinds != n.Started || n.Started == 0 || n.Resumed > n.Offered {
		t.Errorf("%s: %+v does not add up", cell.describe(), n)
	}
	for _, l := range []struct {
		what    string
		counted uint64
		timed   int64
	}{
		{"full", n.Full, countOf(s.Full)}, {"resumed", n.Resumed, countOf(s.Resumed)},
	} {
		if uint64(l.timed) != l.counted {
			t.Errorf("%s: %d %s handshakes, %d of them timed", cell.describe(), l.counted, l.what, l.timed)
		}
	}
	if a := s.Arrivals; a != nil && (a.Due != n.Started+a.Dropped || a.Missed < a.Dropped || uint64(countOf(a.Latency)) != n.Done()) {
		t.Errorf("%s: arrivals %+v do not fit %+v", cell.describe(), a, n)
	}
	if s.Server != nil && (s.Server.Full != n.Full || s.Server.Resumed != n.Resumed || s.Server.Broken != n.Aborted) {
		t.Errorf("%s: the server counted %+v, the clients %+v", cell.describe(), s.Server, n)
	}
}
