package history

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/fingerprint"
)

// A Run is a file with results.
type Run struct {
	Name   string // of the file, without directory and extension
	Commit string // empty: the file does not tell
}

// A Point is what a run has measured.
type Point struct {
	Run    Run
	Median float64
	Count  int // of the figures the median is of
}

// A Change is where a series changed its level.
type Change struct {
	compare.ChangePoint
	Accepted *Acceptance // nil: not accepted
}

// A Series is one benchmark's figures over time.
type Series struct {
	Benchmark string
	Unit      string // after tidying: seconds, not nanoseconds
	Better    int    // 1: higher is better, -1: lower, 0: not known
	Machine   fingerprint.Fingerprint
	Config    string // what else the runs have in common
	Points    []Point
	Changes   []Change
}

// Worse returns by how many percent the cost goes up at a change, and whether
// it is known what a cost is.
func (s *Series) Worse(c Change) (percent float64, known bool) {
	ratio := c.Ratio()
	if s.Better > 0 {
		ratio = 1 / ratio
	}
	return 100 * (ratio - 1), s.Better != 0
}

// Options say what of the runs becomes series.
type Options struct {
	Units     []string       // tidied; empty: all
	Benchmark *regexp.Regexp // of the names; nil: all
	Rule      compare.ChangeRule
	Accepted  []Acceptance
}

// A History is what a directory has.
type History struct {
	Series []*Series

	// Notes say what was left out: interrupted runs, lines that are no results,
	// acceptances of changes that there are not.
	Notes []string
}

// Read makes the series of all files in a directory whose names end in .txt.
func Read(directory string, o Options) (*History, error) {
	h, err := ReadFS(os.DirFS(directory), o)
	if errors.Is(err, ErrNoRun) {
		if _, err := os.Stat(directory); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s %w", directory, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", directory, err)
	}
	return h, nil
}

// ErrNoRun says that a directory has no run.
var ErrNoRun = errors.New("has no run; allowed are directories with files that end in .txt")

// ReadFS makes the series of all files at the root of a file system whose names
// end in .txt; what they may not reach is the file system's to say.
func ReadFS(directory fs.FS, o Options) (*History, error) {
	files, err := fs.Glob(directory, "*.txt")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, ErrNoRun
	}
	slices.Sort(files)
	h := &History{}
	collected := make(map[key]*Series)
	for _, file := range files {
		if err := h.read(directory, file, o, collected); err != nil {
			return nil, err
		}
	}
	for _, s := range h.Series {
		if err := s.change(o); err != nil {
			return nil, fmt.Errorf("%s, %s: %w", s.Benchmark, s.Unit, err)
		}
	}
	h.unused(o.Accepted)
	return h, nil
}

// key tells series apart.
type key struct {
	benchmark, unit, config string
	machine                 fingerprint.Fingerprint
}

// read adds the points of a run.
func (h *History) read(directory fs.FS, file string, o Options, all map[key]*Series) error {
	text, err := fs.ReadFile(directory, file)
	if err != nil {
		return err
	}
	run, partial := remarks(file, text)
	if partial {
		h.Notes = append(h.Notes, run.Name+": left out, the run was interrupted")
		return nil
	}
	figures := make(map[key][]float64)
	var order []key
	reader := benchfmt.NewReader(bytes.NewReader(text), run.Name)
	for reader.Scan() {
		switch r := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			h.Notes = append(h.Notes, r.Error())
		case *benchfmt.Result:
			if commit := r.GetConfig("commit"); commit != "" {
				run.Commit = commit
			}
			for _, k := range keys(r, o) {
				if figures[k.key] == nil {
					order = append(order, k.key)
				}
				figures[k.key] = append(figures[k.key], k.value)
			}
		}
	}
	if err := reader.Err(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	units := reader.Units()
	for _, k := range order {
		s := all[k]
		if s == nil {
			s = &Series{Benchmark: k.benchmark, Unit: k.unit, Machine: k.machine, Config: k.config}
			all[k] = s
			h.Series = append(h.Series, s)
		}
		s.Better = units.GetBetter(k.unit)
		s.Points = append(s.Points, Point{Run: run, Median: compare.Median(figures[k]), Count: len(figures[k])})
	}
	return nil
}

type keyed struct {
	key
	value float64
}

// keys returns the figures of a result that are asked for.
func keys(r *benchfmt.Result, o Options) (all []keyed) {
	name := string(r.Name)
	if o.Benchmark != nil && !o.Benchmark.MatchString(name) {
		return nil
	}
	k := key{benchmark: name, machine: fingerprint.Of(r), config: config(r)}
	for _, v := range r.Values {
		if len(o.Units) == 0 || slices.Contains(o.Units, v.Unit) {
			k.unit = v.Unit
			all = append(all, keyed{k, v.Value})
		}
	}
	return all
}

// config returns what a result is configured with, besides machine and commit.
func config(r *benchfmt.Result) string {
	var lines []string
	for _, c := range r.Config {
		if c.File && c.Key != "commit" && !slices.Contains(fingerprint.Keys[:], c.Key) {
			lines = append(lines, c.Key+": "+string(c.Value))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}

// remarks reads what comments say of a run.
func remarks(file string, text []byte) (run Run, partial bool) {
	run.Name = strings.TrimSuffix(path.Base(file), ".txt")
	for line := range strings.Lines(string(text)) {
		if commit, ok := strings.CutPrefix(line, "# commit "); ok {
			run.Commit = strings.TrimSpace(commit)
		}
		partial = partial || strings.HasPrefix(line, "# PARTIAL")
	}
	return run, partial
}

// change finds where the series changed.
func (s *Series) change(o Options) error {
	values := make([]float64, len(s.Points))
	for i, p := range s.Points {
		values[i] = p.Median
	}
	points, err := compare.ChangePoints(values, o.Rule)
	for _, p := range points {
		s.Changes = append(s.Changes, Change{p, accepted(o.Accepted, s, s.Points[p.Index].Run)})
	}
	return err
}
