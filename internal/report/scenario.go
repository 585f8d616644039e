package report

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/perf/benchunit"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
)

// schedule is how an open loop's schedule was kept in all samples of a cell.
type schedule struct {
	due, done, missed, dropped uint64
	behind                     time.Duration // at the end
	busy                       float64
	latency, wake              *latency.Summary
}

// scheduleOf adds a cell's samples up, false for a closed loop.
func scheduleOf(c *measure.Cell) (s schedule, open bool, err error) {
	var latencies, wakes []*latency.Summary
	elapsed := 0.0
	for _, sample := range c.Samples {
		a := sample.Arrivals
		if a == nil {
			return schedule{}, false, nil
		}
		s.due += a.Due
		s.missed += a.Missed
		s.dropped += a.Dropped
		s.behind = a.Behind
		s.busy += a.Busy * sample.Elapsed.Seconds()
		elapsed += sample.Elapsed.Seconds()
		latencies, wakes = append(latencies, a.Latency), append(wakes, a.Wake)
		if a.Latency != nil {
			s.done += uint64(a.Latency.Count)
		}
	}
	if len(c.Samples) == 0 {
		return schedule{}, false, nil
	}
	s.busy /= elapsed
	if s.latency, err = latency.Merge(latencies...); err != nil {
		return s, true, err
	}
	s.wake, err = latency.Merge(wakes...)
	return s, true, err
}

// schedules has, below the latencies from the real start, those from the
// intended one, and how the schedule was kept.
func (t *table) schedules() (string, error) {
	var g grid
	g.row("from the intended start, sec", "due", "done", "p50", "p99", "p99.9", "p99.99", "max", "missed", "dropped", "behind", "busy", "generator late p99")
	open := false
	err := t.eachCell(&g, func(c *measure.Cell, _ at) ([]string, error) {
		s, is, err := scheduleOf(c)
		if err != nil || !is {
			return nil, err
		}
		open = true
		cells := []string{benchunit.Scale(float64(s.due), benchunit.Decimal)}
		cells = append(cells, percentiles(s.latency)...)
		cells = append(cells, fmt.Sprint(s.missed), fmt.Sprint(s.dropped), s.behind.Round(time.Millisecond).String(), share(s.busy, 1))
		late := ""
		if s.wake != nil {
			late = benchunit.Scale(float64(s.wake.P99)/1e9, benchunit.Decimal)
		}
		return append(cells, late), nil
	})
	if err != nil || !open {
		return "", err
	}
	return "\n" + g.String(), nil
}

// tolerableShortfall is the share of what was due that a run may leave undone
// and still count as one that kept its rate.
const tolerableShortfall = 0.01

// scenarioFindings say whether open loops kept their rates, and why not, and
// what came of a population's connections.
func scenarioFindings(r *measure.Result) (lines []string) {
	for _, c := range r.Cells {
		s, open, err := scheduleOf(c)
		if err != nil || !open || s.due == 0 || float64(s.due-min(s.due, s.done)) <= tolerableShortfall*float64(s.due) {
			continue
		}
		who := "the target, or a machine that does something else: its calls took " + share(s.busy, 1) + " of the goroutines' time"
		if s.busy < 0.5 {
			who = "the generator or the machine: the target's calls took only " + share(s.busy, 1) + " of the goroutines' time"
		}
		lines = append(lines, fmt.Sprintf("LATE: %s: of %d requests that were due %d were done, %v behind at the end; what could not keep up is %s",
			benchmarkName(c), s.due, s.done, s.behind.Round(time.Millisecond), who))
	}
	return append(lines, resumptions(r)...)
}

// resumptions tell what came of the connections in each measured phase.
func resumptions(r *measure.Result) (lines []string) {
	if r.Scenario == nil {
		return nil
	}
	for _, p := range r.Scenario.Phases {
		if !p.Measured() {
			continue
		}
		for _, target := range r.Settings.Targets {
			var h measure.Handshakes
			for _, i := range r.Intervals {
				if i.Target == target && i.Phase == p.Name && i.Handshakes != nil {
					h = h.Plus(*i.Handshakes)
				}
			}
			if h.Connections == 0 {
				continue
			}
			n := float64(h.Connections)
			parts := []string{fmt.Sprintf("%s resumed", share(float64(h.Resumed), n)), fmt.Sprintf("%s full", share(float64(h.Full), n))}
			if h.Aborted > 0 {
				parts = append(parts, share(float64(h.Aborted), n)+" aborted")
			}
			if h.Offered > 0 {
				parts = append(parts, fmt.Sprintf("%s offered a session, of which %s came from another node", share(float64(h.Offered), n), share(float64(h.Elsewhere), float64(h.Offered))))
			}
			lines = append(lines, fmt.Sprintf("handshakes: %s, phase %s: %d connections, %s", target, p.Name, h.Connections, strings.Join(parts, ", ")))
		}
	}
	return lines
}
