package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/reprise-tls/reprise/internal/atomicfile"
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
}

// format returns what writes the result to standard output.
func (c *runCommand) format() (writer, error) {
	for _, f := range formats {
		if f.name == c.Format {
			return f.write, nil
		}
	}
	return nil, flagError("format", fmt.Errorf("%q is not allowed; allowed are table, bench, json and csv", c.Format))
}

// outputs returns what writes each file of --output. It begins each and gives
// it up again, so that a file that cannot be written is found out before the
// run.
func (c *runCommand) outputs() (writers []writer, err error) {
	for i, name := range c.Output {
		k := slices.IndexFunc(formats, func(f format) bool { return slices.Contains(f.extensions, filepath.Ext(name)) })
		if k < 0 {
			return nil, flagError("output", fmt.Errorf("%q: the extension chooses the format; allowed are .table, .txt and .bench (bench), .json and .csv", name))
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
		return flagError("format", errors.New("csv has a row for each second of a scenario; without one (--config, --population, --rate) allowed are table, bench and json"))
	}
	for _, name := range c.Output {
		if filepath.Ext(name) == ".csv" {
			return flagError("output", fmt.Errorf("%q: csv has a row for each second of a scenario; without one (--config, --population, --rate) allowed are .table, .txt, .bench and .json", name))
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
	f, err := atomicfile.Create(name)
	if err != nil {
		return err
	}
	if err := write(f, r, commandLine); err != nil {
		f.Discard()
		return err
	}
	return f.Commit()
}
