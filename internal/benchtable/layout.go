package benchtable

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A column of results takes up to six columns of text: center, interval and
// notes of its figures, and for all but the first, difference, p-value and
// notes of the comparison.
const (
	partCenter = iota
	partInterval
	partNotes
	partDelta
	partP
	partDeltaNotes
	parts
)

type alignment int

const (
	left alignment = iota
	centered
	right
)

// A box is a piece of text in a row. It begins in one column of text and may
// cover several.
type box struct {
	column, span int
	margin       string // at the left of the text, not counted for alignment
	text         string
	align        alignment
}

// A grid lays boxes out. Widths are counted in runes.
type grid struct {
	rows    [][]box
	elastic map[int]bool // columns that grow where a box that covers several needs it
}

func (g *grid) row() { g.rows = append(g.rows, nil) }

func (g *grid) add(b box) {
	last := len(g.rows) - 1
	g.rows[last] = append(g.rows[last], b)
}

// columnOf returns the column of text of a part of a column of results.
func columnOf(result, part int) int {
	if result == 0 {
		return 1 + part // after the label
	}
	return 1 + partDelta + (result-1)*parts + part
}

// measure returns the widths of the columns, margins included, and those of the
// margins.
func (g *grid) measure() (widths, margins []int) {
	n := 0
	var wide []box
	for _, row := range g.rows {
		for _, b := range row {
			n = max(n, b.column+b.span)
			if b.span > 1 {
				wide = append(wide, b)
			}
		}
	}
	widths, margins = make([]int, n), make([]int, n)
	for _, row := range g.rows {
		for _, b := range row {
			margins[b.column] = max(margins[b.column], length(b.margin))
		}
	}
	for _, row := range g.rows {
		for _, b := range row {
			if b.span == 1 {
				widths[b.column] = max(widths[b.column], margins[b.column]+length(b.text))
			}
		}
	}
	// The narrow ones first: what they need may be enough for the others.
	slices.SortStableFunc(wide, func(a, b box) int { return a.span - b.span })
	for _, b := range wide {
		g.stretch(widths[b.column:b.column+b.span], b.column, margins[b.column]+length(b.text))
	}
	return widths, margins
}

// stretch makes columns, the first of which has the given number, together at
// least as wide as needed: the elastic ones, or the last where none is, to the
// same width as far as possible.
func (g *grid) stretch(widths []int, first, needed int) {
	var grow []int
	total := 0
	for i, w := range widths {
		total += w
		if g.elastic[first+i] {
			grow = append(grow, i)
		}
	}
	if total >= needed {
		return
	}
	if len(grow) == 0 {
		grow = []int{len(widths) - 1}
	}
	for i, w := range widths {
		if !slices.Contains(grow, i) {
			needed -= w
		}
	}
	// Widest first: what is already wider than its share leaves less for the
	// others.
	slices.SortStableFunc(grow, func(a, b int) int { return widths[b] - widths[a] })
	for n, i := range grow {
		rest := len(grow) - n
		widths[i] = max(widths[i], (needed+rest-1)/rest)
		needed -= widths[i]
	}
}

// String draws the grid. Lines have no blanks at their ends.
func (g *grid) String() string {
	widths, margins := g.measure()
	starts := make([]int, len(widths)+1)
	for i, w := range widths {
		starts[i+1] = starts[i] + w
	}
	var out strings.Builder
	for _, row := range g.rows {
		var line strings.Builder
		for _, b := range row {
			if strings.TrimSpace(b.text+b.margin) == "" {
				continue
			}
			line.WriteString(blanks(starts[b.column] - length(line.String())))
			line.WriteString(blanks(margins[b.column]-length(b.margin)) + b.margin)
			room := starts[b.column+b.span] - starts[b.column] - margins[b.column] - length(b.text)
			switch b.align {
			case centered:
				line.WriteString(blanks(room / 2))
			case right:
				line.WriteString(blanks(room))
			}
			line.WriteString(b.text)
		}
		out.WriteString(line.String() + "\n")
	}
	return out.String()
}

func length(s string) int { return utf8.RuneCountInString(s) }

func blanks(n int) string { return strings.Repeat(" ", max(0, n)) }
