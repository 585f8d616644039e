package visits

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// scaleName and shapeName are what the parameters are called.
func (l Law) scaleName() string {
	return map[Kind]string{Exponential: "mean", Periodic: "period", Lognormal: "median", Pareto: "minimum"}[l.Kind]
}

func (l Law) shapeName() string {
	return map[Kind]string{Periodic: "jitter", Lognormal: "sigma", Pareto: "alpha"}[l.Kind]
}

// Parse reads a law such as
//
//	exponential:mean=20m   periodic:period=5m,jitter=0.1
//	lognormal:median=35m,sigma=1.8   pareto:minimum=1m,alpha=1.5
//
// The first parameter may be left out if something else tells the mean gap;
// jitter is 0 unless given.
func Parse(s string) (Law, error) {
	kind, rest, _ := strings.Cut(s, ":")
	l := Law{Kind: Kind(kind)}
	seen := make(map[string]bool)
	for field := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(field, "=")
		var err error
		switch {
		case rest == "":
		case seen[name]:
			err = fmt.Errorf("%w: %q has %s twice", ErrLaw, s, name)
		case name == l.scaleName():
			err = l.parseScale(value)
		case name == l.shapeName() && name != "":
			if l.Shape, err = strconv.ParseFloat(value, 64); err != nil {
				err = fmt.Errorf("%w: %s %q; a number is needed", ErrLaw, name, value)
			}
		default:
			if err = l.Check(); err == nil || l.scaleName() != "" {
				err = fmt.Errorf("%w: %q has no parameter %q; %s has %s", ErrLaw, s, name, kind, strings.TrimSuffix(l.scaleName()+" and "+l.shapeName(), " and "))
			}
		}
		if err != nil {
			return Law{}, err
		}
		seen[name] = true
	}
	return l, l.Check()
}

func (l *Law) parseScale(value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 || d.Seconds() > MaxGap {
		return fmt.Errorf("%w: %s %q; allowed are durations above 0 up to %v, such as 90s or 20m", ErrLaw, l.scaleName(), value, time.Duration(MaxGap)*time.Second)
	}
	l.Scale = d.Seconds()
	return nil
}

// String returns the law as Parse reads it.
func (l Law) String() string {
	s := string(l.Kind)
	separator := ":"
	if l.Scale > 0 {
		s += fmt.Sprintf(":%s=%v", l.scaleName(), time.Duration(l.Scale*float64(time.Second)).Round(time.Millisecond))
		separator = ","
	}
	if name := l.shapeName(); name != "" {
		s += fmt.Sprintf("%s%s=%v", separator, name, l.Shape)
	}
	return s
}

// MarshalText implements encoding.TextMarshaler.
func (l Law) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Law) UnmarshalText(text []byte) (err error) {
	*l, err = Parse(string(text))
	return err
}
