package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"github.com/reprise-tls/reprise/bench"
	"github.com/reprise-tls/reprise/bench/baseline"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// leaky keeps a reference on every session it removes.
type leaky struct{ *baseline.Mutex }

func (c leaky) Remove(s *shards.Session) bool {
	s.Acquire()
	return c.Mutex.Remove(s)
}

// sluggish does everything many times over: nobody could take it for anything
// but a regression.
type sluggish struct{ *baseline.Mutex }

func (c sluggish) Add(s *shards.Session) bool {
	added := c.Mutex.Add(s)
	for range 50 {
		c.Mutex.Remove(s)
		c.Mutex.Add(s)
	}
	return added
}

func testTargets() []measure.Target {
	return []measure.Target{
		{
			Name: "leaky", Doc: "for tests",
			New: func(n int) (workload.Cache, error) { return leaky{baseline.NewMutex(n)}, nil },
		},
		{
			Name: "sluggish", Doc: "for tests",
			New: func(n int) (workload.Cache, error) { return sluggish{baseline.NewMutex(n)}, nil },
		},
		{
			Name: "twin", Doc: "for tests",
			New: func(n int) (workload.Cache, error) { return baseline.NewMutex(n), nil },
		},
	}
}

func testProgram(args ...string) Program {
	return Program{
		Name:    "loadgen",
		Targets: append(bench.Targets(), testTargets()...),
		Default: bench.DefaultTargets(),
		Args:    args,
		Stdin:   os.Stdin,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
	}
}

// asCommand makes the test binary behave like the command.
const asCommand = "LOADGEN_TEST_COMMAND"

// The test binary is also the command, and the copies it starts of itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "worker" || os.Args[1] == "tls-target") || os.Getenv(asCommand) != "" {
		os.Exit(Main(testProgram(os.Args[1:]...)))
	}
	os.Exit(m.Run())
}

// execute runs the command line in this process.
func execute(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	p := testProgram(args...)
	var out, err bytes.Buffer
	p.Stdout, p.Stderr = &out, &err
	code = Main(p)
	return code, out.String(), err.String()
}

var small = []string{"run", "--sessions", "500", "--goroutines", "1,2", "--duration", "2ms", "--warm-up", "1ms", "--count", "2"}

func with(args []string, more ...string) []string {
	return append(append([]string(nil), args...), more...)
}

const mostWorkloads = "churn,add-evict,identical,replace,get,mixed,expiry-mixed,hot,fill,scan"

// Every target runs every workload that it supports.
func TestRunEverything(t *testing.T) {
	targets := []string{"engine", "xsync", "mutex", "rwmutex-sharded"}
	code, stdout, stderr := execute(t, with(small, "--workload", mostWorkloads, "--target", strings.Join(targets, ","), "--format", "bench", "--progress", "none")...)
	if code != ExitOK || stderr != "" {
		t.Fatalf("exit code %d, standard error:\n%s", code, stderr)
	}
	names := resultNames(t, stdout)
	for _, workload := range []string{"Churn", "AddEvict", "Identical", "Replace", "Get", "Mixed", "ExpiryMixed", "Hot", "Fill", "Scan"} {
		for _, target := range targets {
			for _, g := range []string{"1", "2"} {
				name := workload + "/impl=" + target + "/sessions=500/g=" + g
				if names[name] != 2 {
					t.Errorf("%s has %d results, want 2", name, names[name])
				}
			}
		}
	}
}

// Flush needs a target that flushes and two goroutines.
func TestRunFlush(t *testing.T) {
	code, stdout, stderr := execute(t, "run", "--workload", "flush", "--goroutines", "2,3", "--target", "engine,xsync", "--sessions", "500",
		"--duration", "2ms", "--warm-up", "1ms", "--count", "2", "--format", "bench", "--progress", "none")
	if code != ExitOK || stderr != "" {
		t.Fatalf("exit code %d, standard error:\n%s", code, stderr)
	}
	for name, n := range resultNames(t, stdout) {
		if n != 2 || !strings.HasPrefix(name, "Flush/impl=") {
			t.Errorf("%s has %d results, want 2 of Flush", name, n)
		}
	}
}

func resultNames(t *testing.T, text string) map[string]int {
	t.Helper()
	names := make(map[string]int)
	reader := benchfmt.NewReader(strings.NewReader(text), "output")
	for reader.Scan() {
		switch r := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Errorf("not in benchmark format: %v", r)
		case *benchfmt.Result:
			names[string(r.Name)]++
		}
	}
	return names
}

