package scenario

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/workload"
)

func testScenario(populations ...Population) *Scenario {
	s := Default()
	s.Populations = populations
	return &s
}

// known plays clients against a cache that never forgets.
type known map[uint64]bool

// play plays connections until a time and returns them.
func (k known) play(c *Clients, until time.Duration, each func(Connection, bool)) {
	for at, ok := c.Due(); ok && at < until; at, ok = c.Due() {
		n := *c.Next()
		resumed := n.Offers && k[n.Offered]
		issued := !n.Aborted && (n.Renews || !resumed)
		if issued {
			k[n.New] = true
		}
		each(n, resumed)
		c.Done(issued)
	}
}

func fill(c *Clients) known {
	k := make(known)
	c.Kept(func(s Kept) { k[s.Number] = true })
	return k
}

var browsers = Population{
	Name: "browsers", Clients: 300, Rate: 0.5, Visits: 10, Connections: 3, Sessions: 2,
	Gap: Times{kind: "lognormal", a: float64(10 * time.Minute), b: 1}, TLS12: 0.2, MutualTLS: 0.1, Aborted: 0.1, Roaming: 0.2,
}

var devices = Population{
	Name: "devices", Clients: 100, Connections: 1, Sessions: 1,
	Gap: Times{kind: "periodic", a: float64(10 * time.Minute), b: 10},
}

// The same seed gives the same connections on any machine: digests of streams.
func TestStreamsArePinned(t *testing.T) {
	for _, c := range []struct {
		seed uint64
		want string
	}{
		{1, "44753 d87fe226120793bf"},
		{2, "47000 bda9956aa55cd2a9"},
	} {
		s := testScenario(browsers, devices)
		s.Seed = c.seed
		clients := NewClients(s, 0, 1)
		h := sha256.New()
		n := 0
		clients.Kept(func(k Kept) {
			binary.Write(h, binary.LittleEndian, []uint64{k.Number, uint64(k.Created), uint64(k.Lifetime), uint64(k.State)})
		})
		fill(clients).play(clients, 2*time.Hour, func(c Connection, resumed bool) {
			binary.Write(h, binary.LittleEndian, []uint64{uint64(c.At), c.Offered, c.New, uint64(c.State), uint64(c.Lifetime), uint64(bit(c.Aborted)), uint64(bit(resumed))})
			n++
		})
		if got := fmt.Sprintf("%d %x", n, h.Sum(nil)[:8]); got != c.want {
			t.Errorf("seed %d: %s, want %s", c.seed, got, c.want)
		}
	}
}

// What clients do does not depend on how many goroutines share them.
func TestSharesAddUpToTheWhole(t *testing.T) {
	s := testScenario(browsers, devices)
	stream := func(parts int) (all []Connection) {
		for part := range parts {
			c := NewClients(s, part, parts)
			fill(c).play(c, time.Hour, func(n Connection, _ bool) { all = append(all, n) })
		}
		slices.SortFunc(all, func(a, b Connection) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.New, b.New)) })
		return all
	}
	whole, shares := stream(1), stream(3)
	if len(whole) < 1_000 || !slices.Equal(whole, shares) {
		t.Errorf("%d connections of one goroutine and %d of three are not the same", len(whole), len(shares))
	}
}

func TestPopulationInvariants(t *testing.T) {
	s := testScenario(browsers)
	s.Populations[0].Rate, s.Populations[0].Visits = 0, 0
	c := NewClients(s, 0, 1)
	cache := fill(c)
	if len(cache) < 200 || len(cache) > browsers.Clients {
		t.Fatalf("%d sessions are kept of %d clients, whose lifetime is 2h and gap 10m", len(cache), browsers.Clients)
	}
	made := make(map[uint64]bool)
	offered := make(map[uint64]int)
	var n, tls12, mutual, aborted, roaming, offers float64
	last := time.Duration(0)
	cache.play(c, 12*time.Hour, func(k Connection, resumed bool) {
		n++
		if k.At < last {
			t.Fatalf("a connection at %v comes after one at %v", k.At, last)
		}
		last = k.At
		if made[k.New] {
			t.Fatalf("session %d is made twice", k.New)
		}
		made[k.New] = true
		old := k.State == workload.StateTLS12 || k.State == workload.StateMutualTLS12
		tls12 += float64(bit(old))
		mutual += float64(bit(k.State >= workload.StateMutualTLS13))
		aborted += float64(bit(k.Aborted))
		if k.Renews == old {
			t.Fatal("a session of TLS 1.3 is renewed and one of TLS 1.2 is not")
		}
		if k.Roaming && resumed {
			t.Fatal("what another node gave is found here")
		}
		if k.Offers {
			offers++
			roaming += float64(bit(k.Roaming))
			if !k.Aborted {
				offered[k.Offered]++
			}
			if k.Renews && offered[k.Offered] > 1 {
				t.Fatalf("session %d of TLS 1.3 is offered twice", k.Offered)
			}
		}
		if want := int64(7200); k.Lifetime != want {
			t.Fatalf("a lifetime is %d s, want %d", k.Lifetime, want)
		}
	})
	check := func(what string, got, of, want, spread float64) {
		if math.Abs(got/of-want) > 5*spread {
			t.Errorf("%s: %v of %v is %.4f, want %.4f", what, got, of, got/of, want)
		}
	}
	// Kinds are clients', of whom there are 300 with equal rates on average; the
	// rest is drawn anew each time, roaming for a visit of up to 2 offers.
	ofClients := func(p float64) float64 { return 1.5 * math.Sqrt(p*(1-p)/300) }
	check("TLS 1.2", tls12, n, 0.2, ofClients(0.2))
	check("certificates", mutual, n, 0.1, ofClients(0.1))
	check("aborted", aborted, n, 0.1, math.Sqrt(0.09/n))
	check("roaming", roaming, offers, 0.2, 2*math.Sqrt(0.16/offers))
	// 300 clients, each gap lognormal with mean 10m*exp(1/2), 3 connections each.
	visits := 300 * 12 * 6 / math.Exp(0.5)
	check("visits", n/3, visits, 1, 0.02)
}

