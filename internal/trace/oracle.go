package trace

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// oracleRecord is the length of a record of OracleGeneral: time, id, size,
// next request, not aligned.
const oracleRecord = 4 + 8 + 4 + 8

// oracleReader reads libCacheSim's binary format.
type oracleReader struct {
	place
	order
	in     *bufio.Reader
	record [oracleRecord]byte
}

func newOracleReader(r io.Reader, name string) *oracleReader {
	return &oracleReader{place: place{name: name, unit: "record"}, in: bufio.NewReaderSize(r, 1<<16)}
}

// Timed implements Reader.
func (*oracleReader) Timed() bool { return true }

// Read implements Reader.
func (o *oracleReader) Read(q *Request) error {
	n, err := io.ReadFull(o.in, o.record[:])
	if err == io.EOF {
		return io.EOF
	}
	o.n++
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return o.wrong("the file ends after %d of its %d bytes", n, oracleRecord)
	}
	if err != nil {
		return fmt.Errorf("%s: record %d: %w", o.name, o.n, err)
	}
	q.ID = o.record[4:12]
	q.Time = time.Duration(binary.LittleEndian.Uint32(o.record[:])) * time.Second
	return o.check(o.place, q.Time)
}
