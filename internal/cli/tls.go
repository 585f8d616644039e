package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/handshake"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/report"
	"github.com/reprise-tls/reprise/internal/scenario"
)

// tlsCommand makes handshakes. Values are checked in config, so that every
// error says which flag, which value and what is allowed.
type tlsCommand struct {
	Target     list     `default:"engine,tickets,none" placeholder:"NAMES" help:"Servers of its own, separated by commas, each in a process of its own; the others are compared with the first. There are: ${tls_targets}. Default: ${default}, with --connect none of them."`
	Handshakes []string `sep:"none" default:"tls13" placeholder:"SHARES" help:"Percentages of the connections: tls13, tls12, and with client certificates mtls13, mtls12, such as tls13=75,tls12=20,mtls13=5; or the name of one. May be given several times: each is measured by itself. Default: ${default}."`
	Resumed    string   `default:"90" placeholder:"PERCENT" help:"Of the connections, those whose client offers its session to resume. With 0 clients are not given sessions first. Default: ${default}."`
	Aborted    string   `default:"0" placeholder:"PERCENT" help:"Of the connections, those that the client resets when its second flight is due: the server has done its part and waits. Default: ${default}."`
	Clients    string   `default:"100" placeholder:"N" help:"Clients of each kind of handshake; each has one session. The goroutines divide them. Default: ${default}."`
	Goroutines list     `default:"${goroutines}" placeholder:"G,..." help:"Goroutines that make connections at once. Default: ${default}."`
	Capacity   string   `default:"${tls_capacity}" placeholder:"N" help:"Sessions that target engine keeps at most; 0 is no bound. Default: ${default}."`
	Seed       string   `default:"1" placeholder:"N" help:"Seed of what each goroutine draws. Default: ${default}."`

	Rate     string `default:"0" placeholder:"N" help:"Connections a second of all goroutines in an open loop, whether or not the server keeps up; what no goroutine was free for waits, and its latency includes that. 0 is a closed loop. Default: ${default}."`
	Arrivals string `default:"poisson" placeholder:"HOW" help:"How connections of --rate arrive: poisson, uniform, bursts:N. Default: ${default}."`
	Late     string `default:"100ms" placeholder:"TIME" help:"A handshake of --rate that ends later after its intended start than this has missed its deadline. Default: ${default}."`

	Duration string `default:"500ms" placeholder:"TIME" help:"Length of a slice. Default: ${default}."`
	Count    string `default:"10" placeholder:"N" help:"Slices of each target, in turn with the others. An interval needs 6. Default: ${default}."`
	WarmUp   string `default:"200ms" placeholder:"TIME" help:"Length of a slice before the first that is not counted; 0 for none. Default: ${default}."`
	GC       bool   `default:"true" negatable:"" help:"Collect garbage of clients and server before each slice."`

	Timeout     string `default:"10s" placeholder:"TIME" help:"A handshake that takes longer, with its connection, has failed. Default: ${default}."`
	CloseWait   string `default:"1s" placeholder:"TIME" help:"How long to wait for the server's end after close_notify, in which TLS 1.3's tickets arrive. Default: ${default}."`
	Deadline    string `default:"1m" placeholder:"TIME" help:"How long a target's process may take to answer. Then it is taken to hang, and killed. Default: ${default}."`
	AllowFailed string `default:"0" placeholder:"PERCENT" help:"Of the connections of each figure, those that may fail without exit code 1. Default: ${default}."`

	tlsConnectFlags `group:"Another server"`

	Format   string   `default:"table" placeholder:"FORMAT" help:"What to write to standard output: table; bench, Go's benchmark format, for benchstat -col /impl; json, with all samples. Default: ${default}."`
	Output   []string `short:"o" sep:"none" placeholder:"FILE" help:"Write the result to a file too, which is there as a whole or not at all; its extension chooses the format: .txt or .bench, .json, .table. May be given several times."`
	Progress string   `default:"auto" placeholder:"HOW" help:"What to write to standard error meanwhile: bar, lines (one a second), none; auto is a bar on a terminal and lines otherwise. Default: ${default}."`
	Commit   string   `placeholder:"HASH" help:"Commit to write into the result. Default: what the program was built from, if the build recorded it."`

	CPUProfile string `name:"cpuprofile" placeholder:"FILE" help:"Write CPU profiles: of the clients, with -clients before the extension, and of each target's process, with its name and handshakes."`
}

func describeTLSTargets() string {
	var parts []string
	for _, t := range handshake.Targets() {
		parts = append(parts, t.Name+" ("+t.Doc+")")
	}
	return strings.Join(parts, "; ")
}

