package tlscache

import (
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
)

func TestClientResumes(t *testing.T) {
	for name, version := range clientVersions {
		t.Run(name, func(t *testing.T) {
			forEachClientTable(t, func(t *testing.T, kind engine.TableKind) {
				u := newUpstream(t, version)
				f := newClientFixture(t, func(o *ClientOptions) { o.Table = kind; o.Clock = nil })
				view := f.Realm("a")
				u.mustShake(view, false)
				for range 20 {
					u.mustShake(view, true)
				}
				f.wantStats(ClientStats{Offered: 20, Missed: 1, Stored: 21})
				// Each resumption takes one ticket and brings one.
				if n := f.Cache().Len(); n != 1 {
					t.Errorf("%d tickets are left, want 1", n)
				}
			})
		})
	}
}

// RFC 8446, appendix C.4: clients should not reuse a ticket.
func TestClientGivesATLS13TicketOnce(t *testing.T) {
	forEachClientTable(t, func(t *testing.T, kind engine.TableKind) {
		f := newClientFixture(t, func(o *ClientOptions) { o.Table = kind })
		cs, view := clientTickets(t, tls.VersionTLS13, 1)[0], f.Realm("a")
		view.Put("k", cs)
		wantClientTicket(t, view, "k", cs)
		wantClientTicket(t, view, "k", nil)
		f.wantStats(ClientStats{Offered: 1, Missed: 1, Stored: 1})
	})
}

func TestClientGivesATLS12TicketAgainAndAgain(t *testing.T) {
	forEachClientTable(t, func(t *testing.T, kind engine.TableKind) {
		f := newClientFixture(t, func(o *ClientOptions) { o.Table = kind })
		tickets, view := clientTickets(t, tls.VersionTLS12, 3), f.Realm("a")
		for _, cs := range tickets {
			view.Put("k", cs)
			for range 3 {
				wantClientTicket(t, view, "k", cs)
			}
		}
		// Only the newest is kept.
		f.wantStats(ClientStats{Offered: 9, Stored: 3})
		if n := f.Cache().Len(); n != 1 {
			t.Errorf("%d tickets are kept, want the newest", n)
		}
	})
}

func TestClientGivesTheNewestFirst(t *testing.T) {
	forEachClientTable(t, func(t *testing.T, kind engine.TableKind) {
		f := newClientFixture(t, func(o *ClientOptions) { o.Table = kind; o.TicketsPerEndpoint = 3 })
		tickets, view := clientTickets(t, tls.VersionTLS13, 5), f.Realm("a")
		for _, cs := range tickets {
			view.Put("k", cs)
		}
		for _, i := range []int{4, 3, 2} {
			wantClientTicket(t, view, "k", tickets[i])
		}
		wantClientTicket(t, view, "k", nil)
		f.wantStats(ClientStats{Offered: 3, Missed: 1, Stored: 5, Displaced: 2})
	})
}

// A server that has fallen back to TLS 1.2, and come back.
func TestClientWithBothVersions(t *testing.T) {
	f := newClientFixture(t, nil)
	old, now, view := clientTickets(t, tls.VersionTLS12, 1)[0], clientTickets(t, tls.VersionTLS13, 2), f.Realm("a")
	view.Put("k", now[0])
	view.Put("k", old)
	wantClientTicket(t, view, "k", old)
	view.Put("k", now[1])
	wantClientTicket(t, view, "k", now[1])
	wantClientTicket(t, view, "k", old)
}

func TestClientTellsRealmsAndEndpointsApart(t *testing.T) {
	f := newClientFixture(t, nil)
	tickets := clientTickets(t, tls.VersionTLS12, 6)
	type place struct {
		view tls.ClientSessionCache
		key  string
	}
	places := []place{
		{f.Realm("a"), "k"}, {f.Realm("b"), "k"}, {f.Realm("a"), "l"},
		{f.For("a", "k"), "k"}, {f.For("a", "k"), ""}, {f.For("ak", ""), "k"},
	}
	for i, p := range places {
		wantClientTicket(t, p.view, p.key, nil)
		p.view.Put(p.key, tickets[i])
	}
	for i, p := range places {
		wantClientTicket(t, p.view, p.key, tickets[i])
	}
	// A view is a matter of its names.
	wantClientTicket(t, f.For("a", ""), "k", tickets[0])
}