// Clients that leave make room, and new ones come at their rate.
func TestNewcomersComeAndGo(t *testing.T) {
	p := browsers
	p.Clients, p.Rate, p.Visits, p.Connections, p.Gap = 0, 2, 5, 1, fixed(time.Minute)
	c := NewClients(testScenario(p), 0, 1)
	visits := make(map[uint64]int)
	(known{}).play(c, 4*time.Hour, func(k Connection, _ bool) { visits[k.New>>sequenceBits]++ })
	want := 2.0 * 4 * 3600
	if n := float64(len(visits)); math.Abs(n-want) > 5*math.Sqrt(want) {
		t.Errorf("%v clients came, expected %v", n, want)
	}
	sum, early := 0.0, 0.0
	for client, n := range visits {
		// Those of the first quarter have had time to leave.
		if client < uint64(want/4) {
			sum += float64(n)
			early++
		}
	}
	// The geometric law's standard deviation is below its mean.
	if mean := sum / early; math.Abs(mean-5) > 5*5/math.Sqrt(early) {
		t.Errorf("clients visit %.3f times on average, want 5", mean)
	}
	if len(c.clients) > len(visits)/2 {
		t.Errorf("%d places for %d clients that came and went", len(c.clients), len(visits))
	}
}

// Periodic clients come back after their period, and nobody else does.
func TestPeriodicReturns(t *testing.T) {
	c := NewClients(testScenario(devices), 0, 1)
	last := make(map[uint64]time.Duration)
	fill(c).play(c, 5*time.Hour, func(k Connection, _ bool) {
		client := k.New >> sequenceBits
		if before, ok := last[client]; ok {
			if gap := k.At - before; gap < 9*time.Minute || gap > 11*time.Minute {
				t.Fatalf("client %d came back after %v", client, gap)
			}
		}
		last[client] = k.At
	})
	if len(last) != devices.Clients {
		t.Errorf("%d of %d clients came", len(last), devices.Clients)
	}
}

func TestAStormBringsItsShareBack(t *testing.T) {
	p := devices
	p.Clients, p.Gap = 10_000, Times{kind: "fixed", a: float64(1000 * time.Hour)}
	c := NewClients(testScenario(p), 0, 1)
	c.Storm(time.Hour, 0.8, time.Minute)
	n := c.Backlog(time.Hour + time.Minute)
	// Some come anyway: an hour of a thousand.
	if share := float64(n) / 10_000; math.Abs(share-0.8) > 0.02 {
		t.Errorf("%d of 10000 clients are due within the minute", n)
	}
	early := c.Backlog(time.Hour)
	played := uint64(0)
	(known{}).play(c, time.Hour+time.Minute, func(k Connection, _ bool) { played++ })
	if played != n || early > 30 {
		t.Errorf("%d were due and %d came, %d of them before the storm", n, played, early)
	}
}

func TestBacklogCountsTheRestOfAVisit(t *testing.T) {
	p := devices
	p.Clients, p.Connections = 1, 4
	c := NewClients(testScenario(p), 0, 1)
	at, _ := c.Due()
	for left := uint64(4); left > 0; left-- {
		if n := c.Backlog(at + 1); n != left {
			t.Errorf("%d connections are due, want %d", n, left)
		}
		c.Next()
		c.Done(true)
	}
	if n := c.Backlog(at + 1); n != 0 {
		t.Errorf("%d connections are due after the visit", n)
	}
}
