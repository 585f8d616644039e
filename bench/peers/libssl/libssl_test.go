package libssl

import (
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/bench/baseline"
	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

func testSpec(kind workload.Kind, sessions int) workload.Spec {
	return workload.Spec{
		Kind: kind, Sessions: sessions, Keys: kind.DefaultKeys(), Mix: workload.DefaultMix,
		Objects: workload.DefaultObjects, Flood: workload.DefaultFlood,
		States: workload.StateMix{TLS13: 80, TLS12: 20}, Seed: 1,
	}
}

func newDriver(t *testing.T, s workload.Spec, o measure.Options) *driver {
	t.Helper()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	d, err := open(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func on(goroutines ...int) measure.Options { return measure.Options{Goroutines: goroutines} }

// play has each thread play a number of steps of its stream, or all of them a
// round.
func play(d *driver, goroutines, each int) measure.Sample {
	players := d.playersFor(goroutines)
	if d.spec.Kind.Rounds() {
		return d.rounds(players, func(measure.Sample) bool { return false })
	}
	return d.finishSample(players, d.once(players, forever, int64(each)))
}

// calls returns how many calls the steps of a workload are, except for Scan,
// where it depends on the answers.
func calls(kind workload.Kind, steps int) int {
	if kind == workload.Churn || kind == workload.ExpiryMixed {
		return 2 * steps
	}
	return steps
}

func finish(t *testing.T, d *driver) measure.Finding {
	t.Helper()
	f := d.Finish()
	for _, wrong := range f.Violations {
		t.Errorf("%s: %s", d.spec.Kind, wrong)
	}
	return f
}

// Every workload comes out of every number of threads with all sessions
// accounted for.
func TestWorkloadsKeepAccounts(t *testing.T) {
	for _, kind := range workload.Kinds() {
		for _, c := range []struct {
			sessions int
			disjoint bool
			every    int
		}{{1, false, 0}, {50, false, 1}, {50, true, 0}, {1_000, false, 7}} {
			s := testSpec(kind, c.sessions)
			s.Disjoint = c.disjoint
			if s.Check() != nil || kind == workload.Fill && c.sessions < 4 {
				continue
			}
			t.Run(fmt.Sprintf("%s/%v", kind, c), func(t *testing.T) { keepAccounts(t, s, c.every) })
		}
	}
}

func keepAccounts(t *testing.T, s workload.Spec, every int) {
	few := s.Kind.MinGoroutines()
	d := newDriver(t, s, measure.Options{Goroutines: []int{few, 4}, Every: every})
	for _, g := range []int{few, 4, few} {
		const each = 1_000
		sample := play(d, g, each)
		n := int(sample.Counts.Operations())
		switch {
		case s.Kind == workload.Fill:
			if n != s.Sessions {
				t.Errorf("a fill has %d operations", n)
			}
		case s.Kind == workload.Flush:
			if n < g-1 || sample.Flushed != uint64(s.Sessions) || sample.Flush <= 0 || sample.Flush > sample.Elapsed {
				t.Errorf("a flush of %d sessions in %v, %d lookups in %v", sample.Flushed, sample.Flush, n, sample.Elapsed)
			}
		case s.Kind == workload.Scan:
			if n < g*each {
				t.Errorf("%d operations were played, want at least %d", n, g*each)
			}
		default:
			if n != calls(s.Kind, g*each) {
				t.Errorf("%d operations were played, want %d", n, calls(s.Kind, g*each))
			}
		}
		if (sample.Latency != nil) != (every > 0) {
			t.Errorf("one operation in %d was to be timed, the times are %v", every, sample.Latency)
		}
		if (s.Kind == workload.Flush || every == 1 && s.Kind != workload.Scan) && sample.Latency != nil && sample.Latency.Count != int64(n) {
			t.Errorf("%d of %d operations were timed", sample.Latency.Count, n)
		}
	}
	kept := finish(t, d).Kept
	if (kept != nil) != (s.Kind == workload.AddEvict) || kept != nil && *kept != 1 {
		t.Errorf("the share that was kept is %v", kept)
	}
}

// What is played is what Go plays on other targets, and where no two
// goroutines race, the answers are the same.
func TestSameAnswersAsInGo(t *testing.T) {
	mutex := measure.Target{Name: "mutex", New: func(n int) (workload.Cache, error) { return baseline.NewMutex(n), nil }}
	for _, kind := range workload.Kinds() {
		if kind.MinGoroutines() > 1 {
			continue
		}
		s, o := testSpec(kind, 700), measure.Options{Goroutines: []int{1}, Every: 5}
		d := newDriver(t, s, o)
		b, err := measure.Open(mutex, s, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1_000, 10, 100_000} {
			inGo := calls(kind, n)
			if kind.Rounds() {
				inGo = 1
			}
			got, want := play(d, 1, n), b.Play(1, inGo)
			if got.Counts != want.Counts {
				t.Errorf("%s, %d operations: libssl's answers add up to %+v, those of a map and a list to %+v", kind, n, got.Counts, want.Counts)
			}
			if got.Latency.Count != want.Latency.Count {
				t.Errorf("%s, %d operations: %d are timed, in Go %d", kind, n, got.Latency.Count, want.Latency.Count)
			}
		}
		finish(t, d)
	}
}

// As many sessions are kept as the workload says, not one less.
func TestCapacity(t *testing.T) {
	for _, sessions := range []int{1, 2, 3, 100} {
		d := newDriver(t, testSpec(workload.AddEvict, sessions), on(1))
		for range 3 {
			play(d, 1, 1_000)
			if n := d.number(); n != sessions {
				t.Errorf("of %d sessions, %d are kept", sessions, n)
			}
		}
		finish(t, d)
	}
}

// parse reads the ASN.1 form of a session and the length of its peer's
// certificate.
func parse(t *testing.T, form []byte) (s struct {
	session
	peer int
}) {
	t.Helper()
	var fields []asn1.RawValue
	if _, err := asn1.Unmarshal(form, &fields); err != nil {
		t.Fatal(err)
	}
	for i, f := range fields {
		var err error
		switch {
		case i == 0: // the format
		case i == 1:
			_, err = asn1.Unmarshal(f.FullBytes, &s.Version)
		case i == 2:
			s.CipherSuite = f.Bytes
		case i == 3:
			s.ID = f.Bytes
		case i == 4:
			s.MasterSecret = f.Bytes
		case f.Tag == 1:
			_, err = asn1.Unmarshal(f.Bytes, &s.Time)
		case f.Tag == 2:
			_, err = asn1.Unmarshal(f.Bytes, &s.Timeout)
		case f.Tag == 3:
			s.peer = len(f.Bytes)
		}
		if err != nil {
			t.Fatalf("field %d: %v", i, err)
		}
	}
	return s
}

func TestSessions(t *testing.T) {
	s := testSpec(workload.Get, 100*statesPerKind)
	s.States = workload.StateMix{TLS13: 40, TLS12: 30, MutualTLS13: 20, MutualTLS12: 10}
	d := newDriver(t, s, on(1))
	defer finish(t, d)
	kinds, ids := s.StateKinds(), workload.NewIDs(s.Seed)
	secrets := make(map[string]bool)
	for i := range s.Pool() {
		got := parse(t, d.form(i))
		var id [shards.MaxIDLength]byte
		ids.Put(&id, uint64(i))
		suite, secret := uint16(0x1301), 32 // TLS_AES_128_GCM_SHA256
		if v := version(kinds[i%100]); got.Version != int(v) {
			t.Errorf("session %d has version %x, want %x", i, got.Version, v)
		} else if v == 0x0303 {
			suite, secret = 0xC02B, 48 // ECDHE-ECDSA-AES128-GCM-SHA256
		}
		if n := binary.BigEndian.Uint16(got.CipherSuite); n != suite || len(got.MasterSecret) != secret {
			t.Errorf("session %d has suite %x and a secret of %d bytes", i, n, len(got.MasterSecret))
		}
		if string(got.ID) != string(id[:]) || got.Timeout != lifetime || got.Time == 0 {
			t.Errorf("session %d has an id of %d bytes, time %d and timeout %d", i, len(got.ID), got.Time, got.Timeout)
		}
		if mutual := kinds[i%100] >= workload.StateMutualTLS13; mutual != (got.peer > 300) {
			t.Errorf("session %d of kind %d has a peer of %d bytes", i, kinds[i%100], got.peer)
		}
		secrets[string(got.MasterSecret)] = true
	}
	if want := 4 * statesPerKind; len(secrets) != want {
		t.Errorf("there are %d secrets, want %d", len(secrets), want)
	}
}

// The sessions of expiry-mixed and flush have the times that Go gives theirs.
func TestTimesOfSessions(t *testing.T) {
	for _, kind := range []workload.Kind{workload.ExpiryMixed, workload.Flush} {
		s := testSpec(kind, 100)
		d := newDriver(t, s, on(2))
		timeout := s.Timeouts()
		for i := range s.Pool() {
			got := parse(t, d.form(i))
			if got.Timeout != timeout(i) || got.Time != d.created+s.CreatedAhead() {
				t.Errorf("%s: session %d has timeout %d, want %d; it was created %d s ahead", kind, i, got.Timeout, timeout(i), got.Time-d.created)
			}
		}
		finish(t, d)
	}
}

func TestSliceEnds(t *testing.T) {
	for _, kind := range workload.Kinds() {
		d := newDriver(t, testSpec(kind, 100), on(2, 3))
		var stop atomic.Bool
		for _, g := range []int{2, 3} {
			if s := d.Slice(g, time.Millisecond, &stop); s.Elapsed <= 0 || s.Counts.Operations() == 0 || s.Heap == 0 && d.description.Memory != nil || s.RSS == 0 {
				t.Errorf("%s: a slice on %d threads: %+v", kind, g, s)
			}
		}
		stop.Store(true)
		d.Slice(2, forever, &stop)
		finish(t, d)
	}
}

// A slice ends although the thread that waits for its end gets no processor.
func TestSliceEndsByItself(t *testing.T) {
	for _, kind := range workload.Kinds() {
		g := kind.MinGoroutines()
		d := newDriver(t, testSpec(kind, 100), on(g))
		player := d.players[g][0]
		if n := d.playHere(player, time.Millisecond).Operations(); n == 0 {
			t.Errorf("%s: nothing was played", kind)
		}
		if n := d.playHere(player, 0).Operations(); n == 0 || n > 2 {
			t.Errorf("%s: %d operations were played after the deadline, want the one that every player plays", kind, n)
		}
		if kind == workload.Fill { // the sessions were there
			d.close()
		} else {
			finish(t, d)
		}
	}
}

func TestMemory(t *testing.T) {
	s := testSpec(workload.Get, 2_000)
	for _, c := range []struct {
		states    workload.StateMix
		low, high float64
	}{
		{workload.StateMix{TLS13: 100}, 500, 1_500},
		{workload.StateMix{MutualTLS13: 100}, 2_000, 10_000}, // with an X509 of its own
	} {
		s.States = c.states
		d := newDriver(t, s, on(1))
		m := d.Describe().Memory
		if m.Linked != 2_000 || m.Session < c.low || m.Session > c.high {
			t.Errorf("%v: %+v; a session must take %v to %v bytes", c.states, m, c.low, c.high)
		}
		// An item of the table and a place in a bucket, and the SSL_CTX itself.
		if m.Table < 40 || m.Table > 150 {
			t.Errorf("%v: the table takes %v bytes a session", c.states, m.Table)
		}
		finish(t, d)
	}
}

func TestTimes(t *testing.T) {
	got, want := latency.NewRecorder(), latency.NewRecorder()
	const hour = int64(time.Hour)
	times := []int64{-1, 0, 1, 127, 128, 255, 256, 257, 511, 512, 1_000, 999_999, hour - 1, hour, hour + 1, 2 * hour}
	record(got, times)
	for _, n := range times {
		want.Record(n)
	}
	if *got.Summary() != *want.Summary() {
		t.Errorf("got %+v, want %+v", got.Summary(), want.Summary())
	}
}

// Every way in which accounts can go wrong must be found out.
func TestFaultsAreFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  workload.Kind
		fault func(d *driver)
		want  string
	}{
		{"a reference is leaked", workload.Churn, func(d *driver) { d.upRef(7) }, "1 sessions were not freed"},
		{"a reference too many is dropped", workload.Churn, func(d *driver) { d.free(7) }, "freeing the SSL_CTX freed 1 sessions"},
		{"two references too many are dropped", workload.Churn, func(d *driver) { d.remove(7); d.free(7) }, "1 sessions were freed while the pool had references"},
		{"a session is lost", workload.Churn, func(d *driver) { d.remove(7) }, "99 sessions are in the cache; by what libssl returned there must be 100"},
		{"a session has come from nowhere", workload.Mixed, func(d *driver) { d.remove(7); d.add(7); d.alone.Removed++ }, "100 sessions are in the cache; by what libssl returned there must be 99"},
		{"a removal did nothing", workload.Churn, func(d *driver) { d.alone.Removed-- }, "of sessions that no other thread used"},
		{"an identical add returned 1", workload.Identical, func(d *driver) { d.alone.Added++ }, "1 of 1000 adds"},
		{"a lookup missed", workload.Get, func(d *driver) { d.alone.Hits-- }, "1 of 1000 lookups"},
		{"the bound does not hold", workload.AddEvict, func(d *driver) { d.spec.Sessions-- }, "100 sessions are in a cache with a capacity of 99"},
		{"too much is evicted", workload.AddEvict, func(d *driver) { d.remove(d.linkedNow()[0]) }, "99 sessions are in the cache"},
		{"a fill is not complete", workload.Fill, func(d *driver) { d.alone.Added-- }, "1 of 100 adds to a cache with room for all"},
		{"a flush has left something", workload.Flush, func(d *driver) { d.missed = 1 }, "flushes removed 1 sessions less"},
		{"a stranger is there", workload.Scan, func(d *driver) { d.addStranger() }, "1 sessions in the cache were never added"},
		{"what a handshake made is lost", workload.Scan, func(d *driver) { d.removeMade() }, "must be 100"},
		{"a handshake keeps a reference", workload.Scan, func(d *driver) { d.upRefMade() }, "1 sessions that handshakes made are still there"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDriver(t, testSpec(c.kind, 100), on(c.kind.MinGoroutines()))
			if c.kind != workload.Mixed {
				play(d, c.kind.MinGoroutines(), 1_000)
			}
			c.fault(d)
			if wrong := d.Finish().Violations; !strings.Contains(strings.Join(wrong, "\n"), c.want) {
				t.Errorf("the check says %q, want something with %q", wrong, c.want)
			}
		})
	}
}

func TestTarget(t *testing.T) {
	target := Target()
	d, err := target.Open(testSpec(workload.Churn, 100), measure.Options{Goroutines: []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range workload.Kinds() {
		if err := target.Supports(kind); err != nil {
			t.Error(err)
		}
	}
	if note := d.Describe().Note; !strings.Contains(note, "OpenSSL") || !strings.Contains(note, "tls13") {
		t.Errorf("it says of itself %q", note)
	}
	d.Finish()
	if d, err := target.Open(workload.Spec{Kind: "sleep"}, measure.Options{Goroutines: []int{1}}); err == nil || d != nil {
		t.Errorf("an unknown workload: %v, error %v", d, err)
	}
}
