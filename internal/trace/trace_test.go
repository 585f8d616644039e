package trace

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// all reads everything, copying ids.
func all(r Reader) (ids []string, times []time.Duration, err error) {
	var q Request
	for {
		err := r.Read(&q)
		if errors.Is(err, io.EOF) {
			return ids, times, nil
		}
		if err != nil {
			return ids, times, err
		}
		ids, times = append(ids, string(q.ID)), append(times, q.Time)
	}
}

func read(t *testing.T, text, name string, o Options) ([]string, []time.Duration, error) {
	t.Helper()
	// One byte at a time: no reader may rely on what a Read returns.
	r, err := NewReader(iotest.OneByteReader(strings.NewReader(text)), name, o)
	if err != nil {
		return nil, nil, err
	}
	return all(r)
}

func oracle(times []uint32, ids []uint64) string {
	var b []byte
	for i := range times {
		b = binary.LittleEndian.AppendUint32(b, times[i])
		b = binary.LittleEndian.AppendUint64(b, ids[i])
		b = binary.LittleEndian.AppendUint32(b, 512)
		b = binary.LittleEndian.AppendUint64(b, ^uint64(0))
	}
	return string(b)
}

func TestFormats(t *testing.T) {
	long := strings.Repeat("x", MaxIDLength)
	for _, c := range []struct {
		text, name string
		options    Options
		ids        []string
		times      []time.Duration
	}{
		{"a\nbé\r\na\n" + long + "\nlast", "t", Options{}, []string{"a", "bé", "a", long, "last"}, make([]time.Duration, 5)},
		{"a;b,c\n", "t.txt", Options{Format: Lines}, []string{"a;b,c"}, []time.Duration{0}},
		{"id\n\"two words\"\n7\n", "t.CSV", Options{}, []string{"two words", "7"}, make([]time.Duration, 2)},
		{"when,size,session\n1700000000.25,9,x\n1700000000.250000001,9,y\n1700000001,9,x\n", "-", Options{Format: CSV, IDColumn: "session", TimeColumn: "when"},
			[]string{"x", "y", "x"}, []time.Duration{1700000000250000000, 1700000000250000001, 1700000001000000000}},
		{oracle([]uint32{0, 1<<32 - 1}, []uint64{1, 256}), "t.oracleGeneral.bin", Options{},
			[]string{"\x01\x00\x00\x00\x00\x00\x00\x00", "\x00\x01\x00\x00\x00\x00\x00\x00"}, []time.Duration{0, (1<<32 - 1) * time.Second}},
		{"", "t", Options{}, nil, nil},
		{"id\n", "t.csv", Options{}, nil, nil},
	} {
		ids, times, err := read(t, c.text, c.name, c.options)
		if err != nil || !slices.Equal(ids, c.ids) || !slices.Equal(times, c.times) {
			t.Errorf("%q: %q, %v, %v; want %q, %v", c.text, ids, times, err, c.ids, c.times)
		}
	}
}

// What is wrong is named with the file and the line, without the id.
func TestMalformed(t *testing.T) {
	long := strings.Repeat("x", MaxIDLength+1)
	timed := Options{Format: CSV, TimeColumn: "t"}
	for _, c := range []struct {
		text    string
		options Options
		want    string
	}{
		{"secret\n\nb\n", Options{}, "f: line 2: malformed trace: it is empty; an id has 1 to 4096 bytes"},
		{"secret id\n", Options{}, "f: line 1: malformed trace: byte 7 is white space or a control character (0x20)"},
		{"a\n" + long, Options{}, "f: line 2: malformed trace: the id has 4097 bytes"},
		{"a\n" + strings.Repeat("x", 1<<17), Options{}, "f: line 2: malformed trace: it is longer than"},
		{"", timed, "f: line 1: malformed trace: the header"},
		{"a,b\n", timed, `f: line 1: malformed trace: there is no column "id"; the columns are a, b`},
		{"id,x\n", timed, `f: line 1: malformed trace: there is no column "t"`},
		{"id,id,t\n", timed, `f: line 1: malformed trace: two columns are named "id"`},
		{"id,t\nsecret,1\n\nsecret\n", timed, "f: line 4: malformed trace: wrong number of fields"},
		{"id,t\nsecret\"x,1\n", timed, "f: line 2: malformed trace: bare \" in non-quoted-field"},
		{"id,t\n,1\n", timed, "f: line 2: malformed trace: the id has 0 bytes; allowed are 1 to 4096"},
		{"id,t\nsecret,-1\n", timed, "f: line 2: malformed trace: the time is not a number of seconds from 0 to 9000000000"},
		{"id,t\nsecret,1e3\n", timed, "not a number of seconds"},
		{"id,t\nsecret,1.+5\n", timed, "its fraction is not made of digits"},
		{"id,t\nsecret,NaN\n", timed, "not a number of seconds"},
		{"id,t\na,2\nsecret,1\n", timed, "f: line 3: malformed trace: its time, 1s, is before the one of the request before it, 2s; a trace must be sorted"},
		{oracle([]uint32{1, 0}, []uint64{1, 1}), Options{Format: OracleGeneral}, "f: record 2: malformed trace: its time"},
		{oracle([]uint32{1, 1}, []uint64{1, 1})[:30], Options{Format: OracleGeneral}, "f: record 2: malformed trace: the file ends after 6 of its 24 bytes"},
	} {
		_, _, err := read(t, c.text, "f", c.options)
		if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.40q: %v; want %q", c.text, err, c.want)
		}
	}
}

