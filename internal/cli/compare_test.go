package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/compare"
)

// quick makes a comparison small: four launches are the fewest that can call
// anything at this alpha. A slice must be long enough for a busy machine to do
// something in each.
var quick = []string{"--sessions", "200", "--states", "tls13=100", "--goroutines", "1", "--duration", "10ms", "--warm-up", "0", "--count", "2", "--launches", "4", "--alpha", "0.2", "--progress", "none"}

// equals compares figures that are the same in every slice: all lookups of
// workload get are hits.
var equals = with(quick, "--target", "mutex,twin", "--workload", "get", "--unit", "hit-%")

func TestVerdictsAreExitCodes(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"slower", with(quick, "--target", "mutex,sluggish"), ExitRegression, "verdict: regressed"},
		{"the same", equals, ExitOK, "verdict: no change"},
		{"not to be told", with(equals, "--threshold", "0"), ExitInconclusive, "verdict: inconclusive"},
	} {
		code, stdout, stderr := execute(t, with([]string{"compare"}, c.args...)...)
		if code != c.code || !strings.Contains(stdout, c.want) || !strings.Contains(stdout, "vs base") || stderr != "" {
			t.Errorf("%s: exit code %d, want %d, standard error %q\n%s", c.name, code, c.code, stderr, stdout)
		}
	}
}

// The gate says less.
func TestGate(t *testing.T) {
	code, stdout, stderr := execute(t, with([]string{"gate", "--target", "mutex,sluggish"}, quick...)...)
	if code != ExitRegression || !strings.Contains(stdout, "verdict: regressed") || strings.Contains(stdout, "vs base") || stderr != "" {
		t.Errorf("exit code %d, standard error %q\n%s", code, stderr, stdout)
	}
}

func TestBisectExitCodes(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		code int
	}{
		{"a target that fails", with(quick, "--target", "mutex,leaky"), ExitSkip},
		{"a flag that there is not", []string{"--no-such-flag"}, ExitAbort},
		{"nothing to compare", nil, ExitAbort},
		{"no revision", []string{"--base", "no-such-revision", "--progress", "none"}, ExitAbort},
	} {
		code, _, stderr := execute(t, with([]string{"compare", "--bisect"}, c.args...)...)
		if code != c.code {
			t.Errorf("%s: exit code %d, want %d, standard error:\n%s", c.name, code, c.code, stderr)
		}
	}
}

// exitIn returns the exit code that an error asks for, 0 for nil.
func exitIn(err error) int {
	var code codeError
	if err != nil && !errors.As(err, &code) {
		return -1
	}
	return int(code)
}

// What becomes of the other outcomes.
func TestBisected(t *testing.T) {
	c := comparisonFlags{Bisect: true}
	p := &Program{Name: "loadgen", Stderr: io.Discard}
	if err := c.bisected(p, nil); err != nil {
		t.Errorf("not slower: %v", err)
	}
	for from, to := range map[error]int{
		codeError(ExitRegression): 1, codeError(ExitInconclusive): ExitSkip, codeError(ExitError): ExitSkip,
		codeError(ExitInterrupted): ExitInterrupted, codeError(ExitSkip): ExitSkip, io.ErrShortWrite: ExitAbort,
	} {
		if got := c.bisected(p, from); exitIn(got) != to {
			t.Errorf("%v: %v, want exit code %d", from, got, to)
		}
	}
	c.Bisect = false
	if got := c.bisected(p, codeError(ExitInconclusive)); exitIn(got) != ExitInconclusive {
		t.Errorf("without --bisect: %v", got)
	}
}

func TestCompareFormats(t *testing.T) {
	args := with([]string{"compare"}, with(quick, "--target", "mutex,sluggish")...)
	t.Run("bench", func(t *testing.T) {
		code, stdout, _ := execute(t, with(args, "--format", "bench")...)
		names := resultNames(t, stdout)
		for _, target := range []string{"mutex", "mutex-again", "sluggish"} {
			if names["Churn/impl="+target+"/sessions=200/g=1"] != 8 {
				t.Errorf("%v", names)
			}
		}
		if code != ExitRegression || !strings.Contains(stdout, "\n# verdict: regressed\n") {
			t.Errorf("exit code %d\n%s", code, stdout)
		}
	})
	t.Run("json", func(t *testing.T) {
		code, stdout, _ := execute(t, with(args, "--format", "json")...)
		var got struct {
			Schema, Verdict string
			Rows            []struct {
				CandidateFigures []float64
				PairsPerLaunch   int
			}
			Result struct{ SlicesDone int }
		}
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != ExitRegression {
			t.Fatalf("exit code %d, %v", code, err)
		}
		if got.Schema != "reprise-comparison/1" || got.Verdict != "regressed" || len(got.Rows) != 1 || len(got.Rows[0].CandidateFigures) != 8 || got.Rows[0].PairsPerLaunch != 2 || got.Result.SlicesDone != 32 {
			t.Errorf("%+v", got)
		}
	})
}

func TestCompareUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"nothing to compare", "two files or more, --base REV, and --target"}},
		{[]string{"--target", "engine"}, []string{"nothing to compare"}},
		{[]string{"--target", "engine,ghost"}, []string{"--target", `"ghost"`}},
		{[]string{"--head", "HEAD"}, []string{"--head", "--base"}},
		{[]string{"--base", "HEAD", "--target", "engine,mutex"}, []string{"--target", "one name"}},
		{[]string{"--target", "engine,mutex", "--alpha", "much"}, []string{"--alpha", `"much"`, "above 0 and below 1"}},
		{[]string{"--target", "engine,mutex", "--alpha", "1"}, []string{"alpha 1", "below 1"}},
		{[]string{"--target", "engine,mutex", "--threshold", "100%"}, []string{"--threshold", `"100%"`, "below 100%"}},
		{[]string{"--target", "engine,mutex", "--launches", "0"}, []string{"--launches", `"0"`}},
		{[]string{"--target", "engine,mutex", "--launches", "8"}, []string{"8 launches", "2 rows at alpha 0.01 fewer than 9"}},
		{[]string{"--target", "engine,mutex", "--unit", "p99-ns"}, []string{"p99-ns", "timed"}},
		{[]string{"--target", "engine,mutex", "--unit", "kept-%"}, []string{`"kept-%"`, "allowed are ops/s"}},
		{[]string{"--target", "engine,mutex", "--format", "xml"}, []string{"--format", `"xml"`, "text, csv, bench and json"}},
		{[]string{"one.txt"}, []string{"one file, one.txt"}},
		{[]string{"one.txt", "two.txt", "--target", "engine"}, []string{"files are compared with files"}},
		{[]string{"no-such-file.txt", "two.txt"}, []string{"no-such-file.txt"}},
	} {
		code, stdout, stderr := execute(t, with([]string{"compare", "--progress", "none"}, c.args...)...)
		if code != ExitError || stdout != "" {
			t.Errorf("%q: exit code %d, standard output %q", c.args, code, stdout)
		}
		for _, want := range c.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%q: %q is missing in %q", c.args, want, stderr)
			}
		}
	}
}

