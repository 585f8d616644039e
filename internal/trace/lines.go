package trace

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// lineReader reads one id a line.
type lineReader struct {
	place
	in *bufio.Reader
}

func newLineReader(r io.Reader, name string) *lineReader {
	// Room for the longest id, its line feed and a carriage return.
	return &lineReader{place{name: name, unit: "line"}, bufio.NewReaderSize(r, max(1<<16, MaxIDLength+2))}
}

// Timed implements Reader.
func (*lineReader) Timed() bool { return false }

// Read implements Reader.
func (l *lineReader) Read(q *Request) error {
	line, err := l.in.ReadSlice('\n')
	if err == io.EOF && len(line) == 0 {
		return io.EOF
	}
	l.n++
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return l.wrong("it is longer than %d bytes", MaxIDLength)
	case err != nil && err != io.EOF:
		return fmt.Errorf("%s: line %d: %w", l.name, l.n, err)
	}
	id := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if err := checkText(l.place, id); err != nil {
		return err
	}
	q.ID, q.Time = id, 0
	return nil
}

// checkText reports what cannot be an id in text: most likely the file has
// another format.
func checkText(p place, id []byte) error {
	switch {
	case len(id) == 0:
		return p.wrong("it is empty; an id has 1 to %d bytes", MaxIDLength)
	case len(id) > MaxIDLength:
		return p.wrong("the id has %d bytes; allowed are 1 to %d", len(id), MaxIDLength)
	}
	for i, c := range id {
		if c <= ' ' || c == 0x7f {
			return p.wrong("byte %d is white space or a control character (%#02x); expected is one id and nothing else", i+1, c)
		}
	}
	return nil
}
