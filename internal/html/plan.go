package html

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reprise-tls/reprise/internal/chart"
	"github.com/reprise-tls/reprise/internal/plan"
	"github.com/reprise-tls/reprise/internal/plan/mrc"
)

// MissRatios makes the page of miss-ratio curves.
func MissRatios(r *mrc.Result, commandLine string) *Page {
	p := &Page{
		Title: "Miss ratios by cache size", Command: commandLine,
		About: fmt.Sprintf("%d requests for %d ids, resumption %s", r.Requests, r.Distinct, r.Resumption),
	}
	if r.Sample != nil && r.Sample.Coarse {
		p.Warnings = append(p.Warnings, "COARSE: the smallest cache would hold fewer than 32 sampled sessions; its estimate is not to be relied on")
	}
	var lifetimes []time.Duration
	for _, row := range r.Rows {
		if !slices.Contains(lifetimes, row.Lifetime) {
			lifetimes = append(lifetimes, row.Lifetime)
		}
	}
	for _, lifetime := range lifetimes {
		p.Sections = append(p.Sections, missRatios(r, lifetime))
	}
	if s := r.Sample; s != nil {
		p.Sections = append(p.Sections, Section{Title: "Notes", Lines: []string{fmt.Sprintf("Estimated from %d requests for %d ids, a share of %.4g; intervals are two standard errors", s.Requests, s.IDs, s.Rate)}})
	}
	return p
}

func missRatios(r *mrc.Result, lifetime time.Duration) Section {
	s := Section{Title: "Sessions without a lifetime"}
	if lifetime > 0 {
		s.Title = "Lifetime " + lifetime.String()
	}
	c := &chart.Chart{
		Title: "Miss ratio", X: chart.Axis{Label: "sessions in the cache", Log: true}, Y: chart.Axis{Label: "requests that miss", Zero: true, Format: chart.Percent},
	}
	t := Table{Caption: "Miss ratio", Header: []string{"size"}}
	var sizes []int
	values := make(map[string]string)
	index := make(map[string]int)
	for _, row := range r.Rows {
		if row.Lifetime != lifetime {
			continue
		}
		i, known := index[row.Policy]
		if !known {
			i = len(c.Series)
			index[row.Policy] = i
			c.Series = append(c.Series, chart.Series{Name: row.Policy})
			t.Header = append(t.Header, row.Policy)
		}
		if !slices.Contains(sizes, row.Size) {
			sizes = append(sizes, row.Size)
		}
		miss := row.MissRatio()
		point := chart.Point{X: float64(row.Size), Y: miss}
		text := fmt.Sprintf("%.2f %%", 100*miss)
		if e := row.Estimate; e != nil {
			point.Low, point.High, point.Interval = miss-2*e.StandardError, miss+2*e.StandardError, true
			text += fmt.Sprintf(" ± %.2f", 100*e.StandardError)
		}
		c.Series[i].Points = append(c.Series[i].Points, point)
		values[fmt.Sprint(row.Policy, "/", row.Size)] = text
	}
	var words []string
	for i := range c.Series {
		line := &c.Series[i]
		slices.SortFunc(line.Points, func(a, b chart.Point) int { return int(a.X - b.X) })
		first, last := line.Points[0], line.Points[len(line.Points)-1]
		line.Note = fmt.Sprintf("%s with %s, %s with %s", chart.Percent(first.Y), chart.Number(first.X), chart.Percent(last.Y), chart.Number(last.X))
		words = append(words, line.Name+": "+line.Note)
	}
	c.Description = strings.Join(words, "; ") + "."
	slices.Sort(sizes)
	for _, size := range sizes {
		row := cells(fmt.Sprint(size))
		for _, policy := range t.Header[1:] {
			row = append(row, Cell{Text: values[fmt.Sprint(policy, "/", size)]})
		}
		t.Rows = append(t.Rows, row)
	}
	s.Charts, s.Tables = []Chart{c}, []Table{t}
	return s
}

// Plan makes the page of a plan.
func Plan(a *plan.Answer, commandLine string) *Page {
	s := &a.Spec
	p := &Page{
		Title: "Plan: " + s.Name, Command: commandLine, Warnings: a.Warnings,
		About: fmt.Sprintf("%d nodes, %s handshakes a second each, lifetime %v", s.Nodes, chart.Number(a.Handshakes), s.Lifetime),
	}
	if a.Rehearsed != nil && !a.Rehearsed.OK() {
		p.Warnings = append(p.Warnings, fmt.Sprintf("The engine does not confirm the plan: predicted %s, outcome %s", chart.Percent(a.Rehearsed.Predicted), chart.Percent(a.Rehearsed.Resumed)))
	}
	p.Sections = []Section{needs(a), otherCaches(a), sensitivity(a), populations(a), {Title: "Assumptions", Lines: a.Assumptions}}
	return p
}

