package handover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/seal"
)

func TestEverythingIsHandedOver(t *testing.T) {
	for _, table := range []engine.TableKind{engine.LockFree, engine.XSync} {
		for _, n := range []int{0, 1, 3000} {
			t.Run(fmt.Sprintf("%s/sessions=%d", table, n), func(t *testing.T) {
				ring := newRing(t, 1)
				before := newFixture(t, func(g *engine.Config) { g.Table = table })
				after := newFixture(t, nil)
				scope, err := engine.NewScope([]byte("a scope"))
				if err != nil {
					t.Fatal(err)
				}
				for i := range n {
					before.add(i, engine.SessionOptions{Scope: scope, Created: startTime - int64(i%100), Timeout: int64(i%3) * 1000, Promoted: i%2 == 0})
				}
				report, err := after.read(before.written(ring, Options{}), ring, Options{})
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "the report", report, ReadReport{Whole: true, Passes: 1, Sessions: n, Added: n})
				before.wantSame(after)
			})
		}
	}
}

func TestWhatIsOverStaysBehind(t *testing.T) {
	ring, before, after := newRing(t, 1), newFixture(t, nil), newFixture(t, nil)
	for i := range 10 {
		before.add(i, engine.SessionOptions{Created: startTime, Timeout: int64(100 + i)})
	}
	stream := before.written(ring, Options{})
	after.time.Add(105)
	report, err := after.read(stream, ring, Options{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the report", report, ReadReport{Whole: true, Passes: 1, Sessions: 10, Added: 5, Expired: 5})
}

func TestWhatCannotBeResumedStaysBehind(t *testing.T) {
	ring, before, after := newRing(t, 1), newFixture(t, nil), newFixture(t, nil)
	before.fill(2)
	s, ok := before.Take(testID(0))
	if !ok {
		t.Fatal("no session")
	}
	before.Add(s) // it is marked not resumable all the same
	s.Release()
	var b bytes.Buffer
	wrote, err := Write(context.Background(), &b, before.Cache, ring, Options{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the report", wrote, WriteReport{Passes: 1, Sessions: 1, Skipped: 1})
	if _, err := after.read(b.Bytes(), ring, Options{}); err != nil {
		t.Fatal(err)
	}
	equal(t, "Len", after.Len(), 1)
}

// A session that the next process has made by itself is the newer one, and
// bounds of the next cache hold.
func TestTheNextCacheComesFirst(t *testing.T) {
	ring, before := newRing(t, 1), newFixture(t, nil)
	after := newFixture(t, func(g *engine.Config) { g.Capacity = 6; g.MaxBytes = 60 })
	before.fill(8)
	before.add(89, engine.SessionOptions{Created: startTime}) // a state of 97 bytes
	after.add(3, engine.SessionOptions{Created: startTime + 7})
	report, err := after.read(before.written(ring, Options{}), ring, Options{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the report", report, ReadReport{Whole: true, Passes: 1, Sessions: 9, Added: 7, Present: 1, Refused: 1})
	if s, ok := after.Get(testID(3)); ok {
		equal(t, "the creation time of its own session", s.Created(), startTime+7)
		s.Release()
	} else {
		t.Error("its own session has gone, the latest to expire")
	}
	if after.Len() > 6 || after.Stats().Bytes > 60 {
		t.Errorf("%d sessions of %d bytes", after.Len(), after.Stats().Bytes)
	}
	after.Close()
	report, err = after.read(before.written(ring, Options{}), ring, Options{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "Refused by a closed cache", report.Refused, 9)
}

// Later passes take back what has left, and bring what is new or has changed.
func TestPasses(t *testing.T) {
	ring, before, after := newRing(t, 1), newFixture(t, nil), newFixture(t, nil)
	before.fill(20)
	var b bytes.Buffer
	w, err := NewWriter(&b, ring, Options{})
	if err != nil {
		t.Fatal(err)
	}
	pass := func(want WriteReport) {
		t.Helper()
		if err := w.Pass(context.Background(), before.Cache); err != nil {
			t.Fatal(err)
		}
		equal(t, "the report", w.Report(), want)
	}
	pass(WriteReport{Passes: 1, Sessions: 20})

	s, ok := before.Take(testID(0)) // used once
	if !ok {
		t.Fatal("no session")
	}
	s.Release()
	before.RemoveID(testID(1))
	before.add(2, engine.SessionOptions{Created: startTime + 1}) // another one with its id
	before.add(20, engine.SessionOptions{Created: startTime})    // a new one
	if s, ok = before.Get(testID(3)); !ok {
		t.Fatal("no session")
	}
	before.Promote(s)
	s.Release()
	if s, ok = before.Get(testID(4)); !ok {
		t.Fatal("no session")
	}
	s.SetCreated(startTime + 5)
	before.Reschedule(s)
	s.Release()
	pass(WriteReport{Passes: 2, Sessions: 24, Gone: 2})

	// What was gone can come back.
	before.add(1, engine.SessionOptions{Created: startTime + 2})
	before.RemoveID(testID(20))
	pass(WriteReport{Passes: 3, Sessions: 25, Gone: 3})
	pass(WriteReport{Passes: 4, Sessions: 25, Gone: 3})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := after.read(b.Bytes(), ring, Options{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the report", report, ReadReport{Whole: true, Passes: 4, Sessions: 25, Gone: 3, Updated: 3, Added: 19})
	before.wantSame(after)
}

// Whatever goes on during the first passes, after one in which nothing does both
// caches are the same.
func TestPassesUnderTraffic(t *testing.T) {
	for _, table := range []engine.TableKind{engine.LockFree, engine.XSync} {
		t.Run(table.String(), func(t *testing.T) {
			ring, after := newRing(t, 1), newFixture(t, nil)
			before := newFixture(t, func(g *engine.Config) { g.Table = table; g.Capacity = 900 })
			before.fill(800)
			var b bytes.Buffer
			w, err := NewWriter(&b, ring, Options{})
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{}, 3)
			for g := range cap(done) {
				go func() {
					defer func() { done <- struct{}{} }()
					for n := range 2000 {
						id := (n*13 + g*7) % 1200
						s, err := engine.NewSession(testID(id), testState(id), engine.SessionOptions{Created: startTime + int64(n)})
						if err != nil {
							t.Error(err)
							return
						}
						before.Add(s)
						s.Release()
						if taken, ok := before.Take(testID((id + 100) % 1200)); ok {
							taken.Release()
						}
						if s, ok := before.Get(testID((id + 50) % 1200)); ok {
							before.Promote(s)
							s.Release()
						}
					}
				}()
			}
			for range cap(done) {
				if err := w.Pass(context.Background(), before.Cache); err != nil {
					t.Fatal(err)
				}
			}
			for range cap(done) {
				<-done
			}
			if err := w.Pass(context.Background(), before.Cache); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := after.read(b.Bytes(), ring, Options{}); err != nil {
				t.Fatal(err)
			}
			before.wantSame(after)
		})
	}
}

// A stream that was cut anywhere is told from a whole one, and gives whole
// sessions or none.
func TestCutStreams(t *testing.T) {
	ring, before := newRing(t, 1), newFixture(t, nil)
	for i := range 3000 { // several chunks of 64 KiB
		before.add(i, engine.SessionOptions{Created: startTime})
	}
	stream, want := before.written(ring, Options{}), before.contents()
	cuts := []int{0, 1, 40, 41, 44, 45, 46, 100}
	for n := 1000; n < len(stream); n += len(stream) / 7 {
		cuts = append(cuts, n)
	}
	some := 0
	for _, n := range append(cuts, len(stream)-1) {
		after := newFixture(t, nil)
		report, err := after.read(stream[:n], ring, Options{})
		if !errors.Is(err, ErrIncomplete) || !errors.Is(err, seal.ErrTruncated) {
			t.Fatalf("%d bytes: the error is %v", n, err)
		}
		if report.Whole || report.Added != after.Len() || report.Added != report.Sessions {
			t.Errorf("%d bytes: the report is %+v, the cache has %d", n, report, after.Len())
		}
		for id, s := range after.contents() {
			if want[id] != s {
				t.Fatalf("%d bytes: a session that was never written", n)
			}
		}
		some = max(some, report.Added)

		nothing := newFixture(t, nil)
		report, err = nothing.read(stream[:n], ring, Options{AllOrNothing: true})
		if !errors.Is(err, ErrIncomplete) || nothing.Len() != 0 || report.Discarded != report.Sessions {
			t.Errorf("%d bytes: all or nothing: %d sessions, %+v, %v", n, nothing.Len(), report, err)
		}
	}
	if some == 0 {
		t.Error("no cut stream gave a session")
	}
}

// What was changed, exchanged or left out does not open, and what comes before
// it does.
func TestForgedStreams(t *testing.T) {
	ring, before := newRing(t, 1), newFixture(t, nil)
	before.fill(3000)
	stream := before.written(ring, Options{Name: "server"})
	other := before.written(ring, Options{Name: "server"})
	half := len(stream) / 2
	flip := func(n int) []byte {
		b := bytes.Clone(stream)
		b[n] ^= 1
		return b
	}
	for name, test := range map[string]struct {
		stream []byte
		ring   *seal.Ring
		name   string
		want   error
	}{
		"changed in the middle":     {flip(half), ring, "server", seal.ErrNotAuthentic},
		"changed at the end":        {flip(len(stream) - 1), ring, "server", seal.ErrNotAuthentic},
		"another version":           {flip(0), ring, "server", seal.ErrMalformed},
		"another key":               {stream, newRing(t, 2), "server", seal.ErrUnknownKey},
		"another cache":             {stream, ring, "client", seal.ErrNotAuthentic},
		"two streams in one":        {append(bytes.Clone(stream[:half]), other[half:]...), ring, "server", seal.ErrNotAuthentic},
		"something else entirely":   {bytes.Repeat([]byte("GET / HTTP/1.1\r\n"), 20), ring, "server", seal.ErrMalformed},
		"a sealed stream, not ours": {sealed(t, ring, Options{Name: "server"}, []byte{9}), ring, "server", ErrFormat},
	} {
		t.Run(name, func(t *testing.T) {
			after := newFixture(t, nil)
			report, err := after.read(test.stream, test.ring, Options{Name: test.name})
			if !errors.Is(err, ErrIncomplete) || !errors.Is(err, test.want) {
				t.Errorf("the error is %v", err)
			}
			equal(t, "Len", after.Len(), report.Added)
			want := before.contents()
			for id, s := range after.contents() {
				if want[id] != s {
					t.Fatal("a session that was never written")
				}
			}
		})
	}
}

// sealed returns a stream of any content.
func sealed(t testing.TB, ring *seal.Ring, o Options, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := seal.NewWriter(&b, ring, o.associatedData())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Authentic streams that are not as this version writes them.
func TestUnknownFormats(t *testing.T) {
	ring := newRing(t, 1)
	record := func(kind byte, payload ...byte) []byte {
		return endRecord(append(beginRecord(nil, kind), payload...))
	}
	pass := record(kindPass, make([]byte, passLength)...)
	for name, records := range map[string][]byte{
		"nothing":                   nil,
		"no pass":                   {formatVersion},
		"another version":           append([]byte{2}, pass...),
		"an unknown kind":           append([]byte{formatVersion}, record(4)...),
		"no session":                append([]byte{formatVersion}, record(kindSession, 1, 2, 3)...),
		"an empty id":               append([]byte{formatVersion}, record(kindGone)...),
		"a long id":                 append([]byte{formatVersion}, record(kindGone, make([]byte, 33)...)...),
		"a short pass":              append([]byte{formatVersion}, record(kindPass, 0)...),
		"a pass that miscounts":     append([]byte{formatVersion}, record(kindPass, append(make([]byte, 15), 1)...)...),
		"something after the pass":  append(append([]byte{formatVersion}, pass...), record(kindGone, 1)...),
		"half a header":             append(append([]byte{formatVersion}, pass...), kindGone, 0),
		"half a record":             append(append([]byte{formatVersion}, pass...), kindGone, 0, 0, 0, 5, 1),
		"a record that is too long": {formatVersion, kindSession, 0xFF, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			after := newFixture(t, nil)
			report, err := after.read(sealed(t, ring, Options{}, records), ring, Options{})
			if !errors.Is(err, ErrFormat) || !errors.Is(err, ErrIncomplete) || report.Whole {
				t.Errorf("the report is %+v, the error %v", report, err)
			}
			equal(t, "Len", after.Len(), 0)
		})
	}
}

var errBroken = errors.New("broken")

// brokenWriter fails after so many bytes.
type brokenWriter struct{ left int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func TestWritingFails(t *testing.T) {
	ring, before := newRing(t, 1), newFixture(t, nil)
	before.fill(3000)
	for _, n := range []int{0, 40, 41, 1000, 100_000} {
		if _, err := Write(context.Background(), &brokenWriter{n}, before.Cache, ring, Options{}); !errors.Is(err, errBroken) {
			t.Errorf("after %d bytes: the error is %v", n, err)
		}
	}
	w, err := NewWriter(new(bytes.Buffer), ring, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 2 {
		if err := w.Pass(ctx, before.Cache); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
	}
	if err := w.Close(); !errors.Is(err, context.Canceled) {
		t.Errorf("the error of Close is %v", err)
	}
	closed, err := NewWriter(new(bytes.Buffer), ring, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := closed.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := closed.Pass(context.Background(), before.Cache); !errors.Is(err, errWriterClosed) {
		t.Errorf("the error of a pass after Close is %v", err)
	}
	ring.Close()
	if _, err := Write(context.Background(), new(bytes.Buffer), before.Cache, ring, Options{}); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("without a key the error is %v", err)
	}
}
