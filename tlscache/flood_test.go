package tlscache

import (
	"crypto/tls"
	"math/rand/v2"
	"testing"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/race"
)

// population is clients that come back, in random order, driven at the hooks. Every
// other one has TLS 1.2.
type population struct {
	t       *testing.T
	config  *tls.Config
	tickets [][]byte
	random  *rand.Rand
	states  [2]*tls.SessionState // of a full handshake; Bytes only reads them
}

// visit lets one client connect, and reports whether it resumed.
func (p *population) visit(client int) bool {
	p.t.Helper()
	h := hooks(p.t, p.config, "a.example")
	cs := tls.ConnectionState{Version: tls.VersionTLS12 + uint16(client%2), ServerName: "a.example"}
	ss, err := h.UnwrapSession(p.tickets[client], cs)
	if err != nil {
		p.t.Fatal(err)
	}
	cs.DidResume = ss != nil
	if ss == nil {
		ss = p.states[client%2]
	}
	if err := h.VerifyConnection(cs); err != nil {
		p.t.Fatal(err)
	}
	if p.tickets[client], err = h.WrapSession(cs, ss); err != nil {
		p.t.Fatal(err)
	}
	return cs.DidResume
}

// rate lets n clients come, with something between each two of them, and returns
// the share that resumed, in percent.
func (p *population) rate(n int, between func()) float64 {
	p.t.Helper()
	resumed := 0
	for range n {
		if p.visit(p.random.IntN(len(p.tickets))) {
			resumed++
		}
		between()
	}
	return 100 * float64(resumed) / float64(n)
}

// half begins a TLS 1.3 handshake of a client that sends a ClientHello and no more:
// by then crypto/tls has issued a ticket.
func half(t *testing.T, config *tls.Config, ss *tls.SessionState) {
	t.Helper()
	h := hooks(t, config, "a.example")
	cs := tls.ConnectionState{Version: tls.VersionTLS13, ServerName: "a.example"}
	if _, err := h.WrapSession(cs, ss); err != nil {
		t.Fatal(err)
	}
	if err := h.VerifyConnection(cs); err != nil {
		t.Fatal(err)
	}
}

// 100,000 handshakes that break off, and 10,000 clients that come back, in a cache
// of 20,480: their resumption rate falls by less than two points.
func TestFloodOfHalfHandshakes(t *testing.T) {
	clients, visits, flood, capacity := 10_000, 20_000, 100_000, 20_480
	if race.Enabled {
		clients, visits, flood, capacity = clients/10, visits/10, flood/10, capacity/10
	}
	f := newFixture(t, func(g *engine.Config, _ *Options) { g.Capacity = capacity })
	p := &population{
		t: t, config: f.install(t, serverConfig(0)),
		tickets: make([][]byte, clients), random: rand.New(rand.NewPCG(1, 2)),
		states: [2]*tls.SessionState{someState(t, tls.VersionTLS12), someState(t, tls.VersionTLS13)},
	}
	tick := func() { // they come 100 times a second
		if p.random.IntN(100) == 0 {
			f.time.Add(1)
		}
	}
	for round := range 2 { // made, then resumed once
		for i := range p.tickets {
			if resumed := p.visit(i); resumed != (round == 1) {
				t.Fatalf("client %d, round %d: resumed %v", i, round, resumed)
			}
			tick()
		}
	}
	p.rate(2*clients, tick) // a full cache, if it gets full
	before := p.rate(visits, tick)
	ss := someState(t, tls.VersionTLS13)
	during := p.rate(visits, func() {
		tick()
		for range flood / visits {
			half(t, p.config, ss)
		}
	})
	t.Logf("resumed before the flood %.2f %%, during it %.2f %%", before, during)
	if before < 95 || during <= before-2 {
		t.Errorf("resumed before the flood %.2f %%, during it %.2f %%; may fall by less than 2 points", before, during)
	}
}

// The same with real handshakes, fewer of them: a ClientHello, the server's flight,
// the end.
func TestRealHalfHandshakes(t *testing.T) {
	f := newFixture(t, func(g *engine.Config, _ *Options) { g.Capacity = 64 }) // eviction is exact
	config := f.install(t, serverConfig(0))
	var boxes [30]ticketBox
	for round := range 2 {
		for i := range boxes {
			resumes(t, "a client that comes back", config, client(&boxes[i], "a.example"), round == 1)
		}
	}
	hello := firstFlight(t)
	for range 500 {
		a, b := newPipe()
		done := make(chan error)
		go func() { done <- tls.Server(a, config).Handshake() }()
		if _, err := b.Write(hello); err != nil {
			t.Fatal(err)
		}
		var flight [4096]byte
		if _, err := b.Read(flight[:]); err != nil {
			t.Fatal(err)
		}
		b.Close()
		if err := <-done; err == nil {
			t.Fatal("a handshake without a client succeeded")
		}
	}
	if n := f.Stats().Tickets.Stored; n < 530 {
		t.Fatalf("%d tickets issued: the flood was none", n)
	}
	for i := range boxes {
		resumes(t, "a client that comes back", config, client(&boxes[i], "a.example"), true)
	}
}

// firstFlight returns the bytes of a TLS 1.3 client's ClientHello.
func firstFlight(t *testing.T) []byte {
	t.Helper()
	a, b := newPipe()
	go tls.Client(a, client(&ticketBox{}, "a.example")).Handshake()
	var buffer [16 << 10]byte
	n, err := b.Read(buffer[:])
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	return buffer[:n]
}
