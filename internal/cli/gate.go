package cli

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/paired"
	"github.com/reprise-tls/reprise/internal/report"
)

// gateCommand compares and is short about it.
type gateCommand struct {
	SelfTest bool   `help:"Show that the gate works here: slow the target by --slowdown, which must be called, and compare it with itself, which must not. Exit code 0: so it is; 3: the run was too noisy to tell; 1: the gate is wrong."`
	Slowdown string `default:"10%" placeholder:"PERCENT" help:"How much --self-test slows the target. Default: ${default}."`
	AA       string `name:"aa" placeholder:"N" help:"Compare the target with itself so many times and count the regressions called; more than --allowed is an error."`
	Allowed  string `default:"2" placeholder:"N" help:"Regressions that --aa may call. Default: ${default}."`

	comparisonFlags
}

// Run implements kong's interface.
func (c *gateCommand) Run(p *Program) error {
	switch {
	case c.SelfTest && c.AA != "":
		return errors.New("--self-test and --aa; allowed is one of them")
	case c.SelfTest:
		return c.selfTest(p)
	case c.AA != "":
		return c.aa(p)
	}
	format := c.Format
	if format == "text" {
		format = shortText
	}
	return c.bisected(p, c.compare(p, format))
}

// alone returns the config of the one target that is compared with itself,
// through instances with the given names.
func (c *gateCommand) alone(p *Program, names ...string) (measure.Config, string, error) {
	if len(c.Files) > 0 || c.Base != "" || c.Head != "" || c.Bisect || len(c.Target) > 1 {
		return measure.Config{}, "", errors.New("a target is compared with itself; allowed is one --target, and no files and revisions")
	}
	if len(c.Target) == 0 {
		c.Target = list{p.Default[0]}
	}
	target := c.Target[0]
	config, err := c.sliced(p)
	for _, name := range names {
		config.Instances = append(config.Instances, measure.Instance{Name: name, Target: target})
	}
	return config, target, err
}

// selfTest compares a target with itself, slowed and not slowed, in one run.
// All of them go through the brake, so that nothing but the slowdown differs.
func (c *gateCommand) selfTest(p *Program) error {
	rule, err := c.rule()
	if err != nil {
		return err
	}
	by, err := share(c.Slowdown)
	if err == nil && by == 0 {
		err = fmt.Errorf("%q is no slowdown; allowed are percentages above 0%%", c.Slowdown)
	}
	if err != nil {
		return flagError("slowdown", err)
	}
	config, target, err := c.alone(p)
	if err != nil {
		return err
	}
	command, err := worker()
	if err != nil {
		return err
	}
	same, slowed := target+"-same", target+"-slowed"
	config.Instances = []measure.Instance{
		{Name: baseName, Target: target, Command: slowWorker(command, 0)},
		{Name: again(baseName), Target: target, Command: slowWorker(command, 0)},
		{Name: same, Target: target, Command: slowWorker(command, 0)},
		{Name: slowed, Target: target, Command: slowWorker(command, by)},
	}
	shown, err := newProgress(p.Stderr, p.Name, c.Progress)
	if err != nil {
		return err
	}
	ctx, release := untilInterrupted(shown)
	defer release()
	result, err := c.run(ctx, paired.Config{
		Measure: config, Base: baseName, Again: again(baseName), Candidates: []string{same, slowed}, Rule: rule,
	}, shown)
	shown.end()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(p.Stdout, "%s", report.Verdicts(&result.Comparison)); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if err := p.verdict(result.Result); err != nil {
		return err
	}
	return p.judged(of(result.Rows, same), of(result.Rows, slowed), c.Slowdown)
}

// slowWorker adds the brake to a worker's command.
func slowWorker(worker func() *exec.Cmd, by float64) func() *exec.Cmd {
	return func() *exec.Cmd {
		cmd := worker()
		cmd.Args = append(cmd.Args, fmt.Sprintf("--slow=%v", by))
		return cmd
	}
}

func of(rows []compare.Row, candidate string) (some []compare.Row) {
	for _, r := range rows {
		if r.Candidate == candidate {
			some = append(some, r)
		}
	}
	return some
}

// judged says whether the gate works and chooses the exit code.
func (p *Program) judged(same, slowed []compare.Row, slowdown string) error {
	equal, slow := compare.Worst(same), compare.Worst(slowed)
	say := func(what string, v compare.Verdict) {
		fmt.Fprintf(p.Stdout, "self-test: %s: %s; the gate would exit with %d\n", what, v, exitCode(v))
	}
	say("the target and itself", equal)
	say("the target and itself, slowed by "+percentage(slowdown), slow)
	switch {
	case equal == compare.Regressed:
		fmt.Fprintln(p.Stdout, "self-test: FAILED: equals are called different")
		return codeError(ExitError)
	case slow == compare.Regressed:
		fmt.Fprintln(p.Stdout, "self-test: passed: the gate fires, and only when it must")
		return nil
	case slow == compare.Inconclusive:
		fmt.Fprintln(p.Stdout, "self-test: INCONCLUSIVE: there is too much noise here to call the slowdown; more --launches, longer --duration or a quieter machine may help")
		return codeError(ExitInconclusive)
	}
	fmt.Fprintln(p.Stdout, "self-test: FAILED: the slowdown is not called")
	return codeError(ExitError)
}

func percentage(s string) string { return strings.TrimSuffix(s, "%") + "%" }

func exitCode(v compare.Verdict) int {
	switch v {
	case compare.Regressed:
		return ExitRegression
	case compare.Inconclusive:
		return ExitInconclusive
	}
	return ExitOK
}
