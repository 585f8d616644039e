package html

import (
	"fmt"
	"math"
	"strings"

	"github.com/reprise-tls/reprise/internal/chart"
	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/measure"
)

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// classes of verdicts.
var classes = map[compare.Verdict]string{
	compare.Improved: "good", compare.Regressed: "bad", compare.NoChange: "same", compare.Inconclusive: "unclear",
}

// Comparison makes the page of a comparison. r is the run it is of, nil for
// files of separate runs.
func Comparison(c *compare.Comparison, r *measure.Result, commandLine string) (*Page, error) {
	p := &Page{}
	if r != nil {
		var err error
		if p, err = Run(r, commandLine); err != nil {
			return nil, err
		}
	}
	worst := compare.Worst(c.Rows)
	p.Title, p.Command = "Comparison with "+c.Base, commandLine
	p.Verdict, p.VerdictClass = "Verdict: "+string(worst), classes[worst]
	if !c.Paired {
		p.Warnings = append([]string{"UNPAIRED: these are separate runs, whose difference may be the machine's and not the code's"}, p.Warnings...)
	}
	p.Sections = append([]Section{verdicts(c)}, p.Sections...)
	return p, nil
}

// tick is a place on the axis of effects.
func tick(v float64) string {
	if v == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%+.3g %%", v)
}

func signed(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 0):
		return strings.TrimSuffix(fmt.Sprintf("%+v", v), "Inf") + "∞"
	}
	return fmt.Sprintf("%+.2f %%", v)
}

func verdicts(c *compare.Comparison) Section {
	how := "Paired, by launches of all processes."
	if !c.Paired {
		how = "Unpaired: medians of separate runs."
	}
	s := Section{Title: "Verdicts", Text: []string{fmt.Sprintf(
		"Changes of cost against %s; + is worse. %s Alpha %v over all rows (Holm), threshold %.4g %%. The noise floor, shaded, is what two processes of the base differ by in the same run; nothing below it is called.",
		c.Base, how, c.Rule.Alpha, 100*c.Rule.Threshold)}}
	t := Table{Header: []string{"benchmark", "candidate", "unit", "verdict", "effect", fmt.Sprintf("%.4g %% interval", 100*(1-c.Rule.Alpha)), "p", "noise floor", "why"}}
	drawn := &chart.Intervals{Title: "Effects and their intervals", Format: tick}
	var words []string
	for i := range c.Rows {
		r := &c.Rows[i]
		effect, low, high, floor := compare.Percent(r.Effect), compare.Percent(r.Interval.Low), compare.Percent(r.Interval.High), compare.Percent(r.Floor)
		floorText := "–"
		if finite(floor) {
			floorText = fmt.Sprintf("%.2f %%", floor)
		}
		row := cells(r.Name, r.Candidate, r.Unit, string(r.Verdict), signed(effect), signed(low)+" to "+signed(high), fmt.Sprintf("%.4f", r.Adjusted), floorText, r.Why)
		row[3].Class, row[8].Class = classes[r.Verdict], "text"
		t.Rows = append(t.Rows, row)
		name := fmt.Sprintf("%s, %s, %s: %s %s", r.Candidate, r.Name, r.Unit, r.Verdict, signed(effect))
		words = append(words, name)
		if finite(effect) {
			drawn.Rows = append(drawn.Rows, chart.Effect{Name: name, At: effect, Low: bounded(low, effect), High: bounded(high, effect), Floor: floor, Class: classes[r.Verdict]})
		}
	}
	drawn.Description = strings.Join(words, "; ") + "."
	if len(drawn.Rows) > 0 {
		s.Charts = append(s.Charts, drawn)
	}
	s.Tables = []Table{t}
	return s
}

// bounded returns a bound that can be drawn: one that is not known goes as far
// as the effect.
func bounded(v, effect float64) float64 {
	if finite(v) {
		return v
	}
	return effect
}
