package handover

import (
	"bytes"
	"context"
	"encoding/binary"
	"sync/atomic"
	"testing"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/seal"
)

const startTime = int64(1_000_000)

// fixture is a cache with a clock of its own. When the test ends nothing may be
// referenced any more.
type fixture struct {
	*engine.Cache
	t    testing.TB
	time *atomic.Int64
}

func newFixture(t testing.TB, change func(*engine.Config)) *fixture {
	t.Helper()
	f := &fixture{t: t, time: new(atomic.Int64)}
	f.time.Store(startTime)
	g := engine.Config{Mode: engine.Server, Capacity: 8192, Clock: f.time.Load, ProbationPercent: 25}
	if change != nil {
		change(&g)
	}
	c, err := engine.New(g)
	if err != nil {
		t.Fatal(err)
	}
	f.Cache = c
	t.Cleanup(func() {
		r, err := f.Audit()
		if err != nil {
			t.Error(err)
		}
		if r.Outstanding != 0 {
			t.Errorf("%d references outstanding", r.Outstanding)
		}
		f.Close()
	})
	return f
}

func testID(n int) []byte {
	id := bytes.Repeat([]byte{0xA5}, engine.MaxIDLength)
	binary.BigEndian.PutUint64(id, uint64(n))
	return id[:8+n%25]
}

func testState(n int) []byte {
	return binary.BigEndian.AppendUint64(bytes.Repeat([]byte{byte(n)}, n%90), uint64(n))
}

// add adds the nth session.
func (f *fixture) add(n int, o engine.SessionOptions) {
	f.t.Helper()
	s, err := engine.NewSession(testID(n), testState(n), o)
	if err != nil {
		f.t.Fatal(err)
	}
	if !f.Add(s) {
		f.t.Fatal("the session was not added")
	}
	s.Release()
}

// fill adds the sessions 0 to n-1.
func (f *fixture) fill(n int) {
	f.t.Helper()
	for i := range n {
		f.add(i, engine.SessionOptions{Created: startTime})
	}
}

// contents is what a cache has, in words that can be compared.
func (f *fixture) contents() map[string]string {
	m := map[string]string{}
	for s := range f.All() {
		m[string(s.ID())] = string(engine.AppendSession(nil, s, f.Timeout()))
	}
	return m
}

// wantSame wants both caches to have the same sessions.
func (f *fixture) wantSame(other *fixture) {
	f.t.Helper()
	want, got := f.contents(), other.contents()
	if len(got) != len(want) {
		f.t.Errorf("%d sessions were handed over, want %d", len(got), len(want))
	}
	for id, s := range want {
		if got[id] != s {
			f.t.Fatal("a session is missing, or another one")
		}
	}
}

func newRing(t testing.TB, fill byte) *seal.Ring {
	t.Helper()
	secret := bytes.Repeat([]byte{fill}, seal.KeySize)
	secret[0]++
	key, err := seal.NewKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := seal.NewRing(key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ring.Close)
	return ring
}

// written is the stream of a cache.
func (f *fixture) written(ring *seal.Ring, o Options) []byte {
	f.t.Helper()
	var b bytes.Buffer
	if _, err := Write(context.Background(), &b, f.Cache, ring, o); err != nil {
		f.t.Fatal(err)
	}
	return b.Bytes()
}

func (f *fixture) read(stream []byte, ring *seal.Ring, o Options) (ReadReport, error) {
	if o.Clock == nil {
		o.Clock = f.time.Load
	}
	return Read(context.Background(), bytes.NewReader(stream), f.Cache, ring, o)
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %+v, want %+v", what, got, want)
	}
}
