package handover

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/seal"
)

// ReadReport says what was read, and what became of it.
type ReadReport struct {
	Whole    bool // the stream was read to its end
	Passes   int
	Sessions int // sessions read
	Gone     int // sessions that a later pass took back
	Updated  int // sessions that a later one with their id replaced

	Added     int // sessions that went into the cache
	Expired   int // and that did not: their time was over,
	Present   int // the cache had one with the id already,
	Refused   int // the cache did not take them (closed, or over its bound on bytes),
	Discarded int // or the stream was not whole, and Options.AllOrNothing
}

// Read reads what [Write] or a [Writer] has written, to its end, and then adds to
// the cache what is not expired. A session that the cache has meanwhile got
// under the same id stays.
//
// An error wraps [ErrIncomplete] and its cause: an error of r or ctx, one of
// package seal ([seal.ErrTruncated], [seal.ErrNotAuthentic], [seal.ErrUnknownKey]
// and others), or [ErrFormat]. What was read before it is authentic and was
// added all the same, unless Options.AllOrNothing; the report says how many. If
// r has a method SetReadDeadline, as pipes and connections have, the end of ctx
// also ends a Read that waits, and the deadline stays in the past.
//
// Until the stream ends the sessions are kept beside the cache; a second pass
// costs about 100 bytes more each.
func Read(ctx context.Context, r io.Reader, cache *engine.Cache, ring *seal.Ring, o Options) (ReadReport, error) {
	var h reader
	defer interruptible(ctx, r)()
	err := h.readAll(ctx, r, ring, &o)
	h.report.Whole = err == nil
	if err != nil && o.AllOrNothing {
		h.discard()
	} else {
		h.add(cache, &o)
	}
	switch {
	case err == nil:
		return h.report, nil
	case ctx.Err() != nil && !errors.Is(err, ctx.Err()):
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return h.report, fmt.Errorf("%w: %d sessions were added: %w", ErrIncomplete, h.report.Added, err)
}

// interruptible makes the end of ctx end reads that wait. What it returns ends
// that.
func interruptible(ctx context.Context, r io.Reader) (stop func() bool) {
	d, ok := r.(interface{ SetReadDeadline(time.Time) error })
	if !ok {
		return func() bool { return false }
	}
	return context.AfterFunc(ctx, func() {
		// A file without deadlines waits as before.
		_ = d.SetReadDeadline(time.Unix(1, 0))
	})
}

// reader has what was read so far.
type reader struct {
	sessions []*engine.Session // in the order of the stream; nil where one was taken back
	index    map[sessionID]int // of sessions; nil until a second pass begins
	report   ReadReport

	inPass, goneInPass uint64 // records since the last pass ended
	record             []byte
}

func (h *reader) readAll(ctx context.Context, r io.Reader, ring *seal.Ring, o *Options) error {
	defer func() { clear(h.record[:cap(h.record)]) }()
	sealed, err := seal.NewReader(r, ring, o.associatedData())
	if err != nil {
		return err
	}
	var version [1]byte
	if _, err := io.ReadFull(sealed, version[:]); err != nil {
		return early(err)
	}
	if version[0] != formatVersion {
		return formatError("version %d, known is %d", version[0], formatVersion)
	}
	for {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		kind, err := h.readRecord(sealed)
		if errors.Is(err, io.EOF) {
			return h.checkEnd()
		}
		if err == nil {
			err = h.take(kind)
		}
		if err != nil {
			return err
		}
	}
}

// readRecord reads a record, and returns io.EOF if there is none.
func (h *reader) readRecord(r io.Reader) (kind byte, err error) {
	var header [recordHeader]byte
	if _, err := io.ReadFull(r, header[:1]); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(r, header[1:]); err != nil {
		return 0, early(err)
	}
	n := binary.BigEndian.Uint32(header[1:])
	if n > maxRecord {
		return 0, formatError("a record of %d bytes, allowed are 0 to %d", n, maxRecord)
	}
	if uint32(cap(h.record)) < n {
		clear(h.record[:cap(h.record)])
		h.record = make([]byte, n)
	}
	h.record = h.record[:n]
	if _, err := io.ReadFull(r, h.record); err != nil {
		return 0, early(err)
	}
	return header[0], nil
}

// early makes the end of the sealed stream within something a fault: whoever
// wrote it has ended it there.
func early(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, seal.ErrTruncated) {
		return formatError("the stream ends within a record")
	}
	return err
}

