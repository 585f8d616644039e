package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"

	"golang.org/x/perf/benchunit"

	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/history"
)

// historyCommand shows committed runs over time.
type historyCommand struct {
	Directory string `arg:"" help:"Directory whose .txt files are runs in Go's benchmark format, in the order of their names."`

	Unit      list   `default:"ns/op" placeholder:"UNITS" help:"Units that are shown, all for every one. Default: ${default}."`
	Benchmark string `placeholder:"REGEXP" help:"Benchmarks that are shown: those whose names match. Default: all."`
	Window    string `default:"50" placeholder:"N" help:"Runs that are looked at together. Default: ${default}."`
	MaxP      string `name:"max-p" default:"0.001" placeholder:"P" help:"p of the t test that makes a change. Default: ${default}."`
	Magnitude string `default:"0%" placeholder:"PERCENT" help:"Least change that is shown. Default: ${default}."`
	Accepted  string `placeholder:"FILE" help:"Changes that are accepted, with their reasons. Default: accepted.json in the directory, if it is there."`
	Format    string `default:"text" placeholder:"FORMAT" help:"text or json. Default: ${default}."`
}

const maxWindow = 500 // the time goes with its third power

// Run implements kong's interface.
func (c *historyCommand) Run(p *Program) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	if c.Format != "text" && c.Format != "json" {
		return flagError("format", fmt.Errorf("%q is not allowed; allowed are text and json", c.Format))
	}
	h, err := history.Read(c.Directory, options)
	if err != nil {
		return err
	}
	if c.Format == "json" {
		err = h.JSON(p.Stdout, options.Rule)
	} else {
		err = h.Text(p.Stdout)
	}
	if err != nil {
		return fmt.Errorf("writing the history: %w", err)
	}
	return nil
}

func (c *historyCommand) options() (o history.Options, err error) {
	var errs []error
	parse := func(flag string, f func() error) { errs = append(errs, flagError(flag, f())) }
	parse("window", func() error { o.Rule.Window, err = number(c.Window, 2, maxWindow); return err })
	parse("max-p", func() error {
		if o.Rule.MaxP, err = strconv.ParseFloat(c.MaxP, 64); err != nil || !(o.Rule.MaxP > 0 && o.Rule.MaxP < 1) {
			return fmt.Errorf("%q is not allowed; allowed are numbers above 0 and below 1, such as %v", c.MaxP, compare.DefaultChangeRule.MaxP)
		}
		return nil
	})
	parse("magnitude", func() error { o.Rule.Magnitude, err = share(c.Magnitude); return err })
	if c.Benchmark != "" {
		parse("benchmark", func() error { o.Benchmark, err = regexp.Compile(c.Benchmark); return err })
	}
	if len(c.Unit) != 1 || c.Unit[0] != "all" {
		parse("unit", func() error {
			return c.Unit.each(func(unit string) error {
				_, unit = benchunit.Tidy(1, unit)
				o.Units = append(o.Units, unit)
				return nil
			})
		})
	}
	parse("accepted", func() error {
		if c.Accepted != "" {
			o.Accepted, err = history.ReadAccepted(c.Accepted)
			return err
		}
		o.Accepted, err = history.ReadAccepted(filepath.Join(c.Directory, "accepted.json"))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return o, errors.Join(errs...)
}
