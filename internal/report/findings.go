package report

import (
	"fmt"
	"strings"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
)

// findings say what must be known to read the figures: the generator's own
// cost, operations that came to nothing, what targets lost that are known to
// lose some, and what went wrong.
func findings(r *measure.Result) (lines []string) {
	for _, g := range r.Generator {
		if len(g.Samples) > 0 {
			lines = append(lines, generatorCost(r, g))
		}
	}
	lines = append(lines, floorRatios(r)...)
	lines = append(lines, scenarioFindings(r)...)
	for _, c := range r.Cells {
		if len(r.Generator) > 0 && c.Target == r.Generator[0].Target || c.Target == r.Settings.Floor {
			continue // what they answer means nothing
		}
		if line := answers(c); line != "" {
			lines = append(lines, line)
		}
	}
	for _, l := range r.Losses {
		lines = append(lines, fmt.Sprintf("LOSES: %s: %s (%s)", place(l.Place), strings.Join(l.What, "; "), l.Why))
	}
	return append(lines, Problems(r)...)
}

// Problems lists the targets that failed and those whose final check found
// something wrong.
func Problems(r *measure.Result) (lines []string) {
	for _, f := range r.Failures {
		lines = append(lines, fmt.Sprintf("FAILED: %s: %s", place(f.Place), f.Error))
	}
	for _, v := range r.Violations {
		for _, what := range v.What {
			lines = append(lines, fmt.Sprintf("VIOLATED: %s: %s", place(v.Place), what))
		}
	}
	return lines
}

func place(p measure.Place) string {
	return fmt.Sprintf("%s, workload %s, %d sessions", p.Target, p.Workload, p.Sessions)
}

// generatorCost tells what the null target took, and how much of every
// target's time that is.
func generatorCost(r *measure.Result, g *measure.Cell) string {
	cost := g.Each()
	var shares []string
	for _, c := range r.Cells {
		if c.Workload == g.Workload && c.Sessions == g.Sessions && c.Goroutines == g.Goroutines && c.Target != g.Target && len(c.Samples) > 0 && c.Samples[0].Arrivals == nil {
			shares = append(shares, fmt.Sprintf("%s %s", c.Target, share(cost, c.Each())))
		}
	}
	line := fmt.Sprintf("generator: %s/sessions=%d/g=%d costs it %.2f ns/op", g.Workload.Benchmark(), g.Sessions, g.Goroutines, cost)
	if len(shares) > 0 {
		line += "; of the time of " + strings.Join(shares, ", ")
	}
	return line
}

// floorRatios tell, where the floor was measured, how many times its time the
// others take.
func floorRatios(r *measure.Result) (lines []string) {
	for _, f := range r.Cells {
		if f.Target != r.Settings.Floor || len(f.Samples) == 0 {
			continue
		}
		var ratios []string
		for _, c := range r.Cells {
			if c.Workload == f.Workload && c.Sessions == f.Sessions && c.Goroutines == f.Goroutines && c != f && len(c.Samples) > 0 {
				ratios = append(ratios, fmt.Sprintf("%s %.2f", c.Target, r.FloorRatio(c)))
			}
		}
		line := fmt.Sprintf("floor: %s/sessions=%d/g=%d takes %.2f ns/op", f.Workload.Benchmark(), f.Sessions, f.Goroutines, f.Each())
		if len(ratios) > 0 {
			line += "; times as long take " + strings.Join(ratios, ", ")
		}
		lines = append(lines, line)
	}
	return lines
}

func share(part, whole float64) string { return fmt.Sprintf("%.1f%%", 100*part/whole) }

// answers tells how many operations changed nothing, where the workload's name
// promises more than it can: goroutines that share keys race, and an add to a
// full cache finds its session still there now and then.
func answers(c *measure.Cell) string {
	switch c.Workload {
	case workload.Identical, workload.Mixed:
		return ""
	}
	var n workload.Counts
	for _, s := range c.Samples {
		n = n.Plus(s.Counts)
	}
	var parts []string
	if n.Added < n.Adds {
		parts = append(parts, fmt.Sprintf("%d of %d adds", n.Adds-n.Added, n.Adds))
	}
	if n.Removed < n.Removes {
		parts = append(parts, fmt.Sprintf("%d of %d removals", n.Removes-n.Removed, n.Removes))
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("answers: %s: %s changed nothing", benchmarkName(c), strings.Join(parts, " and "))
}
