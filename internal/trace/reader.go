package trace

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// MaxIDLength bounds an id in a trace, in bytes. It is more than a session id
// has, since traces name clients by anything from a number to a URL.
const MaxIDLength = 4096

// ErrMalformed is wrapped by the errors about what a trace contains, as
// opposed to those about reading it.
var ErrMalformed = errors.New("malformed trace")

// A Request is one entry of a trace.
type Request struct {
	// ID says who or what is asked for, 1 to MaxIDLength bytes: the text of a
	// line or a column, the 8 bytes of an OracleGeneral id. It is overwritten
	// by the next Read.
	ID []byte

	// Time is when, since an epoch of the trace's own; 0 where the trace has no
	// times. It never decreases.
	Time time.Duration
}

// A Reader streams the requests of a trace. One goroutine at a time may use
// it.
type Reader interface {
	// Read sets the request to the next one. At the end it returns io.EOF. An
	// error about the contents wraps ErrMalformed and names the trace and the
	// line or record; after any error the reader is of no further use.
	Read(*Request) error

	// Timed reports whether the requests have times.
	Timed() bool
}

// Options say how to read a trace.
type Options struct {
	Format Format // "" is Auto

	// IDColumn and TimeColumn name the columns of a CSV trace. Without an
	// IDColumn it is "id"; without a TimeColumn there are no times.
	IDColumn, TimeColumn string
}

// NewReader returns a reader of what r contains; name is what errors call it
// and what Auto goes by. It reads the header of a CSV trace.
func NewReader(r io.Reader, name string, o Options) (Reader, error) {
	format := o.Format.of(name)
	if format != CSV && (o.IDColumn != "" || o.TimeColumn != "") {
		return nil, fmt.Errorf("%s: columns %q and %q are named, but a trace in format %s has none; allowed with csv", name, o.IDColumn, o.TimeColumn, format)
	}
	switch format {
	case Lines:
		return newLineReader(r, name), nil
	case CSV:
		return newCSVReader(r, name, o)
	case OracleGeneral:
		return newOracleReader(r, name), nil
	}
	return nil, fmt.Errorf("%s: %w", name, func() error { _, err := ParseFormat(string(format)); return err }())
}

// A File is a reader of an open file.
type File struct {
	Reader
	file *os.File // nil: standard input, which stays open
}

// Open opens a trace; "-" is standard input, whose format must be given if it
// is not Lines. The caller closes it.
func Open(name string, o Options) (*File, error) {
	if name == "-" {
		r, err := NewReader(os.Stdin, "standard input", o)
		return &File{Reader: r}, err
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	r, err := NewReader(file, name, o)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &File{Reader: r, file: file}, nil
}

// Close closes the file.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// A place is where in a trace something is wrong.
type place struct {
	name string
	unit string // line, record
	n    int64
}

func (p place) wrong(format string, arguments ...any) error {
	return fmt.Errorf("%s: %s %d: %w: %s", p.name, p.unit, p.n, ErrMalformed, fmt.Sprintf(format, arguments...))
}

// order checks that times do not go back: lifetimes would have no meaning.
type order struct{ last time.Duration }

func (o *order) check(p place, t time.Duration) error {
	if t < o.last {
		return p.wrong("its time, %v, is before the one of the request before it, %v; a trace must be sorted by time", t, o.last)
	}
	o.last = t
	return nil
}
