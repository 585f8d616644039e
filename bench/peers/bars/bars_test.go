package bars

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/bench"
	"github.com/reprise-tls/reprise/bench/peers/golang"
	peer "github.com/reprise-tls/reprise/bench/peers/libssl"
	"github.com/reprise-tls/reprise/internal/cli"
	"github.com/reprise-tls/reprise/internal/golden"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
)

func targets() []measure.Target {
	return slices.Concat(bench.Targets(), []measure.Target{peer.Target()}, golang.Targets())
}

// execute runs the command line in this process.
func execute(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = cli.Main(cli.Program{
		Name: "peers", Targets: targets(), Default: bench.DefaultTargets(), Commands: []any{new(Command)},
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err,
	})
	return code, out.String(), err.String()
}

func read(t *testing.T, name string) []*Run {
	t.Helper()
	runs, err := ReadFiles([]string{filepath.Join("testdata", name)})
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

// states returns the verdicts that say something, by measure, sessions and
// what the bar is.
func states(verdicts []Verdict) map[string]State {
	all := make(map[string]State)
	for _, v := range verdicts {
		all[fmt.Sprintf("%s, %d, %s", v.Measure, v.Of.Sessions, v.bound())] = v.State
	}
	return all
}

func TestMet(t *testing.T) {
	got := states(Evaluate(Bars(), read(t, "met.txt")))
	met := 0
	for _, want := range []string{
		"churn against libssl, 10000, ≥ 4", "churn against the best Go peer, 10000, ≥ 1.2", "add to a full cache against libssl, 20480, ≥ 3.5, kept ≥ 95 %", "worst Get during a flush against libssl, 1000000, ≤ 0.01",
		"churn, 2 goroutines against 1, 10000, ≥ 1.6", "heap a TLS 1.3 session, 1000000, ≤ 240", "the table's share of it, 1000000, ≤ 32",
	} {
		if got[want] != Met {
			t.Errorf("%s: %q", want, got[want])
		}
	}
	for _, state := range got {
		if state == Met {
			met++
		}
	}
	if met != 7 {
		t.Errorf("%d bars are met, want 7: %v", met, got)
	}
}

// A ratio below the bar; a cache that keeps too little; too few slices; peers
// that are missing; another configuration; an engine that broke a promise.
func TestNotMet(t *testing.T) {
	got := states(Evaluate(Bars(), read(t, "missed.txt")))
	for bar, want := range map[string]State{
		"churn against libssl, 10000, ≥ 4": Missed, "add to a full cache against libssl, 20480, ≥ 3.5, kept ≥ 95 %": Missed,
		"worst Get during a flush against libssl, 1000000, ≤ 0.01": NotMeasured, "churn against the best Go peer, 10000, ≥ 1.2": NotMeasured,
		"churn, 2 goroutines against 1, 10000, ≥ 1.6": NotMeasured, "heap a TLS 1.3 session, 1000000, ≤ 240": NotMeasured,
	} {
		if got[bar] != want {
			t.Errorf("%s: %q, want %q", bar, got[bar], want)
		}
	}
}

func TestBarsCommand(t *testing.T) {
	for _, c := range []struct{ name, format string }{{"met", "text"}, {"missed", "text"}, {"missed", "markdown"}} {
		code, stdout, stderr := execute("bars", "--format", c.format, filepath.Join("testdata", c.name+".txt"))
		if code != cli.ExitRegression || stderr != "" {
			t.Errorf("%s: exit code %d, standard error %q", c.name, code, stderr)
		}
		golden.Check(t, "bars-"+c.name+"."+c.format, stdout)
	}
}

// every returns a run in which the engine takes part in all bars and has the
// given value of every unit for each that is at least something, and one
// divided by it for the others.
func every(value float64) string {
	var b strings.Builder
	for _, bar := range Bars() {
		fmt.Fprintf(&b, "# begun now\nsharing: shared\nkeys: uniform\nstates: mixed\n")
		for k, v := range bar.Config {
			fmt.Fprintf(&b, "%s: %s\n", k, v)
		}
		mine := value
		if bar.AtMost {
			mine = 1 / value
		}
		for range MinSlices {
			fmt.Fprintf(&b, "Benchmark%v 1 %g %s 95 kept-%%\n", bar.Of, mine, bar.Unit)
			for _, target := range bar.Against {
				fmt.Fprintf(&b, "Benchmark%v 1 1 %s\n", bar.against(target), bar.Unit)
			}
		}
	}
	return b.String()
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		text string
		code int
	}{
		{every(1000), cli.ExitOK},
		{every(0.001), cli.ExitRegression},
		{"no results\n", cli.ExitError},
	} {
		file := filepath.Join(t.TempDir(), "run.txt")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, stdout, stderr := execute("bars", file); code != c.code {
			t.Errorf("exit code %d, want %d\n%s%s", code, c.code, stdout, stderr)
		}
	}
}

