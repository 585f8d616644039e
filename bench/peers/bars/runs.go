package bars

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"

	"github.com/reprise-tls/reprise/internal/workload"
)

// A Place is where in a run something is measured.
type Place struct {
	Workload   workload.Kind
	Target     string
	Sessions   int
	Goroutines int
}

// String returns the place as the name of a benchmark.
func (p Place) String() string {
	return fmt.Sprintf("%s/impl=%s/sessions=%d/g=%d", p.Workload.Benchmark(), p.Target, p.Sessions, p.Goroutines)
}

// A Cell has all slices that a run measured at a place, in the order of the
// rounds: the same number in two cells of a run is the same round.
type Cell struct {
	Place
	Config map[string]string
	slices []map[string]float64 // by tidy unit
}

// Values returns what was measured in a unit, a value a slice, nil if that
// unit is missing in some slice.
func (c *Cell) Values(unit string) []float64 {
	_, tidy := benchunit.Tidy(1, unit)
	var values []float64
	for _, s := range c.slices {
		v, ok := s[tidy]
		if !ok {
			return nil
		}
		values = append(values, v)
	}
	return values
}

// A Run is what one command line measured. Only cells of one run are compared:
// their slices took turns.
type Run struct {
	File    string
	Cells   []*Cell
	Remarks []string // what went wrong or was lost, as the report has it, without #
}

// Cell returns the cell at a place, if it was measured under a configuration.
func (r *Run) Cell(p Place, config map[string]string) *Cell {
	for _, c := range r.Cells {
		if c.Place == p && has(c.Config, config) {
			return c
		}
	}
	return nil
}

// wrong returns what the run remarks of the given kinds about a place.
func (r *Run) wrong(p Place, kinds ...string) (lines []string) {
	for _, line := range r.Remarks {
		for _, kind := range kinds {
			if strings.HasPrefix(line, fmt.Sprintf("%s: %s, workload %s, %d sessions:", kind, p.Target, p.Workload, p.Sessions)) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

func has(config, want map[string]string) bool {
	for k, v := range want {
		if config[k] != v {
			return false
		}
	}
	return true
}

// ReadFiles reads the runs of files.
func ReadFiles(files []string) (runs []*Run, err error) {
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		some, err := Read(file, b)
		if err != nil {
			return nil, err
		}
		runs = append(runs, some...)
	}
	return runs, nil
}

// Read reads the runs of a text in Go's benchmark format. A file may have
// several, one after the other; a line that begins with "# begun" is the
// beginning of one.
func Read(file string, text []byte) ([]*Run, error) {
	runs, runOf := split(file, text)
	var errs []error
	results := 0
	reader := benchfmt.NewReader(bytes.NewReader(text), file)
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			errs = append(errs, record)
		case *benchfmt.Result:
			results++
			_, line := record.Pos()
			if err := runs[runOf[line-1]].add(record); err != nil {
				errs = append(errs, fmt.Errorf("%s:%d: %w", file, line, err))
			}
		}
	}
	if err := reader.Err(); err != nil {
		errs = append(errs, err)
	}
	if results == 0 && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("%s: no results in Go's benchmark format", file))
	}
	return runs, errors.Join(errs...)
}

// split finds out where runs begin, which benchmark format does not know, and
// collects the remarks, which it skips. It returns the runs, and for each line
// which run it belongs to.
func split(file string, text []byte) (runs []*Run, runOf []int) {
	runs = []*Run{{File: file}}
	begun := false
	for line := range strings.Lines(string(text)) {
		remark, ok := strings.CutPrefix(strings.TrimSpace(line), "# ")
		if ok && strings.HasPrefix(remark, "begun ") {
			if begun {
				runs = append(runs, &Run{File: file})
			}
			begun = true
		}
		r := runs[len(runs)-1]
		for _, kind := range []string{"PARTIAL:", "FAILED:", "VIOLATED:", "LOSES:"} {
			if ok && strings.HasPrefix(remark, kind) {
				r.Remarks = append(r.Remarks, remark)
			}
		}
		runOf = append(runOf, len(runs)-1)
	}
	return runs, runOf
}

// add adds a result to its cell.
func (r *Run) add(record *benchfmt.Result) error {
	place, err := parseName(record.Name)
	if err != nil {
		return err
	}
	slice := make(map[string]float64)
	for _, v := range record.Values {
		slice[v.Unit] = v.Value
	}
	config := make(map[string]string)
	for _, c := range record.Config {
		config[c.Key] = string(c.Value)
	}
	cell := r.Cell(place, config)
	if cell == nil {
		cell = &Cell{Place: place, Config: config}
		r.Cells = append(r.Cells, cell)
	}
	cell.slices = append(cell.slices, slice)
	return nil
}

// parseName reads the name of a benchmark as package report writes it.
func parseName(name benchfmt.Name) (p Place, err error) {
	base, parts := name.Parts()
	for _, k := range workload.Kinds() {
		if k.Benchmark() == string(base) {
			p.Workload = k
		}
	}
	if p.Workload == "" {
		return p, fmt.Errorf("benchmark %q is of no workload; allowed are %v, written as in Benchmark%s", base, workload.Kinds(), workload.AddEvict.Benchmark())
	}
	for _, part := range parts {
		key, value, _ := strings.Cut(strings.TrimPrefix(string(part), "/"), "=")
		switch key {
		case "impl":
			p.Target = value
		case "sessions":
			p.Sessions, err = positive(key, value)
		case "g":
			p.Goroutines, err = positive(key, value)
		}
		if err != nil {
			return p, fmt.Errorf("benchmark %q: %w", name.Full(), err)
		}
	}
	if p.Target == "" || p.Sessions == 0 || p.Goroutines == 0 {
		return p, fmt.Errorf("benchmark %q is not named as in Benchmark%s", name.Full(), Place{workload.Churn, "engine", 100_000, 2})
	}
	return p, nil
}

func positive(key, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s is %q; allowed are whole numbers from 1", key, value)
	}
	return n, nil
}
