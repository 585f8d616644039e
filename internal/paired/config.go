package paired

import (
	"fmt"
	"slices"

	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/report"
)

// MaxLaunches bounds the launches of a comparison.
const MaxLaunches = 1000

// Config says what is compared with what.
type Config struct {
	// Measure is one launch: its Count is the slices of a launch, and its
	// Targets are not used.
	Measure measure.Config

	// Base is the target, or the instance, that the candidates are compared
	// with, and Again an instance of the same, for the noise floor.
	Base, Again string
	Candidates  []string

	Launches int      // how often all processes are started
	Units    []string // of the figures that are compared
	Rule     compare.Rule
}

// targets are all that is measured.
func (c *Config) targets() []string {
	return append([]string{c.Base, c.Again}, c.Candidates...)
}

// rows is how many rows the comparison of a candidate has.
func (c *Config) rows() int {
	return len(c.Measure.Workloads) * len(c.Measure.Sessions) * len(c.Measure.Goroutines) * len(c.Units)
}

// Check reports what is wrong with the config. A comparison that could never
// call a difference is wrong.
func (c *Config) Check() error {
	if len(c.Candidates) == 0 {
		return fmt.Errorf("nothing is compared with %s", c.Base)
	}
	if len(c.Units) == 0 {
		return fmt.Errorf("no unit is compared")
	}
	for i, unit := range c.Units {
		if slices.Contains(c.Units[:i], unit) {
			return fmt.Errorf("unit %s is given twice", unit)
		}
		figure, err := report.FindFigure(unit)
		if err != nil {
			return err
		}
		if timed := figure.Timed(); timed && c.Measure.Every == 0 {
			return fmt.Errorf("unit %s needs operations that are timed, and none is", unit)
		}
	}
	if err := c.Rule.Check(); err != nil {
		return err
	}
	one := c.Measure
	one.Targets = c.targets()
	if err := one.Check(); err != nil {
		return err
	}
	rows := c.rows() * len(c.Candidates)
	least := compare.LeastPairs(rows, c.Rule.Alpha)
	if least > MaxLaunches {
		return fmt.Errorf("with %d rows at alpha %v no difference could ever be called; allowed are fewer rows or a larger alpha", rows, c.Rule.Alpha)
	}
	if c.Launches < least || c.Launches > MaxLaunches {
		return fmt.Errorf("%d launches; with %d rows at alpha %v fewer than %d could never call a difference: allowed are %d to %d",
			c.Launches, rows, c.Rule.Alpha, least, least, MaxLaunches)
	}
	return nil
}