// golang/go#79861: crypto/tls's cache drives out another server's ticket.
func TestClientPutOfNothingWhereNothingIs(t *testing.T) {
	f := newClientFixture(t, func(o *ClientOptions) { o.Capacity = 2 })
	tickets, view := clientTickets(t, tls.VersionTLS12, 2), f.Realm("a")
	view.Put("0", tickets[0])
	view.Put("1", tickets[1])
	for n := range 10 {
		view.Put(fmt.Sprint("absent ", n), nil)
	}
	wantClientTicket(t, view, "0", tickets[0])
	wantClientTicket(t, view, "1", tickets[1])
	wantClientTicket(t, view, "absent 1", nil)
	f.wantStats(ClientStats{Offered: 2, Missed: 1, Stored: 2})
}

func TestClientPutOfNothingRemovesTheEndpoint(t *testing.T) {
	f := newClientFixture(t, nil)
	tickets, view := clientTickets(t, tls.VersionTLS13, 4), f.Realm("a")
	for _, cs := range tickets[:3] {
		view.Put("k", cs)
	}
	view.Put("l", tickets[3])
	view.Put("k", nil)
	wantClientTicket(t, view, "k", nil)
	wantClientTicket(t, view, "l", tickets[3])
	f.wantStats(ClientStats{Offered: 1, Missed: 1, Stored: 4, Dropped: 3})
}

// crypto/tls drops the tickets of a server that aborts a handshake in which one
// was offered, and then there is a full one.
func TestClientRecoversFromAServerThatAborts(t *testing.T) {
	for name, version := range clientVersions {
		t.Run(name, func(t *testing.T) {
			u, f := newUpstream(t, version), newClientFixture(t, func(o *ClientOptions) { o.Clock = nil })
			view := f.Realm("a")
			for range 3 { // in parallel, as far as tickets go
				wrapped := putOnly{view}
				u.mustShake(wrapped, false)
			}
			u.server.UnwrapSession = func([]byte, tls.ConnectionState) (*tls.SessionState, error) {
				return nil, errors.New("aborted")
			}
			if _, err := u.shake(u.config(view)); err == nil {
				t.Fatal("the server did not abort")
			}
			u.server.UnwrapSession = nil
			u.mustShake(view, false)
			u.mustShake(view, true)
		})
	}
}

// putOnly is a cache that offers nothing.
type putOnly struct{ tls.ClientSessionCache }

func (putOnly) Get(string) (*tls.ClientSessionState, bool) { return nil, false }

// What was used least recently goes first, an endpoint's tickets together.
func TestClientEvictsTheLeastRecentlyUsed(t *testing.T) {
	forEachClientTable(t, func(t *testing.T, kind engine.TableKind) {
		f := newClientFixture(t, func(o *ClientOptions) { o.Table = kind; o.Capacity = 4; o.TicketsPerEndpoint = 2 })
		v13, v12, view := clientTickets(t, tls.VersionTLS13, 5), clientTickets(t, tls.VersionTLS12, 2), f.Realm("a")
		step := func(f *clientFixture) { f.time.Add(1) }
		view.Put("a", v13[0])
		view.Put("a", v13[1])
		step(f)
		view.Put("b", v12[0])
		step(f)
		view.Put("c", v12[1])
		step(f)
		// Using one of a's tickets makes the other as young.
		wantClientTicket(t, view, "a", v13[1])
		step(f)
		view.Put("d", v13[2])
		view.Put("d", v13[3]) // five tickets: b's is the oldest
		step(f)
		wantClientTicket(t, view, "b", nil)
		wantClientTicket(t, view, "c", v12[1]) // used
		step(f)
		view.Put("e", v13[4]) // a's turn
		wantClientTicket(t, view, "a", nil)
		wantClientTicket(t, view, "c", v12[1])
		wantClientTicket(t, view, "d", v13[3])
		wantClientTicket(t, view, "d", v13[2])
		wantClientTicket(t, view, "e", v13[4])
		if n := f.Cache().Stats().CacheFull; n != 2 {
			t.Errorf("%d tickets were evicted, want 2", n)
		}
	})
}

