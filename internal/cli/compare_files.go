package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"

	"github.com/reprise-tls/reprise/internal/benchtable"
	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/fingerprint"
	"github.com/reprise-tls/reprise/internal/html"
	"github.com/reprise-tls/reprise/internal/report"
)

// files compares files of separate runs.
func (c *comparisonFlags) files(p *Program, rule compare.Rule, format string) error {
	if len(c.Files) < 2 && (c.Col == "" || strings.Contains(c.Col, ".file")) {
		return fmt.Errorf("one file, %s; allowed are two or more, or --col to compare what is in one", c.Files[0])
	}
	options := benchtable.Options{Filter: c.Filter, Table: c.Table, Row: c.Row, Col: c.Col, Ignore: c.Ignore}
	if c.AnyMachine {
		// Else each machine gets a table of its own, with nothing beside it.
		options.Ignore = strings.Trim(options.Ignore+","+strings.Join(fingerprint.Keys[:], ","), ",")
	}
	builder, err := benchtable.NewBuilder(options)
	if err != nil {
		return err
	}
	var machines machines
	units, err := builder.ReadFiles(c.Files, p.Stderr, machines.look)
	if err != nil {
		return err
	}
	if err := machines.check(); err != nil && !c.AnyMachine {
		return fmt.Errorf("%w; --any-machine compares them all the same", err)
	}
	tables := builder.Tables(units)
	comparison, err := c.comparison(p, tables, rule)
	if err != nil {
		return err
	}
	if err := c.to(p, func(w io.Writer) error { return c.writeFiles(p, w, tables, comparison, format) }); err != nil {
		return err
	}
	return exitOf(comparison.Rows)
}

func (c *comparisonFlags) writeFiles(p *Program, w io.Writer, tables benchtable.Tables, comparison *compare.Comparison, format string) error {
	var err error
	switch format {
	case "text", "table":
		var b strings.Builder
		if err := tables.Text(&b); err != nil {
			return err
		}
		_, err = io.WriteString(w, b.String()+"\n"+report.Verdicts(comparison))
	case shortText:
		_, err = io.WriteString(w, report.Verdicts(comparison))
	case "csv":
		err = tables.CSV(w, p.Stderr)
	case "json":
		err = report.ComparisonJSON(w, comparison, nil, p.commandLine())
	case "html":
		var page *html.Page
		if page, err = html.Comparison(comparison, nil, p.commandLine()); err == nil {
			err = page.Write(w)
		}
	default:
		return flagError("format", fmt.Errorf("%q is not allowed; allowed for files are text, csv, json and html", format))
	}
	if err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}

// comparison compares the columns of tables with the first. Rows that only one
// column has are reported.
func (c *comparisonFlags) comparison(p *Program, tables benchtable.Tables, rule compare.Rule) (*compare.Comparison, error) {
	result := &compare.Comparison{Base: "the first column", Rule: rule}
	if c.Col == "" {
		result.Base = c.Files[0]
	}
	for _, unit := range c.Unit {
		_, unit = benchunit.Tidy(1, unit)
		found := len(result.Rows)
		for _, t := range tables {
			if t.Unit != unit {
				continue
			}
			rows, alone := rowsOf(t)
			for _, name := range alone {
				fmt.Fprintf(p.Stderr, "%s: not compared: %s, %s is not in every column\n", p.Name, name, unit)
			}
			if len(rows) > 0 && t.Better == 0 {
				return nil, fmt.Errorf("whether more %s is better is not known; the files must say so: Unit %s better=higher or lower", unit, unit)
			}
			result.Rows = append(result.Rows, rows...)
		}
		if len(result.Rows) == found {
			return nil, flagError("unit", fmt.Errorf("%q is measured by no benchmark that two columns of a table share", unit))
		}
	}
	return result, compare.Unpaired(result.Rows, rule)
}

// rowsOf returns the figures of the rows that the first column and another
// one of a table have, and the names of rows that not all columns have.
func rowsOf(t *benchtable.Table) (rows []compare.Row, alone []string) {
	for _, row := range t.Rows {
		base, all := t.Cell(row, t.Cols[0]), true
		for _, col := range t.Cols[1:] {
			cell := t.Cell(row, col)
			if all = all && cell != nil && base != nil; cell == nil || base == nil {
				continue
			}
			rows = append(rows, compare.Row{
				Name: row.StringValues(), Candidate: col.StringValues(), Unit: t.Unit, MoreIsBetter: t.Better > 0,
				Pairs: compare.Pairs{Base: base.Values, Head: cell.Values},
			})
		}
		if !all || len(t.Cols) == 1 {
			alone = append(alone, row.StringValues())
		}
	}
	return rows, alone
}

// machines collects the fingerprints of files.
type machines struct {
	files []string
	seen  []fingerprint.Fingerprint
}

func (m *machines) look(r *benchfmt.Result) {
	f := fingerprint.Of(r)
	if !slices.Contains(m.seen, f) {
		m.seen = append(m.seen, f)
		m.files = append(m.files, r.GetConfig(".file"))
	}
}

// check reports results of different machines.
func (m *machines) check() error {
	for i := range m.seen {
		if words := m.seen[0].Differences(m.seen[i]); len(words) > 0 {
			return errors.New(m.files[0] + " and " + m.files[i] + " are from different machines: " + strings.Join(words, "; "))
		}
	}
	return nil
}
