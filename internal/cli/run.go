package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/report"
	"github.com/reprise-tls/reprise/internal/workload"
)

// runCommand measures, slices or a scenario.
type runCommand struct {
	sliceFlags

	scenarioFlags `group:"Scenarios"`

	Output []string `short:"o" sep:"none" placeholder:"FILE" help:"Write the result to a file too, which is there as a whole or not at all; its extension chooses the format: .txt or .bench, .json, .csv, .table, .html. May be given several times."`
}

// sliceFlags say what is measured in slices, and how it is shown. Values are
// checked in sliced, so that every error says which flag, which value and what
// is allowed.
type sliceFlags struct {
	Target     list   `default:"${target}" placeholder:"NAMES" help:"Targets, separated by commas; the others are compared with the first. There are: ${targets}. ${target_help}"`
	Workload   list   `default:"churn" placeholder:"NAMES" help:"Workloads, separated by commas: ${workloads}. Default: ${default}."`
	Sessions   list   `default:"100000" placeholder:"N,..." help:"Session ids that can be linked at once: the capacity for add-evict and scan, the expired sessions for flush, and as many as are linked at the beginning for the others. Default: ${default}."`
	Goroutines list   `default:"${goroutines}" placeholder:"G,..." help:"Goroutines that operate at once. Default: ${default}."`
	Keys       string `placeholder:"LAW" help:"How often each session is used: uniform, zipf:THETA with any theta above 0, hotspot:KEYS%:OPERATIONS%, latest:THETA, scan:LENGTH, cyclic. Default: uniform, for workload scan zipf:0.99."`
	Disjoint   bool   `help:"Give every goroutine sessions of its own instead of letting goroutines race for all of them."`
	Mix        string `default:"${mix}" placeholder:"SHARES" help:"Percentages of get, add, remove and resume (a lookup, and an add where it finds nothing) in workload mixed. Default: ${default}."`
	Objects    string `default:"${objects}" placeholder:"N" help:"Sessions with the same id in workload replace: an even number; twice the goroutines lets no two of them add the same one. Default: ${default}."`
	Flood      string `default:"${flood}" placeholder:"N" help:"New sessions nobody comes back for, added for each lookup in workload scan. Default: ${default}."`
	States     string `default:"${states}" placeholder:"SHARES" help:"Percentages of the handshakes that states come from: tls13, tls12, and with client certificates mtls13, mtls12. Default: ${default}."`
	Seed       string `default:"1" placeholder:"N" help:"Seed of ids and operations: the same on any machine. Default: ${default}."`

	Duration string `default:"${duration}" placeholder:"TIME" help:"Length of a slice, for example 500ms. Default: ${default}."`
	Count    string `default:"${count}" placeholder:"N" help:"Slices of each target${of_a_launch}, in turn with the others. ${count_help} Default: ${default}."`
	WarmUp   string `default:"${warm_up}" placeholder:"TIME" help:"Length of a slice before the first that is not counted; 0 for none. Default: ${default}."`
	Sample   string `default:"${sample}" placeholder:"N" help:"Time one operation in N, at random distances, for percentiles of latency; 0 for none. Workload flush times every lookup. Reading the clock twice costs 50 to 100 ns. Default: ${default}."`
	GC       bool   `default:"true" negatable:"" help:"Collect garbage before each slice."`
	Deadline string `default:"1m" placeholder:"TIME" help:"How long a target may take to answer beyond what it was asked to last. Then it is taken to hang, and killed. Default: ${default}."`

	Format   string `default:"${format}" placeholder:"FORMAT" help:"What to write to standard output: ${formats}. Default: ${default}."`
	Progress string `default:"auto" placeholder:"HOW" help:"What to write to standard error meanwhile: full (a scenario on the whole terminal), bar, lines (one a second), none; auto is full or a bar on a terminal and lines otherwise. Default: ${default}."`
	Commit   string `placeholder:"HASH" help:"Commit to write into the result. Default: what the program was built from, if the build recorded it."`

	CPUProfile string `name:"cpuprofile" placeholder:"FILE" help:"Write a CPU profile of each target's process. With several targets, workloads or numbers of sessions their names go before the extension."`
	MemProfile string `name:"memprofile" placeholder:"FILE" help:"Write a heap profile of each target's process, taken after its last slice; named like --cpuprofile."`
}

// Run implements kong's interface.
func (c *runCommand) Run(p *Program, context *kong.Context) error {
	config, err := c.config(p, given(context))
	if err != nil {
		return err
	}
	write, err := formatNamed(runFormats, c.Format)
	if err != nil {
		return err
	}
	if c.Format == "html" && slices.ContainsFunc(c.Output, isPage) {
		write = func(io.Writer, *measure.Result, string) error { return nil } // the file gets it
	}
	shown, err := newProgress(p.Stderr, p.Name, c.Progress)
	if err != nil {
		return err
	}
	if err := c.hasSeconds(config.Scenario != nil); err != nil {
		return err
	}
	writers, err := outputs(runFormats, c.Output)
	if err != nil {
		return err
	}
	config.Interval = shown.interval
	config.Progress = shown.report
	if config.Scenario != nil {
		config.Progress = shown.doing
	}
	if config.Command, err = worker(); err != nil {
		return err
	}
	if warning := config.MemoryWarning(); warning != "" {
		fmt.Fprintf(p.Stderr, "%s: warning: %s\n", p.Name, warning)
	}
	ctx, release := untilInterrupted(shown)
	defer release()
	defer shown.end() // of a panic too
	if config.Scenario != nil {
		shown.fullScreen(config.Scenario, config.Targets)
	}
	result, err := measure.Run(ctx, config)
	shown.end()
	if err != nil {
		return err
	}
	if c.Commit != "" {
		result.Environment.Commit = c.Commit
	}
	if err := writeAll(p.Stdout, write, c.Output, writers, result, p.commandLine()); err != nil {
		return err
	}
	return p.verdict(result)
}

