package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/compare"
)

// directory writes runs: in each, X takes the given nanoseconds, about, and Y
// always 50.
func directory(t *testing.T, medians ...float64) string {
	t.Helper()
	d := t.TempDir()
	for i, m := range medians {
		var b strings.Builder
		fmt.Fprintf(&b, "# begun long ago\ngoos: linux\ncpu: A\ncommit: c0ffee%04d\nkeys: uniform\nUnit ops/s better=higher\n", i)
		for j := range 3 {
			ns := m + 0.1*float64(j+i%3)
			fmt.Fprintf(&b, "BenchmarkX/g=1 100 %v ns/op %v ops/s\n", ns, 1e9/ns)
		}
		b.WriteString("BenchmarkY 100 50 ns/op\n")
		write(t, d, fmt.Sprintf("2026-01-%02d-nightly.txt", i+1), b.String())
	}
	return d
}

func write(t *testing.T, directory, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(directory, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// step is a series of runs that takes 20% more from the ninth on.
var step = []float64{100, 100, 101, 100, 99, 100, 100, 101, 120, 121, 120, 119, 120, 120, 121, 120}

func read(t *testing.T, directory string, o Options) *History {
	t.Helper()
	o.Rule = compare.DefaultChangeRule
	h, err := Read(directory, o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestSeries(t *testing.T) {
	h := read(t, directory(t, step...), Options{})
	if len(h.Series) != 3 || len(h.Notes) != 0 {
		t.Fatalf("%d series, notes %v", len(h.Series), h.Notes)
	}
	time, rate, constant := h.Series[0], h.Series[1], h.Series[2]
	if time.Benchmark != "X/g=1" || time.Unit != "sec/op" || rate.Unit != "ops/s" || constant.Benchmark != "Y" {
		t.Fatalf("%+v, %+v, %+v", time, rate, constant)
	}
	if time.Config != "keys: uniform" || !strings.Contains(time.Machine.String(), "cpu A") {
		t.Errorf("config %q, machine %v", time.Config, time.Machine)
	}
	if len(time.Points) != len(step) || time.Points[2].Run != (Run{"2026-01-03-nightly", "c0ffee0002"}) || time.Points[2].Count != 3 {
		t.Errorf("%+v", time.Points)
	}
	for _, s := range []*Series{time, rate} {
		if len(s.Changes) != 1 || s.Changes[0].Index != 8 {
			t.Fatalf("%s: changes %+v", s.Unit, s.Changes)
		}
		if percent, known := s.Worse(s.Changes[0]); !known || percent < 19 || percent > 21 {
			t.Errorf("%s: worse by %v%%, known: %v", s.Unit, percent, known)
		}
	}
	if len(constant.Changes) != 0 {
		t.Errorf("what is always the same changed: %+v", constant.Changes)
	}
}

func TestOptionsChoose(t *testing.T) {
	h := read(t, directory(t, 100, 100), Options{Units: []string{"sec/op"}, Benchmark: regexp.MustCompile("^X")})
	if len(h.Series) != 1 || h.Series[0].Unit != "sec/op" {
		t.Errorf("%+v", h.Series)
	}
}

// Runs of another machine, or of another workload, are no points of the series.
func TestSeriesDoNotMix(t *testing.T) {
	d := directory(t, 100, 100)
	write(t, d, "2026-02-01.txt", "goos: linux\ncpu: B\nkeys: uniform\nBenchmarkX/g=1 1 100 ns/op\n")
	write(t, d, "2026-02-02.txt", "goos: linux\ncpu: A\nkeys: zipf:1\nBenchmarkX/g=1 1 100 ns/op\n")
	h := read(t, d, Options{Units: []string{"sec/op"}, Benchmark: regexp.MustCompile("^X")})
	if len(h.Series) != 3 || len(h.Series[0].Points) != 2 || len(h.Series[1].Points) != 1 || len(h.Series[2].Points) != 1 {
		t.Errorf("%+v", h.Series)
	}
}

func TestNotes(t *testing.T) {
	d := directory(t, 100)
	write(t, d, "2026-02-01.txt", "# PARTIAL: interrupted after 3 of 9 slices\nBenchmarkX/g=1 1 100 ns/op\n")
	write(t, d, "2026-02-02.txt", "# commit abcdef0\nBenchmarkX/g=1 1 much ns/op\nBenchmarkZ 1 1 ns/op")
	write(t, d, "README.md", "BenchmarkX/g=1 1 100 ns/op\n")
	h := read(t, d, Options{})
	if len(h.Notes) != 2 || !strings.Contains(h.Notes[0], "2026-02-01: left out") || !strings.Contains(h.Notes[1], "2026-02-02:2") {
		t.Errorf("notes %q", h.Notes)
	}
	last := h.Series[len(h.Series)-1]
	if last.Benchmark != "Z" || last.Points[0].Run.Commit != "abcdef0" {
		t.Errorf("%+v", last)
	}
}

func accept(t *testing.T, content string) ([]Acceptance, error) {
	t.Helper()
	d := t.TempDir()
	write(t, d, "accepted.json", content)
	return ReadAccepted(filepath.Join(d, "accepted.json"))
}

func TestAccepted(t *testing.T) {
	d := directory(t, step...)
	for _, c := range []struct {
		entry    string
		accepted bool
	}{
		{`{"run": "2026-01-09", "benchmark": "X/.*", "reason": "R"}`, true},
		{`{"run": "c0ffee0008", "benchmark": "X/g=1", "unit": "sec/op", "reason": "R"}`, true},
		{`{"run": "2026-01-08", "benchmark": "X/.*", "reason": "R"}`, false},
		{`{"run": "c0ffee0009", "benchmark": "X/.*", "reason": "R"}`, false},
		{`{"run": "2026-01-09", "benchmark": "X", "reason": "R"}`, false},
		{`{"run": "2026-01-09", "benchmark": "X/.*", "unit": "B/op", "reason": "R"}`, false},
	} {
		all, err := accept(t, `{"accepted": [`+c.entry+`]}`)
		if err != nil {
			t.Fatal(err)
		}
		h := read(t, d, Options{Units: []string{"sec/op"}, Accepted: all})
		if got := h.Series[0].Changes[0].Accepted; (got != nil) != c.accepted || c.accepted && got.Reason != "R" {
			t.Errorf("%s: %+v", c.entry, got)
		}
		if unused := len(h.Notes) == 1 && strings.Contains(h.Notes[0], "no change is accepted by"); unused == c.accepted {
			t.Errorf("%s: notes %v", c.entry, h.Notes)
		}
	}
}

// Errors name the entry and what is wrong with it.
func TestAcceptedThatCannotBeRead(t *testing.T) {
	for content, want := range map[string]string{
		`{"accepted": [{"benchmark": "X", "reason": "R"}]}`:                                                            "entry 1: run is missing",
		`{"accepted": [{"run": "r", "reason": "R"}]}`:                                                                  "entry 1: benchmark is missing",
		`{"accepted": [{"run": "r", "benchmark": "X"}]}`:                                                               "entry 1: reason is missing",
		`{"accepted": [{"run": "r", "benchmark": "X", "reason": "R"}, {"run": "r", "benchmark": "(", "reason": "R"}]}`: `entry 2: benchmark "("`,
		`{"accepted": [{"when": "r"}]}`:                                                                                `"when"`,
		`{"accepted": []} {}`:                                                                                          "something follows",
		`{`:                                                                                                            "accepted.json",
	} {
		if _, err := accept(t, content); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", content, err, want)
		}
	}
	if _, err := ReadAccepted(filepath.Join(t.TempDir(), "accepted.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestText(t *testing.T) {
	all, err := accept(t, `{"accepted": [{"run": "2026-01-09", "benchmark": "X/.*", "unit": "ops/s", "reason": "ids are compared twice"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	h := read(t, directory(t, step...), Options{Accepted: all})
	var b strings.Builder
	if err := h.Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"X/g=1, sec/op\n  goos linux, cpu A\n  keys: uniform\n  2026-01-01-nightly     100.10n  n=3  c0ffee0000\n",
		"  ---- WORSE, cost +20.0% (p=", "accepted: ids are compared twice\n  2026-01-09-nightly",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	if strings.Count(b.String(), "accepted:") != 1 || strings.Count(b.String(), "----") != 2 {
		t.Errorf("accepted where it is not, or other changes:\n%s", b.String())
	}
}

func TestJSON(t *testing.T) {
	var b strings.Builder
	if err := read(t, directory(t, step...), Options{Units: []string{"sec/op"}}).JSON(&b, compare.DefaultChangeRule); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema string
		Series []struct {
			Benchmark string
			Machine   map[string]string
			Points    []struct{ Run string }
			Changes   []struct {
				Index       int
				CostPercent *float64
				Accepted    *string
			}
		}
		Notes []string
	}
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != Schema || len(got.Series) != 2 || got.Series[0].Machine["cpu"] != "A" || len(got.Series[0].Points) != 16 || got.Notes == nil {
		t.Fatalf("%s", b.String())
	}
	change := got.Series[0].Changes[0]
	if change.Index != 8 || change.CostPercent == nil || change.Accepted != nil {
		t.Errorf("%+v", change)
	}
}

func TestDirectoriesWithoutRuns(t *testing.T) {
	empty := t.TempDir()
	if _, err := Read(empty, Options{}); err == nil || !strings.Contains(err.Error(), "has no run") {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := Read(filepath.Join(empty, "none"), Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory that is not there: %v", err)
	}
	odd := filepath.Join(empty, "a[b]*")
	if err := os.Mkdir(odd, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, odd, "1.txt", "BenchmarkX 1 1 ns/op\n")
	if h := read(t, odd, Options{}); len(h.Series) != 1 {
		t.Errorf("a directory whose name is like a pattern: %+v", h)
	}
}