// Errors say where, which value, and what is allowed.
func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"bars", "testdata/malformed.txt"}, []string{"malformed.txt:3", `malformed.txt:4: `, `sessions is "-5"; allowed are`, `malformed.txt:5: benchmark "Chrun" is of no workload; allowed are [churn`, "malformed.txt:6: "}},
		{[]string{"table", "testdata/malformed.txt"}, []string{"malformed.txt:3"}},
		{[]string{"bars", "testdata/none.txt"}, []string{"none.txt"}},
		{[]string{"bars", "--format", "html", "testdata/met.txt"}, []string{"--format", `"html"`, "text and markdown"}},
		{[]string{"requests", "most"}, []string{`"most"`, "bars, all, full, smoke"}},
		{[]string{"bars", "--write", "testdata/met.txt", "testdata/met.txt"}, []string{"0 lines", "peers bars"}},
	} {
		code, stdout, stderr := execute(c.args...)
		if code != cli.ExitError || stdout != "" {
			t.Errorf("%q: exit code %d, standard output %q", c.args, code, stdout)
		}
		for _, want := range c.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%q: %q is missing in %q", c.args, want, stderr)
			}
		}
	}
}

func TestTableCommand(t *testing.T) {
	code, stdout, stderr := execute("table", "testdata/met.txt", "testdata/missed.txt")
	if code != cli.ExitOK || stderr != "" {
		t.Errorf("exit code %d, standard error %q", code, stderr)
	}
	golden.Check(t, "tables.md", stdout)
}

func TestTablesIntoADocument(t *testing.T) {
	doc := filepath.Join(t.TempDir(), "a.md")
	if err := os.WriteFile(doc, []byte("<!-- made by: peers bars -->\n<!-- end -->\n<!-- made by: peers table -->\n<!-- end -->\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, _ := execute("bars", "--write", doc, "testdata/met.txt"); code != cli.ExitRegression || stdout != "" {
		t.Errorf("exit code %d, standard output %q", code, stdout)
	}
	if code, stdout, _ := execute("table", "--write", doc, "testdata/met.txt"); code != cli.ExitOK || stdout != "" {
		t.Errorf("exit code %d, standard output %q", code, stdout)
	}
	got, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<!-- made by: peers bars testdata/met.txt -->\n\n", "| measure | ", "20 bars: 7 met", "<!-- made by: peers table testdata/met.txt -->\n\n", "### churn"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

// Of runs with the same cell the one with the most slices counts, then the
// last.
func TestWhichRunCounts(t *testing.T) {
	one := []Bar{{Measure: "x", Of: at(workload.Churn, 10), Unit: "ops/s", Bound: 1}}
	text := func(value, slices int) string {
		return "# begun now\n" + strings.Repeat(fmt.Sprintf("Benchmark%v 1 %d ops/s\n", one[0].Of, value), slices)
	}
	runs, err := Read("x", []byte(text(1, 11)+text(2, 11)+text(3, 10)))
	if err != nil {
		t.Fatal(err)
	}
	if v := Evaluate(one, runs)[0]; v.Value != 2 || v.Slices != 11 || v.State != Met {
		t.Errorf("%+v", v)
	}
}

func TestQuantiles(t *testing.T) {
	for q, want := range map[float64]float64{0: 1, 0.25: 1.75, 0.5: 2.5, 1: 4} {
		if got := quantile([]float64{4, 1, 3, 2}, q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
}
