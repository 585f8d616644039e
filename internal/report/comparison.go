package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/measure"
)

// Verdicts returns the rows of a comparison as a table for people, with the
// verdict of the whole below it.
func Verdicts(c *compare.Comparison) string {
	how := "paired, by launches of all processes"
	if !c.Paired {
		how = "UNPAIRED: separate runs, whose difference may be the machine's"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "compared with %s, %s; alpha %v, threshold %.4g%%\n", c.Base, how, c.Rule.Alpha, 100*c.Rule.Threshold)
	b.WriteString("effects are changes of cost, + is worse; p is over all rows, by Holm\n\n")
	if len(c.Rows) > 0 {
		b.WriteString(verdictTable(c) + "\n")
	}
	fmt.Fprintf(&b, "verdict: %s\n", verdictOf(c))
	return b.String()
}

// verdictOf names the verdict of the whole.
func verdictOf(c *compare.Comparison) string {
	v := string(compare.Worst(c.Rows))
	if !c.Paired {
		v += " (unpaired)"
	}
	return v
}

func verdictTable(c *compare.Comparison) string {
	g := grid{left: []int{1, 6, 7}}
	g.row("", "unit", "effect", fmt.Sprintf("%.4g%% interval", 100*(1-c.Rule.Alpha)), "p", "floor", "verdict", "")
	name := ""
	for i := range c.Rows {
		r := &c.Rows[i]
		if r.Name != name {
			g.line(r.Name)
			name = r.Name
		}
		floor := "-"
		if !math.IsNaN(r.Floor) {
			floor = fmt.Sprintf("%.2f%%", compare.Percent(r.Floor))
		}
		g.row("  "+r.Candidate, r.Unit, percent(r.Effect), percent(r.Interval.Low)+" to "+percent(r.Interval.High),
			fmt.Sprintf("%.4f", r.Adjusted), floor, string(r.Verdict), r.Why)
	}
	return g.String()
}

func percent(log float64) string { return fmt.Sprintf("%+.2f%%", compare.Percent(log)) }

// ComparisonSchema names the form of the JSON that [ComparisonJSON] writes; the
// rule for its number is that of [Schema].
const ComparisonSchema = "reprise-comparison/1"

type comparisonJSON struct {
	Schema    string  `json:"schema"`
	Command   string  `json:"command"`
	Verdict   string  `json:"verdict"`
	Base      string  `json:"base"`
	Paired    bool    `json:"paired"`
	Alpha     float64 `json:"alpha"`
	Threshold float64 `json:"thresholdPercent"`

	Rows   []rowJSON       `json:"rows"`
	Result *measure.Result `json:"result,omitempty"` // in the form of Schema
}

// rowJSON is a row. Changes are of cost, in percent, positive is worse; null
// stands for one that is infinite, or not measured.
type rowJSON struct {
	Benchmark    string          `json:"benchmark"`
	Candidate    string          `json:"candidate"`
	Unit         string          `json:"unit"`
	MoreIsBetter bool            `json:"moreIsBetter"`
	Effect       *float64        `json:"effectPercent"`
	Low          *float64        `json:"lowPercent"`
	High         *float64        `json:"highPercent"`
	P            float64         `json:"p"`
	Adjusted     float64         `json:"adjustedP"`
	Floor        *float64        `json:"floorPercent"`
	Verdict      compare.Verdict `json:"verdict"`
	Why          string          `json:"why,omitempty"`

	BaseFigures      []float64 `json:"baseFigures"`
	CandidateFigures []float64 `json:"candidateFigures"`
	AgainFigures     []float64 `json:"againFigures,omitempty"`
	PerLaunch        int       `json:"pairsPerLaunch,omitempty"`
}

// ComparisonJSON writes a comparison with the figures that it compared, and the
// result they are from, nil for none.
func ComparisonJSON(w io.Writer, c *compare.Comparison, r *measure.Result, commandLine string) error {
	out := comparisonJSON{
		Schema: ComparisonSchema, Command: commandLine, Verdict: string(compare.Worst(c.Rows)), Base: c.Base, Paired: c.Paired,
		Alpha: c.Rule.Alpha, Threshold: 100 * c.Rule.Threshold, Rows: []rowJSON{}, Result: r,
	}
	for i := range c.Rows {
		row := &c.Rows[i]
		out.Rows = append(out.Rows, rowJSON{
			Benchmark: row.Name, Candidate: row.Candidate, Unit: row.Unit, MoreIsBetter: row.MoreIsBetter,
			Effect: finite(row.Effect), Low: finite(row.Interval.Low), High: finite(row.Interval.High),
			P: row.P, Adjusted: row.Adjusted, Floor: finite(row.Floor), Verdict: row.Verdict, Why: row.Why,
			BaseFigures: row.Base, CandidateFigures: row.Head, AgainFigures: row.Again, PerLaunch: row.PerLaunch,
		})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	return e.Encode(out)
}

// finite returns the percentage of a log-ratio, nil if it is no number.
func finite(log float64) *float64 {
	x := compare.Percent(log)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// ReadComparison reads what [ComparisonJSON] has written. The result is nil
// where none was written. An effect or a bound that was infinite is NaN.
func ReadComparison(r io.Reader) (*compare.Comparison, *measure.Result, error) {
	var in comparisonJSON
	if err := json.NewDecoder(r).Decode(&in); err != nil {
		return nil, nil, err
	}
	if in.Schema != ComparisonSchema {
		return nil, nil, fmt.Errorf("schema %q; allowed is %s", in.Schema, ComparisonSchema)
	}
	c := &compare.Comparison{Base: in.Base, Paired: in.Paired, Rule: compare.Rule{Alpha: in.Alpha, Threshold: in.Threshold / 100}}
	if err := c.Rule.Check(); err != nil {
		return nil, nil, err
	}
	for _, row := range in.Rows {
		c.Rows = append(c.Rows, compare.Row{
			Name: row.Benchmark, Candidate: row.Candidate, Unit: row.Unit, MoreIsBetter: row.MoreIsBetter,
			Pairs:  compare.Pairs{Base: row.BaseFigures, Head: row.CandidateFigures, Again: row.AgainFigures, PerLaunch: row.PerLaunch},
			Effect: logRatio(row.Effect), Interval: compare.Interval{Low: logRatio(row.Low), High: logRatio(row.High)},
			P: row.P, Adjusted: row.Adjusted, Floor: logRatio(row.Floor), Verdict: row.Verdict, Why: row.Why,
		})
	}
	return c, in.Result, nil
}

// logRatio returns the log-ratio of a percentage, NaN for none.
func logRatio(percent *float64) float64 {
	if percent == nil {
		return math.NaN()
	}
	return math.Log1p(*percent / 100)
}
