package bars

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A format writes rows, the first of them the header, as a table, and lines
// below it.
type format struct {
	table func(rows [][]string) string
	lines func(lines []string) string
}

var (
	text     = format{textTable, func(lines []string) string { return strings.Join(lines, "\n") + "\n" }}
	markdown = format{markdownTable, markdownLines}
)

// textTable lines the columns up.
func textTable(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		var line strings.Builder
		for i, c := range r {
			line.WriteString(c + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c)+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

func markdownTable(rows [][]string) string {
	var b strings.Builder
	row := func(cells []string) {
		for _, c := range cells {
			b.WriteString("| " + strings.ReplaceAll(c, "|", `\|`) + " ")
		}
		b.WriteString("|\n")
	}
	for i, r := range rows {
		row(r)
		if i == 0 {
			row(slices.Repeat([]string{"---"}, len(r)))
		}
	}
	return b.String()
}

func markdownLines(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString("- " + line + "\n")
	}
	return b.String()
}

// writeBars returns the table of verdicts, with what is to be said about them
// below, and in which environment the runs were made above.
func writeBars(f format, verdicts []Verdict, runs []*Run) string {
	rows := [][]string{{"measure", "sessions", "engine", "against", "value", "quartiles", "slices", "bar", "verdict"}}
	var notes []string
	states := make(map[State]int)
	for _, v := range verdicts {
		states[v.State]++
		rows = append(rows, v.row())
		for _, note := range v.Notes {
			notes = append(notes, fmt.Sprintf("%s, %d sessions: %s", v.Measure, v.Of.Sessions, note))
		}
	}
	sum := fmt.Sprintf("%d bars: %d met, %d missed, %d not measured", len(verdicts), states[Met], states[Missed], states[NotMeasured])
	return f.lines(environments(runs)) + "\n" + f.table(rows) + "\n" + f.lines(append(notes, sum))
}

func (v Verdict) row() []string {
	row := []string{v.Measure, fmt.Sprint(v.Of.Sessions), "", "", "", "", "", v.bound(), string(v.State)}
	if v.Slices == 0 {
		return row
	}
	number := func(x float64) string { return fmt.Sprintf("%.3g", x) }
	if len(v.Against) == 0 {
		number = func(x float64) string { return fmt.Sprintf("%.1f", x) }
	}
	row[2] = scaled(v.Engine, v.Unit)
	if v.Best != "" {
		row[3] = v.Best + " " + scaled(v.Other, v.Unit)
	}
	row[4], row[5], row[6] = number(v.Value), number(v.Low)+" to "+number(v.High), fmt.Sprint(v.Slices)
	return row
}

// environments tell on what the runs were made, each once.
func environments(runs []*Run) (lines []string) {
	for _, r := range runs {
		for _, c := range r.Cells {
			var parts []string
			for _, key := range []string{"cpu", "cpu-count", "gomaxprocs", "goos", "goarch", "go", "commit"} {
				if value := c.Config[key]; value != "" {
					parts = append(parts, key+" "+value)
				}
			}
			if line := strings.Join(parts, ", "); line != "" && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) == 0 {
		lines = []string{"on an unknown machine"}
	}
	return lines
}
