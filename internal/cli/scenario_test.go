package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/live"
	"github.com/reprise-tls/reprise/internal/measure"
)

const smallScenario = `
name: small
capacity: 500
speedup: 10000
goroutines: 2
block: 100ms
populations: [{clients: 1000, gap: exponential:5m}]
phases: [{phase: fill}, {phase: measure, for: 200ms}]
`

// write writes a file of a test's own and returns its name.
func write(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestRunPlaysAScenario(t *testing.T) {
	config := write(t, "small.yaml", smallScenario)
	dir := t.TempDir()
	asJSON, asCSV, asBench, captured := filepath.Join(dir, "r.json"), filepath.Join(dir, "r.csv"), filepath.Join(dir, "r.txt"), filepath.Join(dir, "ids")
	code, stdout, stderr := execute(t, "run", "--config", config, "--target", "engine,mutex", "-o", asJSON, "-o", asCSV, "-o", asBench, "--capture", captured)
	if code != ExitOK {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	for _, want := range []string{"SmallMeasure/sessions=500/g=2", "from the intended start", "handshakes: mutex, phase measure:", "generator: SmallMeasure"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in\n%s", want, stdout)
		}
	}
	for _, want := range []string{"engine fill:", "mutex measure:", "req/s", "p99.9", "sessions", "evicted/s", "gc ", "missed "} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is missing in\n%s", want, stderr)
		}
	}
	var result struct {
		Schema string
		measure.Result
	}
	text, err := os.ReadFile(asJSON)
	if err != nil || json.Unmarshal(text, &result) != nil || result.Partial || result.Scenario == nil || len(result.Intervals) < 6 {
		t.Errorf("%v, %+v", err, result)
	}
	text, err = os.ReadFile(asCSV)
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll(); err != nil || len(rows) != 1+len(result.Intervals) {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	text, err = os.ReadFile(asBench)
	if err != nil {
		t.Fatal(err)
	}
	for name := range resultNames(t, string(text)) {
		if !strings.HasPrefix(name, "SmallMeasure/impl=") {
			t.Errorf("a result is called %s", name)
		}
	}
	if text, err := os.ReadFile(captured); err != nil || bytes.Count(text, []byte("\n")) < 500 {
		t.Errorf("%d bytes were captured (%v)", len(text), err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 4 {
		t.Errorf("%d files are left (%v)", len(entries), err)
	}
}

// The captured trace is one that a scenario can play.
func TestScenariosOfFlags(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--population", "{clients: 500, gap: exponential:5m}", "--sessions", "200", "--speedup", "10000", "--duration", "100ms"}, []string{"PopulationMeasure/sessions=200/g=2", "connections"}},
		{[]string{"--rate", "5000", "--arrivals", "bursts:10", "--sessions", "1000", "--keys", "latest:0.99", "--mix", "get=90,add=10", "--late", "1s", "--duration", "100ms"}, []string{"RateMeasure/sessions=2039/g=2", "at 5000/s (bursts:10)", "keys: latest:0.99"}},
	} {
		code, stdout, stderr := execute(t, with([]string{"run", "--target", "engine", "--goroutines", "2", "--seed", "3", "--progress", "none"}, c.args...)...)
		if code != ExitOK || stderr != "" {
			t.Errorf("%v: exit code %d\n%s", c.args, code, stderr)
		}
		for _, want := range append(c.want, "seed 3") {
			if !strings.Contains(stdout, want) {
				t.Errorf("%v: %q is missing in\n%s", c.args, want, stdout)
			}
		}
	}
}

func TestScenarioUsageErrors(t *testing.T) {
	config := write(t, "small.yaml", smallScenario)
	wrong := write(t, "wrong.yaml", "capacity: 5\npopulations: [{client: 5}]\n")
	trace := write(t, "trace.yaml", "trace: {file: absent.txt}\nphases: [{phase: measure}]\n")
	malformed := write(t, "ids.txt", "1\ntwo words\n")
	play := write(t, "play.yaml", "trace: {file: "+malformed+"}\nphases: [{phase: measure}]\n")
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--config", "absent.yaml"}, []string{"absent.yaml"}},
		{[]string{"--config", wrong}, []string{"wrong.yaml:2: populations[0].client: unknown key"}},
		{[]string{"--config", trace}, []string{"absent.txt"}},
		{[]string{"--config", play}, []string{malformed, "2"}},
		{[]string{"--config", config, "--target", "floor"}, []string{"floor", "cannot play a scenario"}},
		{[]string{"--config", config, "--target", "syncmap"}, []string{"syncmap", "capacity of 500", "no order to evict by"}},
		{[]string{"--config", config, "--target", "ghost"}, []string{"--target", `"ghost"`, "allowed are engine"}},
		{[]string{"--config", config, "--workload", "churn"}, []string{"--workload", "has no effect with --config"}},
		{[]string{"--config", config, "--population", "{}"}, []string{"--population", "give one of both"}},
		{[]string{"--config", config, "--rate", "5"}, []string{"phases[1]", "rate is 5", "populations"}},
		{[]string{"--config", config, "--goroutines", "1,2"}, []string{"--goroutines", `"1,2"`, "one number"}},
		{[]string{"--config", config, "--speedup", "0.5"}, []string{"--speedup", `"0.5"`, "from 1 to 1000000"}},
		{[]string{"--population", "{gap: soon}"}, []string{"--population", "population:1: gap", `"soon"`, "allowed are fixed:TIME"}},
		{[]string{"--population", "{}", "--rate", "5"}, []string{"--rate", "give one of both"}},
		{[]string{"--population", "{}", "--keys", "uniform"}, []string{"--keys", "has no effect with --population"}},
		{[]string{"--rate", "none"}, []string{"--rate", `"none"`, "0.001 to 1000000000"}},
		{[]string{"--rate", "5", "--arrivals", "pareto"}, []string{"--arrivals", `"pareto"`, "poisson, uniform and bursts:N"}},
		{[]string{"--rate", "5", "--workload", "churn"}, []string{"--workload", "allowed is mixed"}},
		{[]string{"--rate", "5", "--late", "-1s"}, []string{"--late", `"-1s"`}},
		{[]string{"--format", "csv"}, []string{"--format", "csv", "allowed are table, bench, json and html"}},
		{[]string{"-o", "x.csv"}, []string{"--output", "x.csv", "allowed are .table"}},
		{[]string{"--capture", "x"}, []string{"--capture", "only a scenario"}},
		{[]string{"--speedup", "5"}, []string{"--speedup", "only a scenario"}},
		{[]string{"--config", config, "-o", "result.xml"}, []string{"--output", "result.xml", "allowed are .table"}},
		{[]string{"--config", config, "-o", "absent/result.json"}, []string{"--output", "absent/result.json"}},
		{[]string{"--config", config, "-o", "/dev/full.json/x.json"}, []string{"--output", "x.json"}},
		{[]string{"--config", config, "--capture", "absent/ids"}, []string{"absent/ids"}},
	} {
		code, stdout, stderr := execute(t, with([]string{"run", "--target", "engine", "--progress", "none"}, c.args...)...)
		if code != ExitError {
			t.Errorf("%v: exit code %d, standard output %q", c.args, code, stdout)
		}
		for _, want := range c.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%v: %q is missing in %q", c.args, want, stderr)
			}
		}
	}
}

