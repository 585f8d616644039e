package trace

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// csvReader reads ids, and perhaps times, from columns.
type csvReader struct {
	place
	order
	in       *csv.Reader
	id, time int // columns; time -1: none
	buffer   []byte
}

func newCSVReader(r io.Reader, name string, o Options) (*csvReader, error) {
	c := &csvReader{place: place{name: name, unit: "line"}, in: csv.NewReader(r), time: -1}
	c.in.ReuseRecord = true
	header, err := c.record()
	if errors.Is(err, io.EOF) {
		c.n = 1
		return nil, c.wrong("the header with the names of the columns is missing")
	}
	if err != nil {
		return nil, err
	}
	id := o.IDColumn
	if id == "" {
		id = "id"
	}
	if c.id, err = c.column(header, id); err == nil && o.TimeColumn != "" {
		c.time, err = c.column(header, o.TimeColumn)
	}
	return c, err
}

// column returns the number of the column with the name.
func (c *csvReader) column(header []string, name string) (int, error) {
	i := slices.Index(header, name)
	if i < 0 {
		return 0, c.wrong("there is no column %q; the columns are %s", name, strings.Join(header, ", "))
	}
	if slices.Contains(header[i+1:], name) {
		return 0, c.wrong("two columns are named %q", name)
	}
	return i, nil
}

// record reads one record. What encoding/csv says about a wrong one contains
// numbers and nothing from the record.
func (c *csvReader) record() ([]string, error) {
	record, err := c.in.Read()
	var wrong *csv.ParseError
	switch {
	case err == nil:
		line, _ := c.in.FieldPos(0)
		c.n = int64(line)
		return record, nil
	case errors.As(err, &wrong):
		c.n = int64(wrong.Line)
		return nil, c.wrong("%v", wrong.Err)
	case err == io.EOF:
		return nil, io.EOF
	}
	return nil, fmt.Errorf("%s: after line %d: %w", c.name, c.n, err)
}

// Timed implements Reader.
func (c *csvReader) Timed() bool { return c.time >= 0 }

// Read implements Reader.
func (c *csvReader) Read(q *Request) error {
	record, err := c.record()
	if err != nil {
		return err
	}
	c.buffer = append(c.buffer[:0], record[c.id]...)
	if n := len(c.buffer); n == 0 || n > MaxIDLength {
		return c.wrong("the id has %d bytes; allowed are 1 to %d", n, MaxIDLength)
	}
	q.ID, q.Time = c.buffer, 0
	if c.time < 0 {
		return nil
	}
	if q.Time, err = seconds(record[c.time]); err != nil {
		return c.wrong("the time is %v", err)
	}
	return c.check(c.place, q.Time)
}

// maxSeconds keeps a time within a Duration.
const maxSeconds = 9_000_000_000

// seconds reads a time. Nanoseconds survive, which a float64 of seconds since
// 1970 would not carry.
func seconds(s string) (time.Duration, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseUint(whole, 10, 64)
	if err != nil || n > maxSeconds {
		return 0, fmt.Errorf("not a number of seconds from 0 to %d", int64(maxSeconds))
	}
	nanoseconds := uint64(0)
	if fraction != "" {
		digits := (fraction + "000000000")[:9]
		if nanoseconds, err = strconv.ParseUint(digits, 10, 64); err != nil || strings.Trim(fraction, "0123456789") != "" {
			return 0, errors.New("not a number of seconds: its fraction is not made of digits")
		}
	}
	return time.Duration(n)*time.Second + time.Duration(nanoseconds), nil
}
