package compare

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

var testRule = Rule{Alpha: DefaultAlpha, Threshold: DefaultThreshold}

// row makes pairs in which the head costs factor times the base, and both
// halves and the base again have noise of their own on what they share.
func row(random *rand.Rand, pairs int, factor, noise float64) Row {
	r := Row{Name: "X", Unit: "ns/op"}
	for range pairs {
		shared := 100 * math.Exp(0.5*random.NormFloat64())
		one := func() float64 { return shared * math.Exp(noise*random.NormFloat64()) }
		r.Base = append(r.Base, one())
		r.Head = append(r.Head, factor*one())
		r.Again = append(r.Again, one())
	}
	return r
}

func TestPairedVerdicts(t *testing.T) {
	for _, c := range []struct {
		name          string
		pairs         int
		factor, noise float64
		want          Verdict
		why           string
	}{
		{"slower", 12, 1.1, 0.005, Regressed, ""},
		{"faster", 12, 0.9, 0.005, Improved, ""},
		{"the same", 12, 1, 0.005, NoChange, ""},
		{"a little slower, by less than the threshold", 12, 1.02, 0.005, NoChange, ""},
		{"the same, with much noise", 12, 1, 0.3, Inconclusive, "changes that would matter"},
		{"slower, with much noise", 12, 1.1, 0.3, Inconclusive, "changes that would matter"},
		{"much slower, too few pairs", 7, 2, 0.001, Inconclusive, "too few"},
		{"the same, too few pairs", 7, 1, 0.001, Inconclusive, "too few"},
	} {
		rows := []Row{row(rand.New(rand.NewPCG(1, 1)), c.pairs, c.factor, c.noise)}
		if err := Paired(rows, testRule); err != nil {
			t.Fatal(err)
		}
		if r := rows[0]; r.Verdict != c.want || !strings.Contains(r.Why, c.why) {
			t.Errorf("%s: %s (%s): effect %+.2f%%, interval %+.2f%% to %+.2f%%, p=%v, floor %.2f%%", c.name, r.Verdict, r.Why,
				Percent(r.Effect), Percent(r.Interval.Low), Percent(r.Interval.High), r.Adjusted, Percent(r.Floor))
		}
	}
}

// What more is better of is worse when it shrinks, and the two ways of counting
// give the same.
func TestMoreIsBetter(t *testing.T) {
	cost := row(rand.New(rand.NewPCG(2, 1)), 12, 1.1, 0.01)
	rate := Row{Name: "X", Unit: "ops/s", MoreIsBetter: true}
	invert := func(from []float64) (to []float64) {
		for _, x := range from {
			to = append(to, 1/x)
		}
		return to
	}
	rate.Base, rate.Head, rate.Again = invert(cost.Base), invert(cost.Head), invert(cost.Again)
	for name, compare := range map[string]func([]Row, Rule) error{"paired": Paired, "unpaired": Unpaired} {
		a, b := []Row{cost}, []Row{rate}
		if err := compare(a, testRule); err != nil {
			t.Fatal(err)
		}
		if err := compare(b, testRule); err != nil {
			t.Fatal(err)
		}
		if math.Abs(a[0].Effect-b[0].Effect) > 1e-9 && name == "paired" || a[0].Verdict != b[0].Verdict || a[0].Effect <= 0 || b[0].Effect <= 0 {
			t.Errorf("%s: cost %+v, rate %+v", name, a[0], b[0])
		}
	}
}

// A difference that two processes of the base show too is no finding.
func TestNoiseFloor(t *testing.T) {
	r := row(rand.New(rand.NewPCG(3, 1)), 12, 1.1, 0.005)
	for i := range r.Again {
		r.Again[i] *= 1.15
	}
	rows := []Row{r}
	if err := Paired(rows, testRule); err != nil {
		t.Fatal(err)
	}
	if rows[0].Verdict != Inconclusive || !strings.Contains(rows[0].Why, "noise floor") || Percent(rows[0].Floor) < 14 {
		t.Errorf("%s (%s), floor %.1f%%", rows[0].Verdict, rows[0].Why, Percent(rows[0].Floor))
	}
}

// Comparisons of equals: with whatever noise, at most alpha of them, about, are
// called; of slow heads nearly all are where the noise is small.
func TestErrorRates(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 1))
	const runs = 40
	called, found := 0, 0
	for range runs {
		equal := []Row{row(random, 12, 1, 0.2*random.Float64()), row(random, 12, 1, 0.2*random.Float64())}
		slow := []Row{row(random, 12, 1.1, 0.02), row(random, 12, 1, 0.02)}
		if err := Paired(equal, testRule); err != nil {
			t.Fatal(err)
		}
		if err := Paired(slow, testRule); err != nil {
			t.Fatal(err)
		}
		if v := Worst(equal); v == Regressed || v == Improved {
			called++
		}
		if slow[0].Verdict == Regressed {
			found++
		}
	}
	// 40 tries at 1%: more than 3 has a probability below 0.001.
	if called > 3 || found < runs*95/100 {
		t.Errorf("of %d, %d equals were called different and %d that were 10%% slower regressed", runs, called, found)
	}
}

