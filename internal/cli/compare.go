package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/reprise-tls/reprise/internal/benchtable"
	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/html"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/paired"
	"github.com/reprise-tls/reprise/internal/report"
)

// comparisonFlags are those of compare and gate. Which of three things is
// compared depends on what is given: files, revisions, or targets.
type comparisonFlags struct {
	Files []string `arg:"" optional:"" help:"Files in Go's benchmark format, name=file to give one a name, - for standard input: each is compared with the first. Without files, targets or revisions are measured and compared."`

	Base    string `placeholder:"REV" help:"Compare revisions: build the engine (engine, shards, internal/yield) of this one and of --head with the load generator of --harness, and measure both in one run."`
	Head    string `placeholder:"REV" help:"Revision that is compared with --base. Default: what is in the work tree."`
	Harness string `default:"." placeholder:"DIR" help:"Source tree whose load generator measures both revisions; it must be the one this program was built from. Default: the checkout of the current directory."`
	Bisect  bool   `help:"Exit as git bisect run wants it: 0 not slower, 1 slower, 125 cannot be built or inconclusive."`

	Launches  string `default:"12" placeholder:"N" help:"How often all processes are started anew; each start counts once. Default: ${default}."`
	Alpha     string `default:"${alpha}" placeholder:"P" help:"Chance, at most, of calling any difference between equals. Default: ${default}."`
	Threshold string `default:"${threshold}" placeholder:"PERCENT" help:"Least change of cost that matters; more than the noise floor of the run is needed in any case. Default: ${default}."`
	Unit      list   `default:"ns/op" placeholder:"UNITS" help:"Figures that get a verdict, units of the benchmark format. cpu-ns/op is the processors' time: on a machine that others use too it shows what ns/op cannot, but not what goroutines wait for each other. Default: ${default}."`

	AnyMachine bool   `help:"Compare files though their processor, number of cores, system or Go version differ."`
	Filter     string `placeholder:"FILTER" help:"As benchstat -filter. Default: everything from files; sec/op, ops/s, B/op and allocs/op of a run."`
	Row        string `placeholder:"KEYS" help:"As benchstat -row. Default: .fullname."`
	Col        string `placeholder:"KEYS" help:"As benchstat -col, for files. Default: .file."`
	Table      string `placeholder:"KEYS" help:"As benchstat -table. Default: .config."`
	Ignore     string `default:"commit" placeholder:"KEYS" help:"As benchstat -ignore. Default: ${default}."`

	outputFlag
	sliceFlags
}

// compareCommand compares and shows everything.
type compareCommand struct{ comparisonFlags }

// Run implements kong's interface.
func (c *compareCommand) Run(p *Program) error {
	return c.bisected(p, c.compare(p, c.Format))
}

// compare does what the flags say and writes it in a format.
func (c *comparisonFlags) compare(p *Program, format string) error {
	rule, err := c.rule()
	if err == nil {
		err = c.outputFlag.check()
	}
	if err != nil {
		return err
	}
	switch {
	case len(c.Files) > 0:
		if c.Base != "" || c.Head != "" || len(c.Target) > 0 {
			return errors.New("files are compared with files; allowed beside them is none of --base, --head and --target")
		}
		return c.files(p, rule, format)
	case c.Base != "":
		return c.revisions(p, rule, format)
	case c.Head != "":
		return flagError("head", errors.New("it is compared with a revision that --base names"))
	case len(c.Target) > 1:
		return c.targets(p, rule, format)
	}
	return errors.New("nothing to compare; allowed are two files or more, --base REV, and --target with two names or more")
}

// bisected turns an exit code into what git bisect run wants, if that is
// asked for.
func (c *comparisonFlags) bisected(p *Program, err error) error {
	if !c.Bisect || err == nil {
		return err
	}
	var code codeError
	if errors.As(err, &code) {
		switch code {
		case ExitRegression:
			return codeError(1)
		case ExitInconclusive, ExitError:
			return codeError(ExitSkip) // measured, but with no answer
		}
		return err
	}
	p.fail(err)
	return codeError(ExitAbort)
}

func (c *comparisonFlags) rule() (rule compare.Rule, err error) {
	var errs []error
	if rule.Alpha, err = strconv.ParseFloat(c.Alpha, 64); err != nil {
		errs = append(errs, flagError("alpha", fmt.Errorf("%q is not allowed; allowed are numbers above 0 and below 1", c.Alpha)))
	}
	if rule.Threshold, err = share(c.Threshold); err != nil {
		errs = append(errs, flagError("threshold", err))
	}
	if err := errors.Join(errs...); err != nil {
		return rule, err
	}
	return rule, rule.Check()
}

// share parses a percentage, 5% or 5.
func share(s string) (float64, error) {
	x, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil || !(x >= 0 && x < 100) {
		return 0, fmt.Errorf("%q is not allowed; allowed are percentages from 0%% to below 100%%, such as 5%%", s)
	}
	return x / 100, nil
}

// again names the second process of the base.
func again(base string) string { return base + "-again" }

// targets compares targets of this program.
func (c *comparisonFlags) targets(p *Program, rule compare.Rule, format string) error {
	base := c.Target[0]
	config, err := c.sliced(p)
	if err != nil {
		return err
	}
	config.Instances = []measure.Instance{{Name: again(base), Target: base}}
	return c.measured(p, paired.Config{Measure: config, Base: base, Again: again(base), Candidates: c.Target[1:], Rule: rule}, format)
}

