package compare

import (
	"fmt"
	"math"
)

// A Verdict is what a comparison found of a row.
type Verdict string

// The verdicts; the package comment has the rule.
const (
	Regressed    Verdict = "regressed"
	Improved     Verdict = "improved"
	NoChange     Verdict = "no change"
	Inconclusive Verdict = "inconclusive"
)

// Worst returns the verdict of the whole: regressed if a row regressed, else
// inconclusive if one is, or if there are none; else improved if one improved.
func Worst(rows []Row) Verdict {
	has := make(map[Verdict]bool)
	for _, r := range rows {
		has[r.Verdict] = true
	}
	for _, v := range []Verdict{Regressed, Inconclusive, Improved, NoChange} {
		if has[v] {
			return v
		}
	}
	return Inconclusive
}

// DefaultAlpha is the chance, at most, of calling any difference in a
// comparison of equals.
const DefaultAlpha = 0.01

// DefaultThreshold is the least change, as a fraction, that matters: more than
// what a new layout of code and memory does to the same source, less than what
// anybody would accept unnoticed in a release.
const DefaultThreshold = 0.05

// A Rule is how much it takes to call a change.
type Rule struct {
	Alpha     float64 // above 0, below 1
	Threshold float64 // 0.05 stands for 5% of cost; 0 or more, below 1
}

// Check reports what is wrong with the rule.
func (r Rule) Check() error {
	if !(r.Alpha > 0 && r.Alpha < 1) {
		return fmt.Errorf("alpha %v; allowed are numbers above 0 and below 1", r.Alpha)
	}
	if !(r.Threshold >= 0 && r.Threshold < 1) {
		return fmt.Errorf("threshold %v%%; allowed are 0%% and more, below 100%%", 100*r.Threshold)
	}
	return nil
}

// margin is the threshold as a distance between logarithms. A loss of 5% is a
// little less far than a gain of 5% in cost; the smaller distance would call
// more than was asked, so it is the one of a cost that grew.
func (r Rule) margin() float64 { return math.Log1p(r.Threshold) }

// A Row is the comparison of one figure of one benchmark. Effect, interval and
// floor are logarithms of a ratio of costs, head to base; positive is worse.
// [Percent] makes them what people say.
type Row struct {
	Name         string // of the benchmark, without what is compared
	Candidate    string // what is compared with the base
	Unit         string // of the figures
	MoreIsBetter bool   // the cost is what a figure divides
	Pairs

	Effect   float64
	Interval Interval
	P        float64 // of the row alone
	Adjusted float64 // over all rows
	Floor    float64 // NaN: not measured
	Verdict  Verdict
	Why      string // of a verdict that is inconclusive

	least float64 // the least p that as many figures can have
}

// Pairs are the figures of a row. Base[i] and Head[i] are a pair, and so are
// Base[i] and Again[i], a second process of the base. An unpaired comparison
// has no Again, and Base and Head may differ in length.
type Pairs struct {
	Base, Head, Again []float64

	// PerLaunch is how many pairs in succession are of the same processes; 0
	// stands for 1.
	PerLaunch int
}

// A Comparison is a finished one.
type Comparison struct {
	Base   string // what the others are compared with
	Paired bool
	Rule   Rule
	Rows   []Row
}

// Percent returns by how many percent the cost changes.
func Percent(log float64) float64 { return 100 * math.Expm1(log) }

// judge gives every row its adjusted p and its verdict.
func judge(rows []Row, rule Rule) {
	p := make([]float64, len(rows))
	for i := range rows {
		p[i] = rows[i].P
	}
	for i, adjusted := range Holm(p) {
		rows[i].Adjusted = adjusted
		if float64(len(rows))*rows[i].least >= rule.Alpha {
			rows[i].Verdict, rows[i].Why = Inconclusive, "too few figures to call any difference"
			continue
		}
		rows[i].Verdict, rows[i].Why = rows[i].judge(rule)
	}
}

func (r *Row) judge(rule Rule) (Verdict, string) {
	margin := rule.margin()
	needed := margin
	if r.Floor > margin { // false for NaN
		needed = r.Floor
	}
	certain := r.Adjusted < rule.Alpha
	switch {
	case certain && r.Effect > needed && r.Interval.Low > 0:
		return Regressed, ""
	case certain && r.Effect < -needed && r.Interval.High < 0:
		return Improved, ""
	case r.Interval.within(margin):
		return NoChange, ""
	case certain && math.Abs(r.Effect) > margin:
		return Inconclusive, "the difference is within the noise floor"
	case certain:
		return Inconclusive, "a difference, but it may be less than the threshold or more"
	}
	return Inconclusive, "the interval includes changes that would matter"
}

// Withhold makes every row inconclusive, for a run that was interrupted or went
// wrong.
func Withhold(rows []Row, why string) {
	for i := range rows {
		rows[i].Verdict, rows[i].Why = Inconclusive, why
	}
}
