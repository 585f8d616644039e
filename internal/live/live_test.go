package live

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/scenario"
	"github.com/reprise-tls/reprise/internal/workload"
)

func view(color bool) *View {
	s := &scenario.Scenario{Name: "edge", Phases: []scenario.Phase{
		{Kind: scenario.Fill, Name: "fill"}, {Kind: scenario.WarmUp, Name: "warm-up", For: 5 * time.Second}, {Kind: scenario.Measure, Name: "measure", For: 10 * time.Second},
	}}
	return NewView("loadgen", s, []string{"engine", "mutex"}, color)
}

func second(target, phase string, n uint64) measure.Interval {
	evicted, steal := uint64(30), 0.125
	return measure.Interval{
		Target: target, Phase: phase, Start: 4 * time.Second, Elapsed: time.Second, Requests: n, Counts: workload.Counts{Gets: 10, Hits: 9},
		Service: &latency.Summary{P50: 1500, P99: 20_000, P999: 3_000_000}, Sessions: 777, Evicted: &evicted, Steal: &steal, Collector: .02,
		Arrivals: &measure.Arrivals{Due: n, Missed: 4, Behind: time.Millisecond},
	}
}

func TestView(t *testing.T) {
	v := view(false)
	if text := strings.Join(v.Lines(80, 24), "\n"); !strings.Contains(text, "filling the cache") {
		t.Errorf("before anything:\n%s", text)
	}
	v.Add(second("engine", "fill", 1_000_000))
	v.Add(second("engine", "measure", 1000))
	v.Add(second("engine", "measure", 2000))
	v.Say("preparing \x1b[2Jmutex")
	text := strings.Join(v.Lines(120, 24), "\n")
	for _, want := range []string{"loadgen: scenario edge", "phase measure, engine is playing", "at most 18s left", "2.000k req/s ▅█", "hit 90.0%", "p50 1.5µs   p99 20µs   p99.9 3ms", "777 sessions", "30 evicted/s", "gc 2.0%", "steal 12.5%", "missed 4", "preparing ·[2Jmutex"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Errorf("NO_COLOR, and yet:\n%q", text)
	}
	if text := strings.Join(func() *View { v := view(true); v.Add(second("engine", "measure", 1)); return v }().Lines(80, 24), "\n"); !strings.Contains(text, "\x1b[33m") {
		t.Errorf("no colour: %q", text)
	}
}

// However small the terminal is, nothing goes beyond its edges.
func TestViewFits(t *testing.T) {
	v := view(false)
	for range 300 {
		v.Add(second("engine", "measure", 10))
		v.Add(second("mutex", "measure", 20))
		v.Say("something that was said")
	}
	for width := range 100 {
		for _, height := range []int{0, 1, 5, 24} {
			lines := v.Lines(width, height)
			if len(lines) > height {
				t.Errorf("%d lines on %d", len(lines), height)
			}
			for _, l := range lines {
				if n := utf8.RuneCountInString(l); n > width {
					t.Errorf("%d columns on %d: %s", n, width, l)
				}
			}
		}
	}
}

func TestScreen(t *testing.T) {
	var b bytes.Buffer
	s := NewScreen(&b)
	if err := s.Close(); err != nil || b.Len() > 0 {
		t.Errorf("%v, %q: nothing was drawn", err, &b)
	}
	for range 2 {
		if err := s.Draw([]string{"a", "b"}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	frame := "\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J"
	if want := "\x1b[?1049h\x1b[?25l" + frame + frame + "\x1b[0m\x1b[?25h\x1b[?1049l"; b.String() != want {
		t.Errorf("%q, want %q", &b, want)
	}
}
