package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reprise-tls/reprise/internal/measure"
)

// A Figure is a measurement that every slice has of its own.
type Figure struct {
	Unit         string
	MoreIsBetter bool

	// Of returns it of a sample, and whether it was measured.
	Of func(c *measure.Cell, s measure.Sample) (x float64, ok bool)
}

// onceARun are the units that are not those of a slice.
var onceARun = []string{unitSession, unitTable, unitKept}

// FindFigure returns the figure with a unit as [Bench] writes it, ns/op for
// example.
func FindFigure(name string) (Figure, error) {
	var names []string
	for _, u := range units {
		if slices.Contains(onceARun, u.name) {
			continue
		}
		if u.name == name {
			return Figure{u.name, u.better == "higher", u.of}, nil
		}
		names = append(names, u.name)
	}
	return Figure{}, fmt.Errorf("%q is no unit of a slice; allowed are %s", name, strings.Join(names, ", "))
}

// RowName names a cell's benchmark without the target: Churn/sessions=1000/g=2.
func RowName(c *measure.Cell) string { return rowName(c) }

// Timed reports whether the figure is of the operations that were timed.
func (f Figure) Timed() bool { return strings.HasSuffix(f.Unit, "-ns") && f.Unit != unitFlush }

// Remarks say what is worth knowing about a run before its results, a line each.
func Remarks(r *measure.Result, commandLine string) []string { return remarks(r, commandLine) }

// Findings say what must be known to read the figures, a line each.
func Findings(r *measure.Result) []string { return findings(r) }
