package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/reprise-tls/reprise/internal/html"
	"github.com/reprise-tls/reprise/internal/plan"
	"github.com/reprise-tls/reprise/internal/plan/handshake"
	"github.com/reprise-tls/reprise/internal/plan/visits"
)

// planCommand plans capacity. What flags are not given leaves the file's
// values.
type planCommand struct {
	Config string `placeholder:"FILE" help:"Traffic and fleet in YAML, as in examples/plans. Flags below replace what it says; without a file they describe one population."`

	Clients    string `placeholder:"N" help:"Clients that come back, each with one session."`
	Visits     string `placeholder:"LAW" help:"Law of the gaps between a client's visits: exponential:mean=20m; periodic:period=5m,jitter=0.1; lognormal:median=35m,sigma=1.8; pareto:minimum=1m,alpha=1.5."`
	Handshakes string `placeholder:"RATE" help:"Handshakes a second, all nodes together. Of clients, handshakes and the scale of visits one may be left out."`
	Newcomers  string `placeholder:"SHARE" help:"Share of handshakes by clients that come for the first time, 0 to 1."`
	TLS12      string `name:"tls12" placeholder:"SHARE" help:"Share of clients that speak TLS 1.2."`
	Mutual     string `placeholder:"SHARE" help:"Share of clients that show a certificate."`

	Lifetime   string `placeholder:"TIME" help:"Lifetime of a session, at most 168h."`
	SingleUse  string `placeholder:"BOOL" help:"Whether a TLS 1.3 session is taken out of the cache when it is resumed: true or false."`
	Reuse      string `name:"reuse-window" placeholder:"TIME" help:"How long a TLS 1.3 session that was resumed lives on, where it is not taken out. Default: 1m."`
	Probation  string `placeholder:"PERCENT" help:"The engine's share for sessions never resumed. Default: 25."`
	Nodes      string `placeholder:"N" help:"Nodes."`
	Affinity   string `placeholder:"SHARE" help:"Share of returns sent to the node of the visit before."`
	Resumption string `placeholder:"SHARE" help:"Share of handshakes that is to be resumed."`
	Store      string `placeholder:"LATENCY,SHARE" help:"A shared store: mean latency of a lookup, and share of lookups that it answers in time, such as 800us,0.98."`

	Cost        list   `placeholder:"KIND=FULL/RESUMED,..." help:"Processor time of handshakes, such as tls13=550us/480us; kinds are tls13, tls12, mtls13 and mtls12. What is not given is measured."`
	Utilisation string `placeholder:"SHARE" help:"Of the cores, at most. Default: 0.6."`
	Wait        string `placeholder:"TIME" help:"For a core, at most, at the percentile. Default: 5ms."`
	Percentile  string `placeholder:"SHARE" help:"Of the wait. Default: 0.99."`

	Measure   string `default:"200" placeholder:"N" help:"Handshakes of each sort to measure costs that are not given. Default: ${default}."`
	Check     bool   `help:"Play the plan through the engine itself, on a virtual clock, and print the outcome beside the prediction. Exit code 1 if they differ by more than 2 points."`
	Rehearsal string `default:"2000000" placeholder:"N" help:"About how many handshakes --check plays; a larger fleet is scaled down. Default: ${default}."`
	Seed      string `default:"1" placeholder:"N" help:"Seed of what --check draws. Default: ${default}."`
	Format    string `default:"text" placeholder:"FORMAT" help:"text, json or html (a page that needs no network). Default: ${default}."`
	outputFlag
}

// Run implements kong's interface.
func (c *planCommand) Run(p *Program) error {
	spec, err := c.spec()
	if err != nil {
		return err
	}
	count, err := number(c.Measure, handshake.MinCount, handshake.MaxCount)
	if err != nil {
		return flagError("measure", err)
	}
	rehearsal, err := c.rehearsal()
	if err != nil {
		return err
	}
	var write func(*plan.Answer, io.Writer) error
	switch c.Format {
	case "text":
		write = (*plan.Answer).Text
	case "json":
		write = (*plan.Answer).JSON
	case "html":
		write = func(a *plan.Answer, w io.Writer) error { return html.Plan(a, p.commandLine()).Write(w) }
	default:
		return flagError("format", fmt.Errorf("%q is not allowed; allowed are text, json and html", c.Format))
	}
	if err := c.check(); err != nil {
		return err
	}
	measured, err := plan.Measure(spec, count)
	if err != nil {
		return err
	}
	answer, err := plan.Solve(spec, measured)
	if err != nil {
		return err
	}
	if c.Check {
		shown, err := newProgress(p.Stderr, p.Name, "none")
		if err != nil {
			return err
		}
		ctx, release := untilInterrupted(shown)
		defer release()
		answer.Rehearsed, err = plan.Rehearse(ctx, spec, answer.Capacity, rehearsal)
		if errors.Is(err, context.Canceled) {
			return codeError(ExitInterrupted)
		}
		if err != nil {
			return err
		}
	}
	if err := c.to(p, func(w io.Writer) error { return write(answer, w) }); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	if r := answer.Rehearsed; r != nil && !r.OK() {
		return fmt.Errorf("the rehearsal differs from the plan by %.2f points of resumption; %.0f are allowed", 100*r.Off(), 100*plan.Tolerance)
	}
	return nil
}

