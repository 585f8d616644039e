package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
