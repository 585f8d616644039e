package compare

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func indexes(t *testing.T, series []float64, rule ChangeRule) (at []int) {
	t.Helper()
	points, err := ChangePoints(series, rule)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range points {
		at = append(at, p.Index)
	}
	return at
}

// three levels, and what Apache Otava's tests find in them.
var three = []float64{0.3, 2.4, 1.5, -0.9, -0.5, 99.7, 98.3, 99.1, 149.0, 149.7, 149.5, 149.1, 148.8, 150.0}

func TestDivideAgainstOtava(t *testing.T) {
	if got := divide(three, 0.01); !slices.Equal(got, []int{5, 8}) {
		t.Errorf("splits at %v, Otava's tests have 5 and 8", got)
	}
}

func TestChangePointsAgainstOtava(t *testing.T) {
	halves := []float64{1.02, 0.95, 0.99, 1.00, 1.12, 1.00, 1.01, 0.98, 1.01, 0.96, 0.50, 0.51, 0.48, 0.48, 0.55, 0.50, 0.49, 0.51, 0.50, 0.49}
	if got := indexes(t, halves, ChangeRule{Window: 10, MaxP: 0.0001}); !slices.Equal(got, []int{10}) {
		t.Errorf("change points %v, Otava's tests have 10", got)
	}
}

// byDefinition computes the distance of two samples from the formula in
// Matteson and James, equation (5) with alpha = 1.
func byDefinition(x, y []float64) float64 {
	within := func(v []float64) (mean float64) {
		if len(v) < 2 {
			return 0
		}
		for i := range v {
			for j := range i {
				mean += math.Abs(v[i] - v[j])
			}
		}
		return mean / (float64(len(v)*(len(v)-1)) / 2)
	}
	between := 0.0
	for _, a := range x {
		for _, b := range y {
			between += math.Abs(a - b)
		}
	}
	n, m := float64(len(x)), float64(len(y))
	return n * m / (n + m) * (2*between/(n*m) - within(x) - within(y))
}

func TestMostDistantAgainstTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		part := make([]float64, 2+random.IntN(15))
		for i := range part {
			part[i] = random.NormFloat64() + float64(2*random.IntN(2))
		}
		most := math.Inf(-1)
		for at := 1; at < len(part); at++ {
			for end := at + 1; end <= len(part); end++ {
				most = max(most, byDefinition(part[:at], part[at:end]))
			}
		}
		if _, q := mostDistant(part); math.Abs(q-most) > 1e-9 {
			t.Errorf("%v: %v, by the definition %v", part, q, most)
		}
	}
}

// Two examples of Otava's tests: the same samples, and samples 20% apart.
func TestBetween(t *testing.T) {
	before := []float64{1.00, 1.02, 1.05, 0.95, 0.98}
	if p := between(before, before).P; p != 1 {
		t.Errorf("p=%v of a sample and itself", p)
	}
	c := between(before, []float64{0.80, 0.82, 0.85, 0.79, 0.77})
	if c.P >= 0.001 || c.P <= 0 || math.Abs(c.Ratio()-0.806) > 1e-9 {
		t.Errorf("%+v", c)
	}
	// t = 40 with 8 degrees of freedom: two samples of five, variance 2 (by n),
	// 8 degrees, means 40*sqrt(2*2/5) apart.
	wide := []float64{-2, -1, 0, 1, 2}
	far := make([]float64, len(wide))
	for i, x := range wide {
		far[i] = x + 40*math.Sqrt(0.8)
	}
	if p := between(wide, far).P; math.Abs(p/tTail8(40)-1) > 1e-9 {
		t.Errorf("p=%v of t=40 with 8 degrees of freedom, want %v", p, tTail8(40))
	}
	if c := between([]float64{1, 1}, []float64{2, 2}); c.P != 0 {
		t.Errorf("p=%v of two constants", c.P)
	}
	if c := between([]float64{1}, []float64{2}); c.P != 1 {
		t.Errorf("p=%v of two points", c.P)
	}
}

