package conformance

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/reprise-tls/reprise/conformance/libssl"
	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/race"
	"github.com/reprise-tls/reprise/internal/yield"
)

var (
	stepsFlag = flag.Int("steps", 0, "steps of the differential run for each table; 0: the environment variable STEPS, or else 200000, with -race 20000")
)

// phases are how long sequences are. What a short one can find is found by one,
// which is soon shrunk.
var phases = []struct {
	mean  int // steps on average
	share int // of all steps, percent
}{{10, 20}, {100, 80}}

func steps(t *testing.T) int {
	t.Helper()
	n := *stepsFlag
	if n == 0 {
		n = 200_000
		if race.Enabled || yield.Enabled { // by one goroutine; the build without tags takes all the steps
			n = 40_000
		}
		if s := os.Getenv("STEPS"); s != "" {
			var err error
			if n, err = strconv.Atoi(s); err != nil {
				t.Fatalf("STEPS: %v", err)
			}
		}
	}
	if n < 1 {
		t.Fatalf("%d steps, at least 1 is needed", n)
	}
	return n
}

// setFlag sets a flag of package rapid for the test.
func setFlag(t *testing.T, name, value string) {
	t.Helper()
	old := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, old) })
}

func mustProbe(t *testing.T) behaviour {
	t.Helper()
	b, err := probe()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The same sequence of operations is applied to our cache and to libssl's; all
// that can be seen of both agrees after every step.
func TestDifferential(t *testing.T) {
	b := mustProbe(t)
	t.Logf("%s: %+v", libssl.Version(), b)
	bounded := []int{1, 2, 3, 4, 5, 6}
	for _, c := range []struct {
		name  string
		table engine.TableKind
		sizes []int
		share int // of the steps, percent
	}{
		{"lockfree", engine.LockFree, bounded, 100},
		{"xsync", engine.XSync, bounded, 100},
		{"lockfree, made without a bound", engine.LockFree, []int{0}, 10},
		{"xsync, made without a bound", engine.XSync, []int{0}, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newTally()
			run(t, &check{
				config: config{subject: genuine{}, table: c.table}, sizes: c.sizes, behaviour: b, tally: n,
			}, max(1, steps(t)*c.share/100))
			t.Log(n)
			if live := libssl.LiveSessions(); live != 0 {
				t.Errorf("libssl has %d sessions that nobody has freed", live)
			}
			if n.steps < 10_000 || len(c.sizes) == 1 {
				return
			}
			for _, d := range Differences {
				if d.Avoided == "" && n.differences[d] == 0 && d != flushOrder && (d.absent == nil || !d.absent(b)) {
					t.Errorf("%d steps, and never met: %s", n.steps, d.Name)
				}
			}
		})
	}
}

// run checks the property until it has taken so many steps.
func run(t *testing.T, c *check, steps int) {
	t.Helper()
	defer func() { // rapid ends the test where it finds something
		if c.failed == nil {
			return
		}
		if _, p := mustReduce(t, *c.failed); p.problem != "" {
			t.Errorf("reduced: %s", p.report())
		} else {
			t.Errorf("the same steps do not fail again; they were: %s", c.report)
		}
	}()
	repeated := flag.Lookup("rapid.seed").Value.String() != "0"
	until := 0
	for _, f := range phases {
		until += steps * f.share / 100
		setFlag(t, "rapid.steps", strconv.Itoa(f.mean))
		for first := true; c.tally.steps < until && (first || !repeated); first = false {
			setFlag(t, "rapid.checks", strconv.Itoa((until-c.tally.steps)/f.mean+1))
			rapid.Check(t, c.property())
		}
	}
}

// mustReduce reduces a program that fails, and runs what is left of it.
func mustReduce(t *testing.T, g program) (program, *pair) {
	t.Helper()
	g, err := g.reduce()
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.run()
	if err != nil {
		t.Fatal(err)
	}
	return g, p
}
