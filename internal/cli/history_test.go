package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// runs writes ten runs, from the sixth on 30% slower.
func runs(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	for i := range 10 {
		ns := 100 + float64(i%3)
		if i >= 5 {
			ns += 30
		}
		text := fmt.Sprintf("goos: linux\nBenchmarkX/g=1 100 %v ns/op 3 B/op\nBenchmarkY 100 50 ns/op\n", ns)
		if err := os.WriteFile(filepath.Join(directory, fmt.Sprintf("2026-01-%02d.txt", i+1)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

func TestHistory(t *testing.T) {
	directory := runs(t)
	code, stdout, stderr := execute(t, "history", directory)
	if code != ExitOK || stderr != "" || strings.Count(stdout, "---- WORSE, cost +") != 1 || !strings.Contains(stdout, "Y, sec/op") || strings.Contains(stdout, "B/op") {
		t.Errorf("exit code %d, standard error %q\n%s", code, stderr, stdout)
	}
	code, stdout, _ = execute(t, "history", directory, "--unit", "all", "--benchmark", "^X", "--format", "json")
	if code != ExitOK || !strings.Contains(stdout, `"schema": "reprise-history/1"`) || !strings.Contains(stdout, `"unit": "B/op"`) || strings.Contains(stdout, `"Y"`) {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
	if _, stdout, _ := execute(t, "history", directory, "--magnitude", "50%"); strings.Contains(stdout, "----") {
		t.Errorf("a change of 30%% at a least magnitude of 50%%:\n%s", stdout)
	}
	accepted := `{"accepted": [{"run": "2026-01-06", "benchmark": "X/.*", "reason": "on purpose"}]}`
	if err := os.WriteFile(filepath.Join(directory, "accepted.json"), []byte(accepted), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stdout, _ := execute(t, "history", directory); !strings.Contains(stdout, ", accepted: on purpose\n") {
		t.Errorf("not accepted:\n%s", stdout)
	}
}

func TestHistoryUsage(t *testing.T) {
	directory := runs(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{filepath.Join(directory, "none")}, "none"},
		{[]string{t.TempDir()}, "has no run"},
		{[]string{directory, "--window", "1"}, `--window: "1"`},
		{[]string{directory, "--max-p", "2"}, `--max-p: "2"`},
		{[]string{directory, "--magnitude", "much"}, `--magnitude: "much"`},
		{[]string{directory, "--benchmark", "("}, "--benchmark: "},
		{[]string{directory, "--unit", "ns/op,ns/op"}, "--unit: "},
		{[]string{directory, "--accepted", "none.json"}, "--accepted: open none.json"},
		{[]string{directory, "--format", "xml"}, `--format: "xml"`},
	} {
		code, stdout, stderr := execute(t, with([]string{"history"}, c.args...)...)
		if code != ExitError || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: exit code %d, standard error %q", c.args, code, stderr)
		}
	}
}
