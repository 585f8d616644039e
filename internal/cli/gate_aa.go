package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/paired"
	"github.com/reprise-tls/reprise/internal/report"
)

// aa compares a target with itself again and again.
func (c *gateCommand) aa(p *Program) error {
	rule, err := c.rule()
	if err != nil {
		return err
	}
	runs, err := number(c.AA, 1, maxCount)
	if err != nil {
		return flagError("aa", err)
	}
	allowed, err := number(c.Allowed, 0, maxCount)
	if err != nil {
		return flagError("allowed", err)
	}
	config, target, err := c.alone(p, again(baseName))
	if err != nil {
		return err
	}
	same := target + "-same"
	config.Instances = append(config.Instances, measure.Instance{Name: same, Target: target})
	shown, err := newProgress(p.Stderr, p.Name, c.Progress)
	if err != nil {
		return err
	}
	defer shown.end()
	ctx, release := untilInterrupted(shown)
	defer release()
	counts := make(map[compare.Verdict]int)
	for n := range runs {
		result, err := c.run(ctx, paired.Config{
			Measure: config, Base: target, Again: again(baseName), Candidates: []string{same}, Rule: rule,
		}, shown)
		if err != nil {
			return err
		}
		if n == 0 {
			if err := p.aaHead(result, runs, rule); err != nil {
				return err
			}
		}
		if err := p.verdict(result.Result); err != nil {
			fmt.Fprintf(p.Stdout, "# PARTIAL: ended after %d of %d comparisons\n", n, runs)
			return err
		}
		v := compare.Worst(result.Rows)
		counts[v]++
		if err := p.aaLine(n, v, result); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(p.Stdout, "# of %d comparisons of equals %d were called regressed (allowed are %d), %d improved, %d no change, %d inconclusive\n",
		runs, counts[compare.Regressed], allowed, counts[compare.Improved], counts[compare.NoChange], counts[compare.Inconclusive])
	if err == nil && counts[compare.Regressed] > allowed {
		return codeError(ExitRegression)
	}
	return err
}

// aaHead writes what all lines have in common.
func (p *Program) aaHead(r *paired.Result, runs int, rule compare.Rule) error {
	var b strings.Builder
	for _, line := range report.Remarks(r.Result, p.commandLine()) {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	e := r.Environment
	fmt.Fprintf(&b, "# %s/%s, %s, %d processors, %s\n", e.GOOS, e.GOARCH, e.CPU, e.CPUs, e.Go)
	fmt.Fprintf(&b, "# %d comparisons of equals, alpha %v, threshold %g%%; of each row effect, interval, adjusted p, noise floor and verdict\n", runs, rule.Alpha, 100*rule.Threshold)
	_, err := fmt.Fprint(p.Stdout, b.String())
	return err
}

// aaLine writes one comparison.
func (p *Program) aaLine(n int, v compare.Verdict, r *paired.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\t%s", n+1, v)
	for i := range r.Rows {
		row := &r.Rows[i]
		fmt.Fprintf(&b, "\t%s %s %+.2f%% (%+.2f%% to %+.2f%%) p=%.4f floor=%.2f%% %s", row.Name, row.Unit, compare.Percent(row.Effect),
			compare.Percent(row.Interval.Low), compare.Percent(row.Interval.High), row.Adjusted, compare.Percent(row.Floor), row.Verdict)
	}
	b.WriteString("\tload " + strconv.Quote(r.Environment.LoadAfter) + "\n")
	_, err := fmt.Fprint(p.Stdout, b.String())
	return err
}
