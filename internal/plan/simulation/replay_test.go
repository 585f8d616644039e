package simulation

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/plan/missratio"
	"github.com/reprise-tls/reprise/internal/trace"
)

// skewed has requests for a few ids more often than for others, some seconds
// apart.
func skewed(ids, requests int, seed uint64) *trace.Trace {
	r := rand.New(rand.NewPCG(seed, 1))
	t := &trace.Trace{Distinct: ids}
	now := time.Duration(0)
	for range requests {
		t.IDs = append(t.IDs, uint32(float64(ids)*math.Pow(r.Float64(), 3)))
		now += time.Duration(r.IntN(3)) * time.Second
		t.Times = append(t.Times, now)
	}
	return t
}

// Up to 64 sessions the engine's order is exact: without probation it is FIFO,
// whether or not sessions expire. With Renew that is so where the reuse window
// is longer than the lifetime; elsewhere superseded sessions are the first to
// go.
func TestSmallCachesAreExact(t *testing.T) {
	tr := skewed(200, 6000, 2)
	for _, how := range []missratio.Resumption{"", missratio.Reuse, missratio.Renew, missratio.SingleUse} {
		for _, lifetime := range []time.Duration{0, 30 * time.Second} {
			r := missratio.Replay{Trace: tr, Sizes: []int{1, 7, 64}, Lifetime: lifetime, Resumption: how}
			got, err := Replay(r, 100)
			if err != nil {
				t.Fatal(err)
			}
			want, err := missratio.FIFO(r)
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				if how == missratio.Renew && lifetime == 0 {
					want[i].Misses = supersededFirst(tr, r.Sizes[i])
				}
				if got[i].Misses != want[i].Misses || got[i].Policy != "engine" || got[i].Requests != 6000 {
					t.Errorf("%q, lifetime %v: %+v, want the misses of %+v", how, lifetime, got[i], want[i])
				}
			}
		}
	}
}

// supersededFirst counts the misses of a cache that evicts a session whose
// client has a newer one, if there is any, and else the oldest.
func supersededFirst(tr *trace.Trace, size int) (misses uint64) {
	type session struct {
		client     uint32
		superseded bool
	}
	var cache []session // the oldest first
	for _, id := range tr.IDs {
		found := slices.Index(cache, session{client: id})
		if found < 0 {
			misses++
		}
		if len(cache) == size {
			victim := max(0, slices.IndexFunc(cache, func(s session) bool { return s.superseded }))
			cache = slices.Delete(cache, victim, victim+1)
		}
		// It may have been the victim itself.
		if found = slices.Index(cache, session{client: id}); found >= 0 {
			cache[found].superseded = true
		}
		cache = append(cache, session{client: id})
	}
	return misses
}

// A TLS 1.3 session that was resumed is good for the reuse window, and no
// longer; its successor for its lifetime.
func TestReuseWindow(t *testing.T) {
	for _, c := range []struct {
		window, lifetime  time.Duration
		lastUse, firstNot int // seconds
	}{
		{0, time.Hour, 160, 161},
		{10 * time.Second, time.Hour, 110, 111},
		{time.Hour, 0, 3700, 3701},
		{10 * time.Second, 105 * time.Second, 105, 106}, // its lifetime is over sooner
		{200 * time.Second, 200 * time.Second, 200, 201},
		{300 * time.Second, 200 * time.Second, 200, 201},
	} {
		for _, at := range []struct {
			second int
			want   Source
		}{{c.lastUse, Cache}, {c.firstNot, Nowhere}} {
			n, err := new(Fleet).NewNode(Config{Capacity: 100, Lifetime: c.lifetime, ProbationPercent: 25, ReuseWindow: c.window})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(n.Close)
			handshake := func(second int, ticket Ticket, want Source) Ticket {
				t.Helper()
				n.Advance(time.Duration(second) * time.Second)
				next, got, err := n.Handshake(ticket, missratio.Renew, false)
				if err != nil || got != want {
					t.Errorf("window %v, lifetime %v, second %d: from %v, %v; want %v", c.window, c.lifetime, second, got, err, want)
				}
				return next
			}
			first := handshake(0, Ticket{}, Nowhere)
			second := handshake(100, first, Cache)
			handshake(at.second, first, at.want)
			handshake(at.second, second, Cache)
		}
	}
}

