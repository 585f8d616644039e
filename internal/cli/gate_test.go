package cli

import (
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/compare"
)

// The gate says less.
func TestGate(t *testing.T) {
	code, stdout, stderr := execute(t, with([]string{"gate", "--target", "mutex,sluggish"}, quick...)...)
	if code != ExitRegression || !strings.Contains(stdout, "verdict: regressed") || strings.Contains(stdout, "vs base") || stderr != "" {
		t.Errorf("exit code %d, standard error %q\n%s", code, stderr, stdout)
	}
}

func TestSelfTest(t *testing.T) {
	// What the slowdown does not touch must not be called: the self-test fails.
	args := with([]string{"gate", "--self-test", "--target", "mutex", "--slowdown", "99"}, quick...)
	code, stdout, stderr := execute(t, with(args, "--launches", "4", "--unit", "hit-%", "--workload", "get")...)
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
