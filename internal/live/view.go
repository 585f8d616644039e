package live

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/scenario"
)

// A View is what is to be seen. One goroutine at a time may use it.
type View struct {
	name     string
	targets  []string
	phases   []scenario.Phase
	color    bool
	now      measure.Interval // the latest
	known    bool
	series   map[string][]measure.Interval
	played   map[string]time.Duration // by phase, all targets together
	messages []string
}

// kept is how many intervals of a target a sparkline can show.
const kept = 240

// NewView returns the view of a scenario that the given targets play. color
// says whether it may have colours (https://no-color.org).
func NewView(name string, s *scenario.Scenario, targets []string, color bool) *View {
	return &View{
		name: name + ": scenario " + s.Name, targets: targets, phases: s.Phases, color: color,
		series: make(map[string][]measure.Interval), played: make(map[string]time.Duration),
	}
}

// Add takes in an interval.
func (v *View) Add(i measure.Interval) {
	v.now, v.known = i, true
	v.played[i.Phase] += i.Elapsed
	for _, p := range v.phases {
		if p.Name == i.Phase && p.Kind == scenario.Fill {
			return // a rate beside which all others would look like none
		}
	}
	v.series[i.Target] = append(v.series[i.Target], i)
	v.series[i.Target] = v.series[i.Target][max(0, len(v.series[i.Target])-kept):]
}

// Say takes in a message, the last of which are shown.
func (v *View) Say(message string) { v.messages = append(v.messages, message) }

// Left returns how long the scenario takes from here at most: warm-ups may end
// early, and filling is not counted.
func (v *View) Left() (left time.Duration) {
	current := false
	for k := len(v.phases) - 1; k >= 0 && !current; k-- {
		p := v.phases[k]
		current = v.known && p.Name == v.now.Phase
		left += max(0, p.For*time.Duration(len(v.targets))-v.played[p.Name])
	}
	return left.Round(time.Second)
}

// Lines returns the view for a terminal, no line longer than width and no more
// than height.
func (v *View) Lines(width, height int) []string {
	lines := []string{v.bold(fit(v.name, width))}
	switch {
	case !v.known:
		lines = append(lines, fit("filling the cache", width))
	default:
		lines = append(lines, fit(fmt.Sprintf("phase %s, %s is playing, %v since the beginning, at most %v left",
			v.now.Phase, v.now.Target, (v.now.Start+v.now.Elapsed).Round(time.Second), v.Left()), width))
	}
	for _, target := range v.targets {
		if s := v.series[target]; len(s) > 0 {
			lines = append(lines, "")
			lines = append(lines, v.target(target, s, width)...)
		}
	}
	if room := height - len(lines) - 1; room > 0 && len(v.messages) > 0 {
		lines = append(lines, "")
		for _, m := range v.messages[max(0, len(v.messages)-room):] {
			lines = append(lines, fit(m, width))
		}
	}
	return lines[:min(len(lines), max(height, 0))]
}

// target returns the lines of one.
func (v *View) target(name string, s []measure.Interval, width int) []string {
	i := s[len(s)-1]
	head := fmt.Sprintf("%-12s %8s req/s ", name, Scaled(i.Rate()))
	rates := make([]float64, len(s))
	for k := range s {
		rates[k] = s[k].Rate()
	}
	lines := []string{fit(head, width) + v.paint(Sparkline(rates, width-utf8.RuneCountInString(head)), "36")}
	times := i.Service
	from := "latency"
	if i.Arrivals != nil && i.Arrivals.Latency != nil {
		times, from = i.Arrivals.Latency, "latency from the intended start"
	}
	if times != nil {
		lines = append(lines, fit("  "+from+"   "+percentiles(times), width))
	}
	lines = append(lines, fit("  "+strings.Join(facts(i), "   "), width))
	if a := i.Arrivals; a != nil {
		text := fit(fmt.Sprintf("  due %d   missed %d   behind %v", a.Due, a.Missed, a.Behind.Round(time.Microsecond)), width)
		if a.Missed > 0 || a.Behind > 0 {
			text = v.paint(text, "33")
		}
		lines = append(lines, text)
	}
	return lines
}

func percentiles(s *latency.Summary) string {
	return fmt.Sprintf("p50 %v   p99 %v   p99.9 %v", Rounded(s.P50), Rounded(s.P99), Rounded(s.P999))
}

// facts are what is known of an interval besides rate and latencies.
func facts(i measure.Interval) (parts []string) {
	if share := i.HitShare(); !math.IsNaN(share) {
		parts = append(parts, fmt.Sprintf("hit %.1f%%", 100*share))
	}
	parts = append(parts, fmt.Sprintf("%d sessions", i.Sessions))
	if i.Evicted != nil {
		parts = append(parts, Scaled(float64(*i.Evicted)/i.Elapsed.Seconds())+" evicted/s")
	}
	parts = append(parts, fmt.Sprintf("gc %.1f%%", 100*i.Collector))
	if i.Steal != nil {
		parts = append(parts, fmt.Sprintf("steal %.1f%%", 100**i.Steal))
	}
	return parts
}

// bars of a sparkline.
var bars = []rune("▁▂▃▄▅▆▇█")

// Sparkline draws the last width values, the largest of them as a full bar.
func Sparkline(values []float64, width int) string {
	values = values[max(0, len(values)-max(width, 0)):]
	top := 0.0
	for _, x := range values {
		top = max(top, x)
	}
	var b strings.Builder
	for _, x := range values {
		k := 0
		if top > 0 && x > 0 {
			k = min(int(x/top*float64(len(bars))), len(bars)-1)
		}
		b.WriteRune(bars[k])
	}
	return b.String()
}

func (v *View) bold(s string) string { return v.paint(s, "1") }

func (v *View) paint(s, code string) string {
	if !v.color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// fit shortens a line, and puts dots for control characters, which would move the cursor.
func fit(s string, width int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '·'
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	if width < 1 {
		return ""
	}
	return string([]rune(s)[:width-1]) + "…"
}
