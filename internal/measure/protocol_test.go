package measure

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/child"
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
		if err := child.Write(&pipe, r); err != nil {
			t.Fatal(err)
		}
	}
	in := bufio.NewReader(&pipe)
	for _, want := range sent {
		var got request
		if err := child.Read(in, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if err := child.Read(in, new(request)); !errors.Is(err, io.EOF) {
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
	if err := child.Write(&pipe, want); err != nil {
		t.Fatal(err)
	}
	var got reply
	if err := child.Read(bufio.NewReader(&pipe), &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, error %v", got, err)
	}
}
