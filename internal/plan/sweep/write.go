package sweep

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"

	"golang.org/x/perf/benchunit"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/plan/scaling"
)

// Schema names the form of the JSON that [JSON] writes. A field may be added
// under the same name; anything else changes the number.
const Schema = "reprise-sweep/1"

// MarshalJSON writes null for bounds that are infinite.
func (p Point) MarshalJSON() ([]byte, error) {
	type plain Point
	return json.Marshal(struct {
		plain
		Low  *float64 `json:"low"`
		High *float64 `json:"high"`
	}{plain(p), finite(p.Low), finite(p.High)})
}

// JSON writes the curves and the result they were made of, with all samples.
func JSON(w io.Writer, r *measure.Result, curves []*Curve) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "\t")
	if err := e.Encode(struct {
		Schema string          `json:"schema"`
		Curves []*Curve        `json:"curves"`
		Run    *measure.Result `json:"run"`
	}{Schema, curves, r}); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// CSV writes a line for each point: target, workload, sessions, goroutines,
// ops_per_second, low, high, samples, oversubscribed, fitted, where fitted is
// the law's throughput and empty without a fit.
func CSV(w io.Writer, _ *measure.Result, curves []*Curve) error {
	var b bytes.Buffer
	number := func(v float64) string {
		if finite(v) == nil {
			return ""
		}
		return fmt.Sprintf("%.0f", v)
	}
	lines := [][]string{{"target", "workload", "sessions", "goroutines", "ops_per_second", "low", "high", "samples", "oversubscribed", "fitted"}}
	for _, c := range curves {
		for _, p := range c.Points {
			fitted := ""
			if c.Fit != nil {
				fitted = number(c.Fit.Throughput(float64(p.Goroutines)))
			}
			lines = append(lines, []string{
				c.Target, string(c.Workload), strconv.Itoa(c.Sessions), strconv.Itoa(p.Goroutines), number(p.Rate), number(p.Low), number(p.High),
				strconv.Itoa(p.Samples), strconv.FormatBool(p.Oversubscribed), fitted,
			})
		}
	}
	if err := csv.NewWriter(&b).WriteAll(lines); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Text writes the curves for people.
func Text(w io.Writer, r *measure.Result, curves []*Curve) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s, %s, load before %s\n", r.Environment.CPU, r.Environment.Go, r.Environment.LoadBefore)
	for _, c := range curves {
		c.text(&b)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func rate(v float64) string { return benchunit.Scale(v, benchunit.Decimal) }

func (c *Curve) text(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n%s, workload %s, %d sessions, %d cores\n", c.Target, c.Workload, c.Sessions, c.Cores)
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "goroutines\tops/s\tfrom\tto\tof one\tfitted\t")
	for _, p := range c.Points {
		from, to, fitted, mark := "?", "?", "-", ""
		if finite(p.Low) != nil && finite(p.High) != nil {
			from, to = rate(p.Low), rate(p.High)
		}
		if c.Fit != nil && !p.Oversubscribed {
			fitted = rate(c.Fit.Throughput(float64(p.Goroutines)))
		}
		if p.Oversubscribed {
			mark = "  oversubscribed"
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%.2f\t%s\t%s\n", p.Goroutines, rate(p.Rate), from, to, p.Rate/c.Points[0].Rate*float64(c.Points[0].Goroutines), fitted, mark)
	}
	t.Flush()
	if c.Fit == nil {
		fmt.Fprintf(b, "no fit: %s\n", c.Refused)
		return
	}
	c.law(b)
}

// law writes what the fit says.
func (c *Curve) law(b *bytes.Buffer) {
	f, i := c.Fit, c.Intervals
	between := func(i scaling.Interval) string { return fmt.Sprintf("%.4g to %.4g", i.Low, i.High) }
	n, x := f.Peak()
	fmt.Fprintf(b, "Universal Scalability Law, %.0f %% intervals of %d resamples:\n", 100*i.Confidence, i.Resamples)
	fmt.Fprintf(b, "  contention σ %.4g (%s), coherency κ %.4g (%s), of one λ %.4g (%s); residual standard error %.3g\n",
		f.Sigma, between(i.Sigma), f.Kappa, between(i.Kappa), f.Lambda, between(i.Lambda), f.RSE)
	if math.IsInf(n, 1) {
		fmt.Fprintln(b, "  no peak: nothing was lost to coherency")
	} else {
		warning := ""
		if f.Extrapolates(n) {
			warning = "; that is EXTRAPOLATED beyond what was measured"
		}
		fmt.Fprintf(b, "  peak at %.3g goroutines (%s) with %s ops/s (%s)%s\n", n, between(i.PeakN), rate(x), between(i.PeakX), warning)
	}
	for _, p := range f.AtBound {
		fmt.Fprintf(b, "  the data would make %s negative: it is held at 0\n", p)
	}
}
