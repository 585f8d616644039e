package measure

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/workload"
)

func TestMessagesComeBack(t *testing.T) {
	law, err := workload.Zipf(0.99)
	if err != nil {
		t.Fatal(err)
	}
	spec := testSpec(workload.Mixed)
	spec.Keys = law
	sent := []request{
		{Prepare: &prepare{Target: "engine", Spec: spec, Options: Options{Goroutines: []int{1, 2}, Every: 64}, CPUProfile: "a\nb"}},
		{Slice: &slice{Goroutines: 2, Duration: time.Second, Collect: true}},
		{Stop: true},
		{Finish: &finish{}},
	}
	var pipe bytes.Buffer
	for _, r := range sent {
		if err := writeMessage(&pipe, r); err != nil {
			t.Fatal(err)
		}
	}
	in := bufio.NewReader(&pipe)
	for _, want := range sent {
		var got request
		if err := readMessage(in, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if err := readMessage(in, new(request)); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v, want io.EOF", err)
	}
}

// A sample whose histogram has any times whatever comes through.
func TestLargeSamples(t *testing.T) {
	r := latency.NewRecorder()
	for i := range int64(2_000_000) {
		r.Record(i * i)
	}
	n := uint64(7)
	want := reply{Sample: &Sample{Elapsed: 1, Latency: r.Summary(), Retries: &n}}
	var pipe bytes.Buffer
	if err := writeMessage(&pipe, want); err != nil {
		t.Fatal(err)
	}
	var got reply
	if err := readMessage(bufio.NewReader(&pipe), &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, error %v", got, err)
	}
}

func TestBrokenMessages(t *testing.T) {
	for _, c := range []struct {
		text string
		want error // nil: any but io.EOF
	}{
		{"5\n{}", io.ErrUnexpectedEOF},
		{"5", io.ErrUnexpectedEOF},
		{"2\n{}", io.ErrUnexpectedEOF},
		{"2\n{}x", nil},
		{"panic: oh\n", nil},
		{"-1\n", nil},
		{"99999999999\n{}", nil},
		{"2\n{]\n", nil},
	} {
		err := readMessage(bufio.NewReader(strings.NewReader(c.text)), new(request))
		if err == nil || errors.Is(err, io.EOF) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%q: error is %v, want %v", c.text, err, c.want)
		}
	}
}

func TestTailKeepsBothEnds(t *testing.T) {
	var short, long tail
	for _, part := range []string{"panic: ", "oh"} {
		if n, err := short.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatalf("Write returned %d, %v", n, err)
		}
	}
	if got := short.String(); got != "panic: oh" {
		t.Errorf("got %q", got)
	}
	for range 100 {
		if _, err := long.Write([]byte("first" + strings.Repeat(".", 1000) + "last")); err != nil {
			t.Fatal(err)
		}
	}
	got := long.String()
	if !strings.HasPrefix(got, "first.") || !strings.HasSuffix(got, ".last") || len(got) > 2*tailSize+100 || !strings.Contains(got, "left out") {
		t.Errorf("%d bytes, from %.20q to %q", len(got), got, got[len(got)-20:])
	}
}
