package sweep

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/plan/scaling"
	"github.com/reprise-tls/reprise/internal/workload"
)

// result is a run of a target that follows a law, on as many goroutines.
func result(m scaling.Model, goroutines ...int) *measure.Result {
	r := &measure.Result{}
	for _, g := range goroutines {
		c := &measure.Cell{Place: measure.Place{Target: "t", Workload: workload.Churn, Sessions: 10}, Goroutines: g}
		for i := range 6 {
			noise := 1 + 1e-3*math.Sin(float64(7*g+i))
			s := measure.Sample{Elapsed: time.Second}
			s.Counts.Adds = uint64(m.Throughput(float64(g)) * noise)
			c.Samples = append(c.Samples, s)
		}
		r.Cells = append(r.Cells, c)
	}
	r.Cells = append(r.Cells, &measure.Cell{Place: measure.Place{Target: "failed"}, Goroutines: 1})
	return r
}

var law = scaling.Model{Lambda: 1e6, Sigma: .05, Kappa: .002}

func TestFit(t *testing.T) {
	curves := Curves(result(law, 8, 1, 2, 3, 4, 6, 16, 32), 8, 1)
	if len(curves) != 1 || curves[0].Fit == nil || curves[0].Refused != "" {
		t.Fatalf("%+v", curves)
	}
	c := curves[0]
	if f := c.Fit; math.Abs(f.Sigma-.05) > .005 || math.Abs(f.Kappa-.002) > .0005 || len(f.Points) != 6 {
		t.Errorf("%+v", f)
	}
	for i, g := range []int{1, 2, 3, 4, 6, 8, 16, 32} {
		if p := c.Points[i]; p.Goroutines != g || p.Oversubscribed != (g > 8) || p.Samples != 6 || !(p.Low <= p.Rate && p.Rate <= p.High) {
			t.Errorf("%+v", p)
		}
	}
	var text, js, table bytes.Buffer
	if err := Text(&text, &measure.Result{}, curves); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"oversubscribed", "contention σ 0.0", "EXTRAPOLATED", "peak at 21"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &text)
		}
	}
	if err := JSON(&js, &measure.Result{}, curves); err != nil || !json.Valid(js.Bytes()) || !strings.Contains(js.String(), `"sigma"`) {
		t.Errorf("%v\n%s", err, &js)
	}
	if err := CSV(&table, nil, curves); err != nil || strings.Count(table.String(), "\n") != 9 {
		t.Errorf("%v\n%s", err, &table)
	}
}

// A law without a peak has infinite ones in its intervals; JSON says null.
func TestWithoutPeak(t *testing.T) {
	curves := Curves(result(scaling.Model{Lambda: 1e6, Sigma: .05, Kappa: -.0005}, 1, 2, 3, 4, 5, 6), 6, 1)
	var text, js bytes.Buffer
	if err := JSON(&js, &measure.Result{}, curves); err != nil || !strings.Contains(strings.Join(strings.Fields(js.String()), ""), `,null],"peakX"`) {
		t.Errorf("%v\n%s", err, &js)
	}
	if err := Text(&text, &measure.Result{}, curves); err != nil || !strings.Contains(text.String(), "no peak") || !strings.Contains(text.String(), "make kappa negative") {
		t.Errorf("%v\n%s", err, &text)
	}
}

// Too few cores for a fit: the reason is said.
func TestRefused(t *testing.T) {
	c := Curves(result(law, 1, 2, 4, 8, 16, 32), 2, 1)[0]
	if c.Fit != nil || !strings.Contains(c.Refused, "2; a fit of three parameters needs 6") {
		t.Errorf("%+v", c)
	}
}