// Beyond, the engine looks at a sample, and is close to FIFO.
func TestLargeCachesAreClose(t *testing.T) {
	r := missratio.Replay{Trace: skewed(20_000, 60_000, 3), Sizes: []int{500, 5000}}
	want, err := missratio.FIFO(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Replay(r, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if off := math.Abs(got[i].MissRatio() - want[i].MissRatio()); off > .015 {
			t.Errorf("size %d: misses %.4f, FIFO %.4f", r.Sizes[i], got[i].MissRatio(), want[i].MissRatio())
		}
	}
}

// What one node does not have another one may have put into the store.
func TestStore(t *testing.T) {
	for _, how := range []missratio.Resumption{missratio.Reuse, missratio.Renew, missratio.SingleUse} {
		fleet := &Fleet{Seed: 1}
		var nodes [2]*Node
		for i := range nodes {
			n, err := fleet.NewNode(Config{Capacity: 10, Lifetime: 10 * time.Second, ProbationPercent: 25})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(n.Close)
			nodes[i] = n
		}
		at := func(node int, second int, ticket Ticket, stored bool, want Source) Ticket {
			t.Helper()
			nodes[node].Advance(time.Duration(second) * time.Second)
			next, got, err := nodes[node].Handshake(ticket, how, stored)
			if err != nil || got != want {
				t.Errorf("%s: from %v, %v; want %v", how, got, err, want)
			}
			if kept := next == ticket; kept != (how == missratio.Reuse && got != Nowhere) {
				t.Errorf("%s: the ticket is the same: %v", how, kept)
			}
			return next
		}
		ticket := at(0, 0, Ticket{}, true, Nowhere)
		ticket = at(0, 5, ticket, false, Cache)
		ticket = at(1, 6, ticket, true, Store)
		ticket = at(1, 7, ticket, false, Cache)
		if at(0, 30, ticket, true, Nowhere); how == missratio.Reuse {
			// The copy expires with the session, ten seconds after its creation.
			if n := nodes[1].Cache(); n.Len() > 1 {
				t.Errorf("%d sessions for one client", n.Len())
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	tr := skewed(3, 10, 4)
	for _, c := range []struct {
		r         missratio.Replay
		probation int
	}{
		{missratio.Replay{Trace: tr}, 25}, {missratio.Replay{Trace: tr, Sizes: []int{1}}, -1}, {missratio.Replay{Trace: tr, Sizes: []int{1}}, 101},
		{missratio.Replay{Trace: tr, Sizes: []int{1}, Lifetime: 1500 * time.Millisecond}, 25},
	} {
		if _, err := Replay(c.r, c.probation); !errors.Is(err, missratio.ErrInput) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, c := range []Config{{}, {Capacity: -1}, {Capacity: 1, Lifetime: -1}, {Capacity: 1, Lifetime: 1}, {Capacity: 1, ProbationPercent: 101}, {Capacity: 1, ReuseWindow: -time.Second}, {Capacity: 1, ReuseWindow: 1}} {
		if n, err := new(Fleet).NewNode(c); err == nil {
			n.Close()
			t.Errorf("%+v is a node", c)
		}
	}
}

func BenchmarkReplay(b *testing.B) {
	tr := skewed(50_000, 200_000, 5)
	for _, how := range []missratio.Resumption{missratio.Reuse, missratio.Renew, missratio.SingleUse} {
		b.Run(string(how), func(b *testing.B) {
			for b.Loop() {
				if _, err := Replay(missratio.Replay{Trace: tr, Sizes: []int{10_000}, Resumption: how}, 25); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(tr.IDs)*b.N)/b.Elapsed().Seconds()/1e6, "Mreq/s")
		})
	}
}
