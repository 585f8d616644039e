package scenario

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

func law(t *testing.T, s string) Times {
	t.Helper()
	l, err := ParseTimes(s)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Means and variances within five standard errors of those of the laws, which
// are textbook formulas, and quantiles within five of theirs.
func TestTimesHaveTheirMoments(t *testing.T) {
	const draws = 200_000
	hour := float64(time.Hour)
	for _, c := range []struct {
		law            string
		mean, variance float64 // in hours; 0 variance: infinite or not compared
		fourth         float64 // central moment over the squared variance, for the standard error of the variance
	}{
		{"fixed:1h", 1, 0, 0},
		{"uniform:1h:3h", 2, 4.0 / 12, 1.8},
		{"exponential:1h", 1, 1, 9},
		{"lognormal:1h:0.5", math.Exp(0.125), math.Exp(0.25) * (math.Exp(0.25) - 1), 8.9},
		{"pareto:1h:6", 6.0 / 5, 6.0 / (25 * 4), 38.67},
		{"periodic:1h:50%", 1, 1.0 / 12, 1.8},
		{"choice:1h=75,5h=25", 2, 3, 7.0 / 3},
	} {
		l, r := law(t, c.law), newRandom(1, 1, 1)
		var sum, squares float64
		for range draws {
			x := float64(l.draw(&r)) / hour
			sum += x
			squares += x * x
		}
		mean := sum / draws
		variance := squares/draws - mean*mean
		if off := math.Abs(mean - c.mean); off > 5*math.Sqrt(c.variance/draws)+1e-9 {
			t.Errorf("%s: the mean of %d draws is %v, the law's %v", c.law, draws, mean, c.mean)
		}
		if off := math.Abs(variance - c.variance); off > 5*c.variance*math.Sqrt((c.fourth-1)/draws)+1e-9 {
			t.Errorf("%s: the variance of %d draws is %v, the law's %v", c.law, draws, variance, c.variance)
		}
	}
}

// Pareto's tail and the lognormal's median have no use for moments.
func TestQuantiles(t *testing.T) {
	const draws = 200_000
	for _, c := range []struct {
		law   string
		above time.Duration
		share float64
	}{
		{"pareto:1m:1", 2 * time.Minute, 0.5},
		{"pareto:1m:1", 100 * time.Minute, 0.01},
		{"pareto:1m:0.5", 4 * time.Minute, 0.5},
		{"lognormal:10m:2", 10 * time.Minute, 0.5},
		{"lognormal:10m:2", time.Duration(10 * math.Exp(2) * float64(time.Minute)), 0.158655},
	} {
		l, r, n := law(t, c.law), newRandom(1, 1, 1), 0.0
		for range draws {
			if l.draw(&r) > c.above {
				n++
			}
		}
		if off := math.Abs(n/draws - c.share); off > 5*math.Sqrt(c.share*(1-c.share)/draws) {
			t.Errorf("%s: %v of the draws are above %v, by the law %v", c.law, n/draws, c.above, c.share)
		}
	}
}

func TestDrawsAreBounded(t *testing.T) {
	l, r := law(t, "pareto:1h:0.1"), newRandom(1, 1, 1)
	longest := time.Duration(0)
	for range 10_000 {
		d := l.draw(&r)
		if d < time.Hour || d > MaxTime {
			t.Fatalf("%v was drawn", d)
		}
		longest = max(longest, d)
	}
	if longest != MaxTime {
		t.Errorf("the longest of a tail without a mean is %v, not the bound", longest)
	}
}

func TestTimesText(t *testing.T) {
	for _, s := range []string{"fixed:2h0m0s", "uniform:1m0s:2h0m0s", "exponential:10m0s", "lognormal:10m0s:1.5", "pareto:1s:1.2", "periodic:5m0s:10%", "choice:10m0s=80,2h0m0s=20"} {
		l := law(t, s)
		if l.String() != s {
			t.Errorf("%q is written as %q", s, l)
		}
		text, err := json.Marshal(l)
		var back Times
		if err != nil || json.Unmarshal(text, &back) != nil || back.String() != s {
			t.Errorf("%q comes back as %q (%v)", s, back, err)
		}
	}
	for s, want := range map[string]string{
		"":                       "allowed are fixed:TIME",
		"normal:1h":              "allowed are fixed:TIME",
		"fixed":                  `"" is not a time`,
		"fixed:1h:2h":            "allowed are fixed:TIME",
		"fixed:0s":               `"0s" is not a time`,
		"fixed:100000h":          "allowed are times above 0 up to 87600h0m0s",
		"uniform:2h:1h":          "maximum is below the minimum",
		"lognormal:1h:-1":        "sigma",
		"lognormal:1h:NaN":       "sigma",
		"pareto:1h:0":            "alpha",
		"periodic:1h:200%":       "jitter",
		"choice:1h":              "TIME=PERCENT",
		"choice:1h=50,2h=40":     "add up to 90",
		"choice:soon=100":        `"soon" is not a time`,
		"exponential:10 minutes": "is not a time",
	} {
		if _, err := ParseTimes(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v does not say %q", s, err, want)
		}
	}
}

func TestArrivals(t *testing.T) {
	for _, s := range []string{"poisson", "uniform", "bursts:10"} {
		if a, err := ParseArrivals(s); err != nil || a.String() != s {
			t.Errorf("%q: %v, %v", s, a, err)
		}
	}
	for _, s := range []string{"", "burst:3", "bursts:0", "bursts:x", "bursts:1000001", "pareto"} {
		if _, err := ParseArrivals(s); err == nil || !strings.Contains(err.Error(), "allowed are poisson, uniform and bursts:N") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// All parts of a schedule together have its rate; Poisson's gaps have the
// variance of an exponential law, uniform ones none, and bursts come at once.
func TestSchedulesKeepTheirRate(t *testing.T) {
	const rate, parts, duration = 100_000.0, 3, 2 * time.Second
	for _, arrivals := range []Arrivals{{}, {uniform: true}, {burst: 50}} {
		at := make(map[time.Duration]int)
		n := 0
		for part := range parts {
			s := NewSchedule(arrivals, rate, 1, part, parts)
			last := time.Duration(0)
			for x := s.Next(); x < duration; x = s.Next() {
				if x < last {
					t.Fatalf("%s: %v comes after %v", arrivals, x, last)
				}
				last = x
				at[x]++
				n++
			}
		}
		want := rate * duration.Seconds()
		if off := math.Abs(float64(n) - want); off > 5*math.Sqrt(want) || arrivals != (Arrivals{}) && off > 50 {
			t.Errorf("%s: %d in %v, expected %v", arrivals, n, duration, want)
		}
		switch arrivals {
		case Arrivals{uniform: true}:
			if len(at) != n {
				t.Errorf("uniform: %d at %d different times", n, len(at))
			}
		case Arrivals{burst: 50}:
			for x, k := range at {
				if k != 50 {
					t.Fatalf("bursts of 50: %d at %v", k, x)
				}
			}
		}
	}
}

func TestPoissonGapsAreExponential(t *testing.T) {
	const draws = 200_000
	s := NewSchedule(Arrivals{}, 1000, 1, 0, 1)
	var sum, squares float64
	last := time.Duration(0)
	for range draws {
		x := s.Next()
		gap := (x - last).Seconds() * 1000
		last = x
		sum += gap
		squares += gap * gap
	}
	mean := sum / draws
	if variance := squares/draws - mean*mean; math.Abs(mean-1) > 5/math.Sqrt(draws) || math.Abs(variance-1) > 5*math.Sqrt(8.0/draws) {
		t.Errorf("gaps have mean %v and variance %v, the law 1 and 1", mean, variance)
	}
}