// Allocations: all zero is no change, any is infinitely more than none.
func TestZeros(t *testing.T) {
	zeros, ones := make([]float64, 10), make([]float64, 10)
	for i := range ones {
		ones[i] = 1
	}
	rows := []Row{{Name: "none", Pairs: Pairs{zeros, zeros, zeros, 0}}, {Name: "some", Pairs: Pairs{zeros, ones, zeros, 0}}}
	if err := Paired(rows, testRule); err != nil {
		t.Fatal(err)
	}
	if rows[0].Verdict != NoChange || rows[1].Verdict != Regressed || !math.IsInf(rows[1].Effect, 1) {
		t.Errorf("%+v", rows)
	}
}

// A hundred pairs of few launches are few witnesses: each launch has an accident
// of its own, and no difference may be called for repeating it.
func TestLaunchesAreWhatCounts(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 1))
	r := Row{Pairs: Pairs{PerLaunch: 20}}
	for range 5 {
		accident := 1.5 + 0.2*random.Float64()
		for range r.PerLaunch {
			r.Base = append(r.Base, 100)
			r.Head = append(r.Head, 100*accident)
		}
	}
	rows := []Row{r}
	if err := Paired(rows, testRule); err != nil {
		t.Fatal(err)
	}
	if rows[0].P != 2.0/32 || rows[0].Verdict != Inconclusive || !strings.Contains(rows[0].Why, "too few") {
		t.Errorf("%s (%s), p=%v", rows[0].Verdict, rows[0].Why, rows[0].P)
	}
}

func TestUnpaired(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 1))
	sample := func(n int, median float64) (v []float64) {
		for range n {
			v = append(v, median*math.Exp(0.01*random.NormFloat64()))
		}
		return v
	}
	rows := []Row{
		{Name: "slower", Pairs: Pairs{Base: sample(10, 100), Head: sample(12, 120)}},
		{Name: "faster", Pairs: Pairs{Base: sample(10, 100), Head: sample(10, 70)}},
		{Name: "same", Pairs: Pairs{Base: sample(10, 100), Head: sample(10, 100)}},
		{Name: "equal", Pairs: Pairs{Base: make([]float64, 10), Head: make([]float64, 10)}},
		{Name: "few", Pairs: Pairs{Base: sample(3, 100), Head: sample(3, 300)}},
	}
	if err := Unpaired(rows, testRule); err != nil {
		t.Fatal(err)
	}
	for i, want := range []Verdict{Regressed, Improved, NoChange, NoChange, Inconclusive} {
		if r := rows[i]; r.Verdict != want || !math.IsNaN(r.Floor) {
			t.Errorf("%s: %s (%s), effect %v", r.Name, r.Verdict, r.Why, r.Effect)
		}
	}
}

func TestWorst(t *testing.T) {
	of := func(verdicts ...Verdict) (rows []Row) {
		for _, v := range verdicts {
			rows = append(rows, Row{Verdict: v})
		}
		return rows
	}
	for _, c := range []struct {
		rows []Row
		want Verdict
	}{
		{of(Improved, Inconclusive, Regressed), Regressed},
		{of(Improved, NoChange, Inconclusive), Inconclusive},
		{of(NoChange, Improved), Improved},
		{of(NoChange), NoChange},
		{nil, Inconclusive},
	} {
		if got := Worst(c.rows); got != c.want {
			t.Errorf("%v: %s, want %s", c.rows, got, c.want)
		}
	}
	rows := of(Regressed, NoChange)
	Withhold(rows, "interrupted")
	if Worst(rows) != Inconclusive || rows[0].Why != "interrupted" {
		t.Errorf("%v after Withhold", rows)
	}
}

// Errors name the row, the figure and what is allowed.
func TestRefusals(t *testing.T) {
	good := Pairs{Base: []float64{1}, Head: []float64{1}}
	for _, c := range []struct {
		pairs Pairs
		rule  Rule
		want  string
	}{
		{Pairs{}, testRule, "0 figures of the base"},
		{Pairs{Base: []float64{1}, Head: []float64{1, 2}}, testRule, "1 figures of the base, 2 of the head"},
		{Pairs{Base: []float64{1, 1, 1}, Head: []float64{1, 1, 1}, PerLaunch: 2}, testRule, "3 pairs are not whole launches of 2"},
		{Pairs{Base: []float64{1}, Head: []float64{-1}}, testRule, "X, ns/op: the figure -1"},
		{Pairs{Base: []float64{math.NaN()}, Head: []float64{1}}, testRule, "the figure NaN"},
		{Pairs{Base: []float64{1}, Head: []float64{1}, Again: []float64{math.Inf(1)}}, testRule, "the figure +Inf"},
		{good, Rule{Alpha: 0}, "alpha 0; allowed are"},
		{good, Rule{Alpha: 0.01, Threshold: 1}, "threshold 100%; allowed are"},
	} {
		err := Paired([]Row{{Name: "X", Unit: "ns/op", Pairs: c.pairs}}, c.rule)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.pairs, err, c.want)
		}
	}
	if err := Unpaired([]Row{{Pairs: Pairs{Base: []float64{1}}}}, testRule); err == nil {
		t.Error("a head without figures was compared")
	}
}
