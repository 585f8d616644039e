package engine

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

func TestSessionsSurviveTheirEncoding(t *testing.T) {
	long, short := bytes.Repeat([]byte{7}, MaxIDLength), []byte{9}
	for name, test := range map[string]struct {
		id, state []byte
		o         SessionOptions
	}{
		"usual":      {long, testState(1), SessionOptions{Created: startTime, Timeout: 7200}},
		"smallest":   {short, nil, SessionOptions{}},
		"scope":      {short, testState(1), SessionOptions{Scope: scope(t, "a scope"), Created: 1, Timeout: 1}},
		"full scope": {long, testState(1), SessionOptions{Scope: scope(t, string(long)), Promoted: true}},
		"extremes":   {long, make([]byte, 100_000), SessionOptions{Created: math.MinInt64, Timeout: math.MaxInt64}},
	} {
		s, err := NewSession(test.id, test.state, test.o)
		if err != nil {
			t.Fatal(err)
		}
		b := AppendSession([]byte("before"), s, 300)
		if !bytes.HasPrefix(b, []byte("before")) {
			t.Errorf("%s: AppendSession does not append", name)
		}
		got, err := ParseSession(b[len("before"):])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		equal(t, name+": id", string(got.ID()), string(test.id))
		equal(t, name+": state", string(got.AppendState(nil)), string(test.state))
		equal(t, name+": scope", got.Scope(), test.o.Scope)
		equal(t, name+": created", got.Created(), test.o.Created)
		equal(t, name+": promoted", got.Promoted(), test.o.Promoted)
		equal(t, name+": references", got.References(), 1)
		want := test.o.Timeout
		if want == 0 {
			want = 300
		}
		equal(t, name+": timeout", got.Timeout(), want)

		clear(b)
		equal(t, name+": the state is a copy", string(got.AppendState(nil)), string(test.state))
		got.Release()
		s.Release()
	}
}

func TestEncodingIsVersion1(t *testing.T) {
	s, err := NewSession([]byte{0xAA, 0xBB}, []byte{1, 2, 3}, SessionOptions{
		Scope: scope(t, "sc"), Created: 0x0102030405060708, Timeout: 0x1112, Promoted: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Release()
	want := []byte{1, 1, 2, 2, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0x11, 0x12, 0, 0, 0, 3, 0xAA, 0xBB, 's', 'c', 1, 2, 3}
	if got := AppendSession(nil, s, 0); !bytes.Equal(got, want) {
		t.Errorf("the encoding is %x, want %x", got, want)
	}
}

func TestWhatIsNoEncodingIsRefused(t *testing.T) {
	s, err := NewSession(testID(1), testState(1), SessionOptions{Scope: scope(t, "x"), Timeout: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Release()
	good := AppendSession(nil, s, 0)
	for n := range good {
		if _, err := ParseSession(good[:n]); !errors.Is(err, ErrEncoding) {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
	}
	for name, change := range map[string]func(b []byte) []byte{
		"one byte more":        func(b []byte) []byte { return append(b, 0) },
		"version 0":            func(b []byte) []byte { b[0] = 0; return b },
		"version 2":            func(b []byte) []byte { b[0] = 2; return b },
		"unknown flag":         func(b []byte) []byte { b[1] = 2; return b },
		"empty id":             func(b []byte) []byte { b[2] = 0; return b[:len(b)-MaxIDLength] },
		"long id":              func(b []byte) []byte { b[2]++; return append(b, 0) },
		"long scope":           func(b []byte) []byte { b[3] = 33; return append(b, make([]byte, 32)...) },
		"negative timeout":     func(b []byte) []byte { b[12] = 0x80; return b },
		"state of 4294967295":  func(b []byte) []byte { copy(b[20:], "\xff\xff\xff\xff"); return b },
		"state one too short":  func(b []byte) []byte { b[23]--; return b },
		"lengths that swapped": func(b []byte) []byte { b[2], b[3] = 33, 0; return b },
	} {
		got, err := ParseSession(change(bytes.Clone(good)))
		if got != nil || !errors.Is(err, ErrEncoding) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseSession(f *testing.F) {
	for _, o := range []SessionOptions{{}, {Created: -1, Timeout: math.MaxInt64, Promoted: true}} {
		s, err := NewSession(testID(1), testState(1), o)
		if err != nil {
			f.Fatal(err)
		}
		b := AppendSession(nil, s, DefaultTimeout)
		f.Add(b)
		f.Add(b[:len(b)-1])
		f.Add(append(b, 1))
		s.Release()
	}
	f.Add([]byte{})
	f.Add([]byte{1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'x'})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseSession(b)
		if err != nil {
			if s != nil || !errors.Is(err, ErrEncoding) {
				t.Fatalf("%v with the error %v", s, err)
			}
			return
		}
		defer s.Release()
		if again := AppendSession(nil, s, 0); !bytes.Equal(again, b) {
			t.Errorf("%x decodes to a session that is encoded as %x", b, again)
		}
		if n := len(s.ID()); n < 1 || n > MaxIDLength {
			t.Errorf("an id of %d bytes", n)
		}
		if s.Timeout() < 0 {
			t.Errorf("a timeout of %d", s.Timeout())
		}
	})
}
