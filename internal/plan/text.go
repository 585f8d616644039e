package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// JSON writes the answer: the fields of [Answer], durations in nanoseconds
// where their names end in Ns and as text in the spec, all others in seconds.
func (a *Answer) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	return e.Encode(a)
}

// Text writes the answer for people. Nothing is written if that fails half
// way.
func (a *Answer) Text(w io.Writer) error {
	var b bytes.Buffer
	a.writeAnswer(&b)
	a.writeCurve(&b)
	a.writeSensitivity(&b)
	a.writeCosts(&b)
	a.writeRehearsed(&b)
	fmt.Fprintf(&b, "\nAssumptions\n")
	for _, s := range a.Assumptions {
		fmt.Fprintf(&b, "  - %s\n", s)
	}
	if len(a.Warnings) > 0 {
		fmt.Fprintf(&b, "\nWarnings\n")
		for _, s := range a.Warnings {
			fmt.Fprintf(&b, "  ! %s\n", s)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// columns lays out lines of tab-separated cells, the last of which is not
// padded.
func columns(b *bytes.Buffer, lines ...string) {
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, l := range lines {
		fmt.Fprintln(t, "  "+l)
	}
	t.Flush()
}

func count(v float64) string {
	digits := fmt.Sprintf("%.0f", v)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func mebibytes(v float64) string { return fmt.Sprintf("%.1f MiB", v/(1<<20)) }

func age(v float64) string { return (time.Duration(v) * time.Second).String() }

func (a *Answer) writeAnswer(b *bytes.Buffer) {
	s := &a.Spec
	fmt.Fprintf(b, "%s: %d nodes, %s handshakes a second each, lifetime %v\n\n", s.Name, s.Nodes, count(a.Handshakes), s.Lifetime)
	for _, p := range s.Populations {
		columns(b, fmt.Sprintf("%s: %s clients, %s handshakes/s, %s, newcomers %s, TLS 1.2 %s, client certificates %s",
			p.Name, count(p.Clients), count(p.Handshakes), p.Visits, percent(p.Newcomers), percent(p.TLS12), percent(p.Mutual)))
	}
	c := &a.Cores
	fmt.Fprintf(b, "\nA node needs\n")
	lines := []string{
		fmt.Sprintf("cache\t%s sessions\t(%s to %s if every input may be off by a tenth)", count(float64(a.Capacity)), count(a.CapacityRange[0]), count(a.CapacityRange[1])),
		fmt.Sprintf("memory\t%s\t%.0f B a session", mebibytes(a.Memory.PerNode), a.Memory.PerSession),
		fmt.Sprintf("cores\t%d\t(%d to %d by the quartiles of the costs; %d if nothing were resumed) for %s full and %s resumed handshakes a second", c.Cores, c.Low, c.High, c.WithoutAny, count(c.Full), count(c.Resumed)),
		fmt.Sprintf("utilisation\t%.1f %%\t%s", 100*c.Utilisation, a.nodeLost()),
		fmt.Sprintf("wait\t%s\tat the percentile %.4g; %s on average", seconds(c.Wait), 100*s.Percentile, seconds(c.MeanWait)),
	}
	columns(b, lines...)
	fmt.Fprintf(b, "\nand resumes\n")
	lines = []string{
		fmt.Sprintf("wanted\t%.2f %%", 100*s.Resumption),
		fmt.Sprintf("with this cache\t%.2f %%\ta session never resumed is evicted after %s, others after %s", 100*a.Resumption, age(a.Residence.Probation), age(a.Residence.Promoted)),
		fmt.Sprintf("at most\t%.2f %%\twithout eviction, which takes %s sessions", 100*a.Ceiling, count(a.Unevicted)),
	}
	if g := a.Store; g != nil {
		lines = append(lines, fmt.Sprintf("with the store\t%.2f %%\t%s lookups a second and node, %s more a handshake on average, %d cores; %s", 100*g.Resumption, count(g.Lookups), seconds(g.Latency), g.Cores, a.withStore()))
	}
	columns(b, lines...)
}

func (a *Answer) nodeLost() string {
	if a.Cores.NodeLost == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f %% when one node is lost", 100*a.Cores.NodeLost)
}

func (a *Answer) withStore() string {
	if a.Store.Capacity == 0 {
		return "what is wanted is out of its reach"
	}
	return fmt.Sprintf("what is wanted takes %s sessions", count(float64(a.Store.Capacity)))
}

func (a *Answer) writeCurve(b *bytes.Buffer) {
	fmt.Fprintf(b, "\nOther caches\n")
	lines := []string{"sessions\tresumption\tmemory"}
	for _, p := range a.Curve {
		lines = append(lines, fmt.Sprintf("%s\t%.2f %%\t%s", count(float64(p.Capacity)), 100*p.Resumption, mebibytes(p.Bytes)))
	}
	columns(b, lines...)
}

func (a *Answer) writeSensitivity(b *bytes.Buffer) {
	fmt.Fprintf(b, "\nIf an input is a tenth less … more than given\n")
	lines := []string{"input\tvalue\tcache for what is wanted\telasticity\tresumption with this cache\tcores"}
	reach := func(n int) string {
		if n == 0 {
			return "out of reach"
		}
		return count(float64(n))
	}
	for _, s := range a.Sensitivity {
		elasticity := "-"
		if s.Elasticity != nil {
			elasticity = fmt.Sprintf("%+.2f", *s.Elasticity)
		}
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s … %s\t%s\t%.2f %% … %.2f %%\t%d … %d", s.Input, s.Value, reach(s.Less.Capacity), reach(s.More.Capacity),
			elasticity, 100*s.Less.Resumption, 100*s.More.Resumption, s.Less.Cores, s.More.Cores))
	}
	columns(b, lines...)
}

func (a *Answer) writeCosts(b *bytes.Buffer) {
	fmt.Fprintf(b, "\nA handshake costs the server (of one core)\n")
	lines := []string{"kind\tfull\tresumed\tsession"}
	cost := func(median, low, high float64, n int) string {
		if n == 0 {
			return seconds(median) + " (given)"
		}
		return fmt.Sprintf("%s (%s to %s)", seconds(median), seconds(low), seconds(high))
	}
	kinds := make([]string, 0, len(a.Measured.Costs))
	for kind := range a.Measured.Costs {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		p := a.Measured.Costs[kind]
		size := fmt.Sprintf("%.0f B", p.Bytes)
		if !p.Weighed {
			size += " (given)"
		} else {
			size += fmt.Sprintf(", its state %d B of them", p.StateLen)
		}
		lines = append(lines, strings.Join([]string{kind, cost(p.Full.Median, p.Full.Low, p.Full.High, p.Full.Count),
			cost(p.Resumed.Median, p.Resumed.Low, p.Resumed.High, p.Resumed.Count), size}, "\t"))
	}
	columns(b, lines...)
}

func (a *Answer) writeRehearsed(b *bytes.Buffer) {
	r := a.Rehearsed
	if r == nil {
		return
	}
	fmt.Fprintf(b, "\nRehearsed with the engine: %v of %d nodes at 1/%.4g of their size (%s sessions a node), %s handshakes counted\n",
		r.Simulated.Round(time.Second), a.Spec.Nodes, 1/r.Scale, count(float64(r.Capacity)), count(float64(r.Handshakes)))
	lines := []string{"\tpredicted\toutcome\tdifference", fmt.Sprintf("resumption\t%.2f %%\t%.2f %%\t%+.2f points", 100*r.Predicted, 100*r.Resumed, 100*(r.Resumed-r.Predicted))}
	if w := r.WithStore; w != nil {
		lines = append(lines, fmt.Sprintf("with the store\t%.2f %%\t%.2f %%\t%+.2f points", 100*w.Predicted, 100*w.Resumed, 100*(w.Resumed-w.Predicted)))
	}
	columns(b, lines...)
	verdict := "They agree"
	if !r.OK() {
		verdict = "They do NOT agree"
	}
	fmt.Fprintf(b, "  %s within %.0f points.\n", verdict, 100*Tolerance)
}
