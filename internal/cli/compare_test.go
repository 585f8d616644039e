package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// quick makes a comparison small: three launches are the fewest that can call
// anything at this alpha.
var quick = []string{"--sessions", "200", "--states", "tls13=100", "--goroutines", "1", "--duration", "10ms", "--warm-up", "0", "--count", "2", "--launches", "3", "--alpha", "0.3", "--progress", "none"}

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
			if names["Churn/impl="+target+"/sessions=200/g=1"] != 6 {
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
		if got.Schema != "reprise-comparison/1" || got.Verdict != "regressed" || len(got.Rows) != 1 || len(got.Rows[0].CandidateFigures) != 6 || got.Rows[0].PairsPerLaunch != 2 || got.Result.SlicesDone != 24 {
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
		{[]string{"--target", "engine,mutex", "--format", "xml"}, []string{"--format", `"xml"`, "text, csv, bench, json and html"}},
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
