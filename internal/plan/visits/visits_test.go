package visits

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

var laws = []Law{
	{Exponential, 100, 0}, {Periodic, 100, 0}, {Periodic, 100, .3}, {Lognormal, 100, 1.2}, {Pareto, 100, 2.5},
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.8g, want %.8g", what, got, want)
	}
}

// What is drawn follows the formulas, and what remains of a gap follows the
// law of renewal theory: shorter than t with probability E[min(gap, t)]/mean.
func TestDrawsFollowTheLaw(t *testing.T) {
	const n = 200_000
	for _, l := range laws {
		r := rand.New(rand.NewPCG(1, 2))
		sum, remaining := 0.0, 0.0
		times := []float64{30, 80, 100, 120, 300, 1500}
		within, left, capped := make([]float64, len(times)), make([]float64, len(times)), make([]float64, len(times))
		for range n {
			g, rest := l.Draw(r), l.DrawRemaining(r)
			sum += g / n
			remaining += min(rest, 1500) / n
			for i, at := range times {
				if g <= at {
					within[i] += 1. / n
				}
				if rest <= at {
					left[i] += 1. / n
				}
				capped[i] += min(g, at) / n
			}
		}
		near(t, l.String()+": the mean", sum/l.Mean(), 1, .02)
		for i, at := range times {
			near(t, l.String()+": Within", l.Within(at), within[i], .01)
			near(t, l.String()+": MeanWithin", l.MeanWithin(at)/at, capped[i]/at, .01)
			near(t, l.String()+": what remains", l.MeanWithin(at)/l.Mean(), left[i], .01)
		}
		near(t, l.String()+": WithMean", l.WithMean(7).Mean(), 7, 1e-9)
		near(t, l.String()+": the mean of all", l.MeanWithin(math.Inf(1)), l.Mean(), 1e-9)
		if l.Within(0) != 0 || l.MeanWithin(0) != 0 || l.Within(-1) != 0 {
			t.Errorf("%v: a gap is longer than 0", l)
		}
	}
}

// Returns until a session's end, by simulation.
func TestRenewals(t *testing.T) {
	const n = 100_000
	for _, l := range laws {
		for _, q := range []float64{1, .8} {
			table := NewRenewals(l, q, 450)
			r := rand.New(rand.NewPCG(3, 4))
			until, split := 0.0, 0.0
			for range n {
				until += float64(returns(l, q, 450, 450, r)) / n
				split += float64(returns(l, q, 130, 450, r)) / n
			}
			near(t, l.String()+": returns", table.Until(450), until, .02*until+.005)
			near(t, l.String()+": returns after a first", table.AfterFirst(130, 450), split, .02*split+.005)
			near(t, l.String()+": with one bound", table.AfterFirst(450, 450), table.Until(450), 1e-12)
		}
	}
	// Poisson has a closed form; the table must agree with it.
	table := &Renewals{law: Law{Exponential, 50, 0}, q: .7, step: 1}
	near(t, "Poisson", table.Until(200), .7/.3*(1-math.Exp(-.3*4)), 1e-12)
}

func returns(l Law, q, first, last float64, r *rand.Rand) (n int) {
	limit := first
	for age := 0.0; ; n++ {
		if age += l.Draw(r); age > limit || r.Float64() >= q {
			return n
		}
		limit = last
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]Law{
		"exponential:mean=20m":             {Exponential, 1200, 0},
		"exponential":                      {Exponential, 0, 0},
		"periodic:period=5m":               {Periodic, 300, 0},
		"periodic:jitter=0.5":              {Periodic, 0, .5},
		"lognormal:median=90s,sigma=1.8":   {Lognormal, 90, 1.8},
		"lognormal:sigma=1.8,median=1m30s": {Lognormal, 90, 1.8},
		"pareto:minimum=1m,alpha=1.5":      {Pareto, 60, 1.5},
	} {
		got, err := Parse(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		var again Law
		if err := again.UnmarshalText([]byte(got.String())); err != nil || again != want {
			t.Errorf("%s, written as %s: %+v, %v", text, got, again, err)
		}
	}
	for text, want := range map[string]string{
		"":                                `""; allowed are exponential`,
		"weibull:mean=1m":                 `"weibull"; allowed are`,
		"exponential:median=1m":           `no parameter "median"; exponential has mean`,
		"exponential:mean=0s":             `mean "0s"; allowed are durations above 0`,
		"exponential:mean=-1s":            `mean "-1s"`,
		"exponential:mean=NaN":            `mean "NaN"`,
		"exponential:mean=1000000h":       "allowed",
		"periodic:period=1m,jitter=1.1":   "jitter 1.1; allowed are 0 to 1",
		"periodic:period=1m,jitter=NaN":   "jitter NaN",
		"lognormal:median=1m":             "sigma 0; allowed are values above 0 up to 5",
		"lognormal:median=1m,sigma=x":     `sigma "x"; a number`,
		"lognormal:median=1m,sigma=+Inf":  "sigma +Inf",
		"pareto:minimum=1m,alpha=1":       "alpha 1; allowed are values above 1",
		"pareto:minimum=1m,minimum=2m":    "twice",
		"pareto:minimum=1m,alpha=2,beta=": `no parameter "beta"; pareto has minimum and alpha`,
	} {
		if l, err := Parse(text); !errors.Is(err, ErrLaw) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v; want %q", text, l, err, want)
		}
	}
	for _, l := range []Law{{Exponential, -1, 0}, {Exponential, math.NaN(), 0}, {Exponential, math.Inf(1), 0}} {
		if err := l.Check(); !errors.Is(err, ErrLaw) {
			t.Errorf("%+v: %v", l, err)
		}
	}
}

// A stream is in order, has the rate of its laws from the start, and repeats
// under its seed.
func TestStream(t *testing.T) {
	counts := []int{500, 300, 100, 400, 700}
	s := NewStream(laws, counts, 5)
	want, perClass := 0.0, make([]float64, len(laws))
	for i, l := range laws {
		want += float64(counts[i]) / l.Mean()
	}
	const horizon = 3000.0
	last, total := 0.0, 0.0
	for {
		at, client, class := s.Next()
		if at > horizon {
			break
		}
		if at < last {
			t.Fatalf("a visit at %v after one at %v", at, last)
		}
		if first := counts[0]; class == 0 != (int(client) < first) {
			t.Fatalf("client %d is of class %d", client, class)
		}
		last = at
		total++
		perClass[class]++
	}
	near(t, "visits a second", total/horizon/want, 1, .02)
	for i, l := range laws {
		near(t, l.String()+": visits", perClass[i]/(horizon*float64(counts[i])/l.Mean()), 1, .06)
	}
	a, b := NewStream(laws, counts, 5).Trace(1000), NewStream(laws, counts, 5).Trace(1000)
	for i := range a.IDs {
		if a.IDs[i] != b.IDs[i] || a.Times[i] != b.Times[i] {
			t.Fatalf("visit %d differs under the same seed", i)
		}
	}
	if a.Distinct != 2000 {
		t.Errorf("%d clients, want 2000", a.Distinct)
	}
}
