package seal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// sealStream writes plaintext in pieces of the given size.
func sealStream(t testing.TB, r *Ring, plaintext []byte, piece int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, r, testData())
	if err != nil {
		t.Fatal(err)
	}
	for len(plaintext) > 0 {
		n, err := w.Write(plaintext[:min(piece, len(plaintext))])
		if err != nil {
			t.Fatal(err)
		}
		plaintext = plaintext[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func openStream(r *Ring, stream []byte) ([]byte, error) {
	in, err := NewReader(bytes.NewReader(stream), r, testData())
	if err != nil {
		return nil, err
	}
	return io.ReadAll(in)
}

func TestStreams(t *testing.T) {
	r := testRing(t, 1)
	for _, n := range []int{0, 1, chunkSize - 1, chunkSize, chunkSize + 1, 3 * chunkSize, 5*chunkSize + 17} {
		for _, piece := range []int{1000, chunkSize, chunkSize + 1, 1 << 30} {
			plaintext := randomBytes(n)
			stream := sealStream(t, r, plaintext, piece)
			got, err := openStream(r, stream)
			if err != nil || !bytes.Equal(got, plaintext) {
				t.Errorf("%d bytes in pieces of %d: %d came back, error %v", n, piece, len(got), err)
			}
		}
	}
	stream := sealStream(t, r, randomBytes(chunkSize+5), 7000)
	in, err := NewReader(iotest.OneByteReader(bytes.NewReader(stream)), r, testData())
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(in, nil); err == nil {
		t.Error("TestReader expected nothing and was content")
	}
}

// A stream on a connection ends at its last chunk: the Reader takes nothing
// of what follows, and does not wait for it.
func TestWhatFollowsAStreamIsLeft(t *testing.T) {
	r := testRing(t, 1)
	both := bytes.NewBuffer(append(sealStream(t, r, []byte("first"), 5), sealStream(t, r, []byte("second"), 6)...))
	for _, want := range []string{"first", "second"} {
		in, err := NewReader(both, r, testData())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(in); err != nil || string(got) != want {
			t.Errorf("read %q, error %v", got, err)
		}
	}
}

func TestFlush(t *testing.T) {
	r := testRing(t, 1)
	var out bytes.Buffer
	w, err := NewWriter(&out, r, testData())
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("what is "))
	w.Write([]byte("there"))
	for range 2 { // the second has nothing to do
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	in, err := NewReader(&out, r, testData())
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	if n, err := in.Read(b); err != nil || string(b[:n]) != "what is there" {
		t.Errorf("read %q, error %v", b[:n], err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := in.Read(b); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("read %d bytes, error %v", n, err)
	}
}

// chunksOf takes a stream apart.
func chunksOf(stream []byte) (header []byte, chunks [][]byte) {
	header, rest := stream[:headerSize], stream[headerSize:]
	for len(rest) > 0 {
		n := prefixSize + int(binary.BigEndian.Uint32(rest)&^lastBit)
		chunks, rest = append(chunks, rest[:n]), rest[n:]
	}
	return header, chunks
}

func TestChangedStreams(t *testing.T) {
	r := testRing(t, 1, 2)
	plaintext := randomBytes(4*chunkSize + 100)
	stream := sealStream(t, r, plaintext, 1<<30)
	header, c := chunksOf(stream)
	if len(c) != 5 {
		t.Fatalf("%d chunks", len(c))
	}
	foreign, other := chunksOf(sealStream(t, r, plaintext, 1<<30))
	last := bytes.Clone(c[1])
	last[0] |= lastBit >> 24
	notLast := bytes.Clone(c[4])
	notLast[0] &^= lastBit >> 24
	empty := binary.BigEndian.AppendUint32(nil, 16)
	for name, test := range map[string]struct {
		parts [][]byte
		want  error
	}{
		"a chunk left out":           {[][]byte{header, c[0], c[2], c[3], c[4]}, ErrNotAuthentic},
		"the first left out":         {[][]byte{header, c[1], c[2], c[3], c[4]}, ErrNotAuthentic},
		"a chunk twice":              {[][]byte{header, c[0], c[1], c[1], c[2], c[3], c[4]}, ErrNotAuthentic},
		"two in another order":       {[][]byte{header, c[0], c[2], c[1], c[3], c[4]}, ErrNotAuthentic},
		"the last left out":          {[][]byte{header, c[0], c[1], c[2], c[3]}, ErrTruncated},
		"nothing but the header":     {[][]byte{header}, ErrTruncated},
		"cut in a chunk":             {[][]byte{header, c[0], c[1][:1000]}, ErrTruncated},
		"cut in a length":            {[][]byte{header, c[0], c[1][:3]}, ErrTruncated},
		"another one called last":    {[][]byte{header, c[0], last}, ErrNotAuthentic},
		"the last not called so":     {[][]byte{header, c[0], c[1], c[2], c[3], notLast}, ErrNotAuthentic},
		"another stream's chunk":     {[][]byte{header, c[0], other[1], c[2], c[3], c[4]}, ErrNotAuthentic},
		"another stream's header":    {[][]byte{foreign, c[0], c[1], c[2], c[3], c[4]}, ErrNotAuthentic},
		"an empty chunk in between":  {[][]byte{header, c[0], append(empty, make([]byte, 16)...)}, ErrMalformed},
		"a chunk shorter than a tag": {[][]byte{header, c[0], {0x80, 0, 0, 15}}, ErrMalformed},
		"a chunk too long":           {[][]byte{header, c[0], {0, 1, 0, 17}}, ErrMalformed},
		"a chunk of 2 GiB":           {[][]byte{header, c[0], {0x7F, 255, 255, 255}}, ErrMalformed},
	} {
		got, err := openStream(r, bytes.Join(test.parts, nil))
		wantError(t, name, err, test.want)
		if !bytes.HasPrefix(plaintext, got) {
			t.Errorf("%s: %d bytes that were not written so", name, len(got))
		}
	}
	short := sealStream(t, r, []byte("short"), 5)
	for i := range short {
		b := bytes.Clone(short)
		b[i] ^= 1
		if got, err := openStream(r, b); err == nil || len(got) != 0 {
			t.Errorf("byte %d changed: %d bytes, error %v", i, len(got), err)
		}
	}
	for n := range headerSize {
		_, err := openStream(r, stream[:n])
		wantError(t, "a header cut", err, ErrTruncated)
	}
}

func TestStreamsAreBound(t *testing.T) {
	r := testRing(t, 1)
	stream := sealStream(t, r, []byte("a cache"), 7)
	for name, ad := range map[string]AssociatedData{
		"purpose": {Purpose: "tests", Scope: []byte("a fleet"), ID: []byte("an id")},
		"scope":   {Purpose: "test", Scope: []byte("A fleet"), ID: []byte("an id")},
		"id":      {Purpose: "test", Scope: []byte("a fleet")},
	} {
		in, err := NewReader(bytes.NewReader(stream), r, ad)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(in)
		wantError(t, name, err, ErrNotAuthentic)
	}
	_, err := openStream(testRing(t, 2), stream)
	wantError(t, "another key", err, ErrUnknownKey)
	_, err = openStream(r, mustSeal(t, r, randomBytes(100), testData()))
	wantError(t, "an envelope", err, ErrMalformed)
	_, err = r.Open(nil, stream, testData())
	wantError(t, "a stream for an envelope", err, ErrMalformed)
}

// A key that is retired while a stream is written or read does it no harm.
func TestAStreamOutlivesItsKey(t *testing.T) {
	r := testRing(t, 1)
	var out bytes.Buffer
	w, err := NewWriter(&out, r, testData())
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("before"))
	w.Flush()
	in, err := NewReader(&out, r, testData())
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	w.Write([]byte(" and after"))
	w.Close()
	if got, err := io.ReadAll(in); err != nil || string(got) != "before and after" {
		t.Errorf("read %q, error %v", got, err)
	}
}

// limited fails once it has taken n bytes.
type limited struct {
	n   int
	err error
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.n {
		n := l.n
		l.n = 0
		return n, l.err
	}
	l.n -= len(p)
	return len(p), nil
}

func TestErrorsOfTheUnderlyingWriter(t *testing.T) {
	r := testRing(t, 1)
	broken := errors.New("broken pipe")
	_, err := NewWriter(&limited{headerSize - 1, broken}, r, testData())
	wantError(t, "NewWriter", err, broken)

	w, err := NewWriter(&limited{headerSize + 10, broken}, r, testData())
	if err != nil {
		t.Fatal(err)
	}
	n, err := w.Write(make([]byte, 3*chunkSize))
	wantError(t, "Write", err, broken)
	if n != chunkSize {
		t.Errorf("Write took %d bytes", n)
	}
	_, err = w.Write([]byte("more"))
	wantError(t, "Write again", err, broken)
	wantError(t, "Flush", w.Flush(), broken)
	wantError(t, "Close", w.Close(), broken)

	w, err = NewWriter(&limited{headerSize + 10, nil}, r, testData())
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, "a short write", w.Close(), io.ErrShortWrite)
}

func TestAClosedWriter(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, testRing(t, 1), testData())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	n := out.Len()
	if _, err := w.Write([]byte("more")); err == nil {
		t.Error("Write after Close succeeded")
	}
	if err := w.Flush(); err == nil {
		t.Error("Flush after Close succeeded")
	}
	if out.Len() != n {
		t.Error("written after Close")
	}
}