// tTail8 is the two-sided tail of Student's distribution with 8 degrees of
// freedom, in closed form (Abramowitz and Stegun, 26.7.4) as the integral of a
// polynomial in sin(theta), from theta = atan(t/sqrt(8)) to pi/2, done in a way
// that keeps the digits of a small tail.
func tTail8(t float64) float64 {
	// density ~ cos^7(theta) d theta; with u = sin(theta): (1-u^2)^3 du.
	c := math.Sqrt(8 / (8 + t*t))       // cos(theta)
	d := c * c / (1 + math.Sqrt(1-c*c)) // 1 - u
	// The integral over v = 1-u from 0 to d of (v(2-v))^3.
	integral := 8*math.Pow(d, 4)/4 - 12*math.Pow(d, 5)/5 + 6*math.Pow(d, 6)/6 - math.Pow(d, 7)/7
	return integral / (8.0/4 - 12.0/5 + 6.0/6 - 1.0/7)
}

// A point or two above the level is no change of it, noise hardly ever is, and
// a step is found where it is, by the same series always the same.
func TestChangePointsInNoise(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 1))
	alarms, missed := 0, 0
	for range 100 {
		noise, step := make([]float64, 60), make([]float64, 60)
		for i := range noise {
			noise[i] = 100 + random.NormFloat64()
			step[i] = 100 + random.NormFloat64()
			if i >= 35 {
				step[i] += 5
			}
		}
		alarms += len(indexes(t, noise, DefaultChangeRule))
		found := indexes(t, step, DefaultChangeRule)
		if !slices.Contains(found, 35) {
			missed++
		}
		if again := indexes(t, step, DefaultChangeRule); !slices.Equal(found, again) {
			t.Fatalf("%v, then %v", found, again)
		}
	}
	if alarms > 10 || missed > 5 {
		t.Errorf("%d change points in 100 series of noise, %d of 100 steps missed", alarms, missed)
	}
}

// Whatever is thrown out on the way, the points that are left are significant
// and large between the neighbours that are left.
func TestChangePointsHoldBetweenTheirNeighbours(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 1))
	rule := ChangeRule{Window: 20, MaxP: 0.02, Magnitude: 0.01}
	seen := 0
	for range 100 {
		series := make([]float64, 80)
		level := 100.0
		for i := range series {
			if random.IntN(8) == 0 {
				level *= 0.9 + 0.2*random.Float64()
			}
			series[i] = level + 2*random.NormFloat64()
		}
		at := append([]int{0}, append(indexes(t, series, rule), len(series))...)
		for i := 1; i < len(at)-1; i++ {
			seen++
			c := between(series[at[i-1]:at[i]], series[at[i]:at[i+1]])
			if c.P >= rule.MaxP || c.magnitude() <= rule.Magnitude {
				t.Errorf("point %d of %v: %+v", i-1, at[1:len(at)-1], c)
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d change points", seen)
	}
}

func TestMagnitude(t *testing.T) {
	if got := indexes(t, three, ChangeRule{Window: 50, MaxP: 0.01, Magnitude: 0.6}); !slices.Equal(got, []int{5}) {
		t.Errorf("change points of more than 60%%: %v", got)
	}
}

func TestShortSeries(t *testing.T) {
	for _, series := range [][]float64{nil, {1}, {1, 2}, {1, 1, 1, 1}} {
		if got := indexes(t, series, DefaultChangeRule); got != nil {
			t.Errorf("%v has change points %v", series, got)
		}
	}
}

func TestChangePointRefusals(t *testing.T) {
	for _, c := range []struct {
		series []float64
		rule   ChangeRule
		want   string
	}{
		{nil, ChangeRule{Window: 1, MaxP: 0.1}, "window of 1"},
		{nil, ChangeRule{Window: 2, MaxP: 1}, "p of at most 1"},
		{nil, ChangeRule{Window: 2, MaxP: 0.1, Magnitude: -1}, "magnitude"},
		{[]float64{1, math.NaN()}, DefaultChangeRule, "point 1 of the series is NaN"},
	} {
		if _, err := ChangePoints(c.series, c.rule); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, %+v: %v, want %q", c.series, c.rule, err, c.want)
		}
	}
}
