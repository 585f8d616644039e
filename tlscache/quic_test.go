package tlscache

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

// quicOutcome is that of one handshake of crypto/tls's QUIC, the part that QUIC
// libraries build on.
type quicOutcome struct {
	resumed bool
	early   bool // the server took early data
	extra   string
	err     error
}

// quicEnd is one end of it.
type quicEnd struct {
	conn *tls.QUICConn
	peer *quicEnd
	done bool
}

// quicConnect lets a client connect, and gives it a ticket.
func quicConnect(t *testing.T, server, client *tls.Config) (o quicOutcome) {
	t.Helper()
	client = client.Clone()
	client.MinVersion = tls.VersionTLS13
	c := &quicEnd{conn: tls.QUICClient(&tls.QUICConfig{TLSConfig: client})}
	// A library asks for the sessions that are about to be resumed, and changes
	// them, and copies the config.
	s := &quicEnd{conn: tls.QUICServer(&tls.QUICConfig{TLSConfig: server.Clone(), EnableSessionEvents: true})}
	c.peer, s.peer = s, c
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	defer c.conn.Close()
	defer s.conn.Close()
	for _, e := range []*quicEnd{c, s} {
		if o.err = e.conn.Start(ctx); o.err != nil {
			return o
		}
	}
	c.conn.SetTransportParameters([]byte("client"))
	s.conn.SetTransportParameters([]byte("server"))
	ticket := false
	for idle := 0; idle < 2; {
		for _, e := range []*quicEnd{c, s} {
			moved, err := e.step(&o, e == s)
			if err != nil {
				o.err = err
				return o
			}
			if idle++; moved {
				idle = 0
			}
		}
		if s.done && !ticket {
			ticket, idle = true, 0
			o.err = s.conn.SendSessionTicket(tls.QUICSessionTicketOptions{EarlyData: true, Extra: [][]byte{[]byte("of QUIC")}})
			if o.err != nil {
				return o
			}
		}
	}
	if !c.done || !s.done {
		o.err = fmt.Errorf("the handshake stopped: client done %v, server done %v", c.done, s.done)
		return o
	}
	o.resumed = s.conn.ConnectionState().DidResume
	return o
}

// step handles the events of one end, and reports whether there were any.
func (e *quicEnd) step(o *quicOutcome, isServer bool) (moved bool, err error) {
	for {
		ev := e.conn.NextEvent()
		switch ev.Kind {
		case tls.QUICNoEvent:
			return moved, nil
		case tls.QUICWriteData:
			if err := e.peer.conn.HandleData(ev.Level, append([]byte(nil), ev.Data...)); err != nil {
				return true, err
			}
		case tls.QUICHandshakeDone:
			e.done = true
		case tls.QUICResumeSession:
			if isServer && len(ev.SessionState.Extra) > 0 {
				o.extra = string(ev.SessionState.Extra[0])
				ev.SessionState.Extra[0] = nil // it is ours to change
			}
		case tls.QUICSetReadSecret:
			if isServer && ev.Level == tls.QUICEncryptionLevelEarly {
				o.early = true
			}
		}
		moved = true
	}
}

func TestQUIC(t *testing.T) {
	for name, early := range map[string]bool{"without early data": false, "with early data, each session once": true} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, func(_ *engine.Config, o *Options) { o.SingleUse, o.EarlyData = early, early })
			config := f.install(t, serverConfig(tls.VersionTLS13))
			box := &ticketBox{}
			connects := func(what string, box *ticketBox, resumed bool) {
				t.Helper()
				o := quicConnect(t, config, client(box, "a.example"))
				if o.err != nil {
					t.Fatalf("%s: %v", what, o.err)
				}
				if o.resumed != resumed || o.early != (resumed && early) {
					t.Fatalf("%s: resumed %v, early data %v; want %v, %v", what, o.resumed, o.early, resumed, resumed && early)
				}
				if resumed && o.extra != "of QUIC" {
					t.Errorf("%s: Extra is %q", what, o.extra)
				}
			}
			connects("the first", box, false)
			first := box.copied(t, false)
			connects("the second", box, true)
			connects("the third", box, true)
			connects("the first session again", first, !early) // a replay
			connects("and again", first, !early)
		})
	}
}

// 0-RTT of one session is accepted at most once, however many try at once.
func TestQUICEarlyDataRace(t *testing.T) {
	f := newFixture(t, func(_ *engine.Config, o *Options) { o.SingleUse, o.EarlyData = true, true })
	config := f.install(t, serverConfig(tls.VersionTLS13))
	box := &ticketBox{}
	if o := quicConnect(t, config, client(box, "a.example")); o.err != nil {
		t.Fatal(o.err)
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	early, resumed := 0, 0
	for range 16 {
		mine := box.copied(t, false)
		group.Go(func() {
			o := quicConnect(t, config, client(mine, "a.example"))
			mu.Lock()
			defer mu.Unlock()
			if o.err != nil {
				t.Error(o.err)
			}
			if o.early {
				early++
			}
			if o.resumed {
				resumed++
			}
		})
	}
	group.Wait()
	if early != 1 || resumed != 1 {
		t.Errorf("early data was taken %d times, resumed were %d; want 1 and 1", early, resumed)
	}
}