// The first interrupt ends a scenario early: what there is is written, to files
// too, and marked.
func TestInterruptedScenarioIsWritten(t *testing.T) {
	config := write(t, "long.yaml", strings.Replace(smallScenario, "for: 200ms", "for: 1h", 1))
	out := filepath.Join(t.TempDir(), "r.json")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "run", "--config", config, "--target", "engine", "-o", out)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	lines := newLines()
	cmd.Stderr = lines
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines.wait(t, "engine measure:")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code says it
	if code := cmd.ProcessState.ExitCode(); code != ExitInterrupted || !strings.Contains(stdout.String(), "PARTIAL") {
		t.Errorf("exit code %d\n%s", code, stdout.String())
	}
	var result measure.Result
	text, err := os.ReadFile(out)
	if err != nil || json.Unmarshal(text, &result) != nil || !result.Partial || len(result.Cells) != 1 || !result.OK() {
		t.Errorf("%v: %+v", err, result)
	}
}

// lines is a buffer that one can wait for.
type lines struct {
	written chan string
	rest    string
}

func newLines() *lines { return &lines{written: make(chan string, 1024)} }

func (l *lines) Write(b []byte) (int, error) {
	select {
	case l.written <- string(b):
	default: // nobody waits any more
	}
	return len(b), nil
}

func (l *lines) wait(t *testing.T, want string) {
	t.Helper()
	deadline := time.After(time.Minute)
	for !strings.Contains(l.rest, want) {
		select {
		case text := <-l.written:
			l.rest += text
		case <-deadline:
			t.Fatalf("%q did not come in\n%s", want, l.rest)
		}
	}
}

func TestNanoseconds(t *testing.T) {
	for n, want := range map[int64]string{0: "0s", 7: "7ns", 999: "999ns", 1234: "1.23µs", 12_345_678: "12.3ms", 1_999_999_999: "2s"} {
		if got := live.Rounded(n).String(); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