func (c *planCommand) rehearsal() (r plan.Rehearsal, err error) {
	var errs []error
	parse := func(flag string, f func() error) { errs = append(errs, flagError(flag, f())) }
	parse("rehearsal", func() error {
		r.Handshakes, err = number(c.Rehearsal, plan.MinRehearsal, plan.MaxRehearsal)
		return err
	})
	parse("seed", func() error { r.Seed, err = seed(c.Seed); return err })
	return r, errors.Join(errs...)
}

// spec returns the plan of the file with the flags' changes.
func (c *planCommand) spec() (spec plan.Spec, err error) {
	if c.Config != "" {
		if spec, err = plan.Load(c.Config); err != nil {
			return spec, err
		}
	} else {
		spec = plan.Spec{Name: "plan", Populations: []plan.Population{{Name: "clients"}}}
	}
	if err := c.apply(&spec); err != nil {
		return spec, err
	}
	return spec.Complete()
}

// apply changes what flags say.
func (c *planCommand) apply(spec *plan.Spec) error {
	population := &spec.Populations[0]
	ofOne := c.Clients+c.Visits+c.Handshakes+c.Newcomers+c.TLS12+c.Mutual != ""
	if ofOne && len(spec.Populations) > 1 {
		return fmt.Errorf("%s has %d populations; the flags --clients, --visits, --handshakes, --newcomers, --tls12 and --mutual are allowed with one", c.Config, len(spec.Populations))
	}
	if ofOne && c.Config != "" {
		c.forget(population)
	}
	var errs []error
	set := func(flag, value string, f func(string) error) {
		if value != "" {
			errs = append(errs, flagError(flag, f(value)))
		}
	}
	share := func(to *float64) func(string) error {
		return func(s string) (err error) { *to, err = decimal(s, 0, 1); return err }
	}
	set("clients", c.Clients, func(s string) (err error) { population.Clients, err = decimal(s, 1, plan.MaxClients); return err })
	set("visits", c.Visits, func(s string) (err error) { population.Visits, err = visits.Parse(s); return err })
	set("handshakes", c.Handshakes, func(s string) (err error) {
		population.Handshakes, err = decimal(s, 1e-6, plan.MaxHandshakes)
		return err
	})
	set("newcomers", c.Newcomers, share(&population.Newcomers))
	set("tls12", c.TLS12, share(&population.TLS12))
	set("mutual", c.Mutual, share(&population.Mutual))
	set("lifetime", c.Lifetime, durationOf(&spec.Lifetime))
	set("single-use", c.SingleUse, func(s string) error {
		if s != "true" && s != "false" {
			return fmt.Errorf("%q is not allowed; allowed are true and false", s)
		}
		spec.SingleUse = s == "true"
		return nil
	})
	set("reuse-window", c.Reuse, durationOf(&spec.ReuseWindow))
	set("probation", c.Probation, func(s string) error {
		n, err := number(s, 0, 100)
		spec.Probation = new(plan.Whole)
		*spec.Probation = plan.Whole(n)
		return err
	})
	set("nodes", c.Nodes, func(s string) error {
		n, err := number(s, 1, plan.MaxNodes)
		spec.Nodes = plan.Whole(n)
		return err
	})
	set("affinity", c.Affinity, share(&spec.Affinity))
	set("resumption", c.Resumption, share(&spec.Resumption))
	set("store", c.Store, func(s string) error {
		store, err := parseStore(s)
		spec.Store = store
		return err
	})
	set("cost", c.Cost.String(), func(string) error { return c.Cost.each(func(s string) error { return setCost(spec, s) }) })
	set("utilisation", c.Utilisation, share(&spec.Utilisation))
	set("wait", c.Wait, durationOf(&spec.Wait))
	set("percentile", c.Percentile, share(&spec.Percentile))
	return errors.Join(errs...)
}

func durationOf(to *plan.Duration) func(string) error {
	return func(s string) error { return to.UnmarshalText([]byte(s)) }
}

// setCost reads what the handshakes of one kind cost, such as tls13=550us/480us.
func setCost(spec *plan.Spec, s string) error {
	kind, costs, found := strings.Cut(s, "=")
	full, resumed, both := strings.Cut(costs, "/")
	if !found || !both {
		return fmt.Errorf("%q is not allowed; allowed are a kind and the costs of full and resumed handshakes, such as tls13=550us/480us", s)
	}
	var c plan.Cost
	if err := errors.Join(durationOf(&c.Full)(full), durationOf(&c.Resumed)(resumed)); err != nil {
		return err
	}
	if spec.Cost == nil {
		spec.Cost = make(map[string]plan.Cost)
	}
	spec.Cost[kind] = c
	return nil
}

// forget takes out of a population what a flag contradicts: of clients,
// handshakes and gaps the file had all three, or they were completed.
func (c *planCommand) forget(p *plan.Population) {
	switch {
	case c.Clients == "" && c.Handshakes == "" && c.Visits == "":
	case c.Handshakes == "":
		p.Handshakes = 0
	case c.Clients == "":
		p.Clients = 0
	case c.Visits == "":
		p.Visits.Scale = 0
	}
}

func parseStore(s string) (*plan.Store, error) {
	latency, hitShare, found := strings.Cut(s, ",")
	if !found {
		return nil, fmt.Errorf("%q is not allowed; allowed is a latency and a share, such as 800us,0.98", s)
	}
	d, err := time.ParseDuration(latency)
	if err != nil {
		return nil, fmt.Errorf("latency %q is not allowed; allowed are durations such as 800us", latency)
	}
	h, err := decimal(hitShare, 0, 1)
	return &plan.Store{Latency: plan.Duration(d), HitShare: h}, err
}
