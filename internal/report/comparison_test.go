package report

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/compare"
)

func exampleComparison(t *testing.T) *compare.Comparison {
	t.Helper()
	base, slow, zero := make([]float64, 12), make([]float64, 12), make([]float64, 12)
	for i := range base {
		base[i], slow[i] = 100, 120
	}
	c := &compare.Comparison{
		Base: "engine", Paired: true, Rule: compare.Rule{Alpha: 0.01, Threshold: 0.05},
		Rows: []compare.Row{
			{Name: "Churn/sessions=5/g=1", Candidate: "mutex", Unit: "ns/op", Pairs: compare.Pairs{Base: base, Head: slow, Again: base}},
			{Name: "Churn/sessions=5/g=1", Candidate: "mutex", Unit: "allocs/op", Pairs: compare.Pairs{Base: zero, Head: base}},
		},
	}
	if err := compare.Paired(c.Rows, c.Rule); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestVerdicts(t *testing.T) {
	c := exampleComparison(t)
	want := `compared with engine, paired, by launches of all processes; alpha 0.01, threshold 5%
effects are changes of cost, + is worse; p is over all rows, by Holm

         unit        effect       99% interval       p  floor  verdict
Churn/sessions=5/g=1
  mutex  ns/op      +20.00%  +20.00% to +20.00%  0.0010  0.00%  regressed
  mutex  allocs/op   +Inf%      +Inf% to +Inf%  0.0010      -  regressed

verdict: regressed
`
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	if got := Verdicts(c); words(got) != words(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	c.Paired = false
	if got := Verdicts(c); !strings.Contains(got, "UNPAIRED") || !strings.Contains(got, "verdict: regressed (unpaired)\n") {
		t.Errorf("nothing says that it is unpaired:\n%s", got)
	}
}

func TestComparisonJSON(t *testing.T) {
	var b strings.Builder
	if err := ComparisonJSON(&b, exampleComparison(t), example(2), "loadgen compare"); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema, Command, Verdict string
		ThresholdPercent         float64
		Rows                     []struct {
			Benchmark, Verdict string
			EffectPercent      *float64
			FloorPercent       *float64
			CandidateFigures   []float64
		}
		Result struct{ Cells []json.RawMessage }
	}
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != ComparisonSchema || got.Command != "loadgen compare" || got.Verdict != "regressed" || got.ThresholdPercent != 5 || len(got.Rows) != 2 || len(got.Result.Cells) != 4 {
		t.Fatalf("%s", b.String())
	}
	first, second := got.Rows[0], got.Rows[1]
	if first.EffectPercent == nil || math.Abs(*first.EffectPercent-20) > 1e-9 || first.FloorPercent == nil || len(first.CandidateFigures) != 12 {
		t.Errorf("first row %+v", first)
	}
	if second.EffectPercent != nil || second.FloorPercent != nil || second.Verdict != "regressed" {
		t.Errorf("second row %+v", second)
	}
	if ComparisonJSON(full{}, exampleComparison(t), nil, "") == nil {
		t.Error("an error of the writer was lost")
	}
}

func TestFindFigure(t *testing.T) {
	r := example(1)
	for unit, better := range map[string]bool{"ns/op": false, "ops/s": true, "hit-%": true, "p99-ns": false} {
		f, err := FindFigure(unit)
		if err != nil || f.MoreIsBetter != better {
			t.Errorf("%s: more is better: %v, %v", unit, f.MoreIsBetter, err)
		}
	}
	f, err := FindFigure("ns/op")
	if err != nil {
		t.Fatal(err)
	}
	if x, ok := f.Of(r.Cells[0], r.Cells[0].Samples[0]); !ok || x != r.Cells[0].Samples[0].Each() {
		t.Errorf("ns/op is %v, %v", x, ok)
	}
	for _, unit := range []string{"kept-%", "B/session", "furlongs"} {
		if _, err := FindFigure(unit); err == nil || !strings.Contains(err.Error(), "allowed are ops/s, ns/op") {
			t.Errorf("%s: %v", unit, err)
		}
	}
}
