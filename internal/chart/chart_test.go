package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		name   string
		axis   Axis
		values []float64
		want   string
	}{
		{"from zero", Axis{Zero: true}, []float64{3, 97}, "0 20 40 60 80 100"},
		{"not from zero", Axis{}, []float64{61, 99}, "60 70 80 90 100"},
		{"whole numbers", Axis{Whole: true, Zero: true}, []float64{1, 2}, "0 1 2"},
		{"nothing but zeros", Axis{Zero: true}, []float64{0, 0}, "0 0.2 0.4 0.6 0.8 1"},
		{"one value", Axis{}, []float64{50}, "44 46 48 50 52 54 56"},
		{"few powers", Axis{Log: true}, []float64{3, 40}, "2 5 10 20 50"},
		{"many powers", Axis{Log: true, Format: Seconds}, []float64{2e-7, 0.3}, "100 ns 10 µs 1 ms 100 ms 10 s"},
		{"no value", Axis{}, []float64{math.NaN()}, "0 0.2 0.4 0.6 0.8 1"},
		{"zero on a logarithmic axis", Axis{Log: true}, []float64{0, 5, 50}, "5 10 20 50"},
	} {
		s := newScale(&c.axis, c.values, 0, 100, 5)
		var texts []string
		for _, tick := range s.ticks {
			texts = append(texts, tick.Text)
		}
		if got := strings.Join(texts, " "); got != c.want {
			t.Errorf("%s: ticks %s, want %s", c.name, got, c.want)
		}
		for _, v := range c.values {
			if at := s.at(v); c.axis.valid(v) && (at < -1e-6 || at > 100+1e-6) {
				t.Errorf("%s: %v is at %v, outside of the axis", c.name, v, at)
			}
		}
	}
}

func TestFormats(t *testing.T) {
	for got, want := range map[string]string{
		Number(0): "0", Number(999.6): "1k", Number(1234567): "1.23M", Number(0.05): "0.05", Number(math.Inf(1)): "–",
		Percent(0.9876): "98.8 %", Seconds(0): "0 s", Seconds(1.5e-7): "150 ns", Seconds(0.25): "250 ms", Seconds(90): "90 s",
		Bytes(1536): "1.5 KiB", Bytes(100): "100 B",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// wellFormed fails if the text is no XML, which inline SVG should be.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}

func TestChart(t *testing.T) {
	c := Chart{
		Title: "Rate <of> all", Description: "engine: median 2.", X: Axis{Label: "s"}, Y: Axis{Label: "ops/s", Zero: true},
		Bands: []Band{{0, 5, "warm-up"}, {5, 10, "a name too long for its band, by far, on any screen whatsoever, and then some more of it"}},
		Marks: []Mark{{4, "change"}},
		Series: []Series{
			{Name: `a"b<c>`, Note: "median 2", Points: []Point{{X: 1, Y: 2}, {X: 2, Y: 3, Low: 2.5, High: 3.5, Interval: true}, {X: math.NaN()}, {X: 8, Y: 1}}},
			{Name: "ideal", Dashed: true, Plain: true, Color: 1, Points: []Point{{X: 1, Y: 2}, {X: 9, Y: 18}}},
		},
	}
	html, err := c.HTML()
	if err != nil {
		t.Fatal(err)
	}
	text := string(html)
	wellFormed(t, text)
	for want, n := range map[string]int{
		"<svg class=\"plot": 2, "<desc>engine: median 2.</desc>": 2, `role="img"`: 2, "Rate &lt;of&gt; all": 5,
		"a&#34;b&lt;c&gt;: 3 at 2</title>": 2, "<span class=\"note\">median 2</span>": 1, `class="interval"`: 2, `class="dot"`: 6, "<title>warm-up</title>": 2,
		`class="s0 model"`: 2,
	} {
		if got := strings.Count(text, want); got != n {
			t.Errorf("%q is there %d times, want %d", want, got, n)
		}
	}
	if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Errorf("a place that is no number:\n%s", text)
	}
	if (&Chart{}).Empty() != true || c.Empty() {
		t.Error("what is empty?")
	}
}

func TestIntervals(t *testing.T) {
	c := Intervals{Title: "Effects", Format: Number, Rows: []Effect{
		{Name: "x", At: 7, Low: 5, High: 9, Floor: 3, Class: "bad"}, {Name: "y & z", At: -1, Low: -2, High: 1, Floor: math.NaN(), Class: "same"},
	}}
	html, err := c.HTML()
	if err != nil {
		t.Fatal(err)
	}
	text := string(html)
	wellFormed(t, text)
	if strings.Count(text, `class="floor"`) != 2 || strings.Count(text, `class="bad"`) != 2 || !strings.Contains(text, "y &amp; z: -1, -2 to 1") || strings.Contains(text, "NaN") {
		t.Errorf("%s", text)
	}
}
