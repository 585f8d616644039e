package live

import (
	"io"
	"strings"
)

// A Screen is a terminal's alternate one (xterm's control sequences, 1049). One
// goroutine at a time may use it.
type Screen struct {
	w    io.Writer
	open bool
}

// NewScreen returns the screen of a terminal, which is as it was until
// something is drawn.
func NewScreen(w io.Writer) *Screen { return &Screen{w: w} }

// Draw shows lines in the place of all that was there. It changes to the
// alternate screen and hides the cursor, the first time.
func (s *Screen) Draw(lines []string) error {
	var b strings.Builder
	if !s.open {
		b.WriteString("\x1b[?1049h\x1b[?25l")
		s.open = true
	}
	b.WriteString("\x1b[H")
	for i, l := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(l + "\x1b[K")
	}
	b.WriteString("\x1b[J")
	_, err := io.WriteString(s.w, b.String())
	return err
}

// Close brings back what was there before, cursor included. It may be called
// more than once.
func (s *Screen) Close() error {
	if !s.open {
		return nil
	}
	s.open = false
	_, err := io.WriteString(s.w, "\x1b[0m\x1b[?25h\x1b[?1049l")
	return err
}
