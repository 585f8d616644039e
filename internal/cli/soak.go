package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/live"
	"github.com/reprise-tls/reprise/internal/soak"
)

// soakCommand soaks the engine. Values are checked in configs, so that every
// error says which flag, which value and what is allowed.
type soakCommand struct {
	Duration   string `default:"60s" placeholder:"TIME" help:"How long, for all tables together; each gets an equal part. Default: ${default}."`
	Table      list   `default:"lockfree,xsync" placeholder:"NAMES" help:"Tables, one after the other: lockfree, xsync. Default: ${default}."`
	Seed       string `default:"1" placeholder:"N" help:"Seed of ids and of what each goroutine draws. How goroutines interleave is not reproducible. Default: ${default}."`
	Sessions   string `default:"${soak_sessions}" placeholder:"N" help:"Session ids; the capacity is mostly an eighth to a half of them. Default: ${default}."`
	Goroutines string `default:"${soak_goroutines}" placeholder:"G" help:"Goroutines that operate at once. Default: ${default}."`
	Checkpoint string `default:"${soak_checkpoint}" placeholder:"TIME" help:"Time between two pauses in which every reference is counted. Default: ${default}."`
	Progress   string `default:"lines" placeholder:"HOW" help:"What to write to standard error meanwhile: lines (one a second), none. Default: ${default}."`
}

// Run implements kong's interface.
func (c *soakCommand) Run(p *Program) error {
	configs, err := c.configs()
	if err != nil {
		return err
	}
	shown, err := newProgress(p.Stderr, p.Name, "none")
	if err != nil {
		return err
	}
	ctx, release := untilInterrupted(shown)
	defer release()
	for _, config := range configs {
		if c.Progress == "lines" {
			config.Progress = func(now soak.Progress) { shown.say(soakLine(config.Table, now)) }
		}
		if err := p.soak(ctx, config); err != nil {
			return err
		}
	}
	return nil
}

// soak soaks one table. It writes what was done to standard output, and what
// was wrong to standard error too.
func (p *Program) soak(ctx context.Context, config soak.Config) error {
	summary, err := soak.Run(ctx, config)
	if err != nil {
		return err
	}
	if err := summary.Write(p.Stdout); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	for _, v := range summary.Violations {
		fmt.Fprintf(p.Stderr, "%s: soak of %s: %s\n", p.Name, config.Table, v)
	}
	switch {
	case !summary.OK():
		return codeError(ExitError)
	case summary.Interrupted:
		return codeError(ExitInterrupted)
	}
	return nil
}

func soakLine(table engine.TableKind, now soak.Progress) string {
	capacity := "unlimited"
	if now.Capacity != engine.Unlimited {
		capacity = fmt.Sprint(now.Capacity)
	}
	scaled := func(n uint64) string { return live.Scaled(float64(n)) }
	return fmt.Sprintf("soak of %s: %v of %v, %s operations, %d/%s sessions, %s evicted, %s expired or flushed, %d panics, %s store faults, %s checks, %d checkpoints",
		table, now.Elapsed.Round(time.Second), now.Duration, scaled(now.Operations), now.Len, capacity,
		scaled(now.Evicted), scaled(now.Expired), now.Panics, scaled(now.Faults), scaled(now.Checks), now.Checkpoints)
}

func (c *soakCommand) configs() (configs []soak.Config, err error) {
	var base soak.Config
	var errs []error
	parse := func(flag string, f func() error) { errs = append(errs, flagError(flag, f())) }
	parse("table", func() error {
		return c.Table.each(func(s string) error {
			table, err := parseTable(s)
			configs = append(configs, soak.Config{Table: table})
			return err
		})
	})
	parse("seed", func() error { base.Seed, err = seed(c.Seed); return err })
	parse("sessions", func() error {
		base.Sessions, err = number(c.Sessions, soak.MinSessions, soak.MaxSessions)
		return err
	})
	parse("goroutines", func() error { base.Goroutines, err = number(c.Goroutines, 1, soak.MaxGoroutines); return err })
	parse("checkpoint", func() error { base.Checkpoint, err = duration(c.Checkpoint, 10*time.Millisecond); return err })
	parse("duration", func() error {
		base.Duration, err = duration(c.Duration, soak.MinDuration*time.Duration(max(1, len(configs))))
		return err
	})
	if c.Progress != "lines" && c.Progress != "none" {
		errs = append(errs, flagError("progress", fmt.Errorf("%q is not allowed; allowed are lines and none", c.Progress)))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	base.Duration /= time.Duration(len(configs))
	for i := range configs {
		table := configs[i].Table
		configs[i] = base
		configs[i].Table = table
	}
	return configs, nil
}

func parseTable(s string) (engine.TableKind, error) {
	for _, table := range []engine.TableKind{engine.LockFree, engine.XSync} {
		if s == table.String() {
			return table, nil
		}
	}
	return 0, fmt.Errorf("unknown table %q; allowed are lockfree and xsync", s)
}