// verdict repeats on standard error what went wrong and chooses the exit code.
func (p *Program) verdict(r *measure.Result) error {
	for _, line := range report.Problems(r) {
		fmt.Fprintf(p.Stderr, "%s: %s\n", p.Name, line)
	}
	switch {
	case !r.OK():
		return codeError(ExitError)
	case r.Partial:
		return codeError(ExitInterrupted)
	}
	return nil
}

// untilInterrupted returns a context that ends with the first interrupt. The
// second ends the program, after the given functions, and with it the targets,
// which see their input close.
func untilInterrupted(shown *progress, atOnce ...func()) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-signals:
			}
			if n > 0 {
				for _, f := range atOnce {
					f()
				}
				shown.end()
				os.Exit(ExitInterrupted)
			}
			cancel()
			shown.say("interrupted: checking and writing what was measured; interrupt again to stop at once")
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel()
	}
}

// config is what the command line asks for.
func (c *runCommand) config(p *Program, flags []string) (measure.Config, error) {
	played, err := c.scenario(flags)
	if err != nil {
		return measure.Config{}, err
	}
	if played == nil {
		return c.sliced(p)
	}
	config := c.common(p)
	config.Scenario, config.Capture = played, c.Capture
	err = errors.Join(
		c.knownTargets(p),
		flagError("deadline", func() (err error) { config.Deadline, err = duration(c.Deadline, time.Millisecond); return err }()),
	)
	if err == nil {
		err = config.Check()
	}
	return config, err
}

// common is what slices and scenarios share.
func (c *sliceFlags) common(p *Program) measure.Config {
	return measure.Config{
		Known:   p.Targets,
		Targets: c.Target,
		Collect: c.GC,

		CPUProfile:    c.CPUProfile,
		MemoryProfile: c.MemProfile,
	}
}

func (c *sliceFlags) knownTargets(p *Program) error {
	return flagError("target", c.Target.each(func(s string) error {
		_, err := measure.Find(p.Targets, s)
		return err
	}))
}

// sliced is a run in slices.
func (c *sliceFlags) sliced(p *Program) (measure.Config, error) {
	config := c.common(p)
	spec, err := c.spec()
	config.Base = spec
	config.UsualKeys = c.Keys == ""
	errs := []error{
		err,
		c.knownTargets(p),
		flagError("workload", c.Workload.each(func(s string) error {
			kind, err := workload.ParseKind(s)
			config.Workloads = append(config.Workloads, kind)
			return err
		})),
	}
	parse := func(flag string, f func() error) { errs = append(errs, flagError(flag, f())) }
	parse("sessions", func() error { config.Sessions, err = c.Sessions.numbers(1, workload.MaxSessions); return err })
	parse("goroutines", func() error { config.Goroutines, err = c.Goroutines.numbers(1, measure.MaxGoroutines); return err })
	parse("sample", func() error { config.Every, err = number(c.Sample, 0, measure.MaxEvery); return err })
	parse("count", func() error { config.Count, err = number(c.Count, 1, maxCount); return err })
	parse("duration", func() error { config.Duration, err = duration(c.Duration, time.Millisecond); return err })
	parse("warm-up", func() error { config.WarmUp, err = duration(c.WarmUp, 0); return err })
	parse("deadline", func() error { config.Deadline, err = duration(c.Deadline, time.Millisecond); return err })
	err = errors.Join(errs...)
	if err == nil {
		err = config.Check()
	}
	return config, err
}

const (
	maxCount    = 100_000
	maxDuration = 24 * time.Hour
)

func (c *sliceFlags) spec() (spec workload.Spec, err error) {
	spec.Disjoint = c.Disjoint
	var errs []error
	parse := func(flag string, f func() error) { errs = append(errs, flagError(flag, f())) }
	if c.Keys != "" {
		parse("keys", func() error { spec.Keys, err = workload.ParseLaw(c.Keys); return err })
	}
	parse("mix", func() error { spec.Mix, err = workload.ParseMix(c.Mix); return err })
	parse("states", func() error { spec.States, err = workload.ParseStateMix(c.States); return err })
	parse("objects", func() error { spec.Objects, err = objects(c.Objects); return err })
	parse("flood", func() error { spec.Flood, err = number(c.Flood, 0, workload.MaxFlood); return err })
	parse("seed", func() error { spec.Seed, err = seed(c.Seed); return err })
	return spec, errors.Join(errs...)
}

func isPage(name string) bool { return filepath.Ext(name) == ".html" }
