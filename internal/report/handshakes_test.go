package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/reprise-tls/reprise/internal/golden"
	"github.com/reprise-tls/reprise/internal/handshake"
	"github.com/reprise-tls/reprise/internal/measure"
)

// exampleHandshakes returns a result whose figures were made up.
func exampleHandshakes() *handshake.Result {
	r := &handshake.Result{
		Environment: example(1).Environment,
		Settings: handshake.Settings{
			Targets: []string{"tickets", "engine", "localhost:8443"}, Remote: "localhost:8443",
			Clients: 100, Resumed: 90, Aborted: 5, Capacity: 20480, Seed: 7,
			Duration: 500 * time.Millisecond, WarmUp: 200 * time.Millisecond, Count: 6, Closing: time.Second,
		},
		Done: 36, Planned: 36,
		Failures:   []handshake.Failure{{Place: handshake.Place{Target: "none", Mix: handshake.Mix{100}}, Error: "died"}},
		Violations: []handshake.Violation{{Place: handshake.Place{Target: "engine", Mix: handshake.Mix{100}}, What: []string{"audit: found something", "references are held"}}},
	}
	for _, mix := range []handshake.Mix{{100}, {70, 30}} {
		for t, target := range r.Settings.Targets {
			c := &handshake.Cell{Place: handshake.Place{Target: target, Mix: mix}, Goroutines: 2}
			for i := range 6 {
				c.Samples = append(c.Samples, exampleSample(t, i))
			}
			r.Cells = append(r.Cells, c)
		}
	}
	late := &r.Cells[4].Samples[2]
	late.Arrivals = &measure.Arrivals{
		Due: 1000, Missed: 120, Dropped: 20, Behind: 12345678 * time.Nanosecond, Busy: 0.75,
		Latency: times(900_000, 1), Wake: times(500, 1),
	}
	return r
}

func exampleSample(target, slice int) handshake.Sample {
	n := uint64(1_000 - 20*target + 7*slice)
	s := handshake.Sample{
		Round: slice, Slot: target, Elapsed: 500 * time.Millisecond, Client: time.Duration(n) * 300 * time.Microsecond,
		Counts: handshake.Counts{Started: n + 55, Full: n / 10, Resumed: n - n/10, Aborted: 50, Failed: 5, Offered: n - 100, Kept: n, Kinds: [4]uint64{n + 55}},
		Errors: map[string]uint64{"EOF": 3, "timeout": 2},
		Full:   times(2_000_000, slice), Resumed: times(1_000_000, slice),
	}
	if target == 2 {
		s.Counts.Offered, s.Counts.Unclosed = 0, 4
		return s
	}
	s.Server = &handshake.Server{Processor: time.Duration(n) * time.Duration(250+10*target) * time.Microsecond, Mallocs: 400 * n, Allocated: 50_000 * n}
	if target == 1 {
		sessions, evicted := 20_480, uint64(slice)
		s.Server.Sessions, s.Server.Evicted = &sessions, &evicted
	}
	return s
}

func TestHandshakeTable(t *testing.T) {
	var b bytes.Buffer
	if err := HandshakeTable(&b, exampleHandshakes(), "loadgen tls"); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "handshakes.txt", b.String())
}

func TestHandshakeBench(t *testing.T) {
	var b bytes.Buffer
	if err := HandshakeBench(&b, exampleHandshakes(), "loadgen tls"); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "handshakes-bench.txt", b.String())
	results := 0
	reader := benchfmt.NewReader(&b, "output")
	for reader.Scan() {
		switch r := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Error(r)
		case *benchfmt.Result:
			results++
			if x, ok := r.Value(unitHandshakes); !ok || x <= 0 {
				t.Errorf("%s: %v handshakes a second", r.Name, x)
			}
		}
	}
	if results != 36 {
		t.Errorf("%d results; want 36", results)
	}
}

func TestHandshakeJSON(t *testing.T) {
	var b bytes.Buffer
	want := exampleHandshakes()
	if err := HandshakeJSON(&b, want, "loadgen tls"); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema, Command string
		handshake.Result
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != HandshakeSchema || got.Command != "loadgen tls" || len(got.Cells) != len(want.Cells) || got.Cells[4].Mix != want.Cells[4].Mix {
		t.Errorf("%+v", got)
	}
}

// A run in which nothing was finished has a result that says so.
func TestHandshakesOfNothing(t *testing.T) {
	r := exampleHandshakes()
	for _, c := range r.Cells {
		for i := range c.Samples {
			c.Samples[i] = handshake.Sample{Elapsed: time.Second, Counts: handshake.Counts{Started: 2, Failed: 2}, Errors: map[string]uint64{"timeout": 2}}
		}
	}
	for _, write := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return HandshakeTable(b, r, "loadgen tls") },
		func(b *bytes.Buffer) error { return HandshakeBench(b, r, "loadgen tls") },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if text := b.String(); strings.Contains(text, "NaN") || !strings.Contains(text, "12 of 12 connections: timeout (12)") {
			t.Errorf("the result is\n%s", text)
		}
	}
}

func TestHandshakesThatCannotBeWritten(t *testing.T) {
	full := errors.New("full")
	for _, err := range []error{
		HandshakeTable(failing{full}, exampleHandshakes(), ""),
		HandshakeBench(failing{full}, exampleHandshakes(), ""),
		HandshakeJSON(failing{full}, exampleHandshakes(), ""),
	} {
		if !errors.Is(err, full) {
			t.Errorf("%v; want %v", err, full)
		}
	}
}
