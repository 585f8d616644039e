package benchtable

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
)

// In a CSV a column of results has two columns, and four from the second on.
const (
	csvFigures = 2 // center and interval
	csvColumns = 4 // and difference and p-value
)

func csvColumnOf(result int) int {
	if result == 0 {
		return 1 // after the label
	}
	return 1 + csvFigures + (result-1)*csvColumns
}

// CSV writes the tables as comma-separated values, figures unscaled, and what
// benchstat warns of to warnings, one line each, with the cell it is about.
func (all Tables) CSV(w, warnings io.Writer) error {
	c := csvWriter{out: csv.NewWriter(w), warnings: warnings, line: 1}
	var before *Table
	for i, t := range all {
		if i > 0 {
			c.end()
		}
		for _, line := range headings(before, t) {
			c.put(0, line)
			c.end()
		}
		c.table(t)
		before = t
	}
	c.out.Flush()
	if err := c.out.Error(); err != nil {
		return err
	}
	return c.err
}

// csvWriter writes line by line.
type csvWriter struct {
	out      *csv.Writer
	warnings io.Writer
	line     int // the number of the line that is being filled, from 1
	row      []string
	err      error // of warnings
}

// put fills cells from a column on, and empty ones before it.
func (c *csvWriter) put(column int, cells ...string) {
	c.fill(column)
	c.row = append(c.row, cells...)
}

func (c *csvWriter) fill(column int) {
	for len(c.row) < column {
		c.row = append(c.row, "")
	}
}

func (c *csvWriter) end() {
	if len(c.row) == 0 {
		c.row = append(c.row, "")
	}
	_ = c.out.Write(c.row) // an error stays and is asked for at the end
	c.row = c.row[:0]
	c.line++
}

// warn reports what is to be said of a cell.
func (c *csvWriter) warn(column int, warnings []error) {
	for _, w := range warnings {
		if _, err := fmt.Fprintf(c.warnings, "%s%d: %v\n", letters(column), c.line, w); err != nil && c.err == nil {
			c.err = err
		}
	}
}

// letters names a column as spreadsheets do: A to Z, AA to ZZ, and so on.
func letters(column int) string {
	s := ""
	for ; column >= 0; column = column/26 - 1 {
		s = string(rune('A'+column%26)) + s
	}
	return s
}

func (c *csvWriter) table(t *Table) {
	width := csvColumnOf(len(t.Cols))
	for _, field := range t.Cols[0].Projection().FlattenedFields() {
		for i, col := range t.Cols {
			c.put(csvColumnOf(i), col.Get(field))
		}
		c.fill(width)
		c.end()
	}
	for i := range t.Cols {
		c.put(csvColumnOf(i), t.Unit, "CI")
		if i > 0 {
			c.put(0, "vs base", "P")
		}
	}
	c.end()
	for _, row := range t.Rows {
		c.put(0, row.StringValues())
		for i, col := range t.Cols {
			if cell := t.Cell(row, col); cell != nil {
				c.cell(csvColumnOf(i), cell)
			}
		}
		c.end()
	}
	c.put(0, meanLabel)
	for i, col := range t.Cols {
		m := t.mean(col)
		c.fill(csvColumnOf(i))
		c.warn(csvColumnOf(i), m.warnings)
		if !math.IsNaN(m.center) {
			c.put(0, fmt.Sprint(m.center))
		}
		if i > 0 {
			c.put(csvColumnOf(i)+csvFigures, formatRatio(m.ratio))
		}
	}
	c.fill(width)
	c.end()
}

func (c *csvWriter) cell(column int, cell *Cell) {
	c.warn(column, cell.warnings)
	c.put(column, fmt.Sprint(cell.summary.Center), cell.summary.PctRangeString())
	if cell.base != nil {
		c.warn(column+csvFigures, cell.comparison.Warnings)
		c.put(column+csvFigures, cell.delta(), cell.comparison.String())
	}
}
