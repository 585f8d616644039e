package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/perf/benchmath"
	"golang.org/x/perf/benchunit"

	"github.com/reprise-tls/reprise/internal/handshake"
	"github.com/reprise-tls/reprise/internal/latency"
)

// HandshakeTable writes the result for people: for every mix and number of
// goroutines the targets one below the other, with medians, 95% confidence
// intervals, and the ratio to the first target; then latencies, and what came of
// the connections. Statistics, notation and footnotes are benchstat's.
func HandshakeTable(w io.Writer, r *handshake.Result, commandLine string) error {
	var b strings.Builder
	for _, c := range handshakeConfiguration(r) {
		fmt.Fprintf(&b, "%s: %s\n", c.Key, c.Value)
	}
	for _, line := range handshakeRemarks(r, commandLine) {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	b.WriteByte('\n')
	t := &handshakeTable{result: r}
	latencies, err := t.latencies()
	if err != nil {
		return err
	}
	b.WriteString(t.rates() + latencies + t.outcomes())
	if lines := handshakeFindings(r); len(lines) > 0 {
		fmt.Fprintf(&b, "\n%s\n", strings.Join(lines, "\n"))
	}
	_, err = io.WriteString(w, b.String())
	return err
}

type handshakeTable struct {
	result *handshake.Result
	notes  table // of which only the notes are used
}

// rows adds the rows that f returns for every cell in which a handshake was
// finished, the first of them with the target, under a line with the name.
func (t *handshakeTable) rows(g *grid, f func(c, base *handshake.Cell) [][]string) {
	name := ""
	for _, c := range t.result.Cells {
		if len(handshakeSample(c, unitHandshakes)) == 0 {
			continue
		}
		target := "  " + c.Target
		for _, cells := range f(c, t.base(c)) {
			if row := "Handshake" + handshakeRow(t.result, c); name != row {
				g.line(row)
				name = row
			}
			g.row(append([]string{target}, cells...)...)
			target = ""
		}
	}
}

// base returns the cell of the first target for the same mix and goroutines.
func (t *handshakeTable) base(c *handshake.Cell) *handshake.Cell {
	i := slices.IndexFunc(t.result.Cells, func(o *handshake.Cell) bool {
		return o.Target == t.result.Settings.Targets[0] && o.Mix == c.Mix && o.Goroutines == c.Goroutines
	})
	if i < 0 {
		return nil
	}
	return t.result.Cells[i]
}

func (t *handshakeTable) rates() string {
	g := grid{left: []int{2, 4, 9}} // intervals and p-values
	base := "vs " + t.result.Settings.Targets[0]
	g.row("", unitHandshakes, "", base, "", unitResumed, "client cpu", "server cpu", base, "", "client's share")
	empty := true
	t.rows(&g, func(c, base *handshake.Cell) [][]string {
		empty = false
		cells := t.notes.rate(newSample(c, unitHandshakes))
		cells = append(cells, t.compare(c, base, unitHandshakes)...)
		cells = append(cells, fmt.Sprintf("%.2f", handshakeMedian(c, unitResumed)), cpu(c, unitClient), cpu(c, unitServer))
		return [][]string{append(append(cells, t.compare(c, base, unitServer)...), clientShare(c))}
	})
	if empty {
		return "no handshake was finished\n"
	}
	return g.String() + t.notes.footnotes()
}

func newSample(c *handshake.Cell, unit string) *benchmath.Sample {
	v := handshakeSample(c, unit)
	if len(v) == 0 {
		return nil
	}
	return benchmath.NewSample(v, &benchmath.DefaultThresholds)
}

func (t *handshakeTable) compare(c, base *handshake.Cell, unit string) []string {
	s := newSample(c, unit)
	if s == nil || base == nil {
		return []string{"", ""}
	}
	cells, _ := t.notes.compare(newSample(base, unit), s, c == base)
	return cells
}

// handshakeMedian returns the median of a unit, 0 where it was not measured.
func handshakeMedian(c *handshake.Cell, unit string) float64 {
	s := newSample(c, unit)
	if s == nil {
		return 0
	}
	return benchmath.AssumeNothing.Summary(s, confidence).Center
}

// cpu returns processor time in seconds, nothing where it is not known.
func cpu(c *handshake.Cell, unit string) string {
	if ns := handshakeMedian(c, unit); ns > 0 {
		return benchunit.Scale(ns/1e9, benchunit.Decimal) + "s"
	}
	return ""
}

// clientShare returns how much of the processor time of a handshake is the
// clients', which is what the generator costs.
func clientShare(c *handshake.Cell) string {
	client, server := handshakeMedian(c, unitClient), handshakeMedian(c, unitServer)
	if client == 0 || server == 0 {
		return ""
	}
	return share(client, client+server)
}

// handshakeLatencies are the kinds of latency that there may be.
var handshakeLatencies = []struct {
	name string
	of   func(handshake.Sample) *latency.Summary
}{
	{"full", func(s handshake.Sample) *latency.Summary { return s.Full }},
	{"resumed", func(s handshake.Sample) *latency.Summary { return s.Resumed }},
	{"from the intended start", func(s handshake.Sample) *latency.Summary {
		if s.Arrivals == nil {
			return nil
		}
		return s.Arrivals.Latency
	}},
	{"of that, the generator's", func(s handshake.Sample) *latency.Summary {
		if s.Arrivals == nil {
			return nil
		}
		return s.Arrivals.Wake
	}},
}

// latencies has the percentiles, in seconds, of all slices of a cell together.
func (t *handshakeTable) latencies() (string, error) {
	g := grid{left: []int{1}}
	g.row("latency, sec", "", "timed", "p50", "p99", "p99.9", "p99.99", "max")
	var failure error
	t.rows(&g, func(c, _ *handshake.Cell) (rows [][]string) {
		for _, kind := range handshakeLatencies {
			var summaries []*latency.Summary
			for _, s := range c.Samples {
				summaries = append(summaries, kind.of(s))
			}
			all, err := latency.Merge(summaries...)
			if err != nil {
				failure = fmt.Errorf("%s: %w", handshakeName(t.result, c), err)
			}
			if all != nil {
				rows = append(rows, append([]string{kind.name}, percentiles(all)...))
			}
		}
		return rows
	})
	if failure != nil || len(g.rows) == 1 {
		return "", failure
	}
	return "\n" + g.String(), nil
}

// outcomes has what came of all connections.
func (t *handshakeTable) outcomes() string {
	var g grid
	g.row("connections", "started", "full", "resumed", "aborted", "failed", "offered", "new tickets", "sessions kept", "evicted")
	t.rows(&g, func(c, _ *handshake.Cell) [][]string {
		var cells []string
		n := c.Counts()
		for _, x := range []uint64{n.Started, n.Full, n.Resumed, n.Aborted, n.Failed, n.Offered, n.Kept} {
			cells = append(cells, count(x))
		}
		return [][]string{append(cells, kept(c)...)}
	})
	if len(g.rows) == 1 {
		return ""
	}
	return "\n" + g.String()
}

// kept returns how many sessions the server had at the end and how many it
// evicted, for servers that tell.
func kept(c *handshake.Cell) []string {
	last := c.Samples[len(c.Samples)-1].Server
	if last == nil || last.Sessions == nil {
		return []string{"", ""}
	}
	var evicted uint64
	for _, s := range c.Samples {
		evicted += *s.Server.Evicted
	}
	return []string{fmt.Sprint(*last.Sessions), count(evicted)}
}