func TestWrongOptions(t *testing.T) {
	for _, o := range []Options{{IDColumn: "x"}, {Format: OracleGeneral, TimeColumn: "t"}, {Format: "xml"}} {
		if r, err := NewReader(strings.NewReader("x"), "f", o); err == nil || r != nil || !strings.Contains(err.Error(), "allowed") {
			t.Errorf("%+v: %v, %v", o, r, err)
		}
	}
	if _, err := ParseFormat("xml"); err == nil || !strings.Contains(err.Error(), `"xml"`) {
		t.Errorf("xml: %v", err)
	}
	for _, f := range Formats() {
		if got, err := ParseFormat(string(f)); got != f || err != nil {
			t.Errorf("%s: %s, %v", f, got, err)
		}
	}
}

// What the file system says is not taken for the end of the trace.
func TestReadingFails(t *testing.T) {
	broken := errors.New("broken")
	for _, f := range []Format{Lines, CSV, OracleGeneral} {
		text := "id\nb\n"
		if f == OracleGeneral {
			text = oracle([]uint32{1}, []uint64{1})
		}
		r, err := NewReader(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), "f", Options{Format: f})
		if err == nil {
			_, _, err = all(r)
		}
		if !errors.Is(err, broken) || errors.Is(err, ErrMalformed) || !strings.HasPrefix(err.Error(), "f: ") {
			t.Errorf("%s: %v", f, err)
		}
	}
	if _, err := LoadFile(filepath.Join(t.TempDir(), "absent"), Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an absent file: %v", err)
	}
}

func TestLoadNumbersIDs(t *testing.T) {
	name := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(name, []byte("id,at\nb,1\na,1\nb,5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := LoadFile(name, Options{TimeColumn: "at"})
	if err != nil || !slices.Equal(got.IDs, []uint32{0, 1, 0}) || got.Distinct != 2 || !slices.Equal(got.Times, []time.Duration{1e9, 1e9, 5e9}) {
		t.Errorf("%+v, %v", got, err)
	}
	r, err := NewReader(strings.NewReader(""), "f", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if empty, err := Load(r, "f"); !errors.Is(err, ErrMalformed) || empty != nil {
		t.Errorf("an empty trace: %+v, %v", empty, err)
	}
}

// Nothing makes a reader panic, return an id it must not, or go on after an
// error as if it were none.
func FuzzReader(f *testing.F) {
	f.Add([]byte("a\nb\n"), uint8(0))
	f.Add([]byte("id,t\na,1.5\n"), uint8(1))
	f.Add([]byte(oracle([]uint32{1}, []uint64{2})), uint8(2))
	f.Fuzz(func(t *testing.T, text []byte, format uint8) {
		o := Options{Format: Formats()[1+format%3]}
		if o.Format == CSV {
			o.TimeColumn = "t"
		}
		r, err := NewReader(strings.NewReader(string(text)), "f", o)
		if err != nil {
			return
		}
		var q Request
		last := time.Duration(0)
		for {
			err := r.Read(&q)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				if !errors.Is(err, ErrMalformed) {
					t.Fatalf("an error that is not about the contents: %v", err)
				}
				return
			}
			if len(q.ID) == 0 || len(q.ID) > MaxIDLength || q.Time < last {
				t.Fatalf("an id of %d bytes at %v after %v", len(q.ID), q.Time, last)
			}
			last = q.Time
		}
	})
}