func TestErrorsOfTheUnderlyingReader(t *testing.T) {
	r := testRing(t, 1)
	broken := errors.New("broken pipe")
	stream := sealStream(t, r, []byte("a cache"), 7)
	for n := range len(stream) {
		in, err := NewReader(io.MultiReader(bytes.NewReader(stream[:n]), iotest.ErrReader(broken)), r, testData())
		if err == nil {
			_, err = io.ReadAll(in)
			_, again := in.Read(make([]byte, 1))
			wantError(t, "reading again", again, broken)
		}
		wantError(t, "reading", err, broken)
	}
}

// What was read is zeroed in the Reader's buffer, what was written in the
// Writer's.
func TestStreamsLeaveNoPlaintext(t *testing.T) {
	r := testRing(t, 1)
	plaintext := bytes.Repeat([]byte("secret"), 20_000)
	var out bytes.Buffer
	w, err := NewWriter(&out, r, testData())
	if err != nil {
		t.Fatal(err)
	}
	w.Write(plaintext)
	w.Close()
	in, err := NewReader(&out, r, testData())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(in); err != nil {
		t.Fatal(err)
	}
	for what, b := range map[string][]byte{"Writer": w.chunk[:cap(w.chunk)], "Reader": in.buf} {
		if bytes.Contains(b, []byte("secret")) {
			t.Errorf("the %s has plaintext left", what)
		}
	}
}

func FuzzReader(f *testing.F) {
	r := testRing(f, 1)
	// The same in all processes that fuzz.
	good, empty := decodeHex(f, oldStream), decodeHex(f, oldEmptyStream)
	f.Add(good)
	f.Add(empty)
	f.Add(good[:headerSize])
	f.Add(good[:len(good)-1])
	f.Add(append(bytes.Clone(good), empty...))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := openStream(r, b)
		switch {
		case err == nil:
			// Nobody forges: it is what was sealed.
			if !(bytes.HasPrefix(b, good) && string(got) == "a cache") && !(bytes.HasPrefix(b, empty) && len(got) == 0) {
				t.Errorf("%d bytes opened that nobody sealed", len(got))
			}
		case !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTruncated) &&
			!errors.Is(err, ErrUnknownKey) && !errors.Is(err, ErrNotAuthentic):
			t.Errorf("error %v", err)
		}
	})
}
