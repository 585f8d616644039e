package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/reprise-tls/reprise/internal/html"
	"github.com/reprise-tls/reprise/internal/plan/missratio"
	"github.com/reprise-tls/reprise/internal/plan/mrc"
	"github.com/reprise-tls/reprise/internal/plan/visits"
	"github.com/reprise-tls/reprise/internal/trace"
)

// mrcCommand makes miss-ratio curves.
type mrcCommand struct {
	Trace      string `placeholder:"FILE" help:"Trace of requests; - is standard input."`
	Input      string `default:"auto" placeholder:"FORMAT" help:"Format of the trace: lines (an id each), csv, oracleGeneral (libCacheSim's binary one), auto (by the file's name). Default: ${default}."`
	IDColumn   string `name:"id-column" placeholder:"NAME" help:"Column of a CSV trace that has the ids. Default: id."`
	TimeColumn string `placeholder:"NAME" help:"Column of a CSV trace that has the times, in seconds. Without it the trace has none."`
	Rate       string `placeholder:"RATE" help:"Requests a second, for a trace without times."`

	Population string `placeholder:"LAW" help:"Instead of a trace, clients whose visits follow a law, such as lognormal:median=35m,sigma=1.8; plan --help has them all."`
	Clients    string `default:"10000" placeholder:"N" help:"Clients of the population. Default: ${default}."`
	Requests   string `default:"1000000" placeholder:"N" help:"Visits of the population. Default: ${default}."`

	Sizes      list   `default:"1024,4096,16384,65536" placeholder:"N,..." help:"Sizes of caches, in sessions: numbers, or FROM:TO:STEP, to with it. Default: ${default}."`
	Policy     list   `default:"lru,fifo,random,engine" placeholder:"NAMES" help:"Policies: lru, fifo, random, engine (the engine's own code on a virtual clock). Default: ${default}."`
	Lifetime   list   `default:"0s" placeholder:"TIME,..." help:"Lifetimes of a session, from its creation, at most 168h; 0s: none. Default: ${default}."`
	Resumption string `default:"reuse" placeholder:"HOW" help:"What a hit does: reuse (TLS 1.2: the session stays), renew (TLS 1.3: the client has a new session after it; of the policies only the engine is told that the old one has served), single-use (the same, and the old one is taken out). Default: ${default}."`
	Probation  string `default:"25" placeholder:"PERCENT" help:"The engine's share for sessions never resumed; 100: no probation. Default: ${default}."`
	Sample     string `placeholder:"SHARE" help:"Estimate the curves from this share of the ids: lru by SHARDS, others by miniature simulation."`
	SampleIDs  string `name:"sample-ids" placeholder:"N" help:"Estimate the curves from at most so many ids."`
	Seed       string `default:"1" placeholder:"N" help:"Seed of random eviction, samples and populations. Default: ${default}."`
	Format     string `default:"table" placeholder:"FORMAT" help:"table, csv, json or html (a page that needs no network). Default: ${default}."`
	outputFlag
}

// Run implements kong's interface.
func (c *mrcCommand) Run(p *Program) error {
	write, err := c.writer(p)
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return err
	}
	config, err := c.config()
	if err != nil {
		return err
	}
	if config.Trace, err = c.requests(config.Seed); err != nil {
		return err
	}
	shown, err := newProgress(p.Stderr, p.Name, "none")
	if err != nil {
		return err
	}
	ctx, release := untilInterrupted(shown)
	defer release()
	result, err := mrc.Run(ctx, config)
	if errors.Is(err, context.Canceled) {
		return codeError(ExitInterrupted)
	}
	if err != nil {
		return err
	}
	if err := c.to(p, func(w io.Writer) error { return write(w, result) }); err != nil {
		return fmt.Errorf("writing the curves: %w", err)
	}
	return nil
}

func (c *mrcCommand) writer(p *Program) (func(io.Writer, *mrc.Result) error, error) {
	switch c.Format {
	case "table":
		return mrc.Table, nil
	case "csv":
		return mrc.CSV, nil
	case "json":
		return mrc.JSON, nil
	case "html":
		return func(w io.Writer, r *mrc.Result) error { return html.MissRatios(r, p.commandLine()).Write(w) }, nil
	}
	return nil, flagError("format", fmt.Errorf("%q is not allowed; allowed are table, csv, json and html", c.Format))
}

