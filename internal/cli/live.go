package cli

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/reprise-tls/reprise/internal/live"
	"github.com/reprise-tls/reprise/internal/measure"
)

// interval writes one line about a second of a scenario.
func (p *progress) interval(i measure.Interval) {
	if p.quiet {
		return
	}
	if p.watched(i) {
		return
	}
	line := liveLine(i)
	if p.color && i.Arrivals != nil && (i.Arrivals.Missed > 0 || i.Arrivals.Behind > 0) {
		line = "\x1b[33m" + line + "\x1b[0m"
	}
	p.say(line)
}

// watched gives an interval to the view on the whole terminal, false if there
// is none.
func (p *progress) watched(i measure.Interval) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.view == nil {
		return false
	}
	p.view.Add(i)
	return true
}

// doing says what a scenario does that is no interval.
func (p *progress) doing(now measure.Progress) {
	if !p.quiet {
		p.say(now.Doing)
	}
}

// liveLine is what a person wants to see of a second. Latencies of an open loop
// are those from the intended start.
func liveLine(i measure.Interval) string {
	parts := []string{
		fmt.Sprintf("%4.0fs %s %s:", (i.Start + i.Elapsed).Seconds(), i.Target, i.Phase),
		live.Scaled(i.Rate()) + " req/s",
	}
	if share := i.HitShare(); !math.IsNaN(share) {
		parts = append(parts, fmt.Sprintf("hit %.1f%%", 100*share))
	}
	latency := i.Service
	if i.Arrivals != nil && i.Arrivals.Latency != nil {
		latency = i.Arrivals.Latency
	}
	if latency != nil {
		parts = append(parts, fmt.Sprintf("p50 %v p99 %v p99.9 %v", live.Rounded(latency.P50), live.Rounded(latency.P99), live.Rounded(latency.P999)))
	}
	parts = append(parts, fmt.Sprintf("%d sessions", i.Sessions))
	if i.Evicted != nil {
		parts = append(parts, live.Scaled(float64(*i.Evicted)/i.Elapsed.Seconds())+" evicted/s")
	}
	parts = append(parts, fmt.Sprintf("gc %.1f%%", 100*i.Collector))
	if i.Steal != nil {
		parts = append(parts, fmt.Sprintf("steal %.1f%%", 100**i.Steal))
	}
	if a := i.Arrivals; a != nil {
		parts = append(parts, fmt.Sprintf("missed %d", a.Missed))
		if a.Behind > 0 {
			parts = append(parts, fmt.Sprintf("behind %v", a.Behind.Round(time.Microsecond)))
		}
	}
	return strings.Join(parts, "  ")
}
