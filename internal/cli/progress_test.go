package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/reprise-tls/reprise/internal/measure"
)

var half = measure.Progress{Doing: "churn sessions=100000 mutex g=2", Done: 30, Total: 60, Rate: 5_820_000}

func TestProgressLine(t *testing.T) {
	p := &progress{last: half, first: time.Now().Add(-29 * time.Second)}
	if got, want := p.text(), "30/60 slices, churn sessions=100000 mutex g=2, 5.820M ops/s, 30s left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p.last = measure.Progress{Doing: "preparing", Total: 60}
	if got, want := p.text(), "0/60 slices, preparing"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// One run after the other, as in gate --aa, each has its own time left.
func TestProgressOfTheNextRun(t *testing.T) {
	p := &progress{last: half, first: time.Now().Add(-time.Hour)}
	p.report(measure.Progress{Doing: "preparing", Total: 60})
	p.report(measure.Progress{Doing: "churn", Done: 1, Total: 60})
	p.report(measure.Progress{Doing: "churn", Done: 3, Total: 60})
	if left := p.left(); left > time.Minute {
		t.Errorf("%v left by the run before", left)
	}
}

func TestBarFitsAndHasItsColour(t *testing.T) {
	for _, width := range []int{1, 20, 39, 40, 79, 200} {
		p := &progress{last: half, first: time.Now()}
		line := p.barLine(width)
		if n := utf8.RuneCountInString(line); n > width {
			t.Errorf("width %d: %d runes: %q", width, n, line)
		}
		if strings.Contains(line, "\x1b") {
			t.Errorf("colour where none is wanted: %q", line)
		}
		if want := width >= 40; strings.HasPrefix(line, "━━━━━━━━━━──────────") != want {
			t.Errorf("width %d: a bar that is half full is wanted: %v, got %q", width, want, line)
		}
		p.color = true
		if line := p.barLine(width); width >= 40 && !strings.HasPrefix(line, "\x1b[32m━━━━━━━━━━\x1b[0m─") {
			t.Errorf("no colour: %q", line)
		}
	}
}

func TestProgressModes(t *testing.T) {
	for _, how := range []string{"auto", "lines"} {
		var b bytes.Buffer
		p, err := newProgress(&b, "loadgen", how)
		if err != nil {
			t.Fatal(err)
		}
		if p.bar != nil || p.color {
			t.Errorf("%s: a bar although standard error is no terminal", how)
		}
		p.report(half)
		p.say("hello")
		p.end()
		if !strings.Contains(b.String(), "loadgen: hello\n") || strings.Contains(b.String(), "\x1b") {
			t.Errorf("%s: wrote %q", how, b.String())
		}
	}
	var b bytes.Buffer
	p, err := newProgress(&b, "loadgen", "none")
	if err != nil {
		t.Fatal(err)
	}
	p.report(half)
	p.draw()
	p.end()
	if b.Len() > 0 {
		t.Errorf("wrote %q although nothing was wanted", b.String())
	}
}