// measured runs a comparison and writes what came out.
func (c *comparisonFlags) measured(p *Program, config paired.Config, format string) error {
	write, err := c.writer(format)
	if err != nil {
		return err
	}
	shown, err := newProgress(p.Stderr, p.Name, c.Progress)
	if err != nil {
		return err
	}
	ctx, release := untilInterrupted(shown)
	defer release()
	result, err := c.run(ctx, config, shown)
	shown.end()
	if err != nil {
		return err
	}
	if err := c.to(p, func(w io.Writer) error { return write(w, result, p.commandLine()) }); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return p.compared(result)
}

// run measures what the config and the flags say.
func (c *comparisonFlags) run(ctx context.Context, config paired.Config, shown *progress) (*paired.Result, error) {
	launches, err := number(c.Launches, 1, paired.MaxLaunches)
	if err != nil {
		return nil, flagError("launches", err)
	}
	config.Launches, config.Units = launches, c.Unit
	config.Measure.Progress = shown.report
	if config.Measure.Command == nil {
		if config.Measure.Command, err = worker(); err != nil {
			return nil, err
		}
	}
	if warning := config.Measure.MemoryWarning(); warning != "" {
		shown.say("warning: " + warning)
	}
	result, err := paired.Run(ctx, config)
	if err == nil && c.Commit != "" {
		result.Environment.Commit = c.Commit
	}
	return result, err
}

// compared repeats on standard error what went wrong and chooses the exit code.
func (p *Program) compared(r *paired.Result) error {
	if err := p.verdict(r.Result); err != nil {
		return err
	}
	return exitOf(r.Rows)
}

// exitOf returns the exit code of verdicts.
func exitOf(rows []compare.Row) error {
	switch compare.Worst(rows) {
	case compare.Regressed:
		return codeError(ExitRegression)
	case compare.Inconclusive:
		return codeError(ExitInconclusive)
	}
	return nil
}

// shortText is the format of gate: the verdicts without a table of figures.
const shortText = "verdicts"

// writer returns what writes a comparison of one run.
func (c *comparisonFlags) writer(format string) (func(io.Writer, *paired.Result, string) error, error) {
	switch format {
	case "text", "table":
		return c.text, nil
	case shortText:
		return func(w io.Writer, r *paired.Result, _ string) error {
			_, err := io.WriteString(w, report.Verdicts(&r.Comparison))
			return err
		}, nil
	case "csv":
		return func(w io.Writer, r *paired.Result, _ string) error {
			tables, err := c.tables(r)
			if err != nil {
				return err
			}
			return tables.CSV(w, io.Discard) // the warnings are in the text
		}, nil
	case "bench":
		return benchFormat, nil
	case "html":
		return func(w io.Writer, r *paired.Result, commandLine string) error {
			page, err := html.Comparison(&r.Comparison, r.Result, commandLine)
			if err != nil {
				return err
			}
			return page.Write(w)
		}, nil
	case "json":
		return func(w io.Writer, r *paired.Result, commandLine string) error {
			return report.ComparisonJSON(w, &r.Comparison, r.Result, commandLine)
		}, nil
	}
	return nil, flagError("format", fmt.Errorf("%q is not allowed; allowed are text, csv, bench, json and html", format))
}

// benchFormat writes the run in Go's benchmark format and the verdicts as
// comments.
func benchFormat(w io.Writer, r *paired.Result, commandLine string) error {
	if err := report.Bench(w, r.Result, commandLine); err != nil {
		return err
	}
	for line := range strings.Lines(report.Verdicts(&r.Comparison)) {
		if _, err := io.WriteString(w, strings.TrimRight("# "+line, " \n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// text writes what was run, benchstat's table of it, the verdicts and what must
// be known to read them.
func (c *comparisonFlags) text(w io.Writer, r *paired.Result, commandLine string) error {
	var b strings.Builder
	for _, line := range report.Remarks(r.Result, commandLine) {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	b.WriteByte('\n')
	tables, err := c.tables(r)
	if err != nil {
		return err
	}
	if err := tables.Text(&b); err != nil {
		return err
	}
	b.WriteString("\n" + report.Verdicts(&r.Comparison))
	if lines := report.Findings(r.Result); len(lines) > 0 {
		fmt.Fprintf(&b, "\n%s\n", strings.Join(lines, "\n"))
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// usualUnits are what the table of a run has; the other formats have all.
const usualUnits = ".unit:(sec/op OR ops/s OR B/op OR allocs/op)"

// tables makes benchstat's tables of a run, as benchstat -col /impl does of its
// benchmark format.
func (c *comparisonFlags) tables(r *paired.Result) (benchtable.Tables, error) {
	options := benchtable.Options{Filter: c.Filter, Table: c.Table, Row: c.Row, Col: "/impl", Ignore: c.Ignore}
	if options.Filter == "" {
		options.Filter = usualUnits
	}
	builder, err := benchtable.NewBuilder(options)
	if err != nil {
		return nil, err
	}
	var text, warnings bytes.Buffer
	if err := report.Bench(&text, r.Result, ""); err != nil {
		return nil, err
	}
	units, err := builder.Read(&text, "run", &warnings)
	if err == nil && warnings.Len() > 0 {
		err = fmt.Errorf("reading the run back: %s", warnings.String())
	}
	return builder.Tables(units), err
}
