package scenario

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/reprise-tls/reprise/internal/exact"
)

// MaxTime is the longest time a law may name or draw: ten years. Longer draws
// of a heavy tail count as that.
const MaxTime = 10 * 365 * 24 * time.Hour

// Times is a law of times: how long clients stay away, or sessions live. The
// zero Times is no law and cannot be drawn from.
type Times struct {
	kind    string
	a       float64 // nanoseconds
	b       float64
	choices []choice
}

type choice struct {
	time  float64
	until float64 // the sum of the shares up to and including this one
}

// TimesAllowed says how laws are written.
const TimesAllowed = "fixed:TIME, uniform:MIN:MAX, exponential:MEAN, lognormal:MEDIAN:SIGMA, pareto:MIN:ALPHA, periodic:PERIOD:JITTER% and choice:TIME=PERCENT,..., for example lognormal:10m:1.5"

// ParseTimes reads a law. Times are written as time.ParseDuration reads them;
// sigma is the standard deviation of the logarithm, alpha the exponent of the
// tail, jitter the percentage by which a period is shorter or longer at most.
func ParseTimes(s string) (Times, error) {
	kind, rest, _ := strings.Cut(s, ":")
	fail := func(format string, args ...any) (Times, error) {
		return Times{}, fmt.Errorf("%q: "+format, append([]any{s}, args...)...)
	}
	if kind == "choice" {
		choices, err := parseChoices(rest)
		if err != nil {
			return fail("%w", err)
		}
		return Times{kind: kind, choices: choices}, nil
	}
	second, known := map[string]string{"fixed": "", "exponential": "", "uniform": "maximum", "lognormal": "sigma", "pareto": "alpha", "periodic": "jitter"}[kind]
	parts := strings.Split(rest, ":")
	if !known || (second == "") != (len(parts) == 1) || len(parts) > 2 {
		return Times{}, fmt.Errorf("%q is not allowed; allowed are %s", s, TimesAllowed)
	}
	first, err := parseTime(parts[0])
	if err != nil {
		return fail("%w", err)
	}
	t := Times{kind: kind, a: first}
	switch second {
	case "maximum":
		if t.b, err = parseTime(parts[1]); err != nil {
			return fail("%w", err)
		}
		if t.b < t.a {
			return fail("the maximum is below the minimum")
		}
	case "sigma", "alpha", "jitter":
		low, high := map[string]float64{"alpha": 0.1}[second], map[string]float64{"sigma": 10, "alpha": 100, "jitter": 100}[second]
		t.b, err = strconv.ParseFloat(strings.TrimSuffix(parts[1], "%"), 64)
		if err != nil || !(t.b >= low && t.b <= high) {
			return fail("%s is %q; allowed are numbers from %v to %v", second, parts[1], low, high)
		}
	}
	return t, nil
}

func parseTime(s string) (float64, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 || d > MaxTime {
		return 0, fmt.Errorf("%q is not a time; allowed are times above 0 up to %v, such as 90s or 2h", s, MaxTime)
	}
	return float64(d), nil
}

func parseChoices(s string) (choices []choice, err error) {
	sum := 0.0
	for part := range strings.SplitSeq(s, ",") {
		text, percent, ok := strings.Cut(part, "=")
		share, notNumber := strconv.ParseFloat(strings.TrimSuffix(percent, "%"), 64)
		if !ok || notNumber != nil || !(share > 0 && share <= 100) {
			return nil, fmt.Errorf("%q is not of the form TIME=PERCENT, above 0 up to 100", part)
		}
		t, err := parseTime(text)
		if err != nil {
			return nil, err
		}
		sum += share
		choices = append(choices, choice{t, sum})
	}
	if math.Abs(sum-100) > 1e-9 {
		return nil, fmt.Errorf("the percentages add up to %v; they must add up to 100", sum)
	}
	return choices, nil
}

// IsZero reports whether t is no law.
func (t Times) IsZero() bool { return t.kind == "" }

// String returns the law as [ParseTimes] reads it, nothing for none.
func (t Times) String() string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	duration := func(x float64) string { return time.Duration(x).String() }
	switch t.kind {
	case "":
		return ""
	case "fixed", "exponential":
		return t.kind + ":" + duration(t.a)
	case "uniform":
		return t.kind + ":" + duration(t.a) + ":" + duration(t.b)
	case "choice":
		var parts []string
		before := 0.0
		for _, c := range t.choices {
			parts = append(parts, duration(c.time)+"="+number(c.until-before))
			before = c.until
		}
		return "choice:" + strings.Join(parts, ",")
	case "periodic":
		return t.kind + ":" + duration(t.a) + ":" + number(t.b) + "%"
	}
	return t.kind + ":" + duration(t.a) + ":" + number(t.b)
}

// MarshalText implements encoding.TextMarshaler.
func (t Times) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; no text stands for no law.
func (t *Times) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*t = Times{}
		return nil
	}
	law, err := ParseTimes(string(text))
	if err == nil {
		*t = law
	}
	return err
}

// draw returns a time, at least a nanosecond and at most MaxTime. The products
// are converted so that no compiler fuses them with what follows.
func (t Times) draw(r *random) time.Duration {
	x := t.a
	switch t.kind {
	case "uniform":
		x += float64(r.float64() * (t.b - t.a))
	case "exponential":
		x *= r.exponential()
	case "lognormal":
		x *= exact.Exp(min(float64(t.b*r.normal()), 100))
	case "pareto":
		x *= exact.Exp(min(r.exponential()/t.b, 100))
	case "periodic":
		x += float64(float64(x*t.b/100) * (float64(2*r.float64()) - 1))
	case "choice":
		at := r.float64() * 100
		for _, c := range t.choices {
			if x = c.time; at < c.until {
				break
			}
		}
	}
	return time.Duration(min(max(x, 1), float64(MaxTime)))
}
