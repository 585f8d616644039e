package paired

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/report"
)

// A Result is what a comparison measured and found.
type Result struct {
	*measure.Result // of all launches, one after the other
	compare.Comparison

	Launches int // those that were measured to their end
}

// Run measures and compares. A target that fails ends the run: what was
// measured is in the result, the verdicts are withheld. So it is when the
// context ends. An error means that the config is wrong.
func Run(ctx context.Context, c Config) (*Result, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	r := &Result{Comparison: compare.Comparison{Base: c.Base, Paired: true, Rule: c.Rule}}
	for launch := range c.Launches {
		one, err := measure.Run(ctx, c.launch(launch, r.Result))
		if err != nil {
			return nil, err
		}
		r.Result = merge(r.Result, one, launch*c.Measure.Count)
		if !one.OK() || one.Partial {
			break
		}
		r.Launches++
	}
	r.finish(&c)
	err := r.compare(&c)
	return r, err
}

// launch returns the config of a launch, the number of which decides who is
// started first.
func (c *Config) launch(launch int, before *measure.Result) measure.Config {
	one := c.Measure
	targets := c.targets()
	first := launch % len(targets)
	one.Targets = slices.Concat(targets[first:], targets[:first])
	one.CPUProfile = numbered(one.CPUProfile, launch)
	one.MemoryProfile = numbered(one.MemoryProfile, launch)
	if show := one.Progress; show != nil {
		done := 0
		if before != nil {
			done = before.Done
		}
		one.Progress = func(p measure.Progress) {
			p.Doing = fmt.Sprintf("launch %d of %d, %s", launch+1, c.Launches, p.Doing)
			p.Done += done
			p.Total *= c.Launches
			show(p)
		}
	}
	return one
}

// numbered puts the number of a launch before the extension of a file's name.
func numbered(name string, launch int) string {
	if name == "" {
		return ""
	}
	extension := filepath.Ext(name)
	return fmt.Sprintf("%s-launch%d%s", strings.TrimSuffix(name, extension), launch+1, extension)
}

// merge adds a launch, whose rounds get numbers from the given one on, to what
// was measured before.
func merge(all, one *measure.Result, round int) *measure.Result {
	for _, c := range slices.Concat(one.Cells, one.Generator) {
		for i := range c.Samples {
			c.Samples[i].Round += round
		}
	}
	if all == nil {
		return one
	}
	all.Cells = mergeCells(all.Cells, one.Cells)
	all.Generator = mergeCells(all.Generator, one.Generator)
	all.Environment.Ended, all.Environment.LoadAfter = one.Environment.Ended, one.Environment.LoadAfter
	all.Partial = one.Partial
	all.Done += one.Done
	all.Failures = append(all.Failures, one.Failures...)
	all.Violations = append(all.Violations, one.Violations...)
	all.Losses = one.Losses // what a launch lost, the next loses again
	return all
}

func mergeCells(all, more []*measure.Cell) []*measure.Cell {
	for _, c := range more {
		i := slices.IndexFunc(all, func(have *measure.Cell) bool {
			return have.Place == c.Place && have.Goroutines == c.Goroutines
		})
		if i < 0 {
			all = append(all, c)
			continue
		}
		all[i].Samples = append(all[i].Samples, c.Samples...)
		all[i].Memory, all[i].Kept = c.Memory, c.Kept
	}
	return all
}

// finish corrects what the first launch could not know.
func (r *Result) finish(c *Config) {
	r.Settings.Targets = c.targets()
	r.Settings.Count = c.Launches * c.Measure.Count
	r.Planned *= c.Launches
	r.Partial = r.Partial || r.OK() && r.Launches < c.Launches
	r.Settings.Notes = append(r.Settings.Notes, fmt.Sprintf("%s: the same as %s, for the noise floor", c.Again, c.Base),
		fmt.Sprintf("processes were started %d times, %d slices each", c.Launches, c.Measure.Count))
}

// compare compares what whole launches measured.
func (r *Result) compare(c *Config) error {
	if r.Launches == 0 {
		return nil
	}
	for _, candidate := range c.Candidates {
		rows, err := r.rows(c, candidate)
		if err != nil {
			return err
		}
		r.Rows = append(r.Rows, rows...)
	}
	if err := compare.Paired(r.Rows, c.Rule); err != nil {
		return err
	}
	switch {
	case !r.OK():
		compare.Withhold(r.Rows, "a target failed")
	case r.Partial:
		compare.Withhold(r.Rows, fmt.Sprintf("interrupted after %d of %d launches", r.Launches, c.Launches))
	}
	return nil
}

// rows returns the pairs of the whole launches of a candidate.
func (r *Result) rows(c *Config, candidate string) (rows []compare.Row, err error) {
	for _, head := range r.Cells {
		if head.Target != candidate {
			continue
		}
		for _, unit := range c.Units {
			figure, err := report.FindFigure(unit)
			if err != nil {
				return nil, err
			}
			row := compare.Row{Name: report.RowName(head), Candidate: candidate, Unit: unit, MoreIsBetter: figure.MoreIsBetter}
			row.PerLaunch = c.Measure.Count
			if row.Head, err = r.figures(c, figure, head, candidate); err != nil {
				return nil, err
			}
			if row.Base, err = r.figures(c, figure, head, c.Base); err != nil {
				return nil, err
			}
			if row.Again, err = r.figures(c, figure, head, c.Again); err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// figures returns those of a target, by rounds, where the given cell was
// measured.
func (r *Result) figures(c *Config, figure report.Figure, where *measure.Cell, target string) (all []float64, err error) {
	for _, cell := range r.Cells {
		if cell.Target != target || report.RowName(cell) != report.RowName(where) {
			continue
		}
		for _, s := range cell.Samples {
			if s.Round >= r.Launches*c.Measure.Count {
				break // of a launch that was not finished
			}
			x, ok := figure.Of(cell, s)
			if !ok {
				return nil, fmt.Errorf("%s of %s does not measure %s", report.RowName(cell), target, figure.Unit)
			}
			all = append(all, x)
		}
	}
	return all, nil
}