// Run implements kong's interface.
func (c *tlsCommand) Run(p *Program, k *kong.Context) error {
	config, err := c.config(given(k))
	if err != nil {
		return err
	}
	allowed, err := positive(c.AllowFailed, 0, 100)
	if err != nil {
		return flagError("allow-failed", err)
	}
	write, err := formatNamed(tlsFormats, c.Format)
	if err != nil {
		return err
	}
	writers, err := outputs(tlsFormats, c.Output)
	if err != nil {
		return err
	}
	if config.Command, err = itself("tls-target"); err != nil {
		return err
	}
	shown, err := newProgress(p.Stderr, p.Name, c.Progress)
	if err != nil {
		return err
	}
	config.Progress = shown.report
	ctx, release := untilInterrupted(shown)
	defer release()
	result, err := c.measure(ctx, config)
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
	for _, line := range report.HandshakeProblems(result) {
		fmt.Fprintf(p.Stderr, "%s: %s\n", p.Name, line)
	}
	switch {
	case !result.OK(allowed):
		return codeError(ExitError)
	case result.Partial:
		return codeError(ExitInterrupted)
	}
	return nil
}

// measure runs, and writes a profile of the clients if one is wanted.
func (c *tlsCommand) measure(ctx context.Context, config handshake.Config) (result *handshake.Result, err error) {
	if c.CPUProfile == "" {
		return handshake.Run(ctx, config)
	}
	f, err := os.Create(handshake.ProfileName(c.CPUProfile, "clients"))
	if err != nil {
		return nil, flagError("cpuprofile", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(flagError("cpuprofile", err), f.Close())
	}
	result, err = handshake.Run(ctx, config)
	pprof.StopCPUProfile()
	return result, errors.Join(err, f.Close())
}

func (c *tlsCommand) config(flags []string) (handshake.Config, error) {
	config := handshake.Config{Targets: c.Target, Collect: c.GC, CPUProfile: c.CPUProfile}
	if c.Connect != "" && !slices.Contains(flags, "target") {
		config.Targets = nil
	}
	var errs []error
	var err error
	parse := func(flag string, f func() error) { errs = append(errs, flagError(flag, f())) }
	parse("target", func() error {
		return c.Target.each(func(s string) error { _, err := handshake.Find(s); return err })
	})
	parse("handshakes", func() error {
		return list(c.Handshakes).each(func(s string) error {
			mix, err := handshake.ParseMix(s)
			config.Mixes = append(config.Mixes, mix)
			return err
		})
	})
	parse("resumed", func() error { config.Resumed, err = positive(c.Resumed, 0, 100); return err })
	parse("aborted", func() error { config.Aborted, err = positive(c.Aborted, 0, 100); return err })
	parse("clients", func() error { config.Clients, err = number(c.Clients, 1, handshake.MaxClients); return err })
	parse("goroutines", func() error { config.Goroutines, err = c.Goroutines.numbers(1, measure.MaxGoroutines); return err })
	parse("capacity", func() error { config.Capacity, err = number(c.Capacity, 0, engine.MaxCapacity); return err })
	parse("seed", func() error { config.Seed, err = seed(c.Seed); return err })
	parse("rate", func() error { config.Rate, err = positive(c.Rate, 0, handshake.MaxRate); return err })
	parse("arrivals", func() error { config.Arrivals, err = scenario.ParseArrivals(c.Arrivals); return err })
	parse("late", func() error { config.Late, err = duration(c.Late, time.Microsecond); return err })
	parse("duration", func() error { config.Duration, err = duration(c.Duration, time.Millisecond); return err })
	parse("count", func() error { config.Count, err = number(c.Count, 1, maxCount); return err })
	parse("warm-up", func() error { config.WarmUp, err = duration(c.WarmUp, 0); return err })
	parse("timeout", func() error { config.Timeout, err = duration(c.Timeout, time.Millisecond); return err })
	parse("close-wait", func() error { config.Closing, err = duration(c.CloseWait, time.Millisecond); return err })
	parse("deadline", func() error { config.Deadline, err = duration(c.Deadline, time.Millisecond); return err })
	errs = append(errs, c.loop(flags))
	if err := errors.Join(errs...); err != nil {
		return config, err
	}
	if config.Remote, err = c.remote(context.Background(), flags, config.Mixes); err == nil {
		err = config.CheckValues()
	}
	return config, err
}

// loop reports flags of an open loop where there is none.
func (c *tlsCommand) loop(flags []string) error {
	if slices.Contains(flags, "rate") {
		return nil
	}
	for _, name := range []string{"arrivals", "late"} {
		if slices.Contains(flags, name) {
			return flagError(name, errors.New("only an open loop has that; give --rate"))
		}
	}
	return nil
}

// tlsTargetCommand is the server of one target for another process of the same
// program.
type tlsTargetCommand struct{}

// Run implements kong's interface.
func (tlsTargetCommand) Run(p *Program) error { return handshake.Serve(p.Stdin, p.replies()) }
