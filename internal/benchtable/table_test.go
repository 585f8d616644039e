package benchtable

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

const text = `goos: linux
Unit ops/s better=higher
BenchmarkX/impl=a/g=1 1 3 ops/s
BenchmarkX/impl=a/g=1 1 1 ops/s
BenchmarkX/impl=a/g=1 1 2 ops/s
BenchmarkY/impl=b/g=1 1 5 ops/s
`

func tables(t *testing.T, input string, o Options) Tables {
	t.Helper()
	b, err := NewBuilder(o)
	if err != nil {
		t.Fatal(err)
	}
	units, err := b.Read(strings.NewReader(input), "input", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return b.Tables(units)
}

// Values stay in the order of the input: pairs depend on it.
func TestCellsKeepTheirOrder(t *testing.T) {
	all := tables(t, text, Options{Col: "/impl"})
	if len(all) != 1 || all[0].Unit != "ops/s" || all[0].Better != 1 || len(all[0].Rows) != 2 || len(all[0].Cols) != 2 {
		t.Fatalf("%+v", all)
	}
	if got := all[0].Cell(all[0].Rows[0], all[0].Cols[0]).Values; !slices.Equal(got, []float64{3, 1, 2}) {
		t.Errorf("values %v, want 3, 1, 2", got)
	}
	if all[0].Cell(all[0].Rows[0], all[0].Cols[1]) != nil {
		t.Error("there is a cell without results")
	}
}

// A column that shares no row with the first must not get in the way of the
// next.
func TestColumnsWithoutACommonRow(t *testing.T) {
	got := tables(t, text, Options{Col: "/impl"})[0].String()
	want := "" +
		"        │      a      │          b           │\n" +
		"        │    ops/s    │    ops/s     vs base │\n" +
		"X/g=1     2.000 ± ∞ ¹\n" +
		"Y/g=1                   5.000 ± ∞ ¹\n" +
		"geomean   2.000         5.000        ? ² ³\n" +
		"¹ need >= 6 samples for confidence interval at level 0.95\n" +
		"² benchmark set differs from baseline; geomeans may not be comparable\n" +
		"³ ratios must be >0 to compute geomean\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Names of columns that have several keys stand in several rows, and one that
// is wider than its columns makes them grow evenly.
func TestNestedColumns(t *testing.T) {
	input := `BenchmarkX/kind=extraordinarily-long-name-of-a-kind/g=1 1 1 ops/s
BenchmarkX/kind=extraordinarily-long-name-of-a-kind/g=2 1 1 ops/s
BenchmarkX/kind=k/g=1 1 1 ops/s
`
	got := tables(t, input, Options{Col: "/kind,/g"})[0].String()
	lines := strings.Split(got, "\n")
	if !strings.Contains(lines[0], "extraordinarily-long-name-of-a-kind") || strings.Count(lines[0], "│") != 3 || strings.Count(lines[1], "│") != 4 {
		t.Errorf("got\n%s", got)
	}
	for i := range 3 {
		if length(lines[i]) != length(lines[0]) {
			t.Errorf("headings of different lengths:\n%s", got)
		}
	}
}

func TestStretch(t *testing.T) {
	for _, c := range []struct {
		widths  []int
		elastic []int
		needed  int
		want    []int
	}{
		{[]int{3, 4}, []int{0}, 7, []int{3, 4}},
		{[]int{3, 4}, []int{0}, 10, []int{6, 4}},
		{[]int{3, 4, 9, 1}, []int{0, 2}, 25, []int{10, 4, 10, 1}},
		{[]int{3, 4, 20, 1}, []int{0, 2}, 30, []int{5, 4, 20, 1}},
		{[]int{0, 0, 0}, nil, 9, []int{0, 0, 9}},
	} {
		g := grid{elastic: make(map[int]bool)}
		for _, i := range c.elastic {
			g.elastic[7+i] = true
		}
		got := slices.Clone(c.widths)
		g.stretch(got, 7, c.needed)
		if !slices.Equal(got, c.want) {
			t.Errorf("%v to %d: %v, want %v", c.widths, c.needed, got, c.want)
		}
	}
}

func TestLetters(t *testing.T) {
	for column, want := range map[int]string{0: "A", 1: "B", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := letters(column); got != want {
			t.Errorf("column %d: %s, want %s", column, got, want)
		}
	}
}

func TestOptionsThatCannotBeParsed(t *testing.T) {
	for _, c := range []struct {
		options Options
		want    string
	}{
		{Options{Filter: "("}, `filter "("`},
		{Options{Table: ".unit@"}, `table ".unit@"`},
		{Options{Row: "@"}, `row "@"`},
		{Options{Col: "a@nosuch"}, `col "a@nosuch"`},
		{Options{Ignore: "@"}, `ignore "@"`},
	} {
		if _, err := NewBuilder(c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.options, err)
		}
	}
}

func TestWhatIsNoResultIsReported(t *testing.T) {
	b, err := NewBuilder(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var warnings bytes.Buffer
	if _, err := b.Read(strings.NewReader("BenchmarkX 1 nonsense ns/op\n"), "input", &warnings); err != nil || !strings.Contains(warnings.String(), "input:1") {
		t.Errorf("%v, warnings %q", err, warnings.String())
	}
	if _, err := b.ReadFiles([]string{"no-such-file"}, &warnings, nil); err == nil || !strings.Contains(err.Error(), "no-such-file") {
		t.Errorf("a file that is not there: %v", err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteErrorsAreReturned(t *testing.T) {
	all := tables(t, text, Options{})
	if all.Text(full{}) == nil || all.CSV(full{}, io.Discard) == nil || all.CSV(io.Discard, full{}) == nil {
		t.Error("an error of a writer was lost")
	}
}