func needs(a *plan.Answer) Section {
	c := &a.Cores
	t := Table{Header: []string{"a node needs", "", "which is"}}
	add := func(name, value, remark string) {
		t.Rows = append(t.Rows, []Cell{{Text: name}, {Text: value}, {Text: remark, Class: "text"}})
	}
	t.Header[1] = "value"
	add("cache", chart.Number(float64(a.Capacity))+" sessions", fmt.Sprintf("%d; %.0f to %.0f if every input may be off by a tenth", a.Capacity, a.CapacityRange[0], a.CapacityRange[1]))
	add("memory", chart.Bytes(a.Memory.PerNode), fmt.Sprintf("%.0f B a session", a.Memory.PerSession))
	add("cores", fmt.Sprint(c.Cores), fmt.Sprintf("%d to %d by the quartiles of the costs; %d if nothing were resumed", c.Low, c.High, c.WithoutAny))
	lost := ""
	if c.NodeLost > 0 {
		lost = chart.Percent(c.NodeLost) + " when one node is lost"
	}
	add("utilisation", chart.Percent(c.Utilisation), lost)
	add("wait for a core", chart.Seconds(c.Wait), fmt.Sprintf("at the percentile %.4g; %s on average", 100*a.Spec.Percentile, chart.Seconds(c.MeanWait)))
	add("resumption", fmt.Sprintf("%.2f %%", 100*a.Resumption), fmt.Sprintf("wanted %.2f %%; at most %.2f %%, without eviction, which takes %s sessions", 100*a.Spec.Resumption, 100*a.Ceiling, chart.Number(a.Unevicted)))
	if g := a.Store; g != nil {
		add("with the store", fmt.Sprintf("%.2f %%", 100*g.Resumption), fmt.Sprintf("%s lookups a second and node, %s more a handshake on average, %d cores", chart.Number(g.Lookups), chart.Seconds(g.Latency), g.Cores))
	}
	if r := a.Rehearsed; r != nil {
		add("rehearsed with the engine", fmt.Sprintf("%.2f %%", 100*r.Resumed), fmt.Sprintf("predicted %.2f %%, with %s handshakes at %.4g of the size", 100*r.Predicted, chart.Number(float64(r.Handshakes)), r.Scale))
	}
	return Section{Title: "Answer", Tables: []Table{t}}
}

func otherCaches(a *plan.Answer) Section {
	c := &chart.Chart{
		Title: "Resumption by cache size", X: chart.Axis{Label: "sessions a node", Zero: true}, Y: chart.Axis{Label: "handshakes resumed", Zero: true, Format: chart.Percent},
		Marks: []chart.Mark{{At: float64(a.Capacity), Name: "the answer"}},
	}
	line := chart.Series{Name: "predicted", Note: fmt.Sprintf("%s with %s", chart.Percent(a.Resumption), chart.Number(float64(a.Capacity)))}
	t := Table{Caption: "Other caches", Header: []string{"sessions", "resumption", "memory"}}
	points := slices.Clone(a.Curve)
	points = append(points, plan.Point{Capacity: a.Capacity, Resumption: a.Resumption, Bytes: a.Memory.PerNode})
	slices.SortFunc(points, func(x, y plan.Point) int { return x.Capacity - y.Capacity })
	for _, p := range points {
		line.Points = append(line.Points, chart.Point{X: float64(p.Capacity), Y: p.Resumption})
		t.Rows = append(t.Rows, cells(fmt.Sprint(p.Capacity), fmt.Sprintf("%.2f %%", 100*p.Resumption), chart.Bytes(p.Bytes)))
	}
	c.Series = []chart.Series{line}
	c.Description = "predicted: " + line.Note + "."
	return Section{Title: "Other caches", Charts: []Chart{c}, Tables: []Table{t}}
}

func sensitivity(a *plan.Answer) Section {
	t := Table{Header: []string{"input", "value", "cache with a tenth less", "with a tenth more", "elasticity", "resumption with this cache"}}
	reach := func(n int) string {
		if n == 0 {
			return "out of reach"
		}
		return fmt.Sprint(n)
	}
	for _, s := range a.Sensitivity {
		elasticity := "–"
		if s.Elasticity != nil {
			elasticity = fmt.Sprintf("%+.2f", *s.Elasticity)
		}
		t.Rows = append(t.Rows, cells(s.Input, s.Value, reach(s.Less.Capacity), reach(s.More.Capacity), elasticity, fmt.Sprintf("%.2f to %.2f %%", 100*s.Less.Resumption, 100*s.More.Resumption)))
	}
	return Section{Title: "If an input is off by a tenth", Tables: []Table{t}}
}

func populations(a *plan.Answer) Section {
	t := Table{Header: []string{"population", "clients", "handshakes/s", "gaps", "newcomers", "TLS 1.2", "client certificates"}}
	for _, p := range a.Spec.Populations {
		t.Rows = append(t.Rows, cells(p.Name, chart.Number(p.Clients), chart.Number(p.Handshakes), p.Visits.String(), chart.Percent(p.Newcomers), chart.Percent(p.TLS12), chart.Percent(p.Mutual)))
	}
	return Section{Title: "Traffic", Tables: []Table{t}}
}
