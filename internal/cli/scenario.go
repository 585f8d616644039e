package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/scenario"
	"github.com/reprise-tls/reprise/internal/workload"
)

// scenarioFlags make the run play a scenario instead of slices.
type scenarioFlags struct {
	Config     string `placeholder:"FILE" help:"Play the scenario of a YAML file, which docs/workloads.md describes; - is standard input. Of the flags about what is measured only --target, --goroutines, --seed, --deadline, --rate, --arrivals, --speedup and --late apply, and change what the file says."`
	Population string `placeholder:"{KEY: VALUE, ...}" help:"Play a population of clients, with the keys of a scenario's population: '{clients: 50000, gap: lognormal:10m:1.5}'. --sessions is the capacity, --duration how long is measured."`
	Rate       string `placeholder:"N" help:"Play the operations of --mix over --sessions and --keys in an open loop: N requests a second, whether or not the target keeps up. Latencies are shown from the intended and from the real start. With --config, the rate of its measured phases."`
	Arrivals   string `placeholder:"HOW" help:"How requests of --rate arrive: poisson, uniform, bursts:N. Default: poisson."`
	Speedup    string `placeholder:"N" help:"Seconds of the clock that sessions and clients live by, a second: with 3600 returns after hours are played in seconds. Default: what the file says, else 1."`
	Late       string `name:"late" placeholder:"TIME" help:"A request of an open loop that ends later after its intended start than this has missed its deadline. Default: what the file says, else 1ms."`
	Capture    string `placeholder:"FILE" help:"Write the ids that the first target meets, one a line: a trace that scenarios can play."`
}

// given returns the flags that the command line has.
func given(context *kong.Context) (names []string) {
	for _, p := range context.Path {
		if p.Flag != nil {
			names = append(names, p.Flag.Name)
		}
	}
	return names
}

// wanted tells whether the flags ask for a scenario.
func (f *scenarioFlags) wanted() bool { return f.Config != "" || f.Population != "" || f.Rate != "" }

// general are the flags that apply to slices and scenarios alike.
var general = []string{"target", "goroutines", "seed", "deadline", "format", "output", "progress", "commit", "cpuprofile", "memprofile",
	"config", "population", "rate", "arrivals", "speedup", "late", "capture", "help"}

// scenario returns what is to be played, nil for slices.
func (c *runCommand) scenario(flags []string) (*scenario.Scenario, error) {
	if !c.wanted() {
		for _, name := range []string{"arrivals", "speedup", "late", "capture"} {
			if slices.Contains(flags, name) {
				return nil, fmt.Errorf("--%s: only a scenario has that; give --config, --population or --rate", name)
			}
		}
		return nil, nil
	}
	if c.Config != "" && c.Population != "" {
		return nil, errors.New("--population: --config has populations of its own; give one of both")
	}
	if c.Population != "" && c.Rate != "" {
		return nil, errors.New("--rate: clients of --population come when they come; give one of both")
	}
	if err := c.applies(flags); err != nil {
		return nil, err
	}
	s, err := c.base(flags)
	if err != nil {
		return nil, err
	}
	if err := c.change(s, flags); err != nil {
		return nil, err
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	return s, nil
}

// applies reports flags that have no effect on the scenario.
func (c *runCommand) applies(flags []string) error {
	allowed := slices.Clone(general)
	what := "--config"
	switch {
	case c.Config != "":
	case c.Population != "":
		what = "--population"
		allowed = append(allowed, "sessions", "duration")
	default:
		what = "--rate"
		allowed = append(allowed, "workload", "sessions", "keys", "mix", "states", "duration", "sample")
	}
	for _, name := range flags {
		if !slices.Contains(allowed, name) {
			return fmt.Errorf("--%s: has no effect with %s; allowed are --%s", name, what, strings.Join(allowed, ", --"))
		}
	}
	return nil
}

// base returns the file's scenario, or one made of flags.
func (c *runCommand) base(flags []string) (*scenario.Scenario, error) {
	if c.Config != "" {
		return scenario.ReadFile(c.Config)
	}
	s := scenario.Default()
	var errs []error
	parse := func(flag string, f func() error) {
		if slices.Contains(flags, flag) {
			errs = append(errs, flagError(flag, f()))
		}
	}
	if c.Population != "" {
		s.Name = "population"
		p, err := scenario.ReadPopulation(c.Population)
		if err != nil {
			return nil, flagError("population", err)
		}
		s.Populations = []scenario.Population{p}
		parse("sessions", func() (err error) { s.Capacity, err = c.Sessions.single(0, workload.MaxSessions); return err })
	} else {
		s.Name = "rate"
		s.Operations = &scenario.Operations{Sessions: 100_000, Mix: workload.DefaultMix}
		o := s.Operations
		parse("workload", func() error {
			if len(c.Workload) != 1 || c.Workload[0] != string(workload.Mixed) {
				return fmt.Errorf("%q is not allowed with --rate; allowed is mixed, whose operations --mix chooses", c.Workload.String())
			}
			return nil
		})
		parse("sessions", func() (err error) { o.Sessions, err = c.Sessions.single(1, workload.MaxSessions); return err })
		parse("keys", func() (err error) { o.Keys, err = workload.ParseLaw(c.Keys); return err })
		parse("mix", func() (err error) { o.Mix, err = workload.ParseMix(c.Mix); return err })
		parse("states", func() (err error) { s.States, err = workload.ParseStateMix(c.States); return err })
		parse("sample", func() (err error) { s.Sample, err = number(c.Sample, 0, measure.MaxEvery); return err })
		s.Capacity = workload.Spec{Kind: workload.Mixed, Sessions: o.Sessions, Objects: workload.DefaultObjects}.Capacity()
	}
	parse("duration", func() (err error) {
		last := &s.Phases[len(s.Phases)-1]
		last.For, err = duration(c.Duration, time.Millisecond)
		return err
	})
	return &s, errors.Join(errs...)
}

// change sets what flags change of any scenario.
func (c *runCommand) change(s *scenario.Scenario, flags []string) error {
	var errs []error
	parse := func(flag string, f func() error) {
		if slices.Contains(flags, flag) {
			errs = append(errs, flagError(flag, f()))
		}
	}
	parse("goroutines", func() (err error) {
		s.Goroutines, err = c.Goroutines.single(1, measure.MaxGoroutines)
		return err
	})
	parse("seed", func() (err error) { s.Seed, err = seed(c.Seed); return err })
	parse("speedup", func() (err error) { s.Speedup, err = positive(c.Speedup, 1, scenario.MaxSpeedup); return err })
	parse("late", func() (err error) { s.Deadline, err = duration(c.Late, time.Nanosecond); return err })
	parse("rate", func() error {
		rate, err := positive(c.Rate, 0.001, scenario.MaxRate)
		for i := range s.Phases {
			if s.Phases[i].Measured() || s.Phases[i].Kind == scenario.WarmUp {
				s.Phases[i].Rate = rate
			}
		}
		return err
	})
	parse("arrivals", func() error {
		arrivals, err := scenario.ParseArrivals(c.Arrivals)
		for i := range s.Phases {
			s.Phases[i].Arrivals = arrivals
		}
		return err
	})
	return errors.Join(errs...)
}
