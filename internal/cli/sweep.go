package cli

import (
	"fmt"
	"io"
	"runtime"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/reprise-tls/reprise/internal/html"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/plan/sweep"
)

// sweepCommand measures contention curves. It is run with every number of
// goroutines, so that the two measure alike.
type sweepCommand struct {
	Target     list   `default:"engine" placeholder:"NAMES" help:"Targets, as run has them. Default: ${default}."`
	Workload   list   `default:"churn" placeholder:"NAMES" help:"Workloads, as run has them. Default: ${default}."`
	Sessions   list   `default:"100000" placeholder:"N,..." help:"Session ids. Default: ${default}."`
	Goroutines list   `placeholder:"G,..." help:"Goroutines that operate at once: numbers, or FROM:TO:STEP. Default: up to the processors, all or a dozen of them, and 2 and 4 times as many, which are marked: they take turns, and are in no fit."`
	Duration   string `default:"200ms" placeholder:"TIME" help:"Length of a slice. Default: ${default}."`
	Count      string `default:"10" placeholder:"N" help:"Slices of each number of goroutines. An interval needs 6. Default: ${default}."`
	Seed       string `default:"1" placeholder:"N" help:"Seed of ids, operations and resamples. Default: ${default}."`
	Format     string `default:"text" placeholder:"FORMAT" help:"text, csv, json or html (a page that needs no network). Default: ${default}."`
	outputFlag
	Progress string `default:"auto" placeholder:"HOW" help:"What to write to standard error meanwhile: bar, lines, none, auto. Default: ${default}."`
}

// Run implements kong's interface.
func (c *sweepCommand) Run(p *Program) error {
	write, err := c.writer(p)
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return err
	}
	config, err := c.config(p)
	if err != nil {
		return err
	}
	shown, err := newProgress(p.Stderr, p.Name, c.Progress)
	if err != nil {
		return err
	}
	config.Progress = shown.report
	ctx, release := untilInterrupted(shown)
	defer release()
	result, err := measure.Run(ctx, config)
	shown.end()
	if err != nil {
		return err
	}
	curves := sweep.Curves(result, cores(), config.Base.Seed)
	if err := c.to(p, func(w io.Writer) error { return write(w, result, curves) }); err != nil {
		return fmt.Errorf("writing the curves: %w", err)
	}
	return p.verdict(result)
}

// cores returns how many goroutines can run at once.
func cores() int { return min(runtime.NumCPU(), runtime.GOMAXPROCS(0)) }

func (c *sweepCommand) writer(p *Program) (func(io.Writer, *measure.Result, []*sweep.Curve) error, error) {
	switch c.Format {
	case "text":
		return sweep.Text, nil
	case "csv":
		return sweep.CSV, nil
	case "json":
		return sweep.JSON, nil
	case "html":
		return func(w io.Writer, r *measure.Result, curves []*sweep.Curve) error {
			page, err := html.Sweep(r, curves, p.commandLine())
			if err != nil {
				return err
			}
			return page.Write(w)
		}, nil
	}
	return nil, flagError("format", fmt.Errorf("%q is not allowed; allowed are text, csv, json and html", c.Format))
}

// config is that of run, with its defaults for what a sweep has no flag for.
func (c *sweepCommand) config(p *Program) (measure.Config, error) {
	goroutines, err := ranges(c.Goroutines, measure.MaxGoroutines)
	if err != nil {
		return measure.Config{}, flagError("goroutines", err)
	}
	if len(goroutines) == 0 {
		goroutines = sweepGoroutines(cores())
	}
	run, err := p.defaultRun()
	if err != nil {
		return measure.Config{}, err
	}
	run.Target, run.Workload, run.Sessions, run.Duration, run.Count, run.Seed = c.Target, c.Workload, c.Sessions, c.Duration, c.Count, c.Seed
	run.Goroutines = nil
	for _, n := range goroutines {
		run.Goroutines = append(run.Goroutines, strconv.Itoa(n))
	}
	config, err := run.sliced(p)
	if err != nil {
		return config, err
	}
	config.Command, err = worker()
	return config, err
}

// defaultRun returns run as it is without flags.
func (p *Program) defaultRun() (run sliceFlags, err error) {
	parser, err := kong.New(&run, p.variables())
	if err == nil {
		_, err = parser.Parse(nil)
	}
	return run, err
}

// sweepGoroutines returns up to a dozen numbers from 1 to the processors, and
// two beyond.
func sweepGoroutines(cores int) (n []int) {
	step := (cores + 11) / 12
	for g := 1; g < cores; g += step {
		n = append(n, g)
	}
	return append(n, cores, 2*cores, 4*cores)
}