func TestFormats(t *testing.T) {
	args := with(small, "--target", "syncmap,null", "--keys", "zipf:1.2", "--disjoint", "--workload", "mixed,replace",
		"--mix", "get=50,add=25,remove=25", "--states", "tls12=100", "--objects", "4", "--seed", "18446744073709551615", "--no-gc", "--commit", "cafe")
	t.Run("table", func(t *testing.T) {
		code, stdout, _ := execute(t, args...)
		for _, want := range []string{"Mixed/sessions=500/g=1", "vs syncmap", "keys: zipf:1.2", "commit: cafe", "sharing: disjoint", "mix: get=50,add=25,remove=25", "objects: 4", "tls12 75 B"} {
			if code != ExitOK || !strings.Contains(stdout, want) {
				t.Errorf("exit code %d, %q is missing in\n%s", code, want, stdout)
			}
		}
	})
	t.Run("json", func(t *testing.T) {
		code, stdout, _ := execute(t, with(args, "--format", "json")...)
		var got struct {
			Schema string
			measure.Result
		}
		if err := json.Unmarshal([]byte(stdout), &got); code != ExitOK || err != nil {
			t.Fatalf("exit code %d, %v", code, err)
		}
		if got.Schema != "reprise-loadgen/2" || len(got.Cells) != 8 || got.Settings.Seed != 1<<64-1 || got.Settings.Collect {
			t.Errorf("%+v", got)
		}
	})
}

func TestHelp(t *testing.T) {
	code, stdout, _ := execute(t, "run", "--help")
	for _, want := range []string{"rwmutex-sharded", "add-evict", "zipf:THETA", "Default: get=80,add=10,remove=10"} {
		if code != ExitOK || !strings.Contains(strings.Join(strings.Fields(stdout), " "), want) {
			t.Errorf("exit code %d, %q is missing in\n%s", code, want, stdout)
		}
	}
	if code, stdout, _ := execute(t, "--help"); code != ExitOK || strings.Contains(stdout, "worker") || !strings.Contains(stdout, "Exit codes") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
}

// Errors name the flag, the value and what is allowed.
func TestUsageErrors(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"--target", "ghost"}, []string{"--target", `"ghost"`, "allowed are engine, xsync, mutex"}},
		{[]string{"--target", "engine,engine"}, []string{"--target", "twice"}},
		{[]string{"--target", "syncmap", "--workload", "add-evict"}, []string{"syncmap", "add-evict", "no order to evict by"}},
		{[]string{"--target", "engine,mutex", "--workload", "flush", "--goroutines", "2"}, []string{"mutex", "flush", "removes what is expired"}},
		{[]string{"--target", "engine", "--workload", "flush", "--goroutines", "1,2"}, []string{"1 goroutines", "flush", "2 to 4096"}},
		{[]string{"--target", "engine", "--workload", "hot", "--disjoint"}, []string{"disjoint", "hot"}},
		{[]string{"--target", "engine", "--workload", "fill", "--sessions", "1", "--goroutines", "2"}, []string{"2 goroutines", "fill", "there are 1"}},
		{[]string{"--target", "engine", "--workload", "scan", "--sessions", "1", "--goroutines", "1"}, []string{"1 sessions", "scan", "2 to"}},
		{[]string{"--flood", "65"}, []string{"--flood", `"65"`, "0 to 64"}},
		{[]string{"--sample", "1000001"}, []string{"--sample", `"1000001"`, "0 to 1000000"}},
		{[]string{"--workload", "chrun"}, []string{"--workload", `"chrun"`, "allowed are churn, add-evict"}},
		{[]string{"--sessions", "0"}, []string{"--sessions", `"0"`, "1 to 100000000"}},
		{[]string{"--sessions", "5,5"}, []string{"--sessions", "twice"}},
		{[]string{"--sessions", "many"}, []string{"--sessions", `"many"`}},
		{[]string{"--goroutines", "1,0"}, []string{"--goroutines", `"0"`, "1 to 4096"}},
		{[]string{"--keys", "zipf:-1"}, []string{"--keys", "zipf:-1", "above 0"}},
		{[]string{"--keys", "pareto"}, []string{"--keys", "pareto", "uniform, zipf:THETA"}},
		{[]string{"--mix", "get=1"}, []string{"--mix", "get=1", "100"}},
		{[]string{"--states", "ssl3=100"}, []string{"--states", "ssl3", "tls13, tls12, mtls13, mtls12"}},
		{[]string{"--objects", "3"}, []string{"--objects", `"3"`, "even"}},
		{[]string{"--seed", "-1"}, []string{"--seed", `"-1"`}},
		{[]string{"--duration", "0"}, []string{"--duration", `"0"`, "1ms"}},
		{[]string{"--duration", "5"}, []string{"--duration", `"5"`, "500ms"}},
		{[]string{"--warm-up", "-1s"}, []string{"--warm-up", `"-1s"`}},
		{[]string{"--deadline", "forever"}, []string{"--deadline", `"forever"`}},
		{[]string{"--count", "0"}, []string{"--count", `"0"`, "1 to"}},
		{[]string{"--format", "xml"}, []string{"--format", `"xml"`, "table, bench, json, csv and html"}},
		{[]string{"--progress", "loud"}, []string{"--progress", `"loud"`, "auto, full, bar, lines and none"}},
		{[]string{"--disjoint", "--sessions", "1", "--goroutines", "2"}, []string{"disjoint", "2 goroutines"}},
		{[]string{"--no-such-flag"}, []string{"--no-such-flag"}},
		{[]string{"stray"}, []string{"stray"}},
	} {
		code, stdout, stderr := execute(t, with([]string{"run"}, c.args...)...)
		if code != ExitError || stdout != "" {
			t.Errorf("%q: exit code %d, standard output %q", c.args, code, stdout)
		}
		for _, want := range c.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%q: %q is missing in %q", c.args, want, stderr)
			}
		}
	}
	if code, _, _ := execute(t); code != ExitError {
		t.Errorf("no command at all: exit code %d", code)
	}
}