func (h *reader) take(kind byte) error {
	switch kind {
	case kindSession:
		return h.takeSession()
	case kindGone:
		return h.takeGone()
	case kindPass:
		return h.takePass()
	}
	return formatError("a record of kind %d, known are 1 to 3", kind)
}

func (h *reader) takeSession() error {
	s, err := engine.ParseSession(h.record)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	h.report.Sessions++
	h.inPass++
	if h.report.Passes > 0 {
		h.makeIndex()
		if h.drop(idOf(s)) {
			h.report.Updated++
		}
		h.index[idOf(s)] = len(h.sessions)
	}
	h.sessions = append(h.sessions, s)
	return nil
}

// makeIndex makes the index if there is none. In the first pass nothing is
// taken back, and an id that comes twice nevertheless, because its session was
// replaced while the table was walked, has its second session here.
func (h *reader) makeIndex() {
	if h.index != nil {
		return
	}
	h.index = make(map[sessionID]int, len(h.sessions))
	for i, s := range h.sessions {
		h.drop(idOf(s))
		h.index[idOf(s)] = i
	}
}

// drop drops the session with the id, and reports whether there was one.
func (h *reader) drop(id sessionID) bool {
	i, ok := h.index[id]
	if ok {
		h.sessions[i].Release()
		h.sessions[i] = nil
		delete(h.index, id)
	}
	return ok
}

func (h *reader) takeGone() error {
	if n := len(h.record); n == 0 || n > engine.MaxIDLength {
		return formatError("an id of %d bytes, allowed are 1 to %d", n, engine.MaxIDLength)
	}
	h.makeIndex()
	h.drop(asSessionID(h.record))
	h.report.Gone++
	h.goneInPass++
	return nil
}

func (h *reader) takePass() error {
	if len(h.record) != passLength {
		return formatError("the end of a pass has %d bytes, allowed are %d", len(h.record), passLength)
	}
	sessions, gone := binary.BigEndian.Uint64(h.record), binary.BigEndian.Uint64(h.record[8:])
	if sessions != h.inPass || gone != h.goneInPass {
		return formatError("a pass of %d sessions and %d ids says it has %d and %d", h.inPass, h.goneInPass, sessions, gone)
	}
	h.inPass, h.goneInPass = 0, 0
	h.report.Passes++
	return nil
}

// checkEnd checks that the stream ends where a pass has ended.
func (h *reader) checkEnd() error {
	if h.report.Passes == 0 || h.inPass+h.goneInPass > 0 {
		return formatError("the stream ends within a pass")
	}
	return nil
}

// add adds the sessions to the cache.
func (h *reader) add(cache *engine.Cache, o *Options) {
	now := time.Now().Unix()
	if o.Clock != nil {
		now = o.Clock()
	}
	var id [engine.MaxIDLength]byte
	for _, s := range h.sessions {
		switch {
		case s == nil:
			continue
		case now > s.Expiry(cache.Timeout()):
			h.report.Expired++
		case cache.Contains(s.AppendID(id[:0])):
			h.report.Present++
		case cache.Add(s):
			h.report.Added++
		default:
			h.report.Refused++
		}
		s.Release()
	}
	h.sessions = nil
}

// discard zeroes what was read.
func (h *reader) discard() {
	for _, s := range h.sessions {
		if s != nil {
			s.Release()
			h.report.Discarded++
		}
	}
	h.sessions = nil
}
