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
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

func testSpec(kind workload.Kind, sessions int) workload.Spec {
	return workload.Spec{
		Kind: kind, Sessions: sessions, Mix: workload.DefaultMix, Objects: workload.DefaultObjects,
		States: workload.StateMix{TLS13: 80, TLS12: 20}, Seed: 1,
	}
}

func newDriver(t *testing.T, s workload.Spec, goroutines ...int) *driver {
	t.Helper()
	d, err := open(s, measure.Options{Goroutines: goroutines})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// forever is longer than anything that ends by itself.
const forever = time.Hour

// Every workload comes out of every number of threads with all sessions
// accounted for.
func TestWorkloadsKeepAccounts(t *testing.T) {
	for _, kind := range workload.Kinds() {
		for _, sessions := range []int{1, 50, 2_000} {
			for _, disjoint := range []bool{false, true} {
				if disjoint && sessions < 4 {
					continue
				}
				t.Run(fmt.Sprintf("%s/%d/%v", kind, sessions, disjoint), func(t *testing.T) {
					s := testSpec(kind, sessions)
					s.Disjoint = disjoint
					d := newDriver(t, s, 1, 4)
					for _, g := range []int{1, 4, 1} {
						const each = 5_000
						want := uint64(g * each)
						if kind == workload.Churn {
							want *= 2
						}
						if got := d.play(g, forever, each).Counts.Operations(); got != want {
							t.Errorf("%d operations were played, want %d", got, want)
						}
					}
					for _, wrong := range d.Finish().Violations {
						t.Error(wrong)
					}
				})
			}
		}
	}
}

// What is played is what Go plays on other targets, and where no two
// goroutines race, the answers are the same.
func TestSameAnswersAsInGo(t *testing.T) {
	mutex := measure.Target{Name: "mutex", New: func(n int) (workload.Cache, error) { return baseline.NewMutex(n), nil }}
	for _, kind := range workload.Kinds() {
		s := testSpec(kind, 700)
		d := newDriver(t, s, 1)
		b, err := measure.Open(mutex, s, measure.Options{Goroutines: []int{1}})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1_000, 10, 100_000} {
			got := d.play(1, forever, int64(n)).Counts
			if kind == workload.Churn {
				n *= 2
			}
			if want := b.Play(1, n).Counts; got != want {
				t.Errorf("%s, %d operations: libssl's answers add up to %+v, those of a map and a list to %+v", kind, n, got, want)
			}
		}
		for _, wrong := range d.Finish().Violations {
			t.Errorf("%s: %s", kind, wrong)
		}
	}
}

// As many sessions are kept as the workload says, not one less.
func TestCapacity(t *testing.T) {
	for _, sessions := range []int{1, 2, 3, 100} {
		d := newDriver(t, testSpec(workload.AddEvict, sessions), 1)
		for range 3 {
			d.play(1, forever, 1_000)
			if n := d.number(); n != sessions {
				t.Errorf("of %d sessions, %d are kept", sessions, n)
			}
		}
		d.Finish()
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
	d := newDriver(t, s, 1)
	defer d.Finish()
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

func TestSliceEnds(t *testing.T) {
	d := newDriver(t, testSpec(workload.Churn, 100), 1, 2)
	var stop atomic.Bool
	for _, g := range []int{1, 2} {
		if s := d.Slice(g, time.Millisecond, &stop); s.Elapsed <= 0 {
			t.Errorf("a slice on %d threads took %v", g, s.Elapsed)
		}
	}
	stop.Store(true)
	d.Slice(2, forever, &stop)
	for _, wrong := range d.Finish().Violations {
		t.Error(wrong)
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
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDriver(t, testSpec(c.kind, 100), 1)
			if c.kind == workload.Mixed {
				d.play(1, forever, 0)
			} else {
				d.play(1, forever, 1_000)
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
	if states := d.Describe().States; !strings.Contains(states, "OpenSSL") || !strings.Contains(states, "tls13") {
		t.Errorf("it describes itself as %q", states)
	}
	d.Finish()
	if d, err := target.Open(testSpec("sleep", 100), measure.Options{Goroutines: []int{1}}); err == nil || d != nil {
		t.Errorf("an unknown workload: %v, error %v", d, err)
	}
}