func TestClientIsBoundedByBytes(t *testing.T) {
	f := newClientFixture(t, func(o *ClientOptions) { o.MaxBytes = 3000 })
	tickets, view := clientTickets(t, tls.VersionTLS13, 20), f.Realm("a")
	for i, cs := range tickets {
		view.Put(fmt.Sprint(i), cs)
		if n := f.Cache().Stats().Bytes; n > 3000 {
			t.Fatalf("%d bytes, the bound is 3000", n)
		}
	}
	if n := f.Cache().Len(); n == 0 || n == len(tickets) {
		t.Errorf("%d of %d tickets are left", n, len(tickets))
	}
	tiny := newClientFixture(t, func(o *ClientOptions) { o.MaxBytes = 10 })
	tiny.Realm("a").Put("k", tickets[0])
	tiny.wantStats(ClientStats{Refused: 1})
}

func TestClientLifetime(t *testing.T) {
	for name, version := range clientVersions {
		t.Run(name, func(t *testing.T) {
			f := newClientFixture(t, func(o *ClientOptions) { o.Lifetime = time.Hour })
			tickets, view := clientTickets(t, version, 2), f.Realm("a")
			view.Put("k", tickets[0])
			f.time.Add(3600)
			wantClientTicket(t, view, "k", tickets[0]) // its last second
			view.Put("k", tickets[1])
			f.time.Add(3601)
			wantClientTicket(t, view, "k", nil)
			if n := f.Cache().Len(); n != 0 {
				t.Errorf("%d tickets are left", n)
			}
		})
	}
}

// What the server said ends a TLS 1.3 ticket, also while its endpoint is used.
func TestClientHeedsTheServersLifetime(t *testing.T) {
	f := newClientFixture(t, nil)
	tickets, view := clientTickets(t, tls.VersionTLS13, 2), f.Realm("a")
	view.Put("k", withUseBy(t, tickets[0], clientStart+300))
	view.Put("k", withUseBy(t, tickets[1], clientStart+100))
	f.time.Add(101)
	wantClientTicket(t, view, "k", tickets[0])
	f.wantStats(ClientStats{Offered: 1, Stored: 2, Expired: 1})

	view.Put("k", withUseBy(t, tickets[0], clientStart+300))
	view.Put("l", tickets[1])
	f.time.Add(200)
	if n := f.Flush(); n != 1 {
		t.Errorf("Flush() = %d, want 1", n)
	}
	wantClientTicket(t, view, "k", nil)
	wantClientTicket(t, view, "l", tickets[1])
}

func TestClientForgetsARealm(t *testing.T) {
	f := newClientFixture(t, nil)
	tickets := clientTickets(t, tls.VersionTLS13, 5)
	for i, cs := range tickets {
		f.For("realm "+fmt.Sprint(i%2), fmt.Sprint(i)).Put("k", cs)
	}
	if n := f.ForgetRealm("realm 0"); n != 3 {
		t.Errorf("ForgetRealm() = %d, want 3", n)
	}
	for i, cs := range tickets {
		if i%2 == 0 {
			cs = nil
		}
		wantClientTicket(t, f.For("realm "+fmt.Sprint(i%2), fmt.Sprint(i)), "k", cs)
	}
}

func TestClientAfterClose(t *testing.T) {
	f := newClientFixture(t, nil)
	cs, view := clientTickets(t, tls.VersionTLS13, 1)[0], f.Realm("a")
	view.Put("k", cs)
	f.Close()
	wantClientTicket(t, view, "k", nil)
	view.Put("k", cs)
	view.Put("k", nil)
	f.wantStats(ClientStats{Missed: 1, Stored: 1, Refused: 1})
}