// An interrupt leaves what was measured, and no verdict.
func TestInterruptedComparison(t *testing.T) {
	cmd, stdout, _ := command(t, "compare", "--target", "mutex,sluggish", "--sessions", "200", "--goroutines", "1", "--duration", "20ms",
		"--warm-up", "0", "--launches", "1000", "--format", "bench", "--progress", "lines")
	cmd.Stderr = nil
	progress, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(progress); lines.Scan(); {
		var done, total, launch int
		if n, _ := fmt.Sscanf(lines.Text(), "loadgen: %d/%d slices, launch %d of 1000", &done, &total, &launch); n == 3 && launch >= 2 {
			break
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(progress)
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != ExitInterrupted {
		t.Fatalf("exit code %d (%v), standard error:\n%s", code, err, rest)
	}
	out := stdout.String()
	if !strings.Contains(out, "# PARTIAL: interrupted after") || !strings.Contains(out, "# verdict: inconclusive\n") || strings.Contains(out, "regressed") {
		t.Errorf("no partial result:\n%s", out)
	}
	if resultNames(t, out)["Churn/impl=sluggish/sessions=200/g=1"] == 0 {
		t.Error("the result is empty")
	}
}

// runFile writes a run whose benchmarks take the given times.
func runFile(t *testing.T, name, cpu string, nanoseconds ...float64) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "goos: linux\ngoarch: amd64\ncpu: %s\ngo: go1.26.0\ncommit: %s\n", cpu, name)
	for _, ns := range nanoseconds {
		fmt.Fprintf(&b, "BenchmarkX/g=1 100 %v ns/op\n", ns)
	}
	fmt.Fprintf(&b, "BenchmarkOnly%s 100 5 ns/op\n", strings.ToUpper(name))
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func around(median float64) (all []float64) {
	for i := range 10 {
		all = append(all, median+0.1*float64(i))
	}
	return all
}

func TestCompareFiles(t *testing.T) {
	old := runFile(t, "old", "A", around(100)...)
	slow := runFile(t, "slow", "A", around(120)...)
	same := runFile(t, "same", "A", around(100)...)
	few := runFile(t, "few", "A", 100)
	elsewhere := runFile(t, "elsewhere", "B", around(120)...)
	for _, c := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{old, slow}, ExitRegression, []string{"verdict: regressed (unpaired)", "+19.9", "UNPAIRED"}},
		{[]string{"old=" + old, "slow=" + slow}, ExitRegression, []string{"│      old ", "  slow "}},
		{[]string{slow, old}, ExitOK, []string{"verdict: improved (unpaired)"}},
		{[]string{old, same}, ExitOK, []string{"verdict: no change (unpaired)"}},
		{[]string{old, few}, ExitInconclusive, []string{"too few figures"}},
		{[]string{old, slow, "--format", "csv"}, ExitRegression, []string{",sec/op,CI,sec/op,CI,vs base,P\n"}},
		{[]string{old, slow, "--format", "json"}, ExitRegression, []string{`"paired": false`, `"floorPercent": null`}},
		{[]string{old, elsewhere}, ExitError, nil},
		{[]string{old, elsewhere, "--any-machine"}, ExitRegression, []string{"verdict: regressed (unpaired)"}},
		{[]string{old, slow, "--unit", "B/op"}, ExitError, nil},
		{[]string{old, slow, "--format", "bench"}, ExitError, nil},
	} {
		code, stdout, stderr := execute(t, with([]string{"compare"}, c.args...)...)
		if code != c.code {
			t.Errorf("%q: exit code %d, want %d, standard error %q", c.args, code, c.code, stderr)
		}
		for _, want := range c.want {
			if !strings.Contains(stdout, want) {
				t.Errorf("%q: %q is missing in\n%s", c.args, want, stdout)
			}
		}
		if code != ExitError && !strings.Contains(stderr, "not compared: OnlyOLD") && !strings.Contains(stderr, "not compared: OnlySLOW") {
			t.Errorf("%q: nothing says that a benchmark is in one file only: %q", c.args, stderr)
		}
	}
	_, _, stderr := execute(t, "compare", old, elsewhere)
	if !strings.Contains(stderr, `cpu is "A" in one and "B" in the other`) || !strings.Contains(stderr, "--any-machine") {
		t.Errorf("different machines: %q", stderr)
	}
	if code, stdout, _ := execute(t, "gate", old, slow); code != ExitRegression || strings.Contains(stdout, "│") {
		t.Errorf("gate of files: exit code %d\n%s", code, stdout)
	}
}

// TestColumnsOfOneFile compares what is in one file.
func TestColumnsOfOneFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "one")
	var b strings.Builder
	b.WriteString("Unit ops/s better=higher\n")
	for i := range 10 {
		fmt.Fprintf(&b, "BenchmarkX/impl=a 1 %d ops/s\nBenchmarkX/impl=b 1 %d ops/s\n", 100+i, 50+i)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := execute(t, "compare", "--col", "/impl", "--unit", "ops/s", file)
	if code != ExitRegression || !strings.Contains(stdout, "  b  ops/s") {
		t.Errorf("exit code %d, standard error %q\n%s", code, stderr, stdout)
	}
}

// repository makes a module with two revisions of an engine; its load generator
// is this test binary, run the way that the engine says. It returns the commits.
func repository(t *testing.T) (sound, slow, wrong string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	write := func(name, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=Test", "-c", "user.email=test@example.org"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	commit := func(engine string) string {
		t.Helper()
		write("engine/engine.go", "package engine\n\n"+engine)
		git("add", "-A")
		git("commit", "-q", "-m", "test")
		return git("rev-parse", "HEAD")
	}
	write("go.mod", "module github.com/reprise-tls/reprise\n\ngo 1.26\n")
	write("shards/shards.go", "package shards\n")
	write("internal/yield/yield.go", "package yield\n")
	write("cmd/loadgen/main.go", fmt.Sprintf(`package main

import (
	"fmt"
	"os"
	"syscall"

	"github.com/reprise-tls/reprise/engine"
)

func main() {
	fmt.Fprintln(os.Stderr, syscall.Exec(%q, append([]string{"loadgen", "worker"}, engine.Arguments...), os.Environ()))
}
`, self))
	git("init", "-q")
	sound = commit("var Arguments []string\n")
	wrong = commit("var Arguments = nothing\n")
	slow = commit("var Arguments = []string{\"--slow=20\"}\n")
	return sound, slow, wrong
}

