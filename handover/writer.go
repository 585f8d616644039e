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

// WriteReport says what was written.
type WriteReport struct {
	Passes   int
	Sessions int // sessions written; one that has changed since an earlier pass counts again
	Gone     int // ids of sessions that have left since an earlier pass
	Skipped  int // sessions left out because they are marked not resumable
}

// Write writes all sessions of the cache to w, sealed with the ring's active
// key, as one pass. Others may use the cache meanwhile: every session that is
// there throughout is written, and what leaves after it was written stays
// written; see [Writer] for the way to take it back.
//
// It fails with the error of w, of the ring ([seal.ErrNoKey]) or, when ctx ends,
// of ctx; then what was written cannot be read as a whole stream. If w has a
// method SetWriteDeadline, as pipes and connections have, the end of ctx also
// ends a Write that waits, and the deadline stays in the past.
func Write(ctx context.Context, w io.Writer, cache *engine.Cache, ring *seal.Ring, o Options) (WriteReport, error) {
	h, err := NewWriter(w, ring, o)
	if err != nil {
		return WriteReport{}, err
	}
	h.written = nil // there is no second pass
	err = h.Pass(ctx, cache)
	if err == nil {
		err = h.Close()
	}
	return h.Report(), err
}

// Writer writes a cache in passes, of which each but the first has what changed
// since. It is for one goroutine at a time, and for one cache.
//
// It remembers what it has written, about 150 bytes a session, without keeping
// any from being released and zeroed.
type Writer struct {
	out    io.Writer
	sealed *seal.Writer
	report WriteReport
	err    error // sticky

	written map[sessionID]entry // nil: there is one pass
	pass    int
	record  []byte
}

// version is what was written under an id. The session is there to be compared:
// nobody has a reference to it.
type version struct {
	session          *engine.Session
	created, timeout int64
	promoted         bool
}

// entry is a version and the pass that met it last.
type entry struct {
	version
	seen int
}

// NewWriter returns a Writer to w, sealed with the ring's active key. It writes
// the beginning of the stream, and fails as [Write] does.
func NewWriter(w io.Writer, ring *seal.Ring, o Options) (*Writer, error) {
	sealed, err := seal.NewWriter(w, ring, o.associatedData())
	if err != nil {
		return nil, fmt.Errorf("handover: %w", err)
	}
	h := &Writer{out: w, sealed: sealed, written: map[sessionID]entry{}}
	if err := h.write([]byte{formatVersion}); err != nil {
		return nil, fmt.Errorf("handover: %w", err)
	}
	return h, nil
}

// Report says what has been written so far.
func (h *Writer) Report() WriteReport { return h.report }

// Pass writes the sessions that are new in the cache or have changed since the
// last pass, and the ids of those that have left it. Others may use the cache
// meanwhile; what they change is for the next pass. If nobody does, the passes
// together are the cache as it is.
func (h *Writer) Pass(ctx context.Context, cache *engine.Cache) error {
	defer h.interruptible(ctx)()
	defer func() { clear(h.record[:cap(h.record)]) }()
	before := h.report
	h.pass++
	for s := range cache.All() {
		if h.err != nil {
			break
		}
		h.meet(ctx, s, cache.Timeout())
	}
	h.sayGone()
	b := beginRecord(h.record[:0], kindPass)
	b = binary.BigEndian.AppendUint64(b, uint64(h.report.Sessions-before.Sessions))
	b = binary.BigEndian.AppendUint64(b, uint64(h.report.Gone-before.Gone))
	if h.write(endRecord(b)) == nil && h.flush() == nil {
		h.report.Passes++
	}
	return h.failure(ctx)
}

// meet writes a session of the cache, unless it is as it was.
func (h *Writer) meet(ctx context.Context, s *engine.Session, byDefault int64) {
	if ctx.Err() != nil {
		h.err = ctx.Err()
		return
	}
	if !s.Resumable() {
		h.report.Skipped++
		return
	}
	if h.written != nil {
		id, now := idOf(s), version{s, s.Created(), s.Timeout(), s.Promoted()}
		before, again := h.written[id]
		h.written[id] = entry{now, h.pass}
		if again && before.version == now {
			return
		}
	}
	h.record = endRecord(engine.AppendSession(beginRecord(h.record[:0], kindSession), s, byDefault))
	if h.write(h.record) == nil {
		h.report.Sessions++
	}
}

// sayGone writes the ids under which this pass has met no session.
func (h *Writer) sayGone() {
	for id, e := range h.written {
		if e.seen == h.pass || h.err != nil {
			continue
		}
		delete(h.written, id)
		h.record = endRecord(append(beginRecord(h.record[:0], kindGone), id.bytes()...))
		if h.write(h.record) == nil {
			h.report.Gone++
		}
	}
}

// Close ends the stream. Without it a reader takes the stream for cut. It does
// not close the underlying writer.
func (h *Writer) Close() error {
	if errors.Is(h.err, errWriterClosed) {
		return nil
	}
	h.written = nil
	err := h.sealed.Close() // also after an error, for it zeroes its buffer
	if h.err == nil {
		h.err = err
	}
	if h.err != nil {
		return fmt.Errorf("handover: writing: %w", h.err)
	}
	h.err = errWriterClosed
	return nil
}

func (h *Writer) write(b []byte) error {
	if h.err == nil {
		_, h.err = h.sealed.Write(b)
	}
	return h.err
}

func (h *Writer) flush() error {
	if h.err == nil {
		h.err = h.sealed.Flush()
	}
	return h.err
}

// failure returns the error of the writer, with that of the context if it was
// what ended it.
func (h *Writer) failure(ctx context.Context) error {
	switch {
	case h.err == nil:
		return nil
	case ctx.Err() != nil && !errors.Is(h.err, ctx.Err()):
		return fmt.Errorf("handover: writing: %w: %w", ctx.Err(), h.err)
	}
	return fmt.Errorf("handover: writing: %w", h.err)
}

// interruptible makes the end of ctx end writes that wait. What it returns ends
// that.
func (h *Writer) interruptible(ctx context.Context) (stop func() bool) {
	w, ok := h.out.(interface{ SetWriteDeadline(time.Time) error })
	if !ok {
		return func() bool { return false }
	}
	return context.AfterFunc(ctx, func() {
		// A file without deadlines waits as before.
		_ = w.SetWriteDeadline(time.Unix(1, 0))
	})
}
