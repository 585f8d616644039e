package quicgo

import (
	"sync"
	"testing"

	"github.com/reprise-tls/reprise/tlscache"
)

// Each connection resumes the session of the one before.
func TestResumption(t *testing.T) {
	address, server := serve(t, tlscache.Options{})
	box := newTicketBox()
	for i, want := range []bool{false, true, true} {
		if of := mustConnect(t, address, box); of != (said{Resumed: want}) {
			t.Errorf("connection %d: %+v, want resumed=%t without early data, which is not allowed", i+1, of, want)
		}
	}
	if got, want := server.Stats().TLS13, (tlscache.Handshakes{Full: 1, Resumed: 2}); got != want {
		t.Errorf("the server counted %+v, want %+v", got, want)
	}
	if got := server.Stats().Tickets.EarlyDataRefused; got != 3 {
		t.Errorf("early data was refused in %d tickets, want 3", got)
	}
}

func TestRevocation(t *testing.T) {
	address, server := serve(t, tlscache.Options{})
	box := newTicketBox()
	mustConnect(t, address, box)
	if err := server.RevokeAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if mustConnect(t, address, box).Resumed {
		t.Error("a revoked session was resumed")
	}
}

// race offers one ticket on n connections at once, and returns how many resumed
// and how many of those with early data. None may fail.
func race(t *testing.T, address string, box *ticketBox, n int) (resumed, early int) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for range n {
		own := box.copied(t)
		all.Go(func() {
			of, _, err := connect(address, own)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if of.Resumed {
				resumed++
			}
			if of.Early {
				early++
			}
		})
	}
	all.Wait()
	return resumed, early
}

// quic-go's server writes into the SessionState of each resumption. Connections
// that resume one session at the same time get one each: the race detector sees
// nothing, and all resume.
func TestOneSessionManyConnections(t *testing.T) {
	const n = 16
	address, _ := serve(t, tlscache.Options{})
	box := newTicketBox()
	mustConnect(t, address, box)
	if resumed, _ := race(t, address, box, n); resumed != n {
		t.Errorf("%d of %d resumed", resumed, n)
	}
}

// Of 32 connections with one ticket one resumes, and the others get full
// handshakes. (quic-go refuses a connection when 32 wait to be accepted.)
func TestSingleUse(t *testing.T) {
	const n = 32
	address, server := serve(t, tlscache.Options{SingleUse: true})
	box := newTicketBox()
	mustConnect(t, address, box)
	if resumed, _ := race(t, address, box, n); resumed != 1 {
		t.Errorf("%d of %d resumed, want 1", resumed, n)
	}
	if got := server.Stats().SingleUse; got.Confirmed != 1 {
		t.Errorf("the server counted %+v, want one that was confirmed", got)
	}
}

// Early data is accepted, and of one ticket once.
func TestEarlyData(t *testing.T) {
	const n = 16
	address, server := serve(t, tlscache.Options{SingleUse: true, EarlyData: true})
	box := newTicketBox()
	mustConnect(t, address, box)

	if of := mustConnect(t, address, box); !of.Resumed || !of.Early {
		t.Fatalf("%+v, want both", of)
	}
	if resumed, early := race(t, address, box, n); resumed != 1 || early != 1 {
		t.Errorf("%d of %d resumed, %d with early data; want 1 and 1", resumed, n, early)
	}
	if got := server.Stats().Tickets.EarlyDataRefused; got != 0 {
		t.Errorf("early data was refused in %d tickets, want 0", got)
	}
}
