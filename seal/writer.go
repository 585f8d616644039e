package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Writer seals a stream. It is for one goroutine at a time.
type Writer struct {
	w      io.Writer
	aead   cipher.AEAD
	chunk  []byte // plaintext that waits, up to chunkSize
	sealed []byte // for what is written
	n      uint64 // of the next chunk
	err    error  // sticky
}

var errClosed = errors.New("seal: the writer is closed")

// NewWriter returns a Writer that seals what is written to it with the active
// key of the ring, bound to ad, and writes it to w in chunks of up to 64 KiB.
// Close must be called: without it the stream is truncated. That the key is
// retired later does not concern a Writer.
//
// It fails with [ErrNoKey], with an error that wraps [ErrConfig] if ad is not
// valid, or with the error of w, to which it writes the header of the stream.
func NewWriter(w io.Writer, ring *Ring, ad AssociatedData) (*Writer, error) {
	if err := ad.check(); err != nil {
		return nil, err
	}
	header := make([]byte, headerSize)
	header[0] = streamVersion
	salt := header[idEnd:]
	rand.Read(salt)
	aead, id, err := ring.newStream(salt, &ad)
	if err != nil {
		return nil, err
	}
	copy(header[1:], id[:])
	if err := writeAll(w, header); err != nil {
		return nil, err
	}
	return &Writer{
		w:      w,
		aead:   aead,
		chunk:  make([]byte, 0, chunkSize),
		sealed: make([]byte, 0, prefixSize+maxCiphertext),
	}, nil
}

// newStream returns the cipher of a new stream and the id of its key.
func (r *Ring) newStream(salt []byte, ad *AssociatedData) (cipher.AEAD, KeyID, error) {
	defer r.rlock()()
	if r.active == nil {
		return nil, KeyID{}, ErrNoKey
	}
	aead, err := r.active.streamCipher(salt, ad)
	return aead, r.active.id, err
}

// Write seals p. The last bytes, up to 64 KiB, wait for more or for Flush or
// Close. After an error of the underlying writer every call returns it.
func (w *Writer) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if w.err != nil {
			return n, w.err
		}
		if len(w.chunk) == chunkSize {
			w.seal(false)
			continue
		}
		m := min(len(p), chunkSize-len(w.chunk))
		w.chunk = append(w.chunk, p[:m]...)
		n, p = n+m, p[m:]
	}
	return n, w.err
}

// Flush seals and writes what waits.
func (w *Writer) Flush() error {
	if w.err == nil && len(w.chunk) > 0 {
		w.seal(false)
	}
	return w.err
}

// Close writes the last chunk, which tells a Reader that the stream is whole.
// It does not close the underlying writer. A second call does nothing.
func (w *Writer) Close() error {
	if errors.Is(w.err, errClosed) {
		return nil
	}
	if w.err == nil {
		w.seal(true)
	}
	clear(w.chunk[:cap(w.chunk)])
	if w.err != nil {
		return w.err
	}
	w.err = errClosed
	return nil
}

// seal writes the chunk that waits and zeroes it.
func (w *Writer) seal(last bool) {
	prefix := uint32(len(w.chunk) + w.aead.Overhead())
	if last {
		prefix |= lastBit
	}
	b := binary.BigEndian.AppendUint32(w.sealed[:0], prefix)
	b = w.aead.Seal(b, chunkNonce(w.n, last), w.chunk, nil)
	clear(w.chunk)
	w.chunk = w.chunk[:0]
	w.n++
	w.err = writeAll(w.w, b)
}

func writeAll(w io.Writer, b []byte) error {
	n, err := w.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return fmt.Errorf("seal: writing the stream: %w", err)
	}
	return nil
}