func (c *mrcCommand) config() (config mrc.Config, err error) {
	var errs []error
	parse := func(flag string, f func() error) { errs = append(errs, flagError(flag, f())) }
	parse("sizes", func() error { config.Sizes, err = ranges(c.Sizes, missratio.MaxSize); return err })
	parse("policy", func() error {
		config.Policies = c.Policy
		return c.Policy.each(mrc.CheckPolicy)
	})
	parse("lifetime", func() error {
		return c.Lifetime.each(func(s string) error {
			d, err := time.ParseDuration(s)
			if err != nil || d < 0 || d > missratio.MaxLifetime || d%time.Second != 0 {
				return fmt.Errorf("%q is not allowed; allowed are whole seconds from 0s (none) to %v, RFC 8446's seven days, such as 2h", s, missratio.MaxLifetime)
			}
			config.Lifetimes = append(config.Lifetimes, d)
			return nil
		})
	})
	parse("resumption", func() error { config.Resumption, err = missratio.ParseResumption(c.Resumption); return err })
	parse("probation", func() error { config.Probation, err = number(c.Probation, 0, 100); return err })
	parse("seed", func() error { config.Seed, err = seed(c.Seed); return err })
	if c.Sample != "" || c.SampleIDs != "" {
		config.Sampling = &missratio.Sampling{Rate: 1, Seed: config.Seed}
	}
	if c.Sample != "" {
		parse("sample", func() error { config.Sampling.Rate, err = decimal(c.Sample, 1e-9, 1); return err })
	}
	if c.SampleIDs != "" {
		parse("sample-ids", func() error { config.Sampling.MaxIDs, err = number(c.SampleIDs, 64, missratio.MaxSize); return err })
	}
	if len(config.Lifetimes) == 0 && c.Lifetime == nil {
		errs = append(errs, flagError("lifetime", errors.New("none is given; 0s is no lifetime")))
	}
	return config, errors.Join(errs...)
}

// maxSizes bounds the points of a curve.
const maxSizes = 10_000

// ranges parses numbers and FROM:TO:STEP.
func ranges(l list, high int) (sizes []int, err error) {
	for _, s := range l {
		parts := strings.Split(s, ":")
		if len(parts) != 1 && len(parts) != 3 {
			return nil, fmt.Errorf("%q is not allowed; allowed are numbers and FROM:TO:STEP, such as 128:1024:128", s)
		}
		values := make([]int, len(parts))
		for i, part := range parts {
			if values[i], err = number(part, 1, high); err != nil {
				return nil, err
			}
		}
		from, to, step := values[0], values[0], 1
		if len(parts) == 3 {
			from, to, step = values[0], values[1], values[2]
		}
		if to < from {
			return nil, fmt.Errorf("%q is not allowed: it ends before it begins", s)
		}
		if len(sizes)+(to-from)/step >= maxSizes {
			return nil, fmt.Errorf("%q is not allowed; allowed are %d sizes in all", s, maxSizes)
		}
		for n := from; n <= to; n += step {
			if slices.Contains(sizes, n) {
				return nil, fmt.Errorf("%d appears twice", n)
			}
			sizes = append(sizes, n)
		}
	}
	return sizes, nil
}

const maxRequests = 1_000_000_000

// requests returns the trace that is asked for.
func (c *mrcCommand) requests(seed uint64) (*trace.Trace, error) {
	switch {
	case c.Trace == "" && c.Population == "":
		return nil, errors.New("--trace or --population is needed")
	case c.Trace != "" && c.Population != "":
		return nil, errors.New("--trace and --population are both given; allowed is one of them")
	case c.Population != "":
		return c.population(seed)
	}
	format, err := trace.ParseFormat(c.Input)
	if err != nil {
		return nil, flagError("input", err)
	}
	t, err := trace.LoadFile(c.Trace, trace.Options{Format: format, IDColumn: c.IDColumn, TimeColumn: c.TimeColumn})
	if err != nil || c.Rate == "" {
		return t, err
	}
	rate, err := decimal(c.Rate, 1e-6, 1e9)
	if err != nil {
		return nil, flagError("rate", err)
	}
	if t.Times != nil {
		return nil, flagError("rate", fmt.Errorf("%q is not allowed: %s has times of its own", c.Rate, c.Trace))
	}
	t.Times = make([]time.Duration, len(t.IDs))
	for i := range t.Times {
		t.Times[i] = time.Duration(float64(i) / rate * float64(time.Second))
	}
	return t, nil
}

func (c *mrcCommand) population(seed uint64) (*trace.Trace, error) {
	law, err := visits.Parse(c.Population)
	if err == nil && law.Scale == 0 {
		err = fmt.Errorf("%q says nothing about how long gaps are", c.Population)
	}
	clients, errClients := number(c.Clients, 1, maxRequests)
	requests, errRequests := number(c.Requests, 1, maxRequests)
	if err := errors.Join(flagError("population", err), flagError("clients", errClients), flagError("requests", errRequests)); err != nil {
		return nil, err
	}
	return visits.NewStream([]visits.Law{law}, []int{clients}, seed).Trace(requests), nil
}
