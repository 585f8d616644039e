package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reprise-tls/reprise/internal/atomicfile"
	"github.com/reprise-tls/reprise/internal/handshake"
	"github.com/reprise-tls/reprise/internal/html"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/report"
)

// A writer writes a result in one format.
type writer[R any] func(w io.Writer, r R, commandLine string) error

// format is a writer by name, and the extensions of files that get it.
type format[R any] struct {
	name       string
	extensions []string
	write      writer[R]
}

var (
	benchExtensions = []string{".txt", ".bench"}

	runFormats = []format[*measure.Result]{
		{"table", []string{".table"}, report.Table},
		{"bench", benchExtensions, report.Bench},
		{"json", []string{".json"}, report.JSON},
		{"csv", []string{".csv"}, report.CSV},
		{"html", []string{".html"}, runPage},
	}
	tlsFormats = []format[*handshake.Result]{
		{"table", []string{".table"}, report.HandshakeTable},
		{"bench", benchExtensions, report.HandshakeBench},
		{"json", []string{".json"}, report.HandshakeJSON},
	}
)

// runPage writes the page of a run.
func runPage(w io.Writer, r *measure.Result, commandLine string) error {
	page, err := html.Run(r, commandLine)
	if err != nil {
		return err
	}
	return page.Write(w)
}

// formatNamed returns what writes the result to standard output.
func formatNamed[R any](all []format[R], name string) (writer[R], error) {
	var names []string
	for _, f := range all {
		if f.name == name {
			return f.write, nil
		}
		names = append(names, f.name)
	}
	return nil, flagError("format", fmt.Errorf("%q is not allowed; allowed are %s", name, listed(names)))
}

// listed is "a, b and c".
func listed(names []string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// outputs returns what writes each file of --output. It begins each and gives
// it up again, so that a file that cannot be written is found out before the
// run.
func outputs[R any](all []format[R], names []string) (writers []writer[R], err error) {
	for i, name := range names {
		k := slices.IndexFunc(all, func(f format[R]) bool { return slices.Contains(f.extensions, filepath.Ext(name)) })
		if k < 0 {
			var allowed []string
			for _, f := range all {
				allowed = append(allowed, fmt.Sprintf("%s (%s)", strings.Join(f.extensions, " or "), f.name))
			}
			return nil, flagError("output", fmt.Errorf("%q: the extension chooses the format; allowed are %s", name, listed(allowed)))
		}
		if slices.Contains(names[:i], name) {
			return nil, flagError("output", fmt.Errorf("%q appears twice", name))
		}
		f, err := atomicfile.Create(name)
		if err != nil {
			return nil, flagError("output", err)
		}
		f.Discard()
		writers = append(writers, all[k].write)
	}
	return writers, nil
}

// hasSeconds reports a CSV file that would be empty: it has a row for each
// second of a scenario, and there is none.
func (c *runCommand) hasSeconds(played bool) error {
	if played {
		return nil
	}
	if c.Format == "csv" {
		return flagError("format", errors.New("csv has a row for each second of a scenario; without one (--config, --population, --rate) allowed are table, bench, json and html"))
	}
	for _, name := range c.Output {
		if filepath.Ext(name) == ".csv" {
			return flagError("output", fmt.Errorf("%q: csv has a row for each second of a scenario; without one (--config, --population, --rate) allowed are .table, .txt, .bench, .json and .html", name))
		}
	}
	return nil
}

// writeAll writes the result to standard output and to the files, each of these
// as a whole or not at all. That one fails does not keep the others from being
// written.
func writeAll[R any](out io.Writer, write writer[R], names []string, writers []writer[R], r R, commandLine string) error {
	var errs []error
	for i, name := range names {
		errs = append(errs, writeFile(name, writers[i], r, commandLine))
	}
	if err := write(out, r, commandLine); err != nil {
		errs = append(errs, fmt.Errorf("writing the result: %w", err))
	}
	return errors.Join(errs...)
}

func writeFile[R any](name string, write writer[R], r R, commandLine string) error {
	return atomically(name, func(w io.Writer) error { return write(w, r, commandLine) })
}

// outputFlag is where commands write that write one thing.
type outputFlag struct {
	Output string `short:"o" placeholder:"FILE" help:"Write what --format says to a file instead of to standard output; it is there as a whole or not at all."`
}

// check begins the file and gives it up again, so that one that cannot be
// written is found out before anything is measured.
func (o outputFlag) check() error {
	if o.Output == "" {
		return nil
	}
	f, err := atomicfile.Create(o.Output)
	if err != nil {
		return flagError("output", err)
	}
	f.Discard()
	return nil
}

// to writes to the file, or to standard output.
func (o outputFlag) to(p *Program, write func(io.Writer) error) error {
	if o.Output == "" {
		return write(p.Stdout)
	}
	return atomically(o.Output, write)
}

func atomically(name string, write func(io.Writer) error) error {
	f, err := atomicfile.Create(name)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Discard()
		return err
	}
	return f.Commit()
}
