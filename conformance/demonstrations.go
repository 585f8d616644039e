package conformance

import (
	"context"
	"fmt"

	"github.com/reprise-tls/reprise/conformance/libssl"
	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/openssl"
)

// demonstration is a cache of each side, without anything that levels a
// difference. Everything is freed with it.
type demonstration struct {
	ctx      *openssl.CTX
	theirs   *libssl.Cache
	now      int64
	removed  []int // numbers, by our callback
	sessions []both
	err      error
}

// both is a session of each side.
type both struct {
	number int
	ours   *openssl.SESSION
	theirs *libssl.Session
}

// demonstrate shows a difference.
func demonstrate(d *Difference) (ours, theirs string, err error) {
	x := &demonstration{now: startTime}
	libssl.SetTime(x.now)
	defer libssl.SetTime(0)
	if x.theirs, err = libssl.NewCache(); err != nil {
		return "", "", err
	}
	g := engine.Defaults()
	g.Capacity = engine.Unlimited
	if d != flushOrder {
		g.Capacity = 64
	}
	g.ProbationPercent = 100
	g.Clock = func() int64 { return x.now }
	if x.ctx, err = openssl.CTXNewWithConfig(g); err != nil {
		return "", "", err
	}
	x.theirs.SetSize(0)
	openssl.CTXSessSetRemoveCB(x.ctx, func(_ *openssl.CTX, s *openssl.SESSION) {
		for _, b := range x.sessions {
			if b.ours == s {
				x.removed = append(x.removed, b.number)
			}
		}
	})
	x.theirs.SetCallbacks(false, true, false)
	ours, theirs = d.show(x)
	x.free()
	return ours, theirs, x.err
}

func (d *demonstration) free() {
	for _, b := range d.sessions {
		openssl.SESSIONFree(b.ours)
		b.theirs.Free()
	}
	openssl.CTXFree(d.ctx)
	d.theirs.FreeCTX()
	for _, b := range d.sessions {
		b.theirs.Forget()
	}
	d.theirs.Free()
}

// session makes a session that expires at now + timeout.
func (d *demonstration) session(id, scope string, timeout int64) both {
	b := both{
		number: len(d.sessions),
		ours:   openssl.SESSIONNewInContext([]byte(id), nil, []byte(scope)),
		theirs: libssl.NewSession(len(d.sessions), []byte(id), []byte(scope)),
	}
	d.sessions = append(d.sessions, b)
	d.setTime(b, d.now)
	openssl.SESSIONSetTimeout(b.ours, timeout)
	b.theirs.SetTimeout(timeout)
	return b
}

func (d *demonstration) setTime(b both, t int64) {
	openssl.SESSIONSetTime(b.ours, t)
	b.theirs.SetTime(t)
}

func (d *demonstration) add(list ...both) {
	for _, b := range list {
		openssl.CTXAddSession(d.ctx, b.ours)
		d.theirs.Add(b.theirs)
	}
}

// several makes and adds n sessions.
func (d *demonstration) several(n int) {
	for i := range n {
		d.add(d.session(fmt.Sprint("id ", i), "", int64(1000+i)))
	}
}

func (d *demonstration) setSize(ours, theirs int) {
	openssl.CTXSessSetCacheSize(d.ctx, ours)
	d.theirs.SetSize(theirs)
}

func (d *demonstration) counters() (ours, theirs libssl.Counters) {
	theirs, _ = d.theirs.State(nil)
	return genuine{}.Counters(d.ctx), theirs
}

// numbers says how many sessions there are.
func (d *demonstration) numbers(text string) (ours, theirs string) {
	a, b := d.counters()
	say := func(n int) string {
		s := "sessions"
		if n == 1 {
			s = "session"
		}
		return fmt.Sprintf(text, n, s)
	}
	return say(a.Number), say(b.Number)
}

// there says which side has a session.
func (d *demonstration) there(id, yes, no string) (ours, theirs string) {
	say := func(has int) string {
		if has == 1 {
			return yes
		}
		return no
	}
	return say(openssl.HasMatchingSessionID(d.ctx, []byte(id))), say(d.theirs.HasMatchingSessionID([]byte(id)))
}

// removedBy returns the sessions that the remove callbacks were told of.
func (d *demonstration) removedBy() (ours, theirs []int) {
	for _, e := range d.theirs.TakeEvents(nil) {
		theirs = append(theirs, e.Number)
	}
	ours, d.removed = d.removed, nil
	return ours, theirs
}

// accept makes a handshake as a server; reply is what the get callback
// returns.
func (d *demonstration) accept(id, next string, reply *both) *libssl.Handshake {
	if reply != nil {
		d.theirs.SetCallbacks(false, true, true)
		d.theirs.SetReply(reply.theirs, true)
		openssl.CTXSessSetGetCB(d.ctx, func(context.Context, *openssl.CTX, []byte, *int) *openssl.SESSION { return reply.ours })
	}
	openssl.SESSIONFree(d.ctx.Resume(context.Background(), []byte(id)))
	h, err := d.theirs.Accept([]byte(id), []byte(next))
	if err != nil {
		d.err = err
	}
	return h
}