// A ticket that was given away is zeroed here, and lives on in the handshake.
func TestClientZeroesWhatItGaveAway(t *testing.T) {
	f := newClientFixture(t, nil)
	cs, view := clientTickets(t, tls.VersionTLS13, 1)[0], f.Realm("a")
	view.Put("k", cs)
	var kept *engine.Session
	for s := range f.Cache().All() {
		kept = s
	}
	got, ok := view.Get("k")
	if !ok {
		t.Fatal("no ticket")
	}
	for _, b := range kept.AppendState(nil) { // nobody has a reference
		if b != 0 {
			t.Fatal("the state was not zeroed")
		}
	}
	if clientTicketBytes(t, got) != clientTicketBytes(t, cs) {
		t.Error("what was given away was zeroed too")
	}
}

// The tickets are plain sessions to the engine, and survive the process.
func TestClientTicketsAreHandedOver(t *testing.T) {
	for name, version := range clientVersions {
		t.Run(name, func(t *testing.T) {
			u := newUpstream(t, version)
			before := newClientFixture(t, func(o *ClientOptions) { o.Clock = nil })
			after := newClientFixture(t, func(o *ClientOptions) { o.Clock = nil })
			u.mustShake(before.For("a", "10.0.0.1:443"), false)
			for s := range before.Cache().All() {
				parsed, err := engine.ParseSession(engine.AppendSession(nil, s, before.Cache().Timeout()))
				if err != nil {
					t.Fatal(err)
				}
				after.Cache().Add(parsed)
				parsed.Release()
			}
			u.mustShake(after.For("b", "10.0.0.1:443"), false)
			u.mustShake(after.For("a", "10.0.0.1:443"), true)
		})
	}
}

// What another version of Go, or another program, has made is of no use and
// does no harm.
func TestClientMeetsForeignSessions(t *testing.T) {
	f := newClientFixture(t, nil)
	cs, view := clientTickets(t, tls.VersionTLS13, 1)[0], f.Realm("a").(*clientView)
	for _, state := range [][]byte{nil, []byte("x"), appendClientTicket(nil, clientFacts{order: math.MaxInt64, expires: math.MaxInt64}, []byte("ticket"), []byte("state"))} {
		view.Put("k", cs)
		id := view.id("k")
		for i := range f.places {
			if f.Cache().Contains(id.place(i)) {
				continue
			}
			s, err := engine.NewSession(id.place(i), state, engine.SessionOptions{Scope: view.scope, Created: clientStart})
			if err != nil {
				t.Fatal(err)
			}
			f.Cache().Add(s)
			s.Release()
			break
		}
		wantClientTicket(t, view, "k", cs)
	}
	if n := f.Stats().Unusable; n != 3 {
		t.Errorf("Unusable is %d, want 3", n)
	}
}

func TestClientRefusesOptionsThatMakeNoSense(t *testing.T) {
	for want, o := range map[string]ClientOptions{
		"tlscache: ClientOptions.Capacity is -1; allowed are 0 (default, 4096) to 2147483647 tickets":                          {Capacity: -1},
		"tlscache: ClientOptions.MaxBytes is -1; allowed are 0 (no bound) to 9223372036854775807 bytes":                        {MaxBytes: -1},
		"tlscache: ClientOptions.TicketsPerEndpoint is 65; allowed are 0 (default, 4) to 64":                                   {TicketsPerEndpoint: 65},
		"tlscache: ClientOptions.TicketsPerEndpoint is -1; allowed are 0 (default, 4) to 64":                                   {TicketsPerEndpoint: -1},
		"tlscache: ClientOptions.Lifetime is 200h0m0s; allowed are 0 (default, 24h0m0s) and whole seconds from 1s to 168h0m0s": {Lifetime: 200 * time.Hour},
		"tlscache: ClientOptions.Lifetime is 1.5s; allowed are 0 (default, 24h0m0s) and whole seconds from 1s to 168h0m0s":     {Lifetime: 1500 * time.Millisecond},
		"tlscache: ClientOptions.Table is 7; allowed are 0 (LockFree) and 1 (XSync)":                                           {Table: 7},
	} {
		_, err := NewClient(o)
		var config *ConfigError
		if !errors.Is(err, ErrConfig) || !errors.As(err, &config) || err.Error() != want {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}
