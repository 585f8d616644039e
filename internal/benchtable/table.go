package benchtable

import (
	"errors"
	"math"
	"strings"

	"github.com/aclements/go-moremath/stats"
	"golang.org/x/perf/benchmath"
	"golang.org/x/perf/benchproc"
)

// Tables are all tables of some results, in benchstat's order.
type Tables []*Table

// A Table has the figures of one unit and of what else makes a table.
type Table struct {
	Key        benchproc.Key // what its results have in common, the unit included
	Unit       string        // after tidying: seconds, not nanoseconds
	Better     int           // 1: higher is better, -1: lower, 0: not known
	Rows, Cols []benchproc.Key

	unitField *benchproc.Field
	cells     map[at]*Cell
}

// Cell returns the cell of a row and a column, nil if it has no results.
func (t *Table) Cell(row, col benchproc.Key) *Cell { return t.cells[at{row, col}] }

// A Cell has the figures of a row and a column.
type Cell struct {
	Values []float64 // in the order of the input

	sample     *benchmath.Sample
	summary    benchmath.Summary
	warnings   []error
	base       *Cell // in the first column, nil: none, or it is this one
	comparison benchmath.Comparison
}

// delta returns what is said of the difference to the base.
func (c *Cell) delta() string {
	return c.comparison.FormatDelta(c.base.summary.Center, c.summary.Center)
}

// vary warns that the results of a cell differ in something, nil if not.
func vary(residues []benchproc.Key) error {
	var names []string
	for _, field := range benchproc.NonSingularFields(residues) {
		names = append(names, field.Name)
	}
	if len(names) == 0 {
		return nil
	}
	return errors.New("benchmarks vary in " + strings.Join(names, ", "))
}

// A mean is the last cell of a column: the geometric mean of its centers, and
// that of their ratios to the first column. Each is NaN if there is none.
type mean struct {
	center, ratio float64
	warnings      []error
}

var (
	errDiffers   = errors.New("benchmark set differs from baseline; geomeans may not be comparable")
	errSummaries = errors.New("summaries must be >0 to compute geomean")
	errRatios    = errors.New("ratios must be >0 to compute geomean")
)

// mean returns that of a column. The mean of ratios, which is not the ratio of
// means where columns have different rows, is of those rows that the first
// column has too.
func (t *Table) mean(col benchproc.Key) mean {
	var centers, ratios []float64
	bases, paired := 0, 0
	defined := true
	for _, row := range t.Rows {
		if t.Cell(row, t.Cols[0]) != nil {
			bases++
		}
		cell := t.Cell(row, col)
		if cell == nil {
			continue
		}
		centers = append(centers, cell.summary.Center)
		if cell.base == nil {
			continue
		}
		paired++
		head, base := cell.summary.Center, cell.base.summary.Center
		switch {
		case head == base:
			ratios = append(ratios, 1) // 0/0 too
		case base == 0:
			defined = false
		default:
			ratios = append(ratios, head/base)
		}
	}
	m := mean{center: stats.GeoMean(centers), ratio: math.NaN()}
	first := col == t.Cols[0]
	if !first && paired != bases {
		m.warnings = append(m.warnings, errDiffers)
	}
	if math.IsNaN(m.center) {
		m.warnings = append(m.warnings, errSummaries)
	}
	if !first && defined {
		m.ratio = stats.GeoMean(ratios)
		if math.IsNaN(m.ratio) {
			m.warnings = append(m.warnings, errRatios)
		}
	}
	return m
}

// headings returns, for a table, the lines above it: what its key has that the
// table before did not.
func headings(before, t *Table) (lines []string) {
	for _, field := range t.Key.Projection().FlattenedFields() {
		if field.Name == ".unit" {
			continue // stands in the table
		}
		value := t.Key.Get(field)
		if before == nil || before.Key.Get(field) != value {
			lines = append(lines, field.Name+": "+value)
		}
	}
	return lines
}
