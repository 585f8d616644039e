package bars

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/perf/benchunit"
)

// A State is what came of a bar.
type State string

// The states.
const (
	Met         State = "met"
	Missed      State = "missed"
	NotMeasured State = "not measured"
)

// A Verdict says how a bar was met, or not.
type Verdict struct {
	Bar
	State State
	Notes []string // why it was not measured; what else is to be known

	// Slices is how many there are of each median, 0: nothing below is known.
	Slices int
	Engine float64 // median, in the tidy unit
	Best   string  // the target that the engine is compared with
	Other  float64 // its median
	Value  float64 // what the bar is about: the ratio of the medians, or the engine's

	// Low and High are the quartiles of the ratios of slices of the same
	// round; of the engine's values where there is no ratio.
	Low, High float64
}

// Evaluate holds runs against bars. Where several have what a bar needs, the
// one with the most slices counts, of these the last.
func Evaluate(bars []Bar, runs []*Run) []Verdict {
	verdicts := make([]Verdict, len(bars))
	for i, b := range bars {
		verdicts[i] = Verdict{Bar: b, State: NotMeasured, Notes: []string{fmt.Sprintf("no %v%s", b.Of, under(b.Config))}}
		for _, r := range runs {
			if v := evaluate(b, r); better(v, verdicts[i]) {
				verdicts[i] = v
			}
		}
	}
	return verdicts
}

// better tells whether the verdict of a later run says more than one of an
// earlier run. A run in which the engine has the cell says why it is of no use.
func better(later, earlier Verdict) bool {
	return later.Slices > 0 && later.Slices >= earlier.Slices || earlier.Slices == 0 && later.State == NotMeasured && len(later.Notes) > 0
}

// AllMet tells whether all bars were met.
func AllMet(verdicts []Verdict) bool {
	return !slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.State != Met })
}

func under(config map[string]string) string {
	var parts []string
	for k, v := range config {
		parts = append(parts, k+"="+v)
	}
	slices.Sort(parts)
	if len(parts) == 0 {
		return ""
	}
	return " under " + strings.Join(parts, ", ")
}

// evaluate holds a run against a bar. A verdict without slices and without
// notes means that the run has nothing to do with the bar.
func evaluate(b Bar, r *Run) Verdict {
	v := Verdict{Bar: b, State: NotMeasured}
	c := r.Cell(b.Of, b.Config)
	if c == nil {
		return v
	}
	if wrong := r.wrong(b.Of, "FAILED", "VIOLATED"); len(wrong) > 0 {
		// What breaks its promises is not fast.
		v.Notes = wrong
		return v
	}
	engine := c.Values(b.Unit)
	if len(engine) == 0 {
		v.note("no %s of %v", b.Unit, b.Of)
		return v
	}
	paired, n := engine, len(engine)
	value := median(engine)
	if len(b.Against) > 0 {
		other := v.best(r)
		if other == nil {
			return v
		}
		n = min(n, len(other))
		paired = make([]float64, n)
		for i := range paired {
			paired[i] = engine[i] / other[i]
		}
		v.Other = median(other)
		value /= v.Other
		if b.Worst {
			v.note("worst of all: %s against %s", scaled(slices.Max(engine), b.Unit), scaled(slices.Max(other), b.Unit))
		}
	}
	v.Slices, v.Engine, v.Value = n, median(engine), value
	v.Low, v.High = quantile(paired, 0.25), quantile(paired, 0.75)
	v.decide(c)
	return v
}

// best chooses the target that the engine is compared with, and returns its
// values: nil if they are not all there.
func (v *Verdict) best(r *Run) (values []float64) {
	for _, target := range v.Against {
		place := v.against(target)
		failures := r.wrong(place, "FAILED", "VIOLATED")
		var found []float64
		if c := r.Cell(place, v.Config); c != nil {
			found = c.Values(v.Unit)
		}
		switch {
		case len(failures) > 0:
			// The best of the others is still known, unless there are none.
			v.Notes = append(v.Notes, failures...)
			if len(v.Against) > 1 {
				continue
			}
			return nil
		case len(found) == 0:
			v.note("no %s of %v in that run", v.Unit, place)
			return nil
		case slices.Contains(found, 0):
			v.note("%s of %v is 0 in a slice", v.Unit, place)
			return nil
		}
		if m := median(found); v.Best == "" || v.AtMost == (m < median(values)) {
			v.Best, values = target, found
		}
	}
	return values
}

// decide sets the state of a bar whose value is known.
func (v *Verdict) decide(c *Cell) {
	kept := c.Values("kept-%")
	switch {
	case v.Slices < MinSlices:
		v.note("%d slices, at least %d are needed", v.Slices, MinSlices)
	case v.Kept > 0 && len(kept) == 0:
		v.note("no kept-%% of %v", v.Of)
	case !v.cleared(v.Value) || v.Kept > 0 && median(kept) < v.Kept:
		v.State = Missed
	default:
		v.State = Met
	}
	if v.Kept > 0 && len(kept) > 0 {
		v.note("kept %.1f %%", median(kept))
	}
}

func (v *Verdict) note(format string, args ...any) {
	v.Notes = append(v.Notes, fmt.Sprintf(format, args...))
}

func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile interpolates between the two values around it.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[j]-sorted[i])
}

// scaled returns a value for people: 1.23 M, 45.6 µs, 226.8.
func scaled(value float64, unit string) string {
	_, tidy := benchunit.Tidy(1, unit)
	switch {
	case strings.HasSuffix(tidy, "B/session"):
		return fmt.Sprintf("%.1f B", value)
	case tidy == "sec/op" || strings.HasSuffix(tidy, "-sec"):
		return spaced(benchunit.Scale(value, benchunit.Decimal)) + "s"
	}
	return strings.TrimSpace(spaced(benchunit.Scale(value, benchunit.Decimal)))
}

// spaced puts a space between a number and its prefix.
func spaced(s string) string {
	i := len(strings.TrimRight(s, "kMGTPEZYmµnpfazyh"))
	return s[:i] + " " + s[i:]
}
