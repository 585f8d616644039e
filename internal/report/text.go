package report

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A grid is a table of text whose columns line up. Widths are counted in
// runes: results contain ±, µ and ∞, each one column wide and two or three
// bytes long.
type grid struct {
	left []int // columns besides the first that are aligned to the left
	rows []gridRow
}

type gridRow struct {
	cells []string
	whole bool // one cell across all columns, which sets no width
}

func (g *grid) row(cells ...string) { g.rows = append(g.rows, gridRow{cells: cells}) }

func (g *grid) line(text string) {
	g.rows = append(g.rows, gridRow{cells: []string{text}, whole: true})
}

// String lays the table out: the first column to the left, the others to the
// right unless said otherwise, two spaces between.
func (g *grid) String() string {
	widths := g.widths()
	var b strings.Builder
	for _, r := range g.rows {
		var line strings.Builder
		for i, c := range r.cells {
			padding := ""
			if !r.whole {
				padding = strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			}
			switch {
			case i == 0:
				line.WriteString(c + padding)
			case slices.Contains(g.left, i):
				line.WriteString("  " + c + padding)
			default:
				line.WriteString("  " + padding + c)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

func (g *grid) widths() (widths []int) {
	for _, r := range g.rows {
		if r.whole {
			continue
		}
		for i, c := range r.cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	return widths
}
