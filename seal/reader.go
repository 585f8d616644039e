package seal

import (
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// Reader opens a stream. It is for one goroutine at a time.
type Reader struct {
	r     io.Reader
	aead  cipher.AEAD
	chunk []byte // plaintext that was not read yet
	buf   []byte // where chunks are opened in place
	n     uint64 // of the next chunk
	err   error  // sticky; io.EOF after the last chunk
}

// NewReader returns a Reader of a stream that a [Writer] sealed for the same
// associated data with a key that the ring has. It reads the header of the
// stream, and no byte behind the last chunk is ever read.
//
// It fails with an error that wraps [ErrMalformed], [ErrTruncated],
// [ErrUnknownKey] or, if ad is not valid, [ErrConfig], or the error of r.
func NewReader(r io.Reader, ring *Ring, ad AssociatedData) (*Reader, error) {
	if err := ad.check(); err != nil {
		return nil, err
	}
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, readError(err)
	}
	if header[0] != streamVersion {
		return nil, fmt.Errorf("%w: a stream of version %d, known is %d", ErrMalformed, header[0], streamVersion)
	}
	aead, err := ring.oldStream(KeyID(header[1:idEnd]), header[idEnd:], &ad)
	if err != nil {
		return nil, err
	}
	return &Reader{r: r, aead: aead, buf: make([]byte, maxCiphertext)}, nil
}

func (r *Ring) oldStream(id KeyID, salt []byte, ad *AssociatedData) (cipher.AEAD, error) {
	defer r.rlock()()
	k := r.keys[id]
	if k == nil {
		return nil, fmt.Errorf("%w: %s", ErrUnknownKey, id)
	}
	return k.streamCipher(salt, ad)
}

// Read returns bytes of the stream, all of which were authenticated, in their
// places. [io.EOF] says that the stream was whole. What was read before
// another error was written as it is, but more was to follow. The errors are
// [ErrNotAuthentic], those that wrap [ErrMalformed] or [ErrTruncated], and the
// errors of the underlying reader; each is returned again by every later call.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.chunk) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.chunk, r.err = r.open()
	}
	n := copy(p, r.chunk)
	clear(r.chunk[:n]) // it is the caller's now
	r.chunk = r.chunk[n:]
	return n, nil
}

// open reads the next chunk. With the last one comes io.EOF.
func (r *Reader) open() ([]byte, error) {
	var prefix [prefixSize]byte
	if _, err := io.ReadFull(r.r, prefix[:]); err != nil {
		return nil, readError(err)
	}
	length := binary.BigEndian.Uint32(prefix[:])
	last := length&lastBit != 0
	length &^= lastBit
	least := uint32(chacha20poly1305.Overhead)
	if !last {
		least++
	}
	if length < least || length > maxCiphertext {
		return nil, fmt.Errorf("%w: a chunk of %d bytes, allowed are %d to %d", ErrMalformed, length, least, maxCiphertext)
	}
	ciphertext := r.buf[:length]
	if _, err := io.ReadFull(r.r, ciphertext); err != nil {
		return nil, readError(err)
	}
	plaintext, err := r.aead.Open(ciphertext[:0], chunkNonce(r.n, last), ciphertext, nil)
	if err != nil {
		return nil, ErrNotAuthentic
	}
	r.n++
	if last {
		return plaintext, io.EOF
	}
	return plaintext, nil
}

// readError makes an early end of the underlying reader a truncation.
func readError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrTruncated, io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("seal: reading the stream: %w", err)
}
