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

	"github.com/reprise-tls/reprise/internal/live"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/scenario"
)

// progress shows how far a run is, on standard error. Its methods may be
// called by any number of goroutines.
type progress struct {
	w     io.Writer
	name  string
	bar   *os.File // the terminal to draw a bar on, nil: lines
	color bool
	quiet bool
	full  bool // a scenario may have the whole terminal

	mu     sync.Mutex
	view   *live.View // nil: not on a whole terminal
	screen *live.Screen
	said   []string // while the screen was another
	over   bool
	last   measure.Progress
	first  time.Time     // when the first slice was done
	drawn  bool          // a bar is on the screen
	done   chan struct{} // closed at the end
	ended  sync.WaitGroup
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
	case "auto", "full":
		p.full = true
		if file != nil && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" {
			p.bar = file
		}
	default:
		return nil, flagError("progress", fmt.Errorf("%q is not allowed; allowed are auto, full, bar, lines and none", how))
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

// fullScreen shows a scenario on the whole terminal, if there is one and it is
// wanted; otherwise there goes on to be a line a second.
func (p *progress) fullScreen(s *scenario.Scenario, targets []string) {
	if !p.full || p.bar == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view, p.screen = live.NewView(p.name, s, targets, p.color), live.NewScreen(p.w)
}

func (p *progress) tick(interval time.Duration) {
	defer p.restoreOnPanic()
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
	if now.Done < p.last.Done { // another run has begun
		p.first = time.Time{}
	}
	if now.Done > 0 && p.first.IsZero() {
		p.first = time.Now()
	}
	p.last = now
}

// say writes a message of its own.
func (p *progress) say(message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.view != nil {
		p.view.Say(message)
		p.said = append(p.said, message)
		return
	}
	p.erase()
	fmt.Fprintf(p.w, "%s: %s\n", p.name, message)
}

// end takes the bar off the screen, or brings back what the terminal had. It may
// be called more than once.
func (p *progress) end() {
	p.mu.Lock()
	if !p.quiet && !p.over {
		close(p.done)
	}
	p.over = true
	p.mu.Unlock()
	p.ended.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.restore()
}

// restore brings back what the terminal had, and below it what was said
// meanwhile.
func (p *progress) restore() {
	if p.view == nil {
		return
	}
	_ = p.screen.Close() // a terminal that is gone
	p.view = nil
	for _, message := range p.said {
		fmt.Fprintf(p.w, "%s: %s\n", p.name, message)
	}
	p.said = nil
}

// restoreOnPanic is deferred where a panic would end the program with the
// terminal as it is.
func (p *progress) restoreOnPanic() {
	if r := recover(); r != nil {
		if p.screen != nil {
			_ = p.screen.Close() // the panic says more
		}
		panic(r)
	}
}

func (p *progress) erase() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}

func (p *progress) draw() {
	if p.view != nil {
		width, height, err := term.GetSize(int(p.bar.Fd()))
		if err != nil || width < 1 || height < 1 {
			width, height = 80, 24
		}
		_ = p.screen.Draw(p.view.Lines(width, height)) // a terminal that is gone is seen to by the signal
		return
	}
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
