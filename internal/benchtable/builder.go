package benchtable

import (
	"fmt"
	"io"
	"slices"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
	"golang.org/x/perf/benchproc"
)

// Options say how results are grouped, as benchstat's flags of the same names
// do; golang.org/x/perf/benchproc/syntax has the language of filters and
// projections. An empty field stands for benchstat's default.
type Options struct {
	Filter string // which results are used
	Table  string // what puts results into tables of their own
	Row    string // what makes a row
	Col    string // what makes a column; the others are compared with the first
	Ignore string // what plays no role

	Alpha float64 // p below which a difference is shown; 0: 0.05
}

// confidence is the level of the intervals.
const confidence = 0.95

// A Builder collects results. One goroutine at a time may use it.
type Builder struct {
	filter                   *benchproc.Filter
	table, row, col, residue *benchproc.Projection
	unit                     *benchproc.Field
	thresholds               benchmath.Thresholds
	tables                   map[benchproc.Key]map[at][]*pending
}

// at is a place in a table.
type at struct{ row, col benchproc.Key }

// pending is a value on its way into a cell.
type pending struct {
	value   float64
	residue benchproc.Key // in what the results of a cell should not differ
}

// NewBuilder returns a builder without results. It reports an option that
// cannot be parsed, by its name.
func NewBuilder(o Options) (*Builder, error) {
	b := &Builder{thresholds: benchmath.DefaultThresholds, tables: make(map[benchproc.Key]map[at][]*pending)}
	if o.Alpha != 0 {
		b.thresholds.CompareAlpha = o.Alpha
	}
	var err error
	if b.filter, err = benchproc.NewFilter(or(o.Filter, "*")); err != nil {
		return nil, fmt.Errorf("filter %q: %w", o.Filter, err)
	}
	var parser benchproc.ProjectionParser
	if b.table, b.unit, err = parser.ParseWithUnit(or(o.Table, ".config"), b.filter); err != nil {
		return nil, fmt.Errorf("table %q: %w", o.Table, err)
	}
	if b.row, err = parser.Parse(or(o.Row, ".fullname"), b.filter); err != nil {
		return nil, fmt.Errorf("row %q: %w", o.Row, err)
	}
	if b.col, err = parser.Parse(or(o.Col, ".file"), b.filter); err != nil {
		return nil, fmt.Errorf("col %q: %w", o.Col, err)
	}
	if _, err = parser.Parse(o.Ignore, b.filter); err != nil {
		return nil, fmt.Errorf("ignore %q: %w", o.Ignore, err)
	}
	b.residue = parser.Residue()
	return b, nil
}

func or(s, usual string) string {
	if s == "" {
		return usual
	}
	return s
}

// Add adds a result, which it may change, unless the filter leaves it out. The
// error says why a result was left out, where that is not what the filter asks
// for.
func (b *Builder) Add(r *benchfmt.Result) error {
	if ok, err := b.filter.Apply(r); !ok {
		return err
	}
	here, residue := at{b.row.Project(r), b.col.Project(r)}, b.residue.Project(r)
	for i, key := range b.table.ProjectValues(r) {
		table := b.tables[key]
		if table == nil {
			table = make(map[at][]*pending)
			b.tables[key] = table
		}
		table[here] = append(table[here], &pending{r.Values[i].Value, residue})
	}
	return nil
}

// Read adds the results of a reader's input and returns what it says of units.
// What is no result, and results that were left out against the filter's
// intention, is reported on warnings, as benchstat does. The name is that of
// the input in .file.
func (b *Builder) Read(r io.Reader, name string, warnings io.Writer) (benchfmt.UnitMetadataMap, error) {
	reader := benchfmt.NewReader(r, name)
	for reader.Scan() {
		if err := b.take(reader.Result(), warnings); err != nil {
			return nil, err
		}
	}
	return reader.Units(), reader.Err()
}

// ReadFiles adds the results of files. Paths may have labels, label=path, and -
// is standard input. Look, if not nil, is called for every result before the
// filter, and must not keep it.
func (b *Builder) ReadFiles(paths []string, warnings io.Writer, look func(*benchfmt.Result)) (benchfmt.UnitMetadataMap, error) {
	files := benchfmt.Files{Paths: paths, AllowStdin: true, AllowLabels: true}
	for files.Scan() {
		if r, ok := files.Result().(*benchfmt.Result); ok && look != nil {
			look(r)
		}
		if err := b.take(files.Result(), warnings); err != nil {
			return nil, err
		}
	}
	return files.Units(), files.Err()
}

func (b *Builder) take(record benchfmt.Record, warnings io.Writer) error {
	switch record := record.(type) {
	case *benchfmt.SyntaxError:
		_, err := fmt.Fprintln(warnings, record)
		return err
	case *benchfmt.Result:
		if left := b.Add(record); left != nil {
			_, err := fmt.Fprintln(warnings, left)
			return err
		}
	}
	return nil
}

// Tables makes the tables of what was added.
func (b *Builder) Tables(units benchfmt.UnitMetadataMap) Tables {
	keys := make([]benchproc.Key, 0, len(b.tables))
	for key := range b.tables {
		keys = append(keys, key)
	}
	benchproc.SortKeys(keys)
	tables := make(Tables, len(keys))
	for i, key := range keys {
		tables[i] = b.make(key, units)
	}
	return tables
}

func (b *Builder) make(key benchproc.Key, units benchfmt.UnitMetadataMap) *Table {
	t := &Table{Key: key, Unit: key.Get(b.unit), unitField: b.unit, cells: make(map[at]*Cell)}
	t.Better = units.GetBetter(t.Unit)
	assumption := units.GetAssumption(t.Unit)
	for here, values := range b.tables[key] {
		t.Rows = addKey(t.Rows, here.row)
		t.Cols = addKey(t.Cols, here.col)
		t.cells[here] = b.cell(values, assumption)
	}
	benchproc.SortKeys(t.Rows)
	benchproc.SortKeys(t.Cols)
	for here, cell := range t.cells {
		base := t.cells[at{here.row, t.Cols[0]}]
		if here.col == t.Cols[0] || base == nil {
			continue
		}
		cell.base = base
		cell.comparison = assumption.Compare(base.sample, cell.sample)
	}
	return t
}

func addKey(keys []benchproc.Key, key benchproc.Key) []benchproc.Key {
	if slices.Contains(keys, key) {
		return keys
	}
	return append(keys, key)
}

func (b *Builder) cell(values []*pending, assumption benchmath.Assumption) *Cell {
	c := &Cell{}
	var residues []benchproc.Key
	for _, v := range values {
		c.Values = append(c.Values, v.value)
		residues = addKey(residues, v.residue)
	}
	// NewSample sorts what it is given.
	c.sample = benchmath.NewSample(slices.Clone(c.Values), &b.thresholds)
	c.summary = assumption.Summary(c.sample, confidence)
	benchproc.SortKeys(residues)
	if w := vary(residues); w != nil {
		c.warnings = append(c.warnings, w)
	}
	c.warnings = append(c.warnings, c.summary.Warnings...)
	return c
}
