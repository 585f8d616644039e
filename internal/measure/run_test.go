package measure

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/race"
	"github.com/reprise-tls/reprise/internal/workload"
)

// The test binary is also the copy that runs one target.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "worker" {
		if err := Work(testTargets(), os.Stdin, os.Stdout); err != nil {
			println(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func testConfig(t *testing.T, targets ...string) Config {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Known: testTargets(), Targets: targets,
		Workloads: []workload.Kind{workload.Churn}, Sessions: []int{1_000}, Goroutines: []int{1, 2},
		Base:     testSpec(workload.Churn),
		Duration: 5 * time.Millisecond, Count: 3, WarmUp: time.Millisecond, Deadline: time.Minute,
		Command: func() *exec.Cmd { return exec.Command(self, "worker") },
	}
}

func run(t *testing.T, c Config) *Result {
	t.Helper()
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRunMeasuresAll(t *testing.T) {
	c := testConfig(t, "sound", "other")
	c.Workloads = workload.Kinds()
	if race.Enabled { // each has three processes
		c.Workloads = c.Workloads[:3]
	}
	c.Sessions, c.Goroutines = []int{100}, []int{2, 3}
	c.Collect, c.UsualKeys, c.Every = true, true, 4
	r := run(t, c)
	if !r.OK() || r.Partial {
		t.Fatalf("failures %v, violations %v, partial %v", r.Failures, r.Violations, r.Partial)
	}
	kinds := len(c.Workloads)
	if want := kinds * 2 * 2; len(r.Cells) != want || len(r.Generator) != want/2 {
		t.Errorf("%d cells and %d of the generator, want %d and %d", len(r.Cells), len(r.Generator), want, want/2)
	}
	if r.Done != r.Planned || r.Planned != kinds*2*3*3 {
		t.Errorf("%d of %d slices", r.Done, r.Planned)
	}
	for _, cell := range slices.Concat(r.Cells, r.Generator) {
		if len(cell.Samples) != 3 {
			t.Errorf("%+v: %d samples, want 3", cell.Place, len(cell.Samples))
		}
		for i, s := range cell.Samples {
			if short := s.Elapsed < 5*time.Millisecond && cell.Workload != workload.Flush; s.Round != i || s.Counts.Operations() == 0 || short || s.Latency == nil {
				t.Errorf("%+v: sample %d is %+v", cell.Place, i, s)
			}
		}
		if kept := cell.Kept != nil; kept != (cell.Workload == workload.AddEvict && cell.Target != "null") {
			t.Errorf("%+v: the share kept is there: %v", cell.Place, kept)
		}
		if (cell.Memory != nil) != (cell.Target != "null") {
			t.Errorf("%+v: memory %+v", cell.Place, cell.Memory)
		}
		if cell.Target != "null" && r.GeneratorCost(cell) <= 0 {
			t.Errorf("%+v: no generator cost", cell.Place)
		}
	}
}

// Without a law that was asked for each workload has its own.
func TestUsualKeys(t *testing.T) {
	c := testConfig(t, "sound")
	c.Workloads, c.UsualKeys = []workload.Kind{workload.Churn, workload.Scan}, true
	c.Goroutines, c.Count = []int{1}, 1
	r := run(t, c)
	if len(r.Cells) != 2 || r.Cells[0].Keys.String() != "uniform" || r.Cells[1].Keys.String() != "zipf:0.99" {
		t.Errorf("cells %+v", r.Cells)
	}
	c.UsualKeys, c.Base.Keys = false, workload.Scan.DefaultKeys()
	if r := run(t, c); r.Cells[0].Keys != c.Base.Keys {
		t.Errorf("churn has keys %v, want those asked for", r.Cells[0].Keys)
	}
}

// A null target that was asked for is measured like any other, once.
func TestNullTargetOnRequest(t *testing.T) {
	c := testConfig(t, "sound", "null")
	c.Sessions = []int{100, 200}
	r := run(t, c)
	if len(r.Cells) != 8 || len(r.Generator) != 4 || r.Planned != 2*2*2*3 {
		t.Errorf("%d cells, %d of the generator, %d slices", len(r.Cells), len(r.Generator), r.Planned)
	}
}

// A target that fails does so for itself.
func TestFailuresAreTheTargetsOwn(t *testing.T) {
	cases := []struct {
		target string
		hung   bool
		want   string
	}{
		{"hangs", true, "hung: no answer to a slice"},
		{"panics", false, "the target went wrong"},
		{"killed", false, "killed"},
		{"prints", false, `not the length of a message: "debug: here I am`},
		{"refuses", false, "invalid argument"},
	}
	if race.Enabled { // each has four processes
		cases = cases[:2]
	}
	for _, c := range cases {
		t.Run(c.target, func(t *testing.T) {
			config := testConfig(t, "sound", c.target, "other")
			if c.hung {
				config.Deadline = 4 * time.Second
			}
			r := run(t, config)
			if len(r.Failures) != 1 || r.OK() {
				t.Fatalf("failures %+v, want one", r.Failures)
			}
			f := r.Failures[0]
			if f.Target != c.target || f.Hung != c.hung || !strings.Contains(f.Error, c.want) {
				t.Errorf("failure %+v, want %q", f, c.want)
			}
			for _, cell := range r.Cells {
				if cell.Target != c.target && len(cell.Samples) != 3 {
					t.Errorf("%s has %d samples, want 3", cell.Target, len(cell.Samples))
				}
			}
			if len(r.Violations) > 0 {
				t.Errorf("violations %v", r.Violations)
			}
		})
	}
}

// The stacks of a hung target say where it hangs.
func TestHungTargetTellsWhere(t *testing.T) {
	config := testConfig(t, "hangs")
	config.Deadline = 2 * time.Second
	r := run(t, config)
	if len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Error, "SIGQUIT") {
		t.Errorf("failures %+v", r.Failures)
	}
}

func TestViolationsAreReported(t *testing.T) {
	c := testConfig(t, "sound", "leaks")
	c.Duration = 50 * time.Millisecond
	r := run(t, c)
	if len(r.Violations) != 1 || r.Violations[0].Target != "leaks" || r.OK() {
		t.Fatalf("violations %+v, want one of leaks", r.Violations)
	}
	if what := strings.Join(r.Violations[0].What, "\n"); !strings.Contains(what, "wrong number of references") {
		t.Errorf("violation %q", what)
	}
}

// What was measured before an interrupt is kept, and checked.
func TestInterruptedRun(t *testing.T) {
	c := testConfig(t, "sound", "leaks")
	c.Duration, c.Count, c.Goroutines = 50*time.Millisecond, 1_000_000, []int{1}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.Progress = func(p Progress) {
		if p.Done == 10 {
			cancel()
		}
	}
	r, err := Run(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Partial || r.Done != 10 || len(r.Failures) > 0 {
		t.Errorf("partial %v, %d slices, failures %v", r.Partial, r.Done, r.Failures)
	}
	samples := 0
	for _, cell := range slices.Concat(r.Cells, r.Generator) {
		samples += len(cell.Samples)
	}
	if samples != 10 {
		t.Errorf("%d samples, want 10", samples)
	}
	if len(r.Violations) != 1 {
		t.Errorf("the final check was left out: violations %v", r.Violations)
	}
}

// An interrupt ends a slice that would last for hours.
func TestInterruptEndsASlice(t *testing.T) {
	c := testConfig(t, "sound")
	c.Duration, c.WarmUp = 10*time.Hour, 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.Progress = func(p Progress) {
		if strings.Contains(p.Doing, "null") {
			time.AfterFunc(300*time.Millisecond, cancel)
		}
	}
	r, err := Run(ctx, c)
	if err != nil || !r.Partial || !r.OK() {
		t.Errorf("result %+v, error %v", r, err)
	}
}

func TestProfiles(t *testing.T) {
	t.Chdir(t.TempDir())
	c := testConfig(t, "sound", "other")
	c.CPUProfile, c.MemoryProfile = "cpu.prof", "mem"
	if r := run(t, c); !r.OK() {
		t.Fatalf("failures %v", r.Failures)
	}
	for _, name := range []string{"cpu-sound.prof", "cpu-other.prof", "mem-sound", "mem-other"} {
		text, err := os.ReadFile(name)
		// Profiles are compressed by gzip.
		if err != nil || len(text) < 100 || text[0] != 0x1f || text[1] != 0x8b {
			t.Errorf("%s: %d bytes, error %v", name, len(text), err)
		}
	}
	c = testConfig(t, "sound")
	c.CPUProfile = "no/such/directory"
	if r := run(t, c); len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Error, "no/such/directory") {
		t.Errorf("failures %v", r.Failures)
	}
}

func TestProfileNames(t *testing.T) {
	spec := testSpec(workload.AddEvict)
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Targets: []string{"a"}, Workloads: workload.Kinds()[:1], Sessions: []int{1}}, "x/cpu.prof"},
		{Config{Targets: []string{"a", "b"}, Workloads: workload.Kinds()[:1], Sessions: []int{1}}, "x/cpu-a.prof"},
		{Config{Targets: []string{"a"}, Workloads: workload.Kinds()[:1], Sessions: []int{1, 2}}, "x/cpu-add-evict-1000.prof"},
		{Config{Targets: []string{"a", "b"}, Workloads: workload.Kinds(), Sessions: []int{1}}, "x/cpu-a-add-evict-1000.prof"},
	} {
		if got := c.config.profile("x/cpu.prof", "a", group{spec}); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestBadConfigs(t *testing.T) {
	for _, c := range []struct {
		bend func(*Config)
		want string
	}{
		{func(c *Config) { c.Targets = []string{"ghost"} }, `unknown target "ghost"; allowed are sound, null`},
		{func(c *Config) { c.Targets = []string{"sound", "sound"} }, "given twice"},
		{func(c *Config) { c.Targets = nil }, "at least one target"},
		{func(c *Config) { c.Goroutines = []int{0} }, "allowed are 1 to 4096"},
		{func(c *Config) { c.Sessions = []int{0} }, "allowed are 1 to"},
		{func(c *Config) { c.Count = 0 }, "allowed are 1 or more"},
		{func(c *Config) { c.Duration = 0 }, "must be positive"},
		{func(c *Config) { c.Base.Objects = 3 }, "even numbers"},
		{func(c *Config) { c.Base.Mix = workload.Mix{} }, "mix"},
		{func(c *Config) { c.Base.Disjoint = true; c.Sessions = []int{1} }, "disjoint keys"},
		{func(c *Config) { c.Known = c.Known[:1] }, "no null target"},
		{func(c *Config) { c.Every = -1 }, "allowed are 0 (none) to 1000000"},
		{func(c *Config) { c.Workloads = []workload.Kind{workload.Flush} }, "1 goroutines for workload flush"},
		{func(c *Config) { c.Workloads = []workload.Kind{workload.Fill}; c.Sessions = []int{1} }, "2 goroutines that divide the sessions of workload fill"},
		{func(c *Config) { c.Base.Disjoint = true; c.Workloads = []workload.Kind{workload.Hot} }, "disjoint keys for workload hot"},
		{func(c *Config) { c.Base.Flood = 65; c.Workloads = []workload.Kind{workload.Scan} }, "allowed are 0 to 64"},
		{func(c *Config) {
			c.Known[0].Flushes = false
			c.Goroutines, c.Workloads = []int{2}, []workload.Kind{workload.Flush}
		}, "target sound cannot run workload flush"},
		{func(c *Config) {
			c.Known[0].Floor = true
			c.Workloads = []workload.Kind{workload.Scan}
		}, "target sound cannot run workload scan"},
		{func(c *Config) {
			c.Known[0].NoBound = "it has no order"
			c.Workloads = []workload.Kind{workload.AddEvict}
		}, "target sound cannot run workload add-evict: it has no order"},
	} {
		config := testConfig(t, "sound")
		c.bend(&config)
		if _, err := Run(t.Context(), config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want something with %q", err, c.want)
		}
	}
}

func TestCommandThatCannotBeStarted(t *testing.T) {
	c := testConfig(t, "sound")
	c.Command = func() *exec.Cmd { return exec.Command("./no-such-program") }
	r := run(t, c)
	// The null target cannot be started either.
	if len(r.Failures) != 2 || !strings.Contains(r.Failures[0].Error, "no-such-program") {
		t.Errorf("failures %+v", r.Failures)
	}
}

// Within each pair of rounds every target is as early as it is late, and over
// all pairs everybody begins equally often.
func TestOrderIsFair(t *testing.T) {
	for n := 1; n <= 6; n++ {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		begins := make([]int, n)
		for pair := range n {
			position := make([]int, n)
			for _, round := range []int{2 * pair, 2*pair + 1} {
				turn := order(all, round)
				begins[turn[0]]++
				for i, target := range turn {
					position[target] += i
				}
			}
			for _, p := range position {
				if p != n-1 {
					t.Errorf("%d targets, pair %d: positions add up to %v", n, pair, position)
				}
			}
		}
		for _, b := range begins {
			if b != 2 {
				t.Errorf("%d targets begin %v times", n, begins)
			}
		}
	}
	if order([]int{}, 3) == nil {
		t.Error("no targets left is no order")
	}
}

func TestNotes(t *testing.T) {
	r := &runner{result: new(Result)}
	r.describe("engine", &Description{States: "tls13 57 B"})
	for range 2 { // once a group
		r.describe("libssl", &Description{Note: "OpenSSL 3.0.19"})
	}
	s := r.result.Settings
	if s.Sizes != "tls13 57 B" || !slices.Equal(s.Notes, []string{"libssl: OpenSSL 3.0.19"}) {
		t.Errorf("sizes %q, notes %q", s.Sizes, s.Notes)
	}
}

// What a driver brought along by a target says is what counts.
type foreign struct{ Driver }

func TestForeignDrivers(t *testing.T) {
	opened := errors.New("opened")
	w := &worker{targets: []Target{{Name: "foreign", Open: func(workload.Spec, Options) (Driver, error) { return foreign{}, opened }}}}
	if _, err := w.do(request{Prepare: &prepare{Target: "foreign"}}); !errors.Is(err, opened) {
		t.Errorf("error %v: the target's own driver was not opened", err)
	}
}
