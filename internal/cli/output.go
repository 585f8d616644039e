package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/reprise-tls/reprise/internal/atomicfile"
	"github.com/reprise-tls/reprise/internal/html"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/report"
)

// A writer writes a result in one format.
type writer func(w io.Writer, r *measure.Result, commandLine string) error

// format is a writer by name, and the extensions of files that get it.
type format struct {
	name       string
	extensions []string
	write      writer
}

var formats = []format{
	{"table", []string{".table"}, report.Table},
	{"bench", []string{".txt", ".bench"}, report.Bench},
	{"json", []string{".json"}, report.JSON},
	{"csv", []string{".csv"}, report.CSV},
	{"html", []string{".html"}, runPage},
}

// runPage writes the page of a run.
func runPage(w io.Writer, r *measure.Result, commandLine string) error {
	page, err := html.Run(r, commandLine)
	if err != nil {
		return err
	}
	return page.Write(w)
}

// format returns what writes the result to standard output: nothing for a page
// that a file gets.
func (c *runCommand) format() (writer, error) {
	if c.Format == "html" && slices.ContainsFunc(c.Output, func(name string) bool { return filepath.Ext(name) == ".html" }) {
		return func(io.Writer, *measure.Result, string) error { return nil }, nil
	}
	for _, f := range formats {
		if f.name == c.Format {
			return f.write, nil
		}
	}
	return nil, flagError("format", fmt.Errorf("%q is not allowed; allowed are table, bench, json, csv and html", c.Format))
}

// outputs returns what writes each file of --output. It begins each and gives
// it up again, so that a file that cannot be written is found out before the
// run.
func (c *runCommand) outputs() (writers []writer, err error) {
	for i, name := range c.Output {
		k := slices.IndexFunc(formats, func(f format) bool { return slices.Contains(f.extensions, filepath.Ext(name)) })
		if k < 0 {
			return nil, flagError("output", fmt.Errorf("%q: the extension chooses the format; allowed are .table, .txt and .bench (bench), .json, .csv and .html", name))
		}
		if slices.Contains(c.Output[:i], name) {
			return nil, flagError("output", fmt.Errorf("%q appears twice", name))
		}
		f, err := atomicfile.Create(name)
		if err != nil {
			return nil, flagError("output", err)
		}
		f.Discard()
		writers = append(writers, formats[k].write)
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

// writeOutputs writes the files, each as a whole or not at all. That one fails
// does not keep the others from being written.
func (c *runCommand) writeOutputs(writers []writer, r *measure.Result, commandLine string) error {
	var errs []error
	for i, name := range c.Output {
		errs = append(errs, writeFile(name, writers[i], r, commandLine))
	}
	return errors.Join(errs...)
}

func writeFile(name string, write writer, r *measure.Result, commandLine string) error {
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
