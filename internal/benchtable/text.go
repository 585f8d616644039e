package benchtable

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchproc"
	"golang.org/x/perf/benchunit"
)

// Text writes the tables as benchstat prints them.
func (all Tables) Text(w io.Writer) error {
	var b strings.Builder
	var before *Table
	for i, t := range all {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, line := range headings(before, t) {
			b.WriteString(line + "\n")
		}
		b.WriteString(t.String())
		before = t
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// String returns the table as text, without what stands above it, with the
// footnotes below.
func (t *Table) String() string {
	s := sheet{Table: t, grid: grid{elastic: make(map[int]bool)}}
	for i := range t.Cols {
		s.elastic[columnOf(i, partCenter)] = true
	}
	s.header()
	for _, row := range t.Rows {
		s.figures(row)
	}
	if len(t.Rows) > 1 {
		s.means()
	}
	text := s.grid.String()
	for i, note := range s.notes {
		text += superscript(i+1) + " " + note + "\n"
	}
	return text
}

// sheet is a table on its way to text.
type sheet struct {
	*Table
	grid
	notes []string
}

const (
	rule    = " │ "
	endRule = " │"
)

// header adds the rows that name the columns and the unit.
func (s *sheet) header() {
	end := columnOf(len(s.Cols), 0)
	for level := benchproc.NewKeyHeader(s.Cols).Top; len(level) > 0; {
		var below []*benchproc.KeyHeaderNode
		s.row()
		for _, node := range level {
			first := columnOf(node.Start, 0)
			s.add(box{first, columnOf(node.Start+node.Len, 0) - first, rule, node.Value, centered})
			below = append(below, node.Children...)
		}
		s.add(box{end, 1, endRule, "", left})
		level = below
	}
	s.row()
	for i := range s.Cols {
		s.add(box{columnOf(i, partCenter), partDelta, rule, s.Unit, centered})
		if i > 0 {
			s.add(box{columnOf(i, partDelta), parts - partDelta, "  ", "vs base", left})
		}
	}
	s.add(box{end, 1, endRule, "", left})
}

// figures adds the row of a benchmark, all of whose figures have one scale.
func (s *sheet) figures(row benchproc.Key) {
	s.row()
	s.add(box{0, 1, "", row.StringValues(), left})
	var centers []float64
	for _, col := range s.Cols {
		if cell := s.Cell(row, col); cell != nil {
			centers = append(centers, cell.summary.Center)
		}
	}
	scale := benchunit.CommonScale(centers, benchunit.ClassOf(s.Unit))
	for i, col := range s.Cols {
		cell := s.Cell(row, col)
		if cell == nil {
			continue
		}
		s.add(box{columnOf(i, partCenter), 1, " ", scale.Format(cell.summary.Center), right})
		s.add(box{columnOf(i, partInterval), 1, " ± ", cell.summary.PctRangeString(), right})
		s.note(columnOf(i, partNotes), cell.warnings)
		if cell.base != nil {
			s.add(box{columnOf(i, partDelta), 1, " ", cell.delta(), right})
			s.add(box{columnOf(i, partP), 1, " ", "(" + cell.comparison.String() + ")", left})
			s.note(columnOf(i, partDeltaNotes), cell.comparison.Warnings)
		}
	}
}

// means adds the row of geometric means.
func (s *sheet) means() {
	s.row()
	s.add(box{0, 1, "", meanLabel, left})
	for i, col := range s.Cols {
		m := s.mean(col)
		if !math.IsNaN(m.center) {
			s.add(box{columnOf(i, partCenter), 1, " ", benchunit.Scale(m.center, benchunit.ClassOf(s.Unit)), right})
		}
		if i == 0 {
			s.note(columnOf(i, partNotes), m.warnings)
			continue
		}
		ratio := box{columnOf(i, partDelta), 1, " ", formatRatio(m.ratio), right}
		if math.IsNaN(m.ratio) {
			ratio.align = left
		}
		s.add(ratio)
		s.note(columnOf(i, partDeltaNotes), m.warnings)
	}
}

const meanLabel = "geomean"

func formatRatio(ratio float64) string {
	if math.IsNaN(ratio) {
		return "?"
	}
	return fmt.Sprintf("%+.2f%%", (ratio-1)*100)
}

// note adds the marks of the footnotes with the given warnings.
func (s *sheet) note(column int, warnings []error) {
	var marks []string
	for _, w := range warnings {
		i := slices.Index(s.notes, w.Error())
		if i < 0 {
			i = len(s.notes)
			s.notes = append(s.notes, w.Error())
		}
		marks = append(marks, superscript(i+1))
	}
	if len(marks) > 0 {
		s.add(box{column, 1, " ", strings.Join(marks, " "), left})
	}
}

func superscript(n int) string {
	digits := []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")
	s := ""
	for ; n > 0; n /= 10 {
		s = string(digits[n%10]) + s
	}
	return s
}