func TestSeveralErrorsAreReportedAtOnce(t *testing.T) {
	_, _, stderr := execute(t, "run", "--target", "ghost", "--count", "0", "--seed", "x")
	for _, flag := range []string{"--target", "--count", "--seed"} {
		if !strings.Contains(stderr, flag) {
			t.Errorf("%s is missing in %q", flag, stderr)
		}
	}
}

func TestViolationIsAnError(t *testing.T) {
	code, stdout, stderr := execute(t, with(small, "--target", "mutex,leaky", "--format", "bench", "--progress", "none")...)
	if code != ExitError || !strings.Contains(stderr, "VIOLATED: leaky, workload churn, 500 sessions") {
		t.Errorf("exit code %d, standard error %q", code, stderr)
	}
	if !strings.Contains(stdout, "# VIOLATED: leaky") || resultNames(t, stdout)["Churn/impl=mutex/sessions=500/g=2"] != 2 {
		t.Errorf("the results are not all there:\n%s", stdout)
	}
}

func TestProfilesAreWritten(t *testing.T) {
	directory := t.TempDir()
	code, _, stderr := execute(t, with(small, "--target", "engine,mutex", "--cpuprofile", filepath.Join(directory, "cpu.prof"), "--memprofile", filepath.Join(directory, "mem.prof"))...)
	if code != ExitOK {
		t.Fatalf("exit code %d, standard error %q", code, stderr)
	}
	for _, name := range []string{"cpu-engine.prof", "cpu-mutex.prof", "mem-engine.prof", "mem-mutex.prof"} {
		if info, err := os.Stat(filepath.Join(directory, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// command starts the test binary as the command.
func command(t *testing.T, args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd = exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// interrupted runs the command, interrupts it after a few slices, and returns
// what it wrote to standard output, and to standard error after the interrupt.
func interrupted(t *testing.T, args ...string) (stdout, rest string) {
	t.Helper()
	cmd, out, _ := command(t, args...)
	cmd.Stderr = nil
	progress, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	for lines := bufio.NewScanner(progress); lines.Scan(); {
		said = append(said, lines.Text())
		var done, total int
		if n, _ := fmt.Sscanf(lines.Text(), "loadgen: %d/%d slices", &done, &total); n == 2 && done >= 3 {
			break
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	last, err := io.ReadAll(progress)
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != ExitInterrupted {
		t.Fatalf("exit code %d (%v), standard error:\n%s\n%s", code, err, strings.Join(said, "\n"), last)
	}
	return out.String(), string(last)
}

// An interrupt leaves a valid partial result.
func TestInterrupt(t *testing.T) {
	stdout, rest := interrupted(t, "run", "--target", "engine,mutex", "--sessions", "500", "--goroutines", "1",
		"--duration", "20ms", "--count", "100000", "--format", "bench", "--progress", "lines")
	if !strings.Contains(stdout, "# PARTIAL: interrupted after") || resultNames(t, stdout)["Churn/impl=engine/sessions=500/g=1"] == 0 {
		t.Errorf("no partial result:\n%s", stdout)
	}
	if !strings.Contains(rest, "interrupted") {
		t.Errorf("standard error ends with\n%s", rest)
	}
}

// A worker whose parent has gone ends by itself.
func TestWorkerEndsWithItsParent(t *testing.T) {
	cmd, stdout, stderr := command(t, "worker")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || stdout.Len() > 0 {
		t.Errorf("%v, standard output %q, standard error %q", err, stdout, stderr)
	}
}

func TestResultThatCannotBeWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Logf("this system has no /dev/full: %v", err)
		return
	}
	defer full.Close()
	cmd, _, stderr := command(t, with(small, "--target", "mutex")...)
	cmd.Stdout = full
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != ExitError || !strings.Contains(stderr.String(), "writing the result") {
		t.Errorf("%v, standard error %q", err, stderr)
	}
}

// A program may have commands of its own.
func TestFurtherCommands(t *testing.T) {
	p := testProgram("greet", "everybody")
	p.Commands = []any{new(struct {
		Greet greetCommand `cmd:"" help:"Greet."`
	})}
	var out bytes.Buffer
	p.Stdout, p.Stderr = &out, &out
	if code := Main(p); code != ExitOK || out.String() != "loadgen greets everybody\n" {
		t.Errorf("exit code %d, output %q", code, out.String())
	}
	p.Commands = nil
	if Main(p) != ExitError {
		t.Error("a command that is not there is carried out")
	}
}

type greetCommand struct {
	Whom string `arg:""`
}

// Run implements kong's interface.
func (c *greetCommand) Run(p *Program) error {
	_, err := fmt.Fprintf(p.Stdout, "%s greets %s\n", p.Name, c.Whom)
	return err
}