func TestCompareRevisions(t *testing.T) {
	sound, slow, wrong := repository(t)
	t.Setenv("TMPDIR", t.TempDir())
	args := with([]string{"compare", "--target", "mutex"}, quick...)
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"the same", []string{"--base", slow, "--head", "HEAD", "--workload", "get", "--unit", "hit-%"}, ExitOK, "the same program, byte for byte"},
		{"bisect, the work tree is slower", []string{"--base", sound, "--bisect"}, 1, "# head: mutex of " + slow + "\n"},
		{"a head that cannot be built", []string{"--base", sound, "--head", wrong}, ExitError, ""},
		{"bisect, a head that cannot be built", []string{"--base", sound, "--head", wrong, "--bisect"}, ExitSkip, ""},
		{"bisect, a base that cannot be built", []string{"--base", wrong, "--bisect"}, ExitAbort, ""},
		{"a base that there is not", []string{"--base", "--oops"}, ExitError, ""},
	} {
		code, stdout, stderr := execute(t, with(args, c.args...)...)
		if code != c.code || !strings.Contains(stdout, c.want) {
			t.Errorf("%s: exit code %d, want %d, standard error %q\n%s", c.name, code, c.code, stderr, stdout)
		}
		if c.want == "" && strings.Contains(c.name, "cannot be built") && !strings.Contains(stderr, "undefined: nothing") {
			t.Errorf("%s: the compiler is not quoted: %q", c.name, stderr)
		}
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	for _, entry := range left {
		if strings.HasPrefix(entry.Name(), "loadgen-revisions-") {
			t.Errorf("%s was left behind", entry.Name())
		}
	}
	out, gitErr := exec.CommandContext(t.Context(), "git", "status", "--porcelain").Output()
	if err != nil || gitErr != nil || len(out) > 0 {
		t.Errorf("the work tree was touched: %s (%v, %v)", out, err, gitErr)
	}
}

func TestSelfTest(t *testing.T) {
	// What the slowdown does not touch must not be called: the self-test fails.
	args := with([]string{"gate", "--self-test", "--target", "mutex", "--slowdown", "99"}, quick...)
	code, stdout, stderr := execute(t, with(args, "--launches", "5", "--unit", "hit-%", "--workload", "get")...)
	if code != ExitError || !strings.Contains(stdout, "FAILED: the slowdown is not called") {
		t.Errorf("a figure that does not go with the time: exit code %d, standard error %q\n%s", code, stderr, stdout)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--slowdown", "0"}, "no slowdown"},
		{[]string{"--slowdown", "fast"}, `"fast"`},
		{[]string{"--target", "engine,mutex"}, "one --target"},
		{[]string{"--aa", "3"}, "one of them"},
		{[]string{"some-file"}, "no files"},
	} {
		code, _, stderr := execute(t, with([]string{"gate", "--self-test", "--progress", "none"}, c.args...)...)
		if code != ExitError || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: exit code %d, standard error %q", c.args, code, stderr)
		}
	}
}

// What the self-test says of every outcome there can be.
func TestSelfTestIsJudged(t *testing.T) {
	for _, c := range []struct {
		same, slowed compare.Verdict
		code         int
		want         string
	}{
		{compare.NoChange, compare.Regressed, ExitOK, "passed"},
		{compare.Inconclusive, compare.Regressed, ExitOK, "passed"},
		{compare.Regressed, compare.Regressed, ExitError, "FAILED: equals"},
		{compare.NoChange, compare.Inconclusive, ExitInconclusive, "INCONCLUSIVE"},
		{compare.NoChange, compare.NoChange, ExitError, "FAILED: the slowdown"},
		{compare.NoChange, compare.Improved, ExitError, "FAILED: the slowdown"},
	} {
		var out strings.Builder
		p := &Program{Stdout: &out}
		err := p.judged([]compare.Row{{Verdict: c.same}}, []compare.Row{{Verdict: c.slowed}}, "10%")
		code := exitIn(err)
		if code != c.code || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s, %s: exit code %d\n%s", c.same, c.slowed, code, out.String())
		}
	}
}

func TestAA(t *testing.T) {
	args := with([]string{"gate", "--target", "mutex", "--workload", "get", "--unit", "hit-%"}, quick...)
	code, stdout, stderr := execute(t, with(args, "--aa", "2")...)
	if code != ExitOK || !strings.Contains(stdout, "\n1\tno change\t") || !strings.Contains(stdout, "\n2\tno change\t") ||
		!strings.Contains(stdout, "# of 2 comparisons of equals 0 were called regressed (allowed are 2), 0 improved, 2 no change, 0 inconclusive\n") {
		t.Errorf("exit code %d, standard error %q\n%s", code, stderr, stdout)
	}
	for _, c := range []struct{ flag, value string }{{"--aa", "0"}, {"--allowed", "-1"}} {
		code, _, stderr := execute(t, "gate", "--aa=1", c.flag+"="+c.value)
		if code != ExitError || !strings.Contains(stderr, c.flag) {
			t.Errorf("%s=%s: exit code %d, standard error %q", c.flag, c.value, code, stderr)
		}
	}
}
