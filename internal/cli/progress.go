package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/perf/benchunit"
	"golang.org/x/term"

	"github.com/reprise-tls/reprise/internal/measure"
)

// progress shows how far a run is, on standard error. Its methods may be
// called by any number of goroutines.
type progress struct {
	w     io.Writer
	name  string
	bar   *os.File // the terminal to draw a bar on, nil: lines
	color bool
	quiet bool

	mu    sync.Mutex
	last  measure.Progress
	first time.Time     // when the first slice was done
	drawn bool          // a bar is on the screen
	done  chan struct{} // closed at the end
	ended sync.WaitGroup
}

// interval is how often something is written: a bar ten times a second, a line
// once.
const (
	barInterval  = 100 * time.Millisecond
	lineInterval = time.Second
)

func newProgress(w io.Writer, name, how string) (*progress, error) {
	p := &progress{w: w, name: name, done: make(chan struct{})}
	file, _ := w.(*os.File)
	switch how {
	case "none":
		p.quiet = true
		return p, nil
	case "lines":
	case "bar":
		p.bar = file
	case "auto":
		if file != nil && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" {
			p.bar = file
		}
	default:
		return nil, flagError("progress", fmt.Errorf("%q is not allowed; allowed are auto, bar, lines and none", how))
	}
	// https://no-color.org: present and not empty.
	p.color = p.bar != nil && os.Getenv("NO_COLOR") == ""
	interval := lineInterval
	if p.bar != nil {
		interval = barInterval
	}
	p.ended.Go(func() { p.tick(interval) })
	return p, nil
}

func (p *progress) tick(interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-ticker.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
		}
	}
}

// report notes how far the run is.
func (p *progress) report(now measure.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Done > 0 && p.first.IsZero() {
		p.first = time.Now()
	}
	p.last = now
}

// say writes a message of its own.
func (p *progress) say(message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprintf(p.w, "%s: %s\n", p.name, message)
}

// end takes the bar off the screen.
func (p *progress) end() {
	if !p.quiet {
		close(p.done)
	}
	p.ended.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

func (p *progress) erase() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}

func (p *progress) draw() {
	if p.quiet || p.last.Total == 0 {
		return
	}
	if p.bar == nil {
		fmt.Fprintf(p.w, "%s: %s\n", p.name, p.text())
		return
	}
	width, _, err := term.GetSize(int(p.bar.Fd()))
	if err != nil || width < 1 {
		width = 80
	}
	fmt.Fprintf(p.w, "\r%s\x1b[K", p.barLine(width-1))
	p.drawn = true
}

// text is one line without a bar.
func (p *progress) text() string {
	s := fmt.Sprintf("%d/%d slices, %s", p.last.Done, p.last.Total, p.last.Doing)
	if p.last.Rate > 0 {
		s += ", " + benchunit.Scale(p.last.Rate, benchunit.Decimal) + " ops/s"
	}
	if left := p.left(); left > 0 {
		s += fmt.Sprintf(", %v left", left)
	}
	return s
}

// left estimates how long the run will take from here. What came before the
// first slice, making the sessions, says nothing about it.
func (p *progress) left() time.Duration {
	if p.last.Done < 2 {
		return 0
	}
	each := time.Since(p.first) / time.Duration(p.last.Done-1)
	return (each * time.Duration(p.last.Total-p.last.Done)).Round(time.Second)
}

// barCells is the length of the bar.
const barCells = 20

// barLine is a bar and the text, the text alone where there is little room, at
// most width runes.
func (p *progress) barLine(width int) string {
	if width < 2*barCells {
		return shorten(p.text(), width)
	}
	full := barCells * p.last.Done / p.last.Total
	bar := strings.Repeat("━", full)
	rest := strings.Repeat("─", barCells-full)
	if p.color {
		bar = "\x1b[32m" + bar + "\x1b[0m"
	}
	return bar + rest + " " + shorten(p.text(), width-barCells-1)
}

func shorten(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:max(0, width-1)]) + "…"
}
